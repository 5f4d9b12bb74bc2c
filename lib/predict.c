#include "predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_BATCH = 32 };

struct lint_predictor {
    lint_pool *pool;
    lint_net *net;
    char *json; /* class names, as in metadata */
    lint_names classes;
};

lint_predictor *lint_predictor_open(const char *path, int threads, size_t batch, lint_err *e) {
    lint_predictor *p = calloc(1, sizeof *p);
    if (!p) {
        lint_fail_mem(e, path);
        return NULL;
    }
    p->pool = lint_pool_new(threads, e);
    if (p->pool)
        p->net = lint_model_load(path, batch ? batch : USUAL_BATCH, LINT_NET_INFER, p->pool,
                                 &p->json, e);
    if (p->net && lint_names_parse(&p->classes, p->json, e) == 0) return p;
    lint_predictor_free(p);
    return NULL;
}

void lint_predictor_free(lint_predictor *p) {
    if (!p) return;
    lint_net_free(p->net);
    lint_pool_free(p->pool);
    lint_names_free(&p->classes);
    free(p->json);
    free(p);
}

size_t lint_predictor_height(const lint_predictor *p) {
    return lint_net_height(p->net);
}

size_t lint_predictor_width(const lint_predictor *p) {
    return lint_net_width(p->net);
}

size_t lint_predictor_cam_height(const lint_predictor *p) {
    return lint_net_cam_height(p->net);
}

size_t lint_predictor_cam_width(const lint_predictor *p) {
    return lint_net_cam_width(p->net);
}

const lint_names *lint_predictor_classes(const lint_predictor *p) {
    return &p->classes;
}

int lint_predictor_images(lint_predictor *p, const uint8_t *const *image, size_t n, float *logits,
                          float *cam, lint_err *e) {
    size_t k = p->classes.n, batch = lint_net_batch(p->net);
    size_t map = k * lint_net_cam_height(p->net) * lint_net_cam_width(p->net);
    for (size_t i = 0; i < n; i += batch) {
        const lint_batch b = {.n = n - i < batch ? n - i : batch, .image = image + i};
        if (lint_net_run(p->net, &b, logits + i * k, cam ? cam + i * map : NULL, e) < 0) return -1;
    }
    return 0;
}

static int check(const lint_predictor *p, const lint_samples *s, lint_err *e) {
    size_t h = lint_net_height(p->net), w = lint_net_width(p->net);
    if (!s->image) return lint_fail(e, "no 'image': a model needs pictures");
    if (s->n && (s->h != h || s->w != w))
        return lint_fail(
            e,
            "pictures are %zux%zu, the model wants %zux%zu ('lint-split --size %zux%zu' "
            "makes them so)",
            s->w, s->h, w, h, w, h);
    if (s->classes.n && !lint_names_equal(&s->classes, &p->classes))
        return lint_fail(e,
                         "its classes are not the model's (%zu, the first '%s'; the model has "
                         "%zu, the first '%s')",
                         s->classes.n, s->classes.v[0], p->classes.n,
                         p->classes.n ? p->classes.v[0] : "");
    return 0;
}

static int predict(lint_predictor *p, lint_frame *f, const lint_samples *s, int flags,
                   lint_err *e) {
    const uint64_t shape[] = {s->n, p->classes.n, lint_net_cam_height(p->net),
                              lint_net_cam_width(p->net)};
    if ((flags & LINT_PREDICT_MAPS) && !shape[2])
        return lint_fail(e, "the model's network has no 'cam' line, so no maps");
    lint_tensor *t = lint_frame_add(f, "logits", LINT_F32, 2, shape, e);
    if (!t) return -1;
    float *logits = t->data, *cam = NULL;
    if (flags & LINT_PREDICT_MAPS) {
        if (!(t = lint_frame_add(f, "cam", LINT_F32, 4, shape, e))) return -1;
        cam = t->data;
    }
    const uint8_t **image = calloc(s->n ? s->n : 1, sizeof *image);
    if (!image) return lint_fail_mem(e, "pictures");
    for (size_t i = 0; i < s->n; i++)
        image[i] = s->image + i * s->h * s->w * 3;
    int bad = lint_predictor_images(p, image, s->n, logits, cam, e);
    free(image);
    return bad;
}

int lint_predictor_run(lint_predictor *p, lint_frame *f, int flags, lint_err *e) {
    lint_samples s;
    lint_frame_drop(f, "logits");
    lint_frame_drop(f, "cam");
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int bad = check(p, &s, e) < 0 || predict(p, f, &s, flags, e) < 0 ||
              lint_frame_set_meta(f, "kind", "predictions", e) < 0 ||
              lint_frame_set_meta(f, "classes", p->json, e) < 0;
    lint_samples_free(&s);
    return bad ? -1 : 0;
}

size_t lint_argmax(const float *logits, size_t k) {
    size_t best = 0;
    for (size_t c = 1; c < k; c++)
        if (logits[c] > logits[best]) best = c;
    return best;
}

double lint_probability(const float *logits, size_t k, size_t c) {
    double most = (double)logits[lint_argmax(logits, k)], sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += exp((double)logits[i] - most);
    return exp((double)logits[c] - most) / sum;
}
