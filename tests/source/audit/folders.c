/* Asks for the verdict on 200 drawn folders, of which it is known; prints the table of docs/audit.md.
 * `make test-audit` runs it. TAP on standard output. */
#include "source/background.h"
#include "support/drawn.h"

#include <stdio.h>

/* A row of the table: folders of one size. */
typedef struct row {
    int folders, right, too_few;
    double accuracy, low, high; /* of what the borders tell: mean, extremes */
} row;

enum { SIZES = 4, HALF = DRAWN_FOLDERS / 2 };

static void add(row *r, const lint_background *b, lint_background_verdict wanted) {
    r->low = !r->folders || b->accuracy < r->low ? b->accuracy : r->low;
    r->high = !r->folders || b->accuracy > r->high ? b->accuracy : r->high;
    r->accuracy += b->accuracy;
    r->folders++;
    r->right += b->verdict == wanted;
    r->too_few += b->verdict == LINT_TOO_FEW;
}

static int ask(lint_threads *pool, int i, lint_background *b) {
    lint_err e;
    drawn_spec s = drawn_number(i);
    drawn_folder f = drawn_make(&s, (uint64_t)i);
    int err = lint_background_test(pool, &f.source, f.look, (uint64_t)i, NULL, NULL, b, &e);
    if (err) fprintf(stderr, "folder %d: %s\n", i, e.msg);
    drawn_free(&f);
    return err;
}

int main(void) {
    static const char *const half[2] = {"independent", "agreeing in 85 to 100 %"};
    row table[2][SIZES] = {{{0}}};
    int right[2] = {0}, fine = 1;
    lint_err e;
    lint_threads *pool = lint_threads_new(0, &e);
    if (!pool) return 1;
    for (int i = 0; i < DRAWN_FOLDERS; i++) {
        lint_background b;
        lint_background_verdict wanted = i < HALF ? LINT_NO_SIGN : LINT_GIVES_AWAY;
        drawn_spec s = drawn_number(i);
        if (ask(pool, i, &b) < 0) return 1;
        add(&table[i / HALF][i % SIZES], &b, wanted);
        right[i / HALF] += b.verdict == wanted;
        if (b.verdict != wanted)
            printf("# folder %d: %d classes, %d a class, series of %d: %s, %.2f (chance %.2f), p "
                   "%.3f\n",
                   i, s.classes, s.n, s.series, lint_background_verdict_name(b.verdict), b.accuracy,
                   b.chance, b.p);
    }
    for (int h = 0; h < 2; h++)
        for (int k = 0; k < SIZES; k++) {
            const row *r = &table[h][k];
            printf("# %s, %d a class: %d of %d right, %d too few; borders tell %.0f %% (%.0f to "
                   "%.0f %%)\n",
                   half[h], drawn_number(k).n, r->right, r->folders, r->too_few,
                   100 * r->accuracy / r->folders, 100 * r->low, 100 * r->high);
        }
    printf("1..2\n");
    for (int h = 0; h < 2; h++) {
        int ok = right[h] >= 95 * HALF / 100;
        printf("%sok %d - backgrounds %s: %d of %d verdicts are right, 95 are asked for\n",
               ok ? "" : "not ", h + 1, half[h], right[h], HALF);
        fine &= ok;
    }
    lint_threads_free(pool);
    return !fine;
}
