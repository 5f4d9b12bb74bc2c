#include "answer/predictor.h"
#include "base/standard_io.h"
#include "source/crop.h"
#include "stream/mapped.h"
#include "stream/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the model -------------------------------------------------------------------------------- */

/* The value of metadata `fit`, written by whoever knew how the training pictures were made. */
static int read_fit(const lint_frame *f, int *fit, lint_err *e) {
    static const char *const words[] = {"stretch", "crop", "pad"};
    const char *text = lint_frame_meta(f, "fit");
    *fit = -1;
    if (!text) return 0;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) *fit = i;
    if (*fit < 0)
        return lint_fail(e, "metadata 'fit' is '%s', expected %s", text, LINT_FIT_CHOICES);
    return 0;
}

/* Written by lint-split --depth. */
static int read_depth(const lint_frame *f, int *depth, lint_err *e) {
    const char *text = lint_frame_meta(f, "depth");
    char *end;
    long v = text ? strtol(text, &end, 10) : 0;
    *depth = (int)v;
    if (text && (*end || end == text || v < 8 || v > LINT_IMAGE_DEPTH))
        return lint_fail(e, "metadata 'depth' is '%s', expected a number from 8 to %d", text,
                         LINT_IMAGE_DEPTH);
    return 0;
}

/* Written by lint-split --crop-to-box. */
static int read_margin(const lint_frame *f, double *margin, lint_err *e) {
    const char *text = lint_frame_meta(f, "crop_margin");
    char *end;
    *margin = text ? strtod(text, &end) : -1;
    if (text && (*end || end == text || !(*margin >= 0 && *margin <= LINT_CROP_MARGIN)))
        return lint_fail(e, "metadata 'crop_margin' is '%s', expected a number from 0 to %d", text,
                         LINT_CROP_MARGIN);
    return 0;
}

static int describe(lint_predictor *p, const lint_frame *f, lint_err *e) {
    p->is_head = lint_net_is_head(p->net);
    p->h = lint_net_height(p->net);
    p->w = lint_net_width(p->net);
    p->k = lint_net_classes(p->net);
    p->cam_h = lint_net_cam_height(p->net);
    p->cam_w = lint_net_cam_width(p->net);
    if (lint_names_parse(&p->classes, lint_frame_meta(f, "classes"), e) < 0) return -1;
    if (read_depth(f, &p->depth, e) < 0 || read_margin(f, &p->crop_margin, e) < 0) return -1;
    return read_fit(f, &p->fit, e);
}

int lint_predictor_open(lint_predictor *p, const char *path, size_t batch, lint_threads *pool,
                        lint_err *e) {
    lint_mapped m;
    *p = (lint_predictor){0};
    int err = lint_mapped_load(&m, path, e);
    if (!err) {
        const char *name = lint_input_name(path);
        p->net = lint_model_build(&m.frame, name, batch, LINT_NET_INFER, pool, e);
        err = p->net ? 0 : -1;
        if (!err && describe(p, &m.frame, e) < 0) err = lint_err_prefix(e, "%s: ", name);
    }
    lint_mapped_free(&m);
    if (err) lint_predictor_free(p);
    return err;
}

void lint_predictor_free(lint_predictor *p) {
    lint_net_free(p->net);
    lint_names_free(&p->classes);
    *p = (lint_predictor){0};
}

/* --- pictures -> logits, maps ----------------------------------------------------------------- */

static int all_finite(const float *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return 0;
    return 1;
}

static int check_finite(const lint_predictor *p, size_t first, size_t n, const float *logits,
                        const float *cam, lint_err *e) {
    size_t map = p->k * p->cam_h * p->cam_w;
    for (size_t i = 0; i < n; i++)
        if (!all_finite(logits + i * p->k, p->k) || (cam && !all_finite(cam + i * map, map)))
            return lint_fail(e, "the model's answer for sample %zu is not finite", first + i);
    return 0;
}

/* Of n samples, pictures or features. */
static int run(const lint_predictor *p, size_t n, const void *const *sample, float *logits,
               float *cam, lint_err *e) {
    size_t most = lint_net_batch(p->net), map = p->k * p->cam_h * p->cam_w;
    for (size_t i = 0; i < n; i += most) {
        lint_batch b = {.n = n - i < most ? n - i : most};
        if (p->is_head)
            b.features = sample + i;
        else
            b.image = (const uint8_t *const *)(sample + i);
        float *z = logits + i * p->k, *m = cam ? cam + i * map : NULL;
        if (lint_net_run(p->net, &b, z, m, e) < 0) return -1;
        if (check_finite(p, i, b.n, z, m, e) < 0) return -1;
    }
    return 0;
}

int lint_predictor_run(const lint_predictor *p, size_t n, const uint8_t *const *image,
                       float *logits, float *cam, lint_err *e) {
    if (lint_predictor_needs_pictures(p, e) < 0) return -1;
    return run(p, n, (const void *const *)image, logits, cam, e);
}

int lint_predictor_run_features(const lint_predictor *p, size_t n, const void *const *features,
                                float *logits, float *cam, lint_err *e) {
    if (!p->is_head) return lint_fail(e, "the model takes pictures, not features");
    return run(p, n, features, logits, cam, e);
}

int lint_predictor_needs_pictures(const lint_predictor *p, lint_err *e) {
    if (!p->is_head) return 0;
    return lint_fail(e, "the model takes features, not pictures: it is a head, which lint-features "
                        "--join joins to its backbone");
}

