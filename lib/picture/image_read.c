#include "base/regular_file.h"
#include "base/rng.h"
#include "picture/image_codec.h"

#include <stdlib.h>
#include <sys/stat.h>

/* A compressed file larger than this is no picture that a data set holds. */
#define FILE_BYTES_MAX ((size_t)1 << 29)

/* Memory follows the bytes that arrive, so a wrong st_size does no harm. */
static uint8_t *read_all(FILE *in, size_t *n, lint_err *e) {
    struct stat st;
    size_t room = 1 << 16;
    if (fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (uintmax_t)st.st_size <= FILE_BYTES_MAX)
        room = (size_t)st.st_size + 1;
    uint8_t *b = malloc(room);
    int err = b ? 0 : lint_fail_mem(e, "picture");
    for (*n = 0; !err;) {
        *n += fread(b + *n, 1, room - *n, in);
        if (*n < room) break;
        if (room > FILE_BYTES_MAX) err = lint_fail(e, "more than 512 MB, too large for a picture");
        uint8_t *more = err ? NULL : realloc(b, room *= 2);
        if (more)
            b = more;
        else if (!err)
            err = lint_fail_mem(e, "picture");
    }
    if (!err && ferror(in)) err = lint_fail_errno(e, "cannot read");
    if (!err) return b;
    free(b);
    return NULL;
}

#define CANNOT_OPEN "cannot open"

static FILE *open_given(const char *path, lint_err *e) {
    FILE *in = fopen(path, "rb");
    if (!in) lint_fail_errno(e, CANNOT_OPEN);
    return in;
}

/* Closes `in`, which may be NULL after an error. */
static uint8_t *read_bytes(FILE *in, size_t *n, lint_err *e) {
    if (!in) return NULL;
    uint8_t *b = read_all(in, n, e);
    fclose(in);
    return b;
}

uint8_t *lint_image_bytes(const char *path, size_t *n, lint_err *e) {
    return read_bytes(open_given(path, e), n, e);
}

/* --- facts ------------------------------------------------------------------------------------ */

static void give_facts(lint_image_facts *facts, const lint_sink *s, const uint8_t *b, size_t n) {
    *facts = s->facts;
    facts->bytes = n;
    facts->digest = lint_hash_data(b, n, 0);
    facts->orientation = s->orientation;
    if (!lint_exif_swaps(s->orientation)) return;
    facts->w = s->facts.h;
    facts->h = s->facts.w;
}

/* Highlights may be brighter than white, but hardly a thousand times as bright. */
enum { BRIGHTEST = 16 };

/* Floats of another scale would be white all over. */
static int check_scale(const lint_sink *s, lint_err *e) {
    if (!s->facts.floats || s->ask->depth || s->facts.peak <= BRIGHTEST) return 0;
    return lint_fail(e, "floats up to %g where 1 is white (--depth says how many bits white has)",
                     s->facts.peak);
}

/* ---------------------------------------------------------------------------------------------- */

static int decode(lint_image *im, const uint8_t *b, size_t n, const lint_image_ask *ask,
                  lint_image_facts *facts, lint_err *e) {
    lint_sink s = {.ask = ask, .orientation = 1, .facts.bits = 8};
    lint_decoder *decoder = lint_image_format(b, n, e);
    int err = decoder ? decoder(&s, b, n, e) : -1;
    if (!err) err = check_scale(&s, e);
    if (!err) err = lint_sink_end(&s, im, e);
    if (!err && facts) give_facts(facts, &s, b, n);
    lint_sink_free(&s);
    return err;
}

int lint_image_decode(lint_image *im, const uint8_t *bytes, size_t n, const lint_image_ask *ask,
                      lint_image_facts *facts, lint_err *e) {
    lint_image_free(im);
    int err = decode(im, bytes, n, ask, facts, e);
    if (err) lint_image_free(im);
    return err;
}

int lint_image_read_as(lint_image *im, const char *path, const lint_image_ask *ask,
                       lint_image_facts *facts, lint_err *e) {
    size_t n;
    lint_image_free(im);
    FILE *in = ask->regular ? lint_regular_open(path, CANNOT_OPEN, e) : open_given(path, e);
    uint8_t *b = read_bytes(in, &n, e);
    int err = b ? lint_image_decode(im, b, n, ask, facts, e) : -1;
    free(b);
    return err;
}

int lint_image_read(lint_image *im, const char *path, int c, lint_err *e) {
    return lint_image_read_as(im, path, &(lint_image_ask){.c = c}, NULL, e);
}

int lint_image_read_for(lint_image *im, const char *path, int c, int want_w, int want_h,
                        lint_err *e) {
    const lint_image_ask ask = {.c = c, .rough_w = want_w, .rough_h = want_h};
    return lint_image_read_as(im, path, &ask, NULL, e);
}
