#include "train/train_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int store_weights(const lint_trained_parts *p, lint_frame *f, lint_err *e) {
    if (p->lesson) return lint_mask_encoder_learnt(p->lesson, lint_batches_set(p->batches), f, e);
    char *classes = lint_names_json(lint_batches_classes(p->batches), e);
    int err = classes ? lint_model_store(p->net, classes, f, e) : -1;
    free(classes);
    return err;
}

static int store_settings(lint_settings *s, const lint_trained *done, lint_frame *f, lint_err *e) {
    lint_settings_whole(s, "epoch", done->best.epoch);
    if (!isnan(done->best.val.accuracy))
        lint_settings_real(s, "val_accuracy", done->best.val.accuracy);
    char *json = lint_settings_ok(s, e) == 0 ? lint_settings_json(s, e) : NULL;
    int err = json ? lint_frame_set_meta(f, "train", json, e) : -1;
    free(json);
    return err;
}

/* The samples' metadata that users of the model need. */
static int pass_on(const lint_batches *b, int is_head, lint_frame *f, lint_err *e) {
    int err = 0;
    for (size_t i = 0; !err && i < lint_batches_metas(b); i++) {
        const char *key = lint_batches_meta_key(b, i);
        if (strcmp(key, "fit") == 0 || strcmp(key, "depth") == 0 ||
            strcmp(key, "crop_margin") == 0 || (is_head && strcmp(key, "backbone") == 0))
            err = lint_frame_set_meta(f, key, lint_batches_meta_value(b, i), e);
    }
    return err;
}

int lint_trained_store(const lint_trained_parts *p, const lint_trained *done, lint_frame *f,
                       lint_err *e) {
    if (store_weights(p, f, e) < 0 || store_settings(p->settings, done, f, e) < 0) return -1;
    return pass_on(p->batches, lint_net_is_head(p->net), f, e);
}
