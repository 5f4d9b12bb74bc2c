/* heif-decoder: decodes HEICs and AVIFs for liblint, which starts it (lib/picture/heif_decoder.h). It is
 * not run by hand: for each socket that comes in over descriptor 3 it forks a process, which decodes
 * one picture and answers there. Whatever a hostile file does, it does to that process. */
#define _GNU_SOURCE /* closefrom */
#include "picture/heif_decoder.h"

#ifdef LINT_HAVE_LIBHEIF
#include <libheif/heif.h>
#if LIBHEIF_HAVE_VERSION(1, 15, 0)
#define READS_HEIF
#endif
#endif

#ifdef READS_HEIF
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Pictures of 12 megapixels take seconds, and of 10 or 12 bits with alpha less than 34 bytes a pixel. */
enum { ROOM = 448 << 20, ROOM_OF_PIXEL = 64, SECONDS = 4, PIXELS_A_SECOND = 500000 };
/* Who works so little for so many seconds waits for ever. */
static const double WORK = 1e-3;
enum { IDLE = 5 };
/* Bytes of rows that are sent at once. */
enum { PIECE = 1 << 16 };
/* Memory that pictures find prepared. */
enum { HEAP = 64 << 20, HUGE_PAGE = 2 << 20 };

typedef struct job {
    int fd;
    uint8_t *bytes;
    uint64_t n;
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image;
} job;

static int fail(const job *j, int kind, const char *text) {
    lint_heif_message message = {.kind = kind};
    strncpy(message.text, text, sizeof message.text - 1);
    lint_heif_put(j->fd, &message, sizeof message);
    return -1;
}

/* --- bounds ----------------------------------------------------------------------------------- */

