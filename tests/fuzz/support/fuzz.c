#define _GNU_SOURCE /* memfd_create */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HOOKS 1
#endif
#endif

enum { MIB = 1 << 20, SPARE = 64 };

/* --- memory ----------------------------------------------------------------------------------- */

#ifdef HAS_HOOKS
#include <sanitizer/allocator_interface.h>

static size_t held, most;

static void on_malloc(const volatile void *p, size_t n) {
    (void)p;
    size_t now = __atomic_add_fetch(&held, n, __ATOMIC_RELAXED);
    size_t was = __atomic_load_n(&most, __ATOMIC_RELAXED);
    while (now > was &&
           !__atomic_compare_exchange_n(&most, &was, now, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void on_free(const volatile void *p) {
    __atomic_sub_fetch(&held, __sanitizer_get_allocated_size(p), __ATOMIC_RELAXED);
}

static void count_memory(void) {
    static int counts;
    if (!counts) __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    counts = 1;
    held = most = 0;
}

/* What was allocated before and is freed now counts below 0. */
static size_t memory(void) {
    return most > SIZE_MAX / 2 ? 0 : most;
}
#else
static long before;

static long resident_kb(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

static void count_memory(void) {
    before = resident_kb();
}

static size_t memory(void) {
    return (size_t)(resident_kb() - before) * 1024;
}
#endif

/* --- bounds ----------------------------------------------------------------------------------- */

static double began;

/* Of the processor, so that others on the machine do not count. */
static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void fuzz_begin(void) {
    count_memory();
    began = seconds();
}

void fuzz_end(size_t n, size_t made) {
    double took = seconds() - began, may = 1 + (double)(n + made) / MIB;
    size_t used = memory(), room = (size_t)SPARE * MIB + n + made;
    if (took <= may && used <= room) return;
    fprintf(stderr, "%zu bytes in, %zu made: %.2f s of %.2f, %zu MiB of %zu\n", n, made, took, may,
            used / MIB, room / MIB);
    abort();
}

void fuzz_told(int err, const lint_err *e) {
    if (!err) return;
    if (!*e->msg || strchr(e->msg, '\n')) {
        fprintf(stderr, "an error without a line: '%s'\n", e->msg);
        abort();
    }
}

void fuzz_touch(const void *bytes, size_t n) {
    volatile unsigned char sum = 0;
    for (size_t i = 0; i < n; i++)
        sum ^= ((const unsigned char *)bytes)[i];
}

/* --- input ------------------------------------------------------------------------------------ */

const char *fuzz_file(const void *bytes, size_t n) {
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) < 0 || (n && pwrite(fd, bytes, n, 0) != (ssize_t)n)) abort();
    return path;
}

FILE *fuzz_stream(const void *bytes, size_t n) {
    FILE *f = fopen(fuzz_file(bytes, n), "rb");
    if (!f) abort();
    return f;
}

const char *fuzz_folder(char path[FUZZ_PATH], const char *name) {
    const char *in = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, FUZZ_PATH, "%s/fuzz-%s-XXXXXX", in, name);
    if (!mkdtemp(path)) abort();
    return path;
}

char *fuzz_text(const uint8_t *bytes, size_t n) {
    char *text = malloc(n + 1);
    if (!text) abort();
    if (n) memcpy(text, bytes, n);
    text[n] = 0;
    return text;
}

FILE *fuzz_null(void) {
    static FILE *null;
    if (!null) null = fopen("/dev/null", "w");
    if (!null) abort();
    return null;
}
