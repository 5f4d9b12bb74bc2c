/* What targets are linked with instead of the system's own (-Wl,--wrap): a small machine, so that a
 * network which fits into no memory is small, too; an exit that a target can survive; and a decoder of
 * HEIC that says what the target wants. */
#include "support/wrapped.h"

#include "picture/heif_decoder.h"
#include <unistd.h>

enum { MACHINE = 32 << 20 };

long __real_sysconf(int what);
long __wrap_sysconf(int what);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);

long __wrap_sysconf(int what) {
    return what == _SC_PHYS_PAGES ? MACHINE / __real_sysconf(_SC_PAGESIZE) : __real_sysconf(what);
}

int __real_lint_heif_decoder_call(lint_heif_decoder *d, lint_err *e);
int __wrap_lint_heif_decoder_call(lint_heif_decoder *d, lint_err *e);

int (*fuzz_heif_call)(void);

int __wrap_lint_heif_decoder_call(lint_heif_decoder *d, lint_err *e) {
    return fuzz_heif_call ? fuzz_heif_call() : __real_lint_heif_decoder_call(d, e);
}

jmp_buf *fuzz_at_exit;
int fuzz_status;

void __wrap_exit(int status) {
    if (!fuzz_at_exit) __real_exit(status);
    fuzz_status = status;
    longjmp(*fuzz_at_exit, 1);
}