static double spent(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double before;
static int idle;

/* Seconds are counted one by one, so that a process that was stopped for an hour has one more. */
static void tick(int signal) {
    (void)signal;
    double now = spent();
    idle = now - before < WORK ? idle + 1 : 0;
    before = now;
    if (idle >= IDLE) _exit(1);
}

/* Whether to watch for threads that wait for each other for ever; not while the other side is to act. */
static void watch(int on) {
    const struct itimerval timer = {.it_interval.tv_sec = on, .it_value.tv_sec = on};
    idle = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void limit(int resource, rlim_t to) {
    struct rlimit l;
    if (getrlimit(resource, &l) < 0) return;
    l.rlim_cur = to < l.rlim_max ? to : l.rlim_max;
    setrlimit(resource, &l);
}

/* What a file of n bytes with so many pixels may take. */
static void bound(const job *j, uint64_t pixels) {
    limit(RLIMIT_DATA, HEAP + ROOM + 4 * j->n + pixels * ROOM_OF_PIXEL);
    limit(RLIMIT_CPU, SECONDS + pixels / PIXELS_A_SECOND);
    watch(1);
}

/* --- a picture -------------------------------------------------------------------------------- */

static int check(const job *j, struct heif_error error) {
    if (error.code == heif_error_Ok) return 0;
    return fail(j, LINT_HEIF_BAD, error.message);
}

static int open_file(job *j) {
    bound(j, 0);
    if (!(j->context = heif_context_alloc())) return fail(j, LINT_HEIF_SYSTEM, "out of memory");
    heif_context_set_maximum_image_size_limit(j->context, LINT_IMAGE_MAX);
    if (check(j, heif_context_read_from_memory_without_copy(j->context, j->bytes, j->n, NULL)) < 0)
        return -1;
    return check(j, heif_context_get_primary_image_handle(j->context, &j->handle));
}

static uint64_t area(int w, int h) {
    return w > 0 && h > 0 ? (uint64_t)w * (uint64_t)h : 0;
}

/* The other side says whether it wants a picture of that size. */
static int tell_size(const job *j) {
    char go;
    lint_heif_message message = {.kind = LINT_HEIF_SIZE,
                                 .w = heif_image_handle_get_width(j->handle),
                                 .h = heif_image_handle_get_height(j->handle),
                                 .stored_w = heif_image_handle_get_ispe_width(j->handle),
                                 .stored_h = heif_image_handle_get_ispe_height(j->handle),
                                 .bits = heif_image_handle_get_luma_bits_per_pixel(j->handle)};
    watch(0);
    if (lint_heif_put(j->fd, &message, sizeof message) < 0 || lint_heif_get(j->fd, &go, 1) < 0)
        return -1;
    uint64_t shown = area(message.w, message.h), stored = area(message.stored_w, message.stored_h);
    bound(j, shown > stored ? shown : stored);
    return 0;
}

static int decode_image(job *j, int alpha) {
    struct heif_decoding_options *o = heif_decoding_options_alloc();
    if (!o) return fail(j, LINT_HEIF_SYSTEM, "out of memory");
    if (o->version >= 2) o->convert_hdr_to_8bit = 1;
    if (o->version >= 3) o->strict_decoding = 1; /* damage is an error, not a grey patch */
    struct heif_error error =
        heif_decode_image(j->handle, &j->image, heif_colorspace_RGB,
                          alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, o);
    heif_decoding_options_free(o);
    return check(j, error);
}

/* Many rows at a time: a change of processes for each would take longer than the decoding. */
static int put_rows(const job *j, const uint8_t *px, size_t stride, size_t row, size_t h) {
    size_t rows = PIECE / row + 1;
    uint8_t *piece = malloc(rows * row);
    if (!piece) return -1;
    for (size_t y = 0, n; y < h; y += n) {
        n = h - y < rows ? h - y : rows;
        for (size_t i = 0; i < n; i++)
            memcpy(piece + i * row, px + (y + i) * stride, row);
        if (lint_heif_put(j->fd, piece, n * row) < 0) return -1;
    }
    return 0;
}

static int give_rows(const job *j, int c) {
    int stride;
    const uint8_t *px = heif_image_get_plane_readonly(j->image, heif_channel_interleaved, &stride);
    lint_heif_message message = {.kind = LINT_HEIF_PIXELS,
                                 .w = heif_image_get_width(j->image, heif_channel_interleaved),
                                 .h = heif_image_get_height(j->image, heif_channel_interleaved),
                                 .c = c,
                                 .multiplied = heif_image_handle_is_premultiplied_alpha(j->handle)};
    if (!px || message.w < 1 || message.h < 1 || stride < 0)
        return fail(j, LINT_HEIF_BAD, "no pixels");
    watch(0);
    if (lint_heif_put(j->fd, &message, sizeof message) < 0) return -1;
    return put_rows(j, px, (size_t)stride, (size_t)message.w * (size_t)c, (size_t)message.h);
}

/* Frees nothing: the process ends. */
static void serve(int fd) {
    job j = {.fd = fd};
    if (lint_heif_get(fd, &j.n, sizeof j.n) < 0) return;
    j.bytes = malloc(j.n + 1);
    if (!j.bytes) {
        fail(&j, LINT_HEIF_SYSTEM, "out of memory");
        return;
    }
    if (lint_heif_get(fd, j.bytes, j.n) < 0 || open_file(&j) < 0 || tell_size(&j) < 0) return;
    int alpha = heif_image_handle_has_alpha_channel(j.handle);
    if (decode_image(&j, alpha) == 0) give_rows(&j, alpha ? 4 : 3);
}

/* --- calls ------------------------------------------------------------------------------------ */

/* -1 where no more will come. */
static int next_call(void) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte;
    int fd;
    struct iovec one = {&byte, 1};
    struct msghdr m = {.msg_iov = &one,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control.bytes};
    if (recvmsg(LINT_HEIF_CALLS, &m, MSG_CMSG_CLOEXEC) != 1) return -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_type != SCM_RIGHTS) return -1;
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* The terminal's signals are for the tool: this ends when the tool does. Children are not waited for. */
static void set_signals(void) {
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    const struct sigaction on_tick = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &on_tick, NULL);
}

/* Each picture begins with an empty heap. In pages of 4 kB it takes longer to get than to fill. */
static void prepare_heap(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, HEAP / 2);
    mallopt(M_TRIM_THRESHOLD, 2 * HEAP);
    mallopt(M_TOP_PAD, HEAP);
    void *volatile grows = malloc(1 << 20);
    free(grows);
    uintptr_t end = (uintptr_t)sbrk(0), begin = (end - HEAP) / HUGE_PAGE * HUGE_PAGE;
    madvise((void *)(begin + HUGE_PAGE), end - begin - HUGE_PAGE, MADV_HUGEPAGE);
}

/* The process of one picture. Only the program itself keeps calls open, so that a tool sees it end. */
static void answer(int fd) {
    close(LINT_HEIF_CALLS);
    if (lint_heif_put(fd, "", 1) == 0) serve(fd);
    _exit(0);
}

int main(void) {
    closefrom(LINT_HEIF_CALLS + 1);
    set_signals();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    prepare_heap();
    heif_init(NULL); /* once for all pictures */
    if (lint_heif_put(LINT_HEIF_CALLS, "", 1) < 0) return 1;
    for (int fd; (fd = next_call()) >= 0; close(fd)) {
        pid_t pid = fork();
        if (pid == 0) answer(fd);
        if (pid < 0 && lint_heif_put(fd, "", 1) == 0)
            fail(&(job){.fd = fd}, LINT_HEIF_SYSTEM, "cannot start a process");
    }
    return 0;
}
#else
int main(void) {
    return 1;
}
#endif
