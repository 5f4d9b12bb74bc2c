#include "engine/backbone.h"

#include "base/standard_io.h"
#include "engine/net_head.h"
#include "engine/net_init.h"
#include "engine/net_path.h"
#include "picture/shift.h"
#include "stream/samples.h"
#include "stream/state_dict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- opening ---------------------------------------------------------------------------------- */

/* Opens weights that come without a network. One class is enough, since nothing of the head is
 * computed; the head's weights may be missing. */
static int open_weights(lint_backbone *b, const char *path, const char *net_path, size_t batch,
                        lint_threads *pool, lint_err *e) {
    const char *name;
    lint_net_init_report report;
    char *text = lint_net_read(net_path, &name, e);
    if (text) b->net = lint_net_new(text, name, 1, batch, LINT_NET_INFER, pool, e);
    free(text);
    if (!b->net) return -1;
    for (size_t i = 0; i < lint_net_params(b->net); i++) {
        lint_param p = lint_net_param(b->net, i);
        memset(p.value, 0, p.count * sizeof *p.value); /* what the weights have no values for */
    }
    return lint_net_init_from(b->net, path, NULL, &report, e);
}

static int is_model(const lint_frame *f) {
    const char *kind = lint_frame_meta(f, "kind");
    return kind && strcmp(kind, "model") == 0;
}

static int open_file(lint_backbone *b, const char *path, const char *net, size_t batch,
                     lint_threads *pool, lint_err *e) {
    lint_state_dict s;
    if (lint_state_dict_load(&s, path, e) < 0) return -1;
    int err = -1;
    char *net_path = NULL;
    if (net) {
        net_path = lint_net_path(net, e);
    } else if (is_model(&s.frame)) {
        b->net = lint_model_build(&s.frame, path, batch, LINT_NET_INFER, pool, e);
        err = b->net ? 0 : -1;
    } else if (!(net_path = lint_backbone_find(&s.frame, e))) {
        lint_err_prefix(e, "%s: ", path);
    }
    lint_state_dict_free(&s);
    if (net_path) err = open_weights(b, path, net_path, batch, pool, e);
    free(net_path);
    return err;
}

static int check_net(const lint_backbone *b, const char *path, lint_err *e) {
    if (lint_net_is_head(b->net) || lint_net_is_encoder(b->net))
        return lint_fail(e, "%s: its network takes %s, no pictures", path,
                         lint_net_is_head(b->net) ? "features" : "masks");
    if (lint_net_cam_height(b->net)) return 0;
    return lint_fail(e, "%s: its network has no 'cam' line, so no features", path);
}

int lint_backbone_open(lint_backbone *b, const char *path, const char *net, size_t batch,
                       lint_threads *pool, lint_err *e) {
    *b = (lint_backbone){0};
    if (open_file(b, path, net, batch, pool, e) == 0 && check_net(b, path, e) == 0) {
        snprintf(b->hash, sizeof b->hash, "%016" PRIx64, lint_net_backbone(b->net));
        return 0;
    }
    lint_backbone_free(b);
    return -1;
}

void lint_backbone_free(lint_backbone *b) {
    lint_net_free(b->net);
    *b = (lint_backbone){0};
}

/* --- a frame ---------------------------------------------------------------------------------- */

static int check_samples(const lint_backbone *b, const lint_samples *s, lint_err *e) {
    size_t w = lint_net_width(b->net), h = lint_net_height(b->net);
    if (!s->image) return lint_fail(e, "no 'image'");
    if (s->w == w && s->h == h) return 0;
    return lint_fail(e, "pictures are %zux%zu, but the network takes %zux%zu (lint-split --size)",
                     s->w, s->h, w, h);
}

/* Bytes of a picture's features. */
static size_t features_bytes(const lint_backbone *b) {
    return 2 * lint_net_cam_channels(b->net) * lint_net_cam_height(b->net) *
           lint_net_cam_width(b->net);
}

static int run(const lint_backbone *b, size_t n, const uint8_t *const *image, char *to,
               lint_err *e) {
    size_t most = lint_net_batch(b->net);
    for (size_t i = 0; i < n; i += most) {
        lint_batch batch = {.n = n - i < most ? n - i : most, .image = image + i};
        if (lint_net_features(b->net, &batch, to + i * features_bytes(b), e) < 0) return -1;
    }
    return 0;
}

static int run_samples(const lint_backbone *b, const lint_samples *s, char *to, lint_err *e) {
    const uint8_t **image = malloc((s->n + 1) * sizeof *image);
    if (!image) return lint_fail_mem(e, "a list of pictures");
    for (size_t i = 0; i < s->n; i++)
        image[i] = s->image + i * s->h * s->w * 3;
    int err = run(b, s->n, image, to, e);
    free(image);
    return err;
}

