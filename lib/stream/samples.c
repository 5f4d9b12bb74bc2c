#include "stream/samples_parts.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

#define ANY UINT64_MAX /* a dimension of any size, for lint_frame_need */

/* Reads what need not be aligned. */
static int32_t i32_at(const void *p, size_t i) {
    int32_t v;
    memcpy(&v, (const char *)p + i * sizeof v, sizeof v);
    return v;
}

int lint_samples_check_indices(const char *what, const void *p, size_t n, size_t names,
                               lint_err *e) {
    for (size_t i = 0; i < n; i++) {
        int32_t v = i32_at(p, i);
        if (v < -1) return lint_fail(e, "'%s' of sample %zu is %" PRId32 ", below -1", what, i, v);
        if (names && v >= 0 && (size_t)v >= names)
            return lint_fail(e, "'%s' of sample %zu is %" PRId32 ", but there are %zu names", what,
                             i, v, names);
    }
    return 0;
}

int lint_samples_check_weights(const void *p, size_t n, lint_err *e) {
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, (const char *)p + i * sizeof v, sizeof v);
        if (!(v >= 0 && v <= FLT_MAX))
            return lint_fail(e, "'weight' of sample %zu is %g, expected a number, 0 or more", i,
                             (double)v);
    }
    return 0;
}

static int check_sides(const char *what, uint64_t h, uint64_t w, lint_err *e) {
    if (h >= 1 && w >= 1 && h <= LINT_SIDE_MAX && w <= LINT_SIDE_MAX) return 0;
    return lint_fail(e, "'%s' is %" PRIu64 "x%" PRIu64 ", expected sides of 1 to %d", what, w, h,
                     LINT_SIDE_MAX);
}

/* The tensor if the frame has one of that name; then it must be as wanted. -1 on error. */
static int optional(const lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                    const uint64_t *want, const lint_tensor **t, lint_err *e) {
    *t = lint_frame_find(f, name);
    if (!*t) return 0;
    *t = lint_frame_need(f, name, dtype, rank, want, e);
    return *t ? 0 : -1;
}

static int view_pictures(const lint_frame *f, lint_samples *s, lint_err *e) {
    const lint_tensor *t;
    if (optional(f, "image", LINT_U8, 4, (uint64_t[]){s->n, ANY, ANY, 3}, &t, e) < 0) return -1;
    if (t) {
        if (check_sides("image", t->shape[1], t->shape[2], e) < 0) return -1;
        s->h = (size_t)t->shape[1];
        s->w = (size_t)t->shape[2];
        s->image = t->data;
    }
    uint64_t h = t ? s->h : ANY, w = t ? s->w : ANY;
    if (optional(f, "mask", LINT_U8, 3, (uint64_t[]){s->n, h, w}, &t, e) < 0) return -1;
    if (t) {
        if (check_sides("mask", t->shape[1], t->shape[2], e) < 0) return -1;
        s->h = (size_t)t->shape[1];
        s->w = (size_t)t->shape[2];
        s->mask = t->data;
    }
    return 0;
}

const lint_tensor *lint_samples_weight(const lint_frame *f, size_t n) {
    const lint_tensor *t = lint_frame_find(f, "weight");
    return t && t->dtype == LINT_F32 && t->rank == 1 && t->shape[0] == n ? t : NULL;
}

const lint_tensor *lint_samples_features(const lint_frame *f, size_t n) {
    const lint_tensor *t = lint_frame_find(f, "features");
    if (!t || t->dtype != LINT_F16 || t->rank != 4 || t->shape[0] != n) return NULL;
    for (int i = 1; i < 4; i++)
        if (t->shape[i] < 1 || t->shape[i] > (i > 1 ? LINT_SIDE_MAX : LINT_CHANNELS_MAX))
            return NULL;
    return t;
}

static void view_features(const lint_frame *f, lint_samples *s) {
    const lint_tensor *t = lint_samples_features(f, s->n);
    if (!t) return;
    s->features = t->data;
    s->features_c = (size_t)t->shape[1];
    s->features_h = (size_t)t->shape[2];
    s->features_w = (size_t)t->shape[3];
}

