#define _GNU_SOURCE /* syscall */
#include "engine/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const lint_kernels lint_kernels_v2, lint_kernels_v3, lint_kernels_v4, lint_kernels_v4bf16,
    lint_kernels_v4amx;

/* Whether there are tiles of bfloat16, and Linux lets this process have them. It must be asked, once, since
 * a context switch then saves 8 KB more; threads that are started later have them too. */
static int has_tiles(void) {
    enum { FEATURES = 7, TILES = 1 << 24, OF_BFLOAT16 = 1 << 22 };
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    unsigned a, b, c, d;
    return __get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) && d & TILES && d & OF_BFLOAT16 &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static int runs(const lint_kernels *k) {
    if (k == &lint_kernels_v4amx) return runs(&lint_kernels_v4bf16) && has_tiles();
    if (k == &lint_kernels_v4bf16)
        return __builtin_cpu_supports("avx512bf16") && runs(&lint_kernels_v4);
    if (k == &lint_kernels_v4)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512cd");
    if (k == &lint_kernels_v3)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    return 1;
}

/* The best first. */
static const lint_kernels *const tables[] = {&lint_kernels_v4amx, &lint_kernels_v4bf16,
                                             &lint_kernels_v4, &lint_kernels_v3, &lint_kernels_v2};
#else
extern const lint_kernels lint_kernels_plain;

static int runs(const lint_kernels *k) {
    return k != NULL;
}

static const lint_kernels *const tables[] = {&lint_kernels_plain};
#endif

const lint_kernels *lint_kernels_pick(const char *name, lint_err *e) {
    const char *variable = name ? "" : "LINT_ISA=";
#ifdef __x86_64__
    __builtin_cpu_init(); /* this may be called before any constructor of the program */
#endif
    if (!name) name = getenv("LINT_ISA");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if ((!name || strcmp(tables[i]->name, name) == 0) && runs(tables[i])) return tables[i];
    lint_fail(e,
              "%s%s: this processor or build has no such instruction set (expected v2, v3, v4, "
              "v4bf16 or v4amx)",
              variable, name ? name : "");
    return NULL;
}
