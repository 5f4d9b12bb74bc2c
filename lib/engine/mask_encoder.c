#include "engine/mask_encoder.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT   "code.object"
#define INVERTED "code.inverted"

struct lint_mask_encoder {
    lint_net *net;
    float *object, *inverted; /* [k] */
    double apart;             /* squared distance of the two */
    uint64_t hash;
    float *soft; /* [batch, h*w]: soft masks, then the derivative with respect to them */
    float *code; /* [batch, k], then the derivative with respect to it */
};

const lint_net *lint_mask_encoder_net(const lint_mask_encoder *m) {
    return m->net;
}

size_t lint_mask_encoder_height(const lint_mask_encoder *m) {
    return lint_net_height(m->net);
}

size_t lint_mask_encoder_width(const lint_mask_encoder *m) {
    return lint_net_width(m->net);
}

uint64_t lint_mask_encoder_hash(const lint_mask_encoder *m) {
    return m->hash;
}

/* --- the soft mask ---------------------------------------------------------------------------- */

/* Below any evidence that a float map can tell from none. */
static const double TINY = 1e-24;

static double mean_square(size_t cells, const float *map) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += (double)map[i] * (double)map[i];
    return sum / (double)cells + TINY;
}

void lint_soft_mask(size_t cells, const float *map, float *s) {
    double q = mean_square(cells, map);
    for (size_t i = 0; i < cells; i++) {
        double u = (double)map[i] * (double)map[i];
        s[i] = (float)(u / (u + q));
    }
}

/* With u = D^2 and t = u + q: dS_i/du_i = q / t_i^2, and dS_i/dq = -u_i / t_i^2, where q takes
 * 1 / N of every u. */
void lint_soft_mask_back(size_t cells, const float *map, const float *ds, float *d) {
    double q = mean_square(cells, map), by_q = 0;
    for (size_t i = 0; i < cells; i++) {
        double u = (double)map[i] * (double)map[i], t = u + q;
        by_q -= (double)ds[i] * u / (t * t);
    }
    by_q /= (double)cells;
    for (size_t i = 0; i < cells; i++) {
        double u = (double)map[i] * (double)map[i], t = u + q;
        d[i] = (float)(2 * (double)map[i] * ((double)ds[i] * q / (t * t) + by_q));
    }
}

/* --- the loss --------------------------------------------------------------------------------- */