int lint_backbone_frame(const lint_backbone *b, lint_frame *f, lint_err *e) {
    lint_samples s;
    size_t c = lint_net_cam_channels(b->net), h = lint_net_cam_height(b->net),
           w = lint_net_cam_width(b->net);
    lint_frame_drop(f, "features"); /* of another backbone, perhaps */
    lint_frame_drop(f, "features_shifted");
    if (lint_frame_set_meta(f, "features_shift", NULL, e) < 0) return -1;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = check_samples(b, &s, e);
    lint_tensor *t =
        err ? NULL : lint_frame_add(f, "features", LINT_F16, 4, (uint64_t[]){s.n, c, h, w}, e);
    err = t ? run_samples(b, &s, t->data, e) : -1;
    lint_samples_free(&s);
    return err ? err : lint_frame_set_meta(f, "backbone", b->hash, e);
}

typedef struct moved_features {
    const lint_backbone *b;
    char *to;
} moved_features;

static int run_moved(void *ctx, size_t first, size_t n, const uint8_t *const *moved, lint_err *e) {
    const moved_features *m = ctx;
    return run(m->b, n * LINT_SHIFT_MOVES, moved,
               m->to + first * LINT_SHIFT_MOVES * features_bytes(m->b), e);
}

int lint_backbone_shifted_frame(const lint_backbone *b, lint_frame *f, double share,
                                lint_threads *pool, lint_err *e) {
    lint_samples s;
    char text[32];
    snprintf(text, sizeof text, "%g", share);
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = check_samples(b, &s, e);
    const uint64_t shape[] = {s.n, LINT_SHIFT_MOVES, lint_net_cam_channels(b->net),
                              lint_net_cam_height(b->net), lint_net_cam_width(b->net)};
    lint_tensor *t = err ? NULL : lint_frame_add(f, "features_shifted", LINT_F16, 5, shape, e);
    moved_features m = {b, t ? t->data : NULL};
    err = t ? lint_shift_each(&s, share, lint_net_batch(b->net), pool, run_moved, &m, e) : -1;
    lint_samples_free(&s);
    return err ? err : lint_frame_set_meta(f, "features_shift", text, e);
}

/* --- joining ---------------------------------------------------------------------------------- */

static int check_head(const lint_backbone *b, const lint_frame *head, lint_err *e) {
    const char *made = lint_frame_meta(head, "backbone");
    if (!is_model(head) || !lint_frame_meta(head, "net") || !lint_frame_meta(head, "classes"))
        return lint_fail(e, "not a model of lint");
    if (!made || strcmp(made, b->hash) == 0) return 0;
    return lint_fail(e, "was trained on features of another backbone");
}

/* The joined network's weights: the head's, and from the backbone those that the head lacks. */
static int gather(const lint_backbone *b, const lint_net *joined, const lint_frame *head,
                  lint_frame *out, lint_err *e) {
    lint_frame own = {0};
    int err = lint_net_store(b->net, &own, e);
    for (size_t i = 0; !err && i < lint_net_params(joined); i++) {
        const char *name = lint_net_param(joined, i).name;
        const lint_tensor *t = lint_frame_find(head, name);
        if (!t) t = lint_frame_find(&own, name);
        lint_tensor *to = t ? lint_frame_add(out, name, t->dtype, t->rank, t->shape, e) : NULL;
        if (to)
            memcpy(to->data, t->data, t->bytes);
        else
            err = t ? -1 : lint_fail(e, "no '%s'", name);
    }
    lint_frame_free(&own);
    return err;
}

/* A model's metadata other than its network. */
static int pass_on(const lint_frame *head, lint_frame *out, lint_err *e) {
    static const char *const keys[] = {"train", "fit"};
    int err = 0;
    for (size_t i = 0; !err && i < sizeof keys / sizeof *keys; i++)
        err = lint_frame_set_meta(out, keys[i], lint_frame_meta(head, keys[i]), e);
    return err;
}

static int store(const lint_backbone *b, lint_net *joined, const lint_frame *head, lint_frame *out,
                 lint_err *e) {
    lint_frame weights = {0};
    int err = gather(b, joined, head, &weights, e);
    if (!err) err = lint_net_load(joined, &weights, e);
    lint_frame_free(&weights);
    if (!err) err = lint_model_store(joined, lint_frame_meta(head, "classes"), out, e);
    return err ? err : pass_on(head, out, e);
}

int lint_backbone_join(const lint_backbone *b, const lint_frame *head, lint_frame *out,
                       lint_err *e) {
    lint_names classes;
    if (check_head(b, head, e) < 0) return -1;
    if (lint_names_parse(&classes, lint_frame_meta(head, "classes"), e) < 0)
        return lint_err_prefix(e, "classes: ");
    lint_net *joined = NULL;
    char *text = lint_head_join(lint_net_text(b->net), lint_frame_meta(head, "net"), e);
    lint_threads *pool = text ? lint_threads_new(1, e) : NULL;
    if (pool)
        joined = lint_net_new(text, "the joined network", classes.n, 1, LINT_NET_INFER, pool, e);
    int err = joined ? store(b, joined, head, out, e) : -1;
    lint_net_free(joined);
    lint_threads_free(pool);
    free(text);
    lint_names_free(&classes);
    return err;
}
