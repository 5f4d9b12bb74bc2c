#include "stream/each_frame.h"

int lint_each_frame(FILE *in, const char *name, lint_frame_fn *fn, void *ctx, lint_err *e) {
    lint_reader *r = lint_reader_new(in, name, e);
    if (!r) return -1;
    lint_frame f = {0};
    int got;
    for (size_t frame = 1; (got = lint_reader_next(r, &f, e)) > 0; frame++)
        if (fn(ctx, &f, e) < 0) {
            got = lint_err_prefix(e, "%s: frame %zu: ", name, frame);
            break;
        }
    lint_frame_free(&f);
    lint_reader_free(r);
    return got;
}