/* --- a frame ---------------------------------------------------------------------------------- */

/* "a, b, c", cut where it gets long. */
static void list_names(char *buf, size_t size, const lint_names *n) {
    size_t at = 0;
    *buf = 0;
    for (size_t i = 0; i < n->n && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", n->v[i]);
}

static int check_classes(const lint_predictor *p, const lint_samples *s, lint_err *e) {
    char theirs[200], ours[200];
    if (s->classes.n && !lint_names_equal(&s->classes, &p->classes)) {
        list_names(theirs, sizeof theirs, &s->classes);
        list_names(ours, sizeof ours, &p->classes);
        return lint_fail(e, "the samples' classes are %s, but the model was trained on %s", theirs,
                         ours);
    }
    for (size_t i = 0; s->label && i < s->n; i++)
        if (s->label[i] >= 0 && (size_t)s->label[i] >= p->k)
            return lint_fail(e, "'label' of sample %zu is %d, but the model has %zu classes", i,
                             s->label[i], p->k);
    return 0;
}

static int check_features(const lint_predictor *p, const lint_samples *s, lint_err *e) {
    size_t c = lint_net_channels(p->net);
    if (!s->features)
        return lint_fail(e, "no 'features', which the model takes: it is a head, which "
                            "lint-features --join joins to its backbone");
    if (s->features_h == p->h && s->features_w == p->w && s->features_c == c) return 0;
    return lint_fail(e, "features are %zux%zux%zu, but the model takes %zux%zux%zu", s->features_w,
                     s->features_h, s->features_c, p->w, p->h, c);
}

static int check_samples(const lint_predictor *p, const lint_samples *s, lint_err *e) {
    if (p->is_head) return check_features(p, s, e) < 0 ? -1 : check_classes(p, s, e);
    if (!s->image) return lint_fail(e, "no 'image'");
    if (s->h != p->h || s->w != p->w)
        return lint_fail(e, "pictures are %zux%zu, but the model takes %zux%zu (lint-split --size)",
                         s->w, s->h, p->w, p->h);
    return check_classes(p, s, e);
}

/* Pictures or features of the frame by pointer, from malloc. */
static const void **pointers(const lint_predictor *p, const lint_samples *s, lint_err *e) {
    const void **sample = malloc((s->n + 1) * sizeof *sample);
    if (!sample) {
        lint_fail_mem(e, "a list of samples");
        return NULL;
    }
    const unsigned char *from = p->is_head ? s->features : s->image;
    size_t each = p->is_head ? 2 * s->features_c * s->features_h * s->features_w : s->h * s->w * 3;
    for (size_t i = 0; i < s->n; i++)
        sample[i] = from + i * each;
    return sample;
}

static int answer(const lint_predictor *p, const lint_samples *s, lint_frame *f, int maps,
                  lint_err *e) {
    const void **sample = pointers(p, s, e);
    if (!sample) return -1;
    int err = -1;
    lint_tensor *cam = NULL, *logits;
    if (!maps || (cam = lint_frame_add(f, "cam", LINT_F32, 4,
                                       (uint64_t[]){s->n, p->k, p->cam_h, p->cam_w}, e))) {
        float *map = cam ? cam->data : NULL; /* adding a tensor may move the others, but not their
                                              * data */
        if ((logits = lint_frame_add(f, "logits", LINT_F32, 2, (uint64_t[]){s->n, p->k}, e)))
            err = run(p, s->n, sample, logits->data, map, e);
    }
    free(sample);
    return err;
}

int lint_predictor_frame(const lint_predictor *p, lint_frame *f, int maps, lint_err *e) {
    lint_samples s;
    if (maps && !p->cam_h) return lint_fail(e, "the model's network has no 'cam' line, so no maps");
    static const char *const stale[] = {"logits", "cam", "logits_shifted", "deletion", "insertion"};
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
        lint_frame_drop(f, stale[i]); /* of another model, perhaps of other classes */
    if (lint_frame_set_meta(f, "shift", NULL, e) < 0) return -1;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = check_samples(p, &s, e);
    if (!err) err = answer(p, &s, f, maps, e);
    if (!err) err = lint_frame_set_meta(f, "kind", "predictions", e);
    if (!err && !s.classes.n && p->classes.n) {
        char *json = lint_names_json(&p->classes, e);
        err = json ? lint_frame_set_meta(f, "classes", json, e) : -1;
        free(json);
    }
    lint_samples_free(&s);
    return err;
}

size_t lint_predicted(const float *logits, size_t k, double *probability) {
    size_t best = 0;
    double sum = 0;
    for (size_t c = 1; c < k; c++)
        if (logits[c] > logits[best]) best = c;
    for (size_t c = 0; c < k; c++)
        sum += exp((double)logits[c] - (double)logits[best]);
    if (probability) *probability = 1 / sum;
    return best;
}

void lint_ranking(const float *logits, size_t k, size_t *order, double *p) {
    double best, most = (double)logits[lint_predicted(logits, k, &best)];
    for (size_t c = 0; c < k; c++) {
        size_t at = c; /* by insertion: classes are few */
        for (; at > 0 && logits[order[at - 1]] < logits[c]; at--)
            order[at] = order[at - 1];
        order[at] = c;
        p[c] = best * exp((double)logits[c] - most);
    }
}
