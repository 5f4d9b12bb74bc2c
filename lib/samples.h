/* samples: a frame of kind `samples` or `predictions`, seen with types.
 *
 * A view holds no memory of its own but the class and place names; its pointers lead into the
 * frame and die with it. Letters: N samples, H W height and width, K classes, h w size of a map.
 *
 *     lint_samples s;
 *     if (lint_samples_view(&frame, &s, &e) < 0) ...
 *     for (size_t i = 0; i < s.n; i++) use(s.image + i * s.h * s.w * 3, s.label[i]);
 *     lint_samples_free(&s);
 */
#ifndef LINT_SAMPLES_H
#define LINT_SAMPLES_H

#include "frame.h"

/* Sides of an image, a mask or a map are at most this, so that they fit in int arithmetic. */
#define LINT_SIDE_MAX 32768

typedef struct lint_names {
    char **v;
    size_t n;
} lint_names;

typedef struct lint_samples {
    size_t n, h, w;
    uint8_t *image; /* [N,H,W,3]; NULL only where the frame has none (predictions may drop it) */
    int32_t *label; /* [N], -1 unknown; NULL if absent */
    int32_t *place; /* [N], -1 unknown; NULL if absent */
    float *weight;  /* [N], what the sample counts in training; NULL if absent or no F32 [N] */
    uint8_t *mask;  /* [N,H,W], 255 object; NULL if absent */
    char *name;     /* [N,name_len] zero-padded, not terminated when full; NULL if absent */
    size_t name_len;
    float *logits; /* [N,K]; NULL if absent */
    float *cam;    /* [N,K,h,w]; NULL if absent */
    size_t k, cam_h, cam_w;
    lint_names classes, places; /* from metadata; n 0 if absent */
} lint_samples;

/* Checks dtypes, shapes, that labels and places are in -1..names-1 where names are given, and
 * that weights are finite and not negative.
 * On error there is nothing to free. */
int lint_samples_view(const lint_frame *f, lint_samples *s, lint_err *e);
void lint_samples_free(lint_samples *s);

/* Copies the name of sample i into buf, always terminated (a longer name is cut); "" when there are
 * no names. */
void lint_samples_name(const lint_samples *s, size_t i, char *buf, size_t size);

/* The name of a class or place, or its number in words ("class 3") where names are missing;
 * "unknown" for -1. buf serves when a text has to be made. */
const char *lint_names_get(const lint_names *n, int32_t i, const char *what, char buf[32]);

/* JSON array of strings <-> names. parse: NULL json gives n 0. What `n` held before is not freed.
 */
int lint_names_parse(lint_names *n, const char *json, lint_err *e);
char *lint_names_json(const lint_names *n, lint_err *e); /* caller frees */
int lint_names_copy(lint_names *to, const lint_names *from, lint_err *e);
int lint_names_equal(const lint_names *a, const lint_names *b);
void lint_names_free(lint_names *n);

/* --- random access ------------------------------------------------------------------------ */

/* A set: a whole stream of samples, addressed by index, mapped from its file rather than read.
 * Memory is an index of a few bytes a sample; the pages are the system's. Something that is not
 * a regular file is first copied to an unlinked file in $TMPDIR (or /tmp). Every frame is checked
 * when the set is opened; messages begin with the name of the file. Reading a set from several
 * threads is fine. A file that another program cuts short while it is mapped ends this one
 * (SIGBUS); lint's own tools replace files, they do not cut them.
 *
 *     lint_set *set = lint_set_open("train.lts", &e);
 *     for (size_t i = 0; i < lint_set_count(set); i++) use(lint_set_image(set, order[i]));
 *     lint_set_free(set);
 */
typedef struct lint_set lint_set;

lint_set *lint_set_open(const char *path, lint_err *e); /* "-" or NULL: standard input */
/* The same from an open descriptor, which the set does not keep; `name` stands in messages. */
lint_set *lint_set_open_fd(int fd, const char *name, lint_err *e);
void lint_set_free(lint_set *s);
size_t lint_set_count(const lint_set *s);
size_t lint_set_height(const lint_set *s);
size_t lint_set_width(const lint_set *s);
int lint_set_has_mask(const lint_set *s);
int lint_set_has_place(const lint_set *s);
int lint_set_has_weight(const lint_set *s);
/* Of the first frame; an empty stream has no names. All frames must agree in them and in H, W. */
const lint_names *lint_set_classes(const lint_set *s);
const lint_names *lint_set_places(const lint_set *s);
const char *lint_set_meta(const lint_set *s, const char *key); /* of the first frame, or NULL */

/* Of sample i < count. */
int32_t lint_set_label(const lint_set *s, size_t i);        /* -1 unknown or absent */
int32_t lint_set_place(const lint_set *s, size_t i);        /* -1 unknown or absent */
float lint_set_weight(const lint_set *s, size_t i);         /* 1 if absent */
const uint8_t *lint_set_image(const lint_set *s, size_t i); /* [H,W,3], of any alignment */
const uint8_t *lint_set_mask(const lint_set *s, size_t i);  /* [H,W] or NULL */

/* out becomes a frame with exactly these samples and every per-sample tensor of theirs (unknown
 * ones too); metadata and tensors that do not follow the samples are those of the first frame. All
 * frames must carry the same tensors; `name` is as wide as the widest of the set. */
int lint_set_take(const lint_set *s, const size_t *row, size_t rows, lint_frame *out, lint_err *e);

#endif
