/* Streams from strangers: what is read is written again as the same bytes, and can be viewed,
 * selected, joined and described. */
#include "base/memstream.h"
#include "stream/describe.h"
#include "stream/samples.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

static char *written(const lint_frame *f, size_t *n) {
    char *text = NULL;
    lint_err e = {0};
    FILE *out = open_memstream(&text, n);
    if (!out || lint_frame_write(f, out, &e) < 0) abort();
    if (!lint_memstream_close(out, &text)) abort();
    return text;
}

/* Written, read and written: the canonical form is a fixed point. */
static void check_canonical(const lint_frame *f) {
    size_t n, again;
    lint_err e = {0};
    lint_frame back = {0};
    char *text = written(f, &n);
    FILE *in = fmemopen(text, n, "rb");
    lint_reader *r = in ? lint_reader_new(in, "again", &e) : NULL;
    if (!r || lint_reader_next(r, &back, &e) != 1) abort();
    char *twice = written(&back, &again);
    if (n != again || memcmp(text, twice, n) != 0) abort();
    free(twice);
    lint_reader_free(r);
    fclose(in);
    lint_frame_free(&back);
    free(text);
}

static void view(const lint_frame *f) {
    lint_samples s;
    lint_err e = {0};
    char name[64];
    int err = lint_samples_view(f, &s, &e);
    fuzz_told(err, &e);
    if (err) return;
    for (size_t i = 0; i < s.n && i < 4; i++)
        lint_samples_name(&s, i, name, sizeof name);
    if (s.image) fuzz_touch(s.image, s.n * s.h * s.w * 3);
    if (s.mask) fuzz_touch(s.mask, s.n * s.h * s.w);
    if (s.label) fuzz_touch(s.label, s.n * sizeof *s.label);
    if (s.cam) fuzz_touch(s.cam, s.n * s.k * s.cam_h * s.cam_w * sizeof *s.cam);
    lint_samples_free(&s);
}

/* Returns the bytes that copies took. */
static size_t copy(const lint_frame *f, lint_frame *joined, int *joins) {
    lint_err e = {0};
    lint_frame some = {0};
    size_t samples = lint_frame_samples(f), made = 0;
    size_t row[] = {0, samples - 1, 0};
    for (size_t i = 0; i < f->count; i++)
        made += f->tensors[i].bytes;
    if (samples && samples < 1 << 20) fuzz_told(lint_frame_take(&some, f, row, 3, &e), &e);
    lint_frame_free(&some);
    if (*joins) *joins = lint_frame_append(joined, f, &e) == 0;
    if (!*joins) fuzz_told(-1, &e);
    return 8 * made;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_frame f = {0}, joined = {0};
    int got, joins = 1, describes = 1;
    size_t made = 0;
    FILE *in = fuzz_stream(bytes, n);
    fuzz_begin();
    lint_reader *r = lint_reader_new(in, "fuzz", &e);
    lint_describe *d = lint_describe_new(&e);
    if (!r || !d) abort();
    while ((got = lint_reader_next(r, &f, &e)) > 0) {
        check_canonical(&f);
        view(&f);
        made += copy(&f, &joined, &joins);
        if (describes) describes = lint_describe_add(d, &f, &e) == 0;
        if (!describes) fuzz_told(-1, &e);
    }
    fuzz_told(got, &e);
    if (describes) lint_describe_write(d, "fuzz", fuzz_null());
    lint_describe_free(d);
    lint_frame_free(&f);
    lint_frame_free(&joined);
    lint_reader_free(r);
    fuzz_end(n, made);
    fclose(in);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    return fuzz_mutate_frame(bytes, n, room, seed, NULL, 0);
}
