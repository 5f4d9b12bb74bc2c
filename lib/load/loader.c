#include "load/loader.h"
#include "base/rng.h"
#include "base/standard_io.h"
#include "load/balance.h"
#include "stream/dataset.h"
#include "stream/reframe.h"
#include "stream/samples.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lint_loader {
    lint_load_plan plan;
    lint_threads *pool;
    char *name; /* of the input, for messages */
    /* reading once: */
    FILE *in;
    lint_reframe *stream;
    uint64_t seen; /* samples given out */
    /* reading in passes: */
    lint_dataset *set;
    int32_t *label, *place; /* for balance, and for that of groups; else NULL */
    uint64_t epoch;         /* the current one, from 1; 0 before the first */
    size_t *order;          /* [total] index of a sample; from lint_dataset_count on, of a copy */
    size_t *copy;           /* what each copy is of */
    size_t total, at;
    int given; /* a frame was */
};

static int fail_here(const lint_loader *l, lint_err *e) {
    return lint_err_prefix(e, "%s: ", l->name);
}

static int changes_pictures(const lint_load_plan *p) {
    return p->swap > 0 || !lint_augment_is_none(&p->each) ||
           (p->balance && !lint_augment_is_none(&p->copy));
}

static int in_passes(const lint_load_plan *p) {
    return p->epochs || p->shuffle || p->balance || p->swap > 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

static int open_stream(lint_loader *l, const char *path, lint_err *e) {
    l->in = lint_input_open(path, e);
    if (!l->in) return -1;
    l->stream = lint_reframe_new(l->in, l->name, l->plan.frame, e);
    return l->stream ? 0 : -1;
}

static int copy_labels(lint_loader *l, lint_err *e) {
    size_t n = lint_dataset_count(l->set);
    l->label = malloc((n + 1) * sizeof *l->label);
    l->place = malloc((n + 1) * sizeof *l->place);
    if (!l->label || !l->place) return lint_fail_mem(e, "labels");
    for (size_t i = 0; i < n; i++) {
        l->label[i] = lint_dataset_label(l->set, i);
        l->place[i] = lint_dataset_place(l->set, i);
    }
    return 0;
}

static int begin_epoch(lint_loader *l, lint_err *e);

static int open_set(lint_loader *l, const char *path, lint_err *e) {
    l->set = lint_dataset_open(path, e);
    if (!l->set) return -1;
    if (l->plan.balance && copy_labels(l, e) < 0) return -1;
    return begin_epoch(l, e);
}

lint_loader *lint_loader_new(const char *path, const lint_load_plan *plan, lint_threads *pool,
                             lint_err *e) {
    lint_loader *l = calloc(1, sizeof *l);
    if (!l || !(l->name = strdup(lint_input_name(path)))) {
        free(l);
        lint_fail_mem(e, "the input");
        return NULL;
    }
    l->plan = *plan;
    l->pool = pool;
    if ((in_passes(plan) ? open_set(l, path, e) : open_stream(l, path, e)) == 0) return l;
    lint_loader_free(l);
    return NULL;
}

void lint_loader_free(lint_loader *l) {
    if (!l) return;
    lint_reframe_free(l->stream);
    lint_input_close(l->in);
    lint_dataset_free(l->set);
    free(l->label);
    free(l->place);
    free(l->order);
    free(l->copy);
    free(l->name);
    free(l);
}

size_t lint_loader_total(const lint_loader *l) {
    return l->set ? l->total * (l->plan.epochs ? (size_t)l->plan.epochs : 1) : 0;
}

/* --- an epoch --------------------------------------------------------------------------------- */

/* All samples, and the copies that make classes equal. */
static int take_all(lint_loader *l, lint_err *e) {
    size_t n = lint_dataset_count(l->set), copies = 0;
    if (l->plan.balance && lint_balance(l->label, n, lint_dataset_classes(l->set), l->plan.seed,
                                        l->epoch, &l->copy, &copies, e) < 0)
        return fail_here(l, e);
    l->total = n + copies; /* the same in every epoch */
    if (!l->order) l->order = malloc((l->total + 1) * sizeof *l->order);
    if (!l->order) return lint_fail_mem(e, "the index");
    for (size_t i = 0; i < l->total; i++)
        l->order[i] = i;
    return 0;
}

static int take_groups(lint_loader *l, lint_err *e) {
    size_t copies;
    l->total = lint_dataset_count(l->set);
    if (!l->order) l->order = malloc((l->total + 1) * sizeof *l->order);
    if (!l->order) return lint_fail_mem(e, "the index");
    if (lint_balance_groups(l->label, l->place, l->total, l->plan.seed, l->epoch, l->order,
                            &l->copy, &copies, e) < 0)
        return fail_here(l, e);
    return 0;
}

/* Draws the copies and the order of the next epoch. */
static int begin_epoch(lint_loader *l, lint_err *e) {
    l->epoch++;
    l->at = 0;
    free(l->copy);
    l->copy = NULL;
    if ((l->plan.balance == LINT_LOAD_GROUPS ? take_groups : take_all)(l, e) < 0) return -1;
    lint_rng r = lint_rng_at(l->plan.seed, LINT_RNG_SHUFFLE, l->epoch, 0);
    if (l->plan.shuffle) lint_rng_shuffle(&r, l->order, l->total);
    return 0;
}

static int set_count(lint_frame *f, const char *key, int given, uint64_t count, lint_err *e) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, count);
    return lint_frame_set_meta(f, key, given ? text : NULL, e);
}

