/* wrapped: where exit leads to, and who answers for heif-decoder.
 *
 *     jmp_buf back;
 *     fuzz_at_exit = &back;
 *     if (setjmp(back) == 0) lint_cli_parse(...);       // else fuzz_status is the status
 *     fuzz_at_exit = NULL;
 *
 *     fuzz_heif_call = made_up;        // a function that returns a socket; NULL: the program is started
 */
#ifndef FUZZ_WRAPPED_H
#define FUZZ_WRAPPED_H

#include <setjmp.h>

extern jmp_buf *fuzz_at_exit;
extern int fuzz_status;
extern int (*fuzz_heif_call)(void);

#endif
