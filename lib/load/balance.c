#include "load/balance.h"
#include "base/rng.h"

#include <stdlib.h>

/* A sample and its class, or its class and place; sorted, the samples of one stand together. */
typedef struct member {
    uint64_t of;
    size_t i;
} member;

static int by_class(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->of != y->of) return x->of < y->of ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static size_t sorted_members(const int32_t *label, size_t n, member *m) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0) m[count++] = (member){(uint64_t)label[i], i};
    qsort(m, count, sizeof *m, by_class);
    return count;
}

/* How many members from m on are of the first one's class. */
static size_t run_length(const member *m, size_t count) {
    size_t n = 1;
    while (n < count && m[n].of == m[0].of)
        n++;
    return n;
}

/* Every named class must have samples, so that the runs have the labels 0, 1, 2, ... of the
 * names. */
static int check_present(const member *m, size_t count, const lint_names *classes, lint_err *e) {
    size_t at = 0;
    for (size_t k = 0; k < classes->n; k++) {
        if (at == count || m[at].of != k)
            return lint_fail(e, "cannot balance: class '%s' has no samples to copy", classes->v[k]);
        at += run_length(m + at, count - at);
    }
    return 0;
}

/* Sizes of the largest class and of all copies together. -1 where the sum does not fit. */
static int measure(const member *m, size_t count, size_t *largest, size_t *copies) {
    size_t runs = 0;
    *largest = 0;
    for (size_t at = 0, n; at < count; at += n, runs++) {
        n = run_length(m + at, count - at);
        if (n > *largest) *largest = n;
    }
    size_t all;
    if (__builtin_mul_overflow(runs, *largest, &all)) return -1;
    *copies = all - count;
    return all > SIZE_MAX / sizeof(size_t) ? -1 : 0;
}

/* The n members at m in a new order. */
static void shuffle(const member *m, size_t n, uint64_t seed, uint64_t epoch, size_t *order) {
    for (size_t i = 0; i < n; i++)
        order[i] = m[i].i;
    lint_rng r = lint_rng_at(seed, LINT_RNG_BALANCE, epoch, m[0].of);
    lint_rng_shuffle(&r, order, n);
}

/* Appends want copies of the n members at m to copy; order [n] is scratch. */
static void copies_of(const member *m, size_t n, size_t want, uint64_t seed, uint64_t epoch,
                      size_t *order, size_t *copy) {
    shuffle(m, n, seed, epoch, order);
    for (size_t i = 0; i < want; i++)
        copy[i] = order[i % n];
}

static int fill(const member *m, size_t count, uint64_t seed, uint64_t epoch, size_t **copy,
                size_t *copies, lint_err *e) {
    size_t largest;
    if (measure(m, count, &largest, copies) < 0) return lint_fail_mem(e, "copies");
    if (*copies == 0) return 0;
    size_t *order = malloc(largest * sizeof *order);
    *copy = malloc(*copies * sizeof **copy);
    if (!order || !*copy) {
        free(order);
        free(*copy);
        *copy = NULL;
        return lint_fail_mem(e, "copies");
    }
    size_t done = 0;
    for (size_t at = 0, n; at < count; at += n) {
        n = run_length(m + at, count - at);
        copies_of(m + at, n, largest - n, seed, epoch, order, *copy + done);
        done += largest - n;
    }
    free(order);
    return 0;
}

int lint_balance(const int32_t *label, size_t n, const lint_names *classes, uint64_t seed,
                 uint64_t epoch, size_t **copy, size_t *copies, lint_err *e) {
    *copy = NULL;
    *copies = 0;
    if (n == 0) return 0;
    member *m = calloc(n, sizeof *m);
    if (!m) return lint_fail_mem(e, "labels");
    size_t count = sorted_members(label, n, m);
    int err = count == 0 ? lint_fail(e, "cannot balance: no sample has a label")
                         : check_present(m, count, classes, e);
    if (!err) err = fill(m, count, seed, epoch, copy, copies, e);
    free(m);
    return err;
}

/* --- groups ----------------------------------------------------------------------------------- */

static int group_members(const int32_t *label, const int32_t *place, size_t n, member *m,
                         lint_err *e) {
    for (size_t i = 0; i < n; i++) {
        if (label[i] < 0 || place[i] < 0)
            return lint_fail(e, "cannot balance groups: a sample has no %s",
                             label[i] < 0 ? "label" : "place");
        m[i] = (member){(uint64_t)label[i] << 32 | (uint64_t)place[i], i};
    }
    qsort(m, n, sizeof *m, by_class);
    return 0;
}

static size_t count_groups(const member *m, size_t n) {
    size_t groups = 0;
    for (size_t at = 0; at < n; at += run_length(m + at, n - at))
        groups++;
    return groups;
}

/* order [n] is scratch. */
static void draw_groups(const member *m, size_t n, uint64_t seed, uint64_t epoch, size_t *order,
                        size_t *drawn, size_t *copy, size_t *copies) {
    size_t groups = count_groups(m, n), group = 0, done = 0;
    for (size_t at = 0, size; at < n; at += size, group++) {
        size = run_length(m + at, n - at);
        size_t want = n / groups + (group < n % groups);
        shuffle(m + at, size, seed, epoch, order);
        for (size_t i = 0; i < want; i++) {
            if (i >= size) copy[*copies] = order[i % size];
            drawn[done++] = i < size ? order[i] : n + (*copies)++;
        }
    }
}

int lint_balance_groups(const int32_t *label, const int32_t *place, size_t n, uint64_t seed,
                        uint64_t epoch, size_t *drawn, size_t **copy, size_t *copies, lint_err *e) {
    *copies = 0;
    member *m = calloc(n + 1, sizeof *m);
    size_t *order = calloc(n + 1, sizeof *order);
    *copy = calloc(n + 1, sizeof **copy);
    int err =
        m && order && *copy ? group_members(label, place, n, m, e) : lint_fail_mem(e, "groups");
    if (!err) draw_groups(m, n, seed, epoch, order, drawn, *copy, copies);
    free(m);
    free(order);
    if (!err) return 0;
    free(*copy);
    *copy = NULL;
    return -1;
}
