/* Whether a network, samples and settings can be trained together. Declared in train.h. */
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what goes together ----------------------------------------------------------------------- */

static int check_features(const lint_net *net, const char *name, const lint_dataset *set,
                          lint_err *e) {
    size_t nw = lint_net_width(net), nh = lint_net_height(net), nc = lint_net_channels(net);
    size_t w, h, c;
    lint_dataset_features_size(set, &c, &h, &w);
    if (c == nc && w == nw && h == nh) return 0;
    if (!c)
        return lint_fail(e, "%s: no 'features', which the network takes (lint-features adds them)",
                         name);
    return lint_fail(e,
                     "%s: features are %zux%zux%zu, but the network takes %zux%zux%zu: those of "
                     "another backbone",
                     name, w, h, c, nw, nh, nc);
}

/* Pictures, or features, of the size that the network takes. set NULL: a stream of pictures. */
static int check_size(const lint_net *net, const char *name, size_t w, size_t h,
                      const lint_dataset *set, lint_err *e) {
    size_t nw = lint_net_width(net), nh = lint_net_height(net);
    if (set && lint_net_is_head(net)) return check_features(net, name, set, e);
    if (set && !lint_dataset_has_image(set))
        return lint_fail(e, "%s: no 'image', which the network takes", name);
    if (w == nw && h == nh) return 0;
    return lint_fail(e,
                     "%s: images are %zux%zu, but the network takes %zux%zu (lint-split --size "
                     "%zux%zu resizes them)",
                     name, w, h, nw, nh, nw, nh);
}

static int check_mask(const lint_training *t, const char *name, int has_mask, lint_err *e) {
    if (!lint_loss_needs_mask(&t->loss) || has_mask) return 0;
    return lint_fail(e, "%s: no 'mask', which the mask prior needs", name);
}

/* An error names the first class in which the two differ. */
static int check_classes(const lint_batches *b, const lint_dataset *val, const char *name,
                         lint_err *e) {
    const lint_names *a = lint_batches_classes(b), *v = lint_dataset_classes(val);
    if (lint_names_equal(a, v)) return 0;
    if (a->n != v->n)
        return lint_fail(e, "%s: %zu classes, but %s has %zu", name, v->n, lint_batches_name(b),
                         a->n);
    size_t i = 0;
    while (strcmp(a->v[i], v->v[i]) == 0)
        i++;
    return lint_fail(e, "%s: class %zu is '%s', but '%s' in %s", name, i, v->v[i], a->v[i],
                     lint_batches_name(b));
}

static int check_groups(const lint_training *t, const lint_batches *b, lint_err *e) {
    if (!t->dro || (lint_batches_has_place(b) && lint_batches_places(b)->n)) return 0;
    return lint_fail(e,
                     "%s: no 'place' with names in the metadata, which group DRO needs (lint-split "
                     "reads places from a metadata.csv)",
                     lint_batches_name(b));
}

static int check_maps(const lint_net *net, const lint_training *t, lint_err *e) {
    if (t->loss.cam == LINT_CAM_NONE || lint_net_cam_height(net)) return 0;
    return lint_fail(e, "the network has no 'cam' line, which a CAM loss needs");
}

static int check_encoder(const lint_net *net, const lint_training *t, lint_err *e) {
    return t->loss.cam == LINT_CAM_EMBEDDING ? lint_net_check_judge(net, &t->loss.judge, e) : 0;
}

static int check_best(const lint_training *t, lint_err *e) {
    if (t->best != LINT_BEST_CAM || t->loss.cam != LINT_CAM_NONE) return 0;
    return lint_fail(e, "choosing the best epoch by its CAM loss needs a CAM loss");
}

/* The adjusted accuracy needs the same groups in training and validation samples. */
static int check_places(const lint_training *t, const lint_batches *b, const lint_dataset *val,
                        const char *name, lint_err *e) {
    if (t->best != LINT_BEST_ADJUSTED ||
        (lint_batches_has_place(b) == lint_dataset_has_place(val) &&
         lint_names_equal(lint_batches_places(b), lint_dataset_places(val))))
        return 0;
    return lint_fail(e, "%s: its places differ from those of %s, which --best adjusted needs", name,
                     lint_batches_name(b));
}