/* Marks a frame with its epoch, the number of epochs and the samples of each, which training plans
 * by. */
static int mark_epoch(const lint_loader *l, lint_frame *f, lint_err *e) {
    int given = l->plan.epochs > 0;
    if (set_count(f, "epoch", given, l->epoch, e) < 0 ||
        set_count(f, "epochs", given, l->plan.epochs, e) < 0)
        return -1;
    return set_count(f, "epoch_samples", given, l->total, e);
}

/* --- changing --------------------------------------------------------------------------------- */

/* Draws the changes to sample i of a frame, by its index in the input (copies come last), and those
 * to its donor, whose draws are those of epochs that no sample has. */
static void draw(const lint_loader *l, uint64_t epoch, uint64_t index, lint_change *c,
                 lint_change *donor) {
    const uint64_t of_donors = (uint64_t)1 << 63;
    const lint_load_plan *p = &l->plan;
    int is_copy = l->set && index >= lint_dataset_count(l->set);
    *c = lint_augment_draw(is_copy ? &p->copy : &p->each, p->seed, epoch, index);
    if (p->swap <= 0) return;
    lint_rng rng = lint_rng_at(p->seed, LINT_RNG_SWAP, epoch, index);
    c->swap = lint_swap_draw(p->swap, lint_dataset_count(l->set), &rng);
    int recolour = lint_rng_unit(&rng) < p->recolour;
    *donor =
        lint_augment_draw(recolour ? &p->recoloured : &p->donor, p->seed, epoch | of_donors, index);
}

static const uint8_t *donor_image(const void *set, size_t donor) {
    return lint_dataset_image(set, donor);
}

static const uint8_t *donor_mask(const void *set, size_t donor) {
    return lint_dataset_mask(set, donor);
}

static int check_changeable(const lint_samples *s, lint_err *e) {
    if (!s->image) return lint_fail(e, "no 'image' to change");
    const char *made = s->cam ? "cam" : s->logits ? "logits" : s->features ? "features" : NULL;
    if (made)
        return lint_fail(e, "'%s' was computed for the unchanged pictures: augment first, then %s",
                         made,
                         s->features && !s->cam && !s->logits ? "compute features" : "predict");
    return 0;
}

/* Changes the pictures of f. Sample i has the index index[i], or first + i if index is NULL. */
static int change(const lint_loader *l, lint_frame *f, uint64_t epoch, const size_t *index,
                  uint64_t first, lint_err *e) {
    if (!changes_pictures(&l->plan)) return 0;
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    lint_change *c = malloc((2 * s.n + 1) * sizeof *c), *of_donor = c + s.n;
    int err = c ? check_changeable(&s, e) : lint_fail_mem(e, "changes");
    for (size_t i = 0; !err && i < s.n; i++)
        draw(l, epoch, index ? index[i] : first + i, &c[i], &of_donor[i]);
    lint_donors donors = {l->plan.swap_by, of_donor, donor_image, donor_mask, l->set};
    if (!err) err = lint_augment_samples(&s, c, l->plan.swap > 0 ? &donors : NULL, l->pool, e);
    free(c);
    lint_samples_free(&s);
    return err;
}

/* --- the next frame --------------------------------------------------------------------------- */

static int next_of_stream(lint_loader *l, lint_frame *f, lint_err *e) {
    int got = lint_reframe_next(l->stream, f, e);
    if (got <= 0) return got;
    if (change(l, f, 1, NULL, l->seen, e) < 0) return fail_here(l, e);
    l->seen += lint_frame_samples(f);
    return 1;
}

/* Takes the samples and copies of the given index [n] from the set. */
static int take(const lint_loader *l, const size_t *index, size_t n, lint_frame *f, lint_err *e) {
    size_t originals = lint_dataset_count(l->set);
    size_t *row = malloc((n + 1) * sizeof *row);
    if (!row) return lint_fail_mem(e, "the index");
    for (size_t i = 0; i < n; i++)
        row[i] = index[i] < originals ? index[i] : l->copy[index[i] - originals];
    int err = lint_dataset_take(l->set, row, n, f, e);
    free(row);
    return err;
}

static int next_of_set(lint_loader *l, lint_frame *f, lint_err *e) {
    lint_frame_clear(f);
    if (l->at == l->total && l->given) { /* a set without samples gives one empty frame */
        if (l->total == 0 || l->epoch >= l->plan.epochs) return 0;
        if (begin_epoch(l, e) < 0) return -1;
    }
    size_t left = l->total - l->at;
    size_t n = l->plan.frame && l->plan.frame < left ? l->plan.frame : left;
    const size_t *index = l->order + l->at;
    if (take(l, index, n, f, e) < 0) return fail_here(l, e);
    if (f->count == 0) return 0; /* the input had no frame */
    if (change(l, f, l->epoch, index, 0, e) < 0 || mark_epoch(l, f, e) < 0) return fail_here(l, e);
    l->at += n;
    l->given = 1;
    f->more = l->at < l->total || (l->total > 0 && l->epoch < l->plan.epochs);
    return 1;
}

int lint_loader_next(lint_loader *l, lint_frame *f, lint_err *e) {
    return l->set ? next_of_set(l, f, e) : next_of_stream(l, f, e);
}
