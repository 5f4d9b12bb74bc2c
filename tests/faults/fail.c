/* fail: a library for LD_PRELOAD; one call of the program fails, counted from the beginning of main.
 *
 *     FAIL=malloc FAIL_N=1000 LD_PRELOAD=fail.so lint-show model.safetensors
 *     FAIL=write FAIL_N=3 FAIL_HOW=28 LD_PRELOAD=fail.so lint-cam model test.lts -o out.lts
 *     FAIL=call FAIL_N=17 FAIL_HOW=-9 LD_PRELOAD=fail.so lint-split photos -o sets
 *
 * FAIL      malloc (also calloc, realloc), read, write (system calls, also those of stdio),
 *           call (both, and those that open, name and remove files), list (those that read
 *           folders), stat (those that ask what is there), thread
 * FAIL_N    which one; 0: none
 * FAIL_HOW  errno; 0: half of the bytes are read or written; -N: signal N comes before the call
 * FAIL_COUNT=FILE writes the number of all such calls to that file at the end
 *
 * stdio's system calls do not go through symbols that a library could replace. So a seccomp filter
 * raises SIGSYS for them, and the handler makes the call itself, from the one address that may.
 */
#define _GNU_SOURCE /* RTLD_NEXT, ucontext's registers */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static struct {
    const char *kind;
    long n, how, counted;
    int active;
} plan;

/* Whether this is the one. */
static int is_it(const char *kind) {
    if (!plan.active || strcmp(plan.kind, kind) != 0) return 0;
    return __atomic_add_fetch(&plan.counted, 1, __ATOMIC_RELAXED) == plan.n;
}

/* --- memory ----------------------------------------------------------------------------------- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);

static int no_memory(void) {
    if (!is_it("malloc")) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes) {
    return no_memory() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes) {
    return no_memory() ? NULL : __libc_calloc(n, bytes);
}

void *realloc(void *p, size_t bytes) {
    return no_memory() ? NULL : __libc_realloc(p, bytes);
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg) {
    static create_fn *real;
    if (!real) real = (create_fn *)(uintptr_t)dlsym(RTLD_NEXT, "pthread_create");
    return is_it("thread") ? EAGAIN : real(t, a, run, arg);
}

/* --- system calls ----------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
__asm__(".text\n"
        "raw_call: mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
        "mov %r8, %r10\n mov %r9, %r8\n mov 8(%rsp), %r9\n syscall\n"
        "raw_called: ret\n");
#define ARGUMENT(u, i)                                                                             \
    ((u)->uc_mcontext.gregs[((const int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9})[i]])
#define RESULT(u) ((u)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARCH           AUDIT_ARCH_AARCH64
__asm__(".text\n"
        "raw_call: mov x8, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x4\n"
        "mov x4, x5\n mov x5, x6\n svc 0\n"
        "raw_called: ret\n");
#define ARGUMENT(u, i) ((u)->uc_mcontext.regs[i])
#define RESULT(u)      ((u)->uc_mcontext.regs[0])
#endif
extern char raw_called[] __attribute__((visibility("hidden")));
long raw_call(long nr, long a, long b, long c, long d, long e, long f)
    __attribute__((visibility("hidden")));

static const int reads[] = {SYS_read, SYS_pread64, SYS_readv};
static const int writes[] = {SYS_write, SYS_pwrite64, SYS_writev};
static const int lists[] = {SYS_getdents64};
static const int stats[] = {
    SYS_newfstatat, SYS_statx, SYS_faccessat,
#ifdef SYS_stat
    SYS_stat,       SYS_lstat, SYS_access,
#endif
};
static const int others[] = {
    SYS_openat, SYS_linkat, SYS_unlinkat, SYS_renameat2, SYS_mkdirat, SYS_ftruncate, SYS_fsync,
#ifdef SYS_rename
    SYS_open,   SYS_link,   SYS_unlink,   SYS_rename,    SYS_mkdir,   SYS_rmdir,
#endif
};

static int is_in(const int *list, size_t bytes, int nr) {
    for (size_t i = 0; i < bytes / sizeof *list; i++)
        if (list[i] == nr) return 1;
    return 0;
}

static void on_call(int signal_number, siginfo_t *info, void *context) {
    ucontext_t *u = context;
    int nr = info->si_syscall, was = errno;
    int reading = is_in(reads, sizeof reads, nr), writing = is_in(writes, sizeof writes, nr);
    long length = (long)ARGUMENT(u, 2);
    (void)signal_number;
    int listing = is_in(lists, sizeof lists, nr), looking = is_in(stats, sizeof stats, nr);
    if ((listing && is_it("list")) || (looking && is_it("stat")) ||
        (!listing && !looking && is_it("call")) || (reading && is_it("read")) ||
        (writing && is_it("write"))) {
        if (plan.how < 0) raw_call(SYS_kill, getpid(), -plan.how, 0, 0, 0, 0);
        if (plan.how > 0) {
            RESULT(u) = -plan.how;
            return;
        }
        int whole = nr == SYS_readv || nr == SYS_writev; /* counts buffers, not bytes */
        if (plan.how == 0 && (reading || writing) && !whole && length > 1)
            length = (length + 1) / 2;
    }
    RESULT(u) = raw_call(nr, (long)ARGUMENT(u, 0), (long)ARGUMENT(u, 1), length,
                         (long)ARGUMENT(u, 3), (long)ARGUMENT(u, 4), (long)ARGUMENT(u, 5));
    errno = was;
}