/* Features of the same size may come from other weights. */
static int check_backbone(const lint_batches *b, const lint_dataset *val, const char *name,
                          lint_err *e) {
    const char *theirs = lint_dataset_meta(val, "backbone"), *ours = NULL;
    for (size_t i = 0; i < lint_batches_metas(b); i++)
        if (strcmp(lint_batches_meta_key(b, i), "backbone") == 0)
            ours = lint_batches_meta_value(b, i);
    if (!theirs || !ours || strcmp(theirs, ours) == 0) return 0;
    return lint_fail(e, "%s: its features come from another backbone than those of %s", name,
                     lint_batches_name(b));
}

static int check_val(const lint_net *net, const lint_batches *b, const lint_dataset *val,
                     const char *name, const lint_training *t, lint_err *e) {
    size_t n = lint_dataset_count(val), i = 0;
    if (n == 0) return lint_fail(e, "%s: no samples", name);
    if (check_classes(b, val, name, e) < 0) return -1;
    if (check_size(net, name, lint_dataset_width(val), lint_dataset_height(val), val, e) < 0)
        return -1;
    if (check_backbone(b, val, name, e) < 0) return -1;
    if (check_mask(t, name, lint_dataset_has_mask(val), e) < 0) return -1;
    if (check_places(t, b, val, name, e) < 0) return -1;
    while (i < n && (lint_dataset_label(val, i) < 0 || lint_dataset_weight(val, i) <= 0))
        i++;
    if (i < n) return 0;
    return lint_fail(e, "%s: no sample has a label%s", name,
                     lint_dataset_has_weight(val) ? " and a weight" : "");
}

int lint_train_check(const lint_net *net, const lint_batches *batches, const lint_dataset *val,
                     const char *val_name, const lint_training *t, lint_err *e) {
    const char *name = lint_batches_name(batches);
    if (check_size(net, name, lint_batches_width(batches), lint_batches_height(batches),
                   lint_batches_set(batches), e) < 0)
        return -1;
    if (check_mask(t, name, lint_batches_has_mask(batches), e) < 0) return -1;
    if (check_groups(t, batches, e) < 0 || check_best(t, e) < 0) return -1;
    if (check_maps(net, t, e) < 0 || check_encoder(net, t, e) < 0) return -1;
    return val ? check_val(net, batches, val, val_name, t, e) : 0;
}

/* --- class weights ---------------------------------------------------------------------------- */

static int balanced(const lint_names *classes, const size_t *count, float *out, lint_err *e) {
    size_t all = 0;
    for (size_t k = 0; k < classes->n; k++)
        all += count[k];
    for (size_t k = 0; k < classes->n; k++) {
        if (count[k] == 0) return lint_fail(e, "balanced: no sample of class '%s'", classes->v[k]);
        out[k] = (float)((double)all / ((double)classes->n * (double)count[k]));
    }
    return 0;
}

int lint_class_weights(const char *text, const lint_names *classes, const size_t *count, float *out,
                       lint_err *e) {
    const char *at = text;
    for (size_t k = 0; k < classes->n; k++)
        out[k] = 1;
    if (strcmp(text, "none") == 0) return 0;
    if (strcmp(text, "balanced") == 0) {
        if (count) return balanced(classes, count, out, e);
        return lint_fail(
            e, "balanced needs a file without epoch marks, whose samples can be counted before "
               "the training; give the weights as numbers");
    }
    for (size_t k = 0; k < classes->n; k++) {
        char *end;
        double v = strtod(at, &end);
        char after = k + 1 < classes->n ? ',' : 0;
        if (end == at || *end != after || !isfinite((float)v) || v <= 0)
            return lint_fail(e,
                             "'%s': expected none, balanced or %zu numbers above 0, one for each "
                             "class",
                             text, classes->n);
        out[k] = (float)v;
        at = end + 1;
    }
    return 0;
}