static int view_facts(const lint_frame *f, lint_samples *s, lint_err *e) {
    const lint_tensor *t;
    if (optional(f, "label", LINT_I32, 1, (uint64_t[]){s->n}, &t, e) < 0) return -1;
    if (t) s->label = t->data;
    if (optional(f, "place", LINT_I32, 1, (uint64_t[]){s->n}, &t, e) < 0) return -1;
    if (t) s->place = t->data;
    t = lint_samples_weight(f, s->n);
    if (t) s->weight = t->data;
    if (optional(f, "name", LINT_U8, 2, (uint64_t[]){s->n, ANY}, &t, e) < 0) return -1;
    if (t) {
        s->name = t->data;
        s->name_len = (size_t)t->shape[1];
    }
    return 0;
}

static int view_answers(const lint_frame *f, lint_samples *s, lint_err *e) {
    const lint_tensor *t;
    uint64_t k = s->classes.n ? s->classes.n : ANY;
    if (optional(f, "logits", LINT_F32, 2, (uint64_t[]){s->n, k}, &t, e) < 0) return -1;
    if (t) {
        k = t->shape[1];
        s->logits = t->data;
    }
    if (optional(f, "cam", LINT_F32, 4, (uint64_t[]){s->n, k, ANY, ANY}, &t, e) < 0) return -1;
    if (t) {
        if (check_sides("cam", t->shape[2], t->shape[3], e) < 0) return -1;
        k = t->shape[1];
        s->cam = t->data;
        s->cam_h = (size_t)t->shape[2];
        s->cam_w = (size_t)t->shape[3];
    }
    if (k == ANY) return 0;
    if (k < 1 || k > INT32_MAX) return lint_fail(e, "logits of %" PRIu64 " classes", k);
    s->k = (size_t)k;
    return 0;
}

static int view_names(const lint_frame *f, lint_samples *s, lint_err *e) {
    if (lint_names_parse(&s->classes, lint_frame_meta(f, "classes"), e) < 0)
        return lint_err_prefix(e, "metadata 'classes': ");
    if (lint_names_parse(&s->places, lint_frame_meta(f, "places"), e) < 0)
        return lint_err_prefix(e, "metadata 'places': ");
    return 0;
}

/* A header of a hundred bytes could else ask for work on thousands of millions. */
static int check_has_data(const lint_frame *f, size_t n, lint_err *e) {
    for (size_t i = 0; i < f->count; i++) {
        const lint_tensor *t = &f->tensors[i];
        if (t->rank && t->shape[0] == n && t->bytes) return 0;
    }
    return n ? lint_fail(e, "%zu samples without data", n) : 0;
}

int lint_samples_shapes(const lint_frame *f, lint_samples *s, lint_err *e) {
    *s = (lint_samples){0};
    if (!lint_frame_find(f, "image") && !lint_frame_find(f, "label") &&
        !lint_frame_find(f, "logits") && !lint_frame_find(f, "features")) {
        const char *kind = lint_frame_meta(f, "kind");
        return lint_fail(e, "no 'image', 'label' or 'logits'%s%.40s%s",
                         kind ? " (this is of kind '" : "", kind ? kind : "", kind ? "')" : "");
    }
    s->n = lint_frame_samples(f);
    int err = check_has_data(f, s->n, e);
    if (err == 0) err = view_names(f, s, e);
    if (err == 0) err = view_pictures(f, s, e);
    if (err == 0) err = view_facts(f, s, e);
    if (err == 0) view_features(f, s);
    if (err == 0) err = view_answers(f, s, e);
    if (err < 0) lint_samples_free(s);
    return err;
}

int lint_samples_view(const lint_frame *f, lint_samples *s, lint_err *e) {
    if (lint_samples_shapes(f, s, e) < 0) return -1;
    size_t classes = s->k ? s->k : s->classes.n;
    int err = s->label ? lint_samples_check_indices("label", s->label, s->n, classes, e) : 0;
    if (err == 0 && s->place)
        err = lint_samples_check_indices("place", s->place, s->n, s->places.n, e);
    if (err == 0 && s->weight) err = lint_samples_check_weights(s->weight, s->n, e);
    if (err < 0) lint_samples_free(s);
    return err;
}

void lint_samples_free(lint_samples *s) {
    lint_names_free(&s->classes);
    lint_names_free(&s->places);
    *s = (lint_samples){0};
}

void lint_samples_name(const lint_samples *s, size_t i, char *buf, size_t size) {
    size_t len = 0;
    if (size == 0) return;
    while (s->name && len < s->name_len && len < size - 1 && s->name[i * s->name_len + len])
        len++;
    if (len) memcpy(buf, s->name + i * s->name_len, len);
    buf[len] = 0;
}