#define FIELD(name)           (uint32_t) offsetof(struct seccomp_data, name)
#define LOAD(field)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define RETURN(v)             BPF_STMT(BPF_RET | BPF_K, v)
#define UNLESS_EQUAL(v, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), 0, skip)
#define IF_EQUAL(v, skip)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), skip, 0)

static size_t add(struct sock_filter *to, const int *list, size_t bytes, size_t n) {
    for (size_t i = 0; i < bytes / sizeof *list; i++) {
        to[n++] = (struct sock_filter)UNLESS_EQUAL(list[i], 1);
        to[n++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
    }
    return n;
}

static void watch_calls(void) {
    uintptr_t from = (uintptr_t)raw_called;
    struct sock_filter f[80] = {
        LOAD(FIELD(arch)),
        IF_EQUAL(ARCH, 1),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(FIELD(instruction_pointer)),
        UNLESS_EQUAL(from, 3),
        LOAD(FIELD(instruction_pointer) + 4),
        UNLESS_EQUAL(from >> 32, 1),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(FIELD(nr)),
    };
    size_t n = add(f, reads, sizeof reads, 9);
    n = add(f, writes, sizeof writes, n);
    n = add(f, lists, sizeof lists, n);
    n = add(f, stats, sizeof stats, n);
    n = add(f, others, sizeof others, n);
    f[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, f};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
    action.sa_sigaction = on_call;
    if (sigaction(SIGSYS, &action, NULL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        perror("fail.so: system calls cannot be watched");
        _exit(99);
    }
}

/* --- main ------------------------------------------------------------------------------------- */

typedef int main_fn(int, char **, char **);
typedef int start_fn(main_fn *, int, char **, main_fn *, void (*)(void), void (*)(void), void *);
static main_fn *real_main;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int counted_main(int argc, char **argv, char **env) {
    plan.kind = getenv("FAIL");
    plan.n = number("FAIL_N");
    plan.how = number("FAIL_HOW");
    plan.active = plan.kind != NULL;
    if (plan.active && strcmp(plan.kind, "malloc") != 0 && strcmp(plan.kind, "thread") != 0)
        watch_calls();
    return real_main(argc, argv, env);
}

__attribute__((visibility("default"))) int __libc_start_main(main_fn *run, int argc, char **argv,
                                                             main_fn *init, void (*fini)(void),
                                                             void (*rtld_fini)(void), void *end) {
    start_fn *real = (start_fn *)(uintptr_t)dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = run;
    return real(counted_main, argc, argv, init, fini, rtld_fini, end);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("FAIL_COUNT");
    plan.active = 0;
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f) return;
    fprintf(f, "%ld\n", plan.counted);
    fclose(f);
}
