#include "source/misleading.h"
#include "source/border.h"
#include "source/ridge.h"

#include <stdlib.h>

int lint_mislead_by_border(const lint_decode *c, lint_source *s, const lint_ratio *r, uint64_t seed,
                           lint_mislead *found, lint_err *e) {
    float *border = calloc(s->n + 1, LINT_BORDER_DIM * sizeof *border);
    double *score = calloc(s->n + 1, s->classes.n * sizeof *score);
    int32_t *label = calloc(s->n + 1, sizeof *label);
    int err = border && score && label ? 0 : lint_fail_mem(e, "the borders of all pictures");
    if (!err) err = lint_decode_borders(c, s, border, e);
    for (size_t i = 0; i < s->n && !err; i++)
        label[i] = s->picture[i].bad ? -1 : s->picture[i].label;
    if (!err) err = lint_ridge_scores(border, s->n, LINT_BORDER_DIM, label, s->classes.n, score, e);
    if (!err) err = lint_partition_mislead(s, score, r, seed, found, e);
    free(border);
    free(score);
    free(label);
    return err;
}
