/* OpenBLAS as lint needs it: one thread, and memory for it. Declared in net.h and net_parts.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "engine/net_parts.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What OpenBLAS maps for each thread that multiplies matrices at the same time (BUFFER_SIZE of its
 * common_x86_64.h). */
#define BUFFER ((size_t)128 << 20)

/* While the program is loaded, OpenBLAS asks this function of its own for a number of threads and
 * starts them, before main can say that one is enough; where they cannot be started, the program hangs
 * when it ends. The dynamic linker takes the program's function for the library's. Where a version of
 * OpenBLAS asks another way, lint_blas_one_thread does. It is for lint's own programs: in lint's library for others
 * it has no name outside (Makefile). */
int openblas_num_threads_env(void) __attribute__((visibility("default")));
int openblas_num_threads_env(void) {
    return 1;
}

/* OpenBLAS knows processors by their names, and takes one that is newer than itself for one without AVX. In
 * its place lint's programs name kernels of the instruction set that they use themselves, so that LINT_ISA
 * chooses both. This is what OpenBLAS calls first while it is loaded, to read variables of which lint has no
 * use; OPENBLAS_CORETYPE comes later, and what the user has set stays. */
void openblas_read_env(void) __attribute__((visibility("default")));
void openblas_read_env(void) {
    static const char *const cores[][2] = {
        {"v2", "Nehalem"}, {"v3", "Haswell"}, {"v4", "SkylakeX"}};
    lint_err e;
    const lint_kernels *k = lint_kernels_pick(NULL, &e);
    for (size_t i = 0; k && i < sizeof cores / sizeof *cores; i++)
        if (strncmp(k->name, cores[i][0], 2) == 0) setenv("OPENBLAS_CORETYPE", cores[i][1], 0);
}

void lint_blas_one_thread(void) {
    openblas_set_num_threads(1);
}

int lint_blas_room(int threads, lint_err *e) {
    size_t bytes = (size_t)threads * BUFFER;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p != MAP_FAILED) return munmap(p, bytes);
    lint_fail(
        e,
        "out of memory for OpenBLAS, which takes %zu MiB of addresses for each thread: expected "
        "fewer than %d threads (--threads), or a higher limit (ulimit -v)",
        BUFFER >> 20, threads);
    e->system = 1;
    return -1;
}