static double squared_distance(size_t k, const float *a, const float *b) {
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

/* Of as many maps as go through the encoder at once. */
static void loss_of_part(lint_mask_encoder *m, size_t n, const int32_t *label, const float *map,
                         double *value, float *d) {
    size_t k = lint_net_classes(m->net), cells = lint_net_height(m->net) * lint_net_width(m->net);
    lint_err e; /* the net's kind, mode and batch are known to fit: neither call can fail */
    for (size_t i = 0; i < n; i++)
        lint_soft_mask(cells, map + i * cells, m->soft + i * cells);
    lint_net_encode(m->net, n, m->soft, m->code, 1, &e);
    for (size_t i = 0; i < n; i++) {
        float *code = m->code + i * k;
        int counts = label[i] >= 0;
        value[i] = counts ? squared_distance(k, code, m->object) / m->apart : 0;
        for (size_t j = 0; j < k; j++)
            code[j] = counts ? (float)(2 * ((double)code[j] - (double)m->object[j]) / m->apart) : 0;
    }
    lint_net_encode_back(m->net, n, m->code, m->soft, &e);
    for (size_t i = 0; i < n; i++)
        lint_soft_mask_back(cells, map + i * cells, m->soft + i * cells, d + i * cells);
}

void lint_mask_encoder_loss(lint_mask_encoder *m, size_t n, const int32_t *label, const float *map,
                            double *value, float *d) {
    size_t batch = lint_net_batch(m->net), cells = lint_net_height(m->net) * lint_net_width(m->net);
    for (size_t at = 0; at < n; at += batch) {
        size_t part = n - at < batch ? n - at : batch;
        loss_of_part(m, part, label + at, map + at * cells, value + at, d + at * cells);
    }
}

static void score(void *ctx, size_t n, const int32_t *label, const float *map, double *value,
                  float *d) {
    lint_mask_encoder_loss(ctx, n, label, map, value, d);
}

lint_judge lint_mask_encoder_judge(lint_mask_encoder *m) {
    return (lint_judge){score, m, lint_mask_encoder_height(m), lint_mask_encoder_width(m)};
}

/* --- files ------------------------------------------------------------------------------------ */

static int put_code(lint_frame *f, const char *name, size_t k, const float *code, lint_err *e) {
    lint_tensor *t = lint_frame_add(f, name, LINT_F32, 1, (uint64_t[]){k}, e);
    if (!t) return -1;
    memcpy(t->data, code, t->bytes);
    return 0;
}

int lint_mask_encoder_store(const lint_net *net, const float *object, const float *inverted,
                            lint_frame *f, lint_err *e) {
    size_t k = lint_net_classes(net);
    if (lint_frame_set_meta(f, "lint", "1", e) < 0 ||
        lint_frame_set_meta(f, "kind", "encoder", e) < 0 ||
        lint_frame_set_meta(f, "net", lint_net_text(net), e) < 0)
        return -1;
    if (put_code(f, OBJECT, k, object, e) < 0 || put_code(f, INVERTED, k, inverted, e) < 0)
        return -1;
    return lint_net_store(net, f, e);
}

/* Takes a code out of the frame, so that only parameters are left. */
static float *take_code(lint_frame *f, const char *name, size_t k, lint_err *e) {
    const lint_tensor *t = lint_frame_need(f, name, LINT_F32, 1, (uint64_t[]){k}, e);
    float *code = t ? malloc((k + 1) * sizeof *code) : NULL;
    if (t && !code) lint_fail_mem(e, name);
    if (!code) return NULL;
    memcpy(code, t->data, t->bytes);
    lint_frame_drop(f, name);
    for (size_t i = 0; i < k; i++)
        if (!isfinite(code[i])) {
            lint_fail(e, "'%s' is not finite", name);
            free(code);
            return NULL;
        }
    return code;
}

static int check_frame(const lint_frame *f, lint_err *e) {
    const char *kind = lint_frame_meta(f, "kind");
    if (kind && strcmp(kind, "encoder") == 0 && lint_frame_meta(f, "net")) return 0;
    return lint_fail(e, "not a mask encoder: its metadata is %s%s%s, expected kind 'encoder'",
                     kind ? "kind '" : "without a kind", kind ? kind : "", kind ? "'" : "");
}

/* The loss is a function of the map: nothing in between may be drawn at random. */
static int check_layers(const lint_net *net, lint_err *e) {
    if (!lint_net_is_encoder(net)) return lint_fail(e, "its network's input is not a mask");
    for (size_t i = 0; i < lint_net_layers(net); i++)
        if (strcmp(lint_net_time_of(net, i).kind, "dropout") == 0)
            return lint_fail(e, "a mask encoder with dropout judges by chance");
    return 0;
}

/* Frozen, batch norms use their running statistics, and no gradient of weights is computed. */
static int take_net(lint_mask_encoder *m, lint_frame *f, const char *path, size_t batch,
                    lint_threads *pool, lint_err *e) {
    m->net = lint_net_new(lint_frame_meta(f, "net"), path, 1, batch, LINT_NET_TRAIN, pool, e);
    if (!m->net) return -1;
    size_t k = lint_net_classes(m->net), cells = lint_net_height(m->net) * lint_net_width(m->net);
    if (check_layers(m->net, e) < 0) return lint_err_prefix(e, "%s: ", path);
    if (!(m->object = take_code(f, OBJECT, k, e)) || !(m->inverted = take_code(f, INVERTED, k, e)))
        return lint_err_prefix(e, "%s: ", path);
    if (lint_net_load(m->net, f, e) < 0) return lint_err_prefix(e, "%s: ", path);
    lint_net_freeze(m->net, "");
    m->apart = squared_distance(k, m->object, m->inverted);
    if (!(m->apart > 1e-12))
        return lint_fail(e, "%s: its codes of masks and of inverted masks are the same", path);
    m->soft = malloc(batch * cells * sizeof *m->soft);
    m->code = malloc(batch * k * sizeof *m->code);
    return m->soft && m->code ? 0 : lint_fail_mem(e, path);
}

static uint64_t hash_of(const lint_frame *f) {
    const char *net = lint_frame_meta(f, "net");
    uint64_t h = lint_hash(net, strlen(net), 0);
    for (size_t i = 0; i < f->count; i++)
        h = lint_hash_data(f->tensors[i].data, f->tensors[i].bytes, h);
    return h;
}

lint_mask_encoder *lint_mask_encoder_load(const char *path, size_t batch, lint_threads *pool,
                                          lint_err *e) {
    lint_frame f = {0};
    lint_mask_encoder *m = calloc(1, sizeof *m);
    int err = m ? lint_frame_load(&f, path, e) : lint_fail_mem(e, path);
    if (!err && (err = check_frame(&f, e)) < 0) lint_err_prefix(e, "%s: ", path);
    if (!err) {
        m->hash = hash_of(&f);
        err = take_net(m, &f, path, batch, pool, e);
    }
    lint_frame_free(&f);
    if (!err) return m;
    lint_mask_encoder_free(m);
    return NULL;
}

void lint_mask_encoder_free(lint_mask_encoder *m) {
    if (!m) return;
    lint_net_free(m->net);
    free(m->object);
    free(m->inverted);
    free(m->soft);
    free(m->code);
    free(m);
}
