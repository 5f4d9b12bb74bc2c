/* samples: a typed view of a frame of kind `samples` or `predictions`.
 *
 * The view owns only the names of classes and places; its other pointers lead into the frame and
 * are valid as long as the frame. Letters: N samples, H W height and width, K classes, h w size of
 * a map.
 *
 *     lint_samples s;
 *     if (lint_samples_view(&frame, &s, &e) < 0) ...
 *     for (size_t i = 0; i < s.n; i++) use(s.image + i * s.h * s.w * 3, s.label[i]);
 *     lint_samples_free(&s);
 */
#ifndef LINT_STREAM_SAMPLES_H
#define LINT_STREAM_SAMPLES_H

#include "base/names.h"
#include "stream/frame.h"

/* The largest side of an image, a mask or a map, so that int arithmetic does not overflow. */
#define LINT_SIDE_MAX     32768
#define LINT_CHANNELS_MAX 65536 /* of features */

typedef struct lint_samples {
    size_t n, h, w;
    uint8_t *image; /* [N,H,W,3]; NULL only where the frame has none (predictions may drop it) */
    int32_t *label; /* [N], -1 unknown; NULL if absent */
    int32_t *place; /* [N], -1 unknown; NULL if absent */
    float *weight;  /* [N], factor in training; NULL if absent or not F32 [N] */
    uint8_t *mask;  /* [N,H,W], 255 object; NULL if absent */
    char *name;     /* [N,name_len] zero-padded, not terminated when full; NULL if absent */
    size_t name_len;
    const void *features; /* F16 [N,C,h,w], at the network's 'cam' line; NULL if absent or other */
    size_t features_c, features_h, features_w;
    float *logits; /* [N,K]; NULL if absent */
    float *cam;    /* [N,K,h,w]; NULL if absent */
    size_t k, cam_h, cam_w;
    lint_names classes, places; /* from metadata; n 0 if absent */
} lint_samples;

/* Makes the view. Checks dtypes and shapes, that labels and places are in -1..names-1 if there are
 * names, and that weights are finite and not negative. On error there is nothing to free. */
int lint_samples_view(const lint_frame *f, lint_samples *s, lint_err *e);
void lint_samples_free(lint_samples *s);

/* Copies the name of sample i to buf, NUL-terminated and cut to fit; "" if there are no names. */
void lint_samples_name(const lint_samples *s, size_t i, char *buf, size_t size);

#endif
