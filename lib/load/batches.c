#include "load/batches.h"

#include "base/rng.h"
#include "base/spool.h"
#include "base/standard_io.h"
#include "stream/samples.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The marked stream: the frame being used, and where in it. */
typedef struct stream {
    lint_reader *reader;
    lint_frame frame;
    lint_samples view;
    size_t number;        /* of the frame, from 1 */
    size_t epoch;         /* its mark */
    size_t epoch_samples; /* as its loader says; 0: not said */
    size_t at;            /* the next sample of it */
    int ended;
    uint8_t *image, *mask; /* [batch,H,W,3], [batch,H,W]: a batch may lie across frames */
    const uint8_t **images, **masks;
    int32_t *label, *place;
    float *weight;
} stream;

/* What is learnt from. */
typedef enum subject { PICTURES, MASKS, FEATURES } subject;

struct lint_batches {
    char *name;
    size_t batch;
    uint64_t seed;
    lint_frame head; /* metadata of the first frame */
    lint_names classes, places;
    size_t h, w;
    int has_mask, has_place, has_weight;
    subject subject;
    size_t epoch;    /* the one begun last */
    size_t seen;     /* samples of it that were handed out */
    size_t epochs;   /* of the stream, as its loader says */
    size_t promised; /* samples of the current epoch, as its loader says */
    FILE *in;
    /* one of the two: */
    lint_dataset *set;
    lint_walk walk;
    size_t *order;
    size_t *view; /* [views+1] the first sample of each, and of the one that would follow */
    size_t views;
    stream s;
};

const char *lint_batches_name(const lint_batches *b) {
    return b->name;
}
int lint_batches_marked(const lint_batches *b) {
    return !b->set;
}
size_t lint_batches_height(const lint_batches *b) {
    return b->h;
}
size_t lint_batches_width(const lint_batches *b) {
    return b->w;
}
int lint_batches_has_mask(const lint_batches *b) {
    return b->has_mask;
}
int lint_batches_has_place(const lint_batches *b) {
    return b->has_place;
}
const lint_names *lint_batches_classes(const lint_batches *b) {
    return &b->classes;
}
const lint_names *lint_batches_places(const lint_batches *b) {
    return &b->places;
}
const lint_dataset *lint_batches_set(const lint_batches *b) {
    return b->set;
}
size_t lint_batches_metas(const lint_batches *b) {
    return b->head.metas;
}
const char *lint_batches_meta_key(const lint_batches *b, size_t i) {
    return b->head.meta[i].key;
}
const char *lint_batches_meta_value(const lint_batches *b, size_t i) {
    return b->head.meta[i].value;
}
size_t lint_batches_epochs(const lint_batches *b) {
    return b->epochs;
}
size_t lint_batches_epoch_samples(const lint_batches *b) {
    return b->set ? b->view[1] : b->s.epoch_samples;
}
size_t lint_batches_views(const lint_batches *b) {
    return b->set ? b->views : 1;
}

int lint_batches_count(const lint_batches *b, size_t *count, lint_err *e) {
    if (!b->set) return lint_fail(e, "%s: a stream cannot be counted before it is read", b->name);
    memset(count, 0, b->classes.n * sizeof *count);
    for (size_t i = 0; i < lint_dataset_count(b->set); i++)
        if (lint_dataset_label(b->set, i) >= 0) count[lint_dataset_label(b->set, i)]++;
    return 0;
}

/* --- a walk over a set ------------------------------------------------------------------------ */

int lint_walk_new(lint_walk *w, const lint_dataset *set, size_t batch, lint_err *e) {
    *w = (lint_walk){.set = set, .count = lint_dataset_count(set), .batch = batch};
    w->image = calloc(batch, sizeof *w->image);
    w->mask = calloc(batch, sizeof *w->mask);
    w->features = calloc(batch, sizeof *w->features);
    w->label = calloc(batch, sizeof *w->label);
    w->place = calloc(batch, sizeof *w->place);
    w->weight = calloc(batch, sizeof *w->weight);
    if (w->image && w->mask && w->features && w->label && w->place && w->weight) return 0;
    lint_walk_free(w);
    return lint_fail_mem(e, "a batch");
}

void lint_walk_free(lint_walk *w) {
    free(w->image);
    free(w->mask);
    free(w->features);
    free(w->label);
    free(w->place);
    free(w->weight);
    *w = (lint_walk){0};
}

void lint_walk_restart(lint_walk *w) {
    w->at = 0;
}

int lint_walk_next(lint_walk *w, lint_batch *batch) {
    size_t n = 0;
    int masks = lint_dataset_has_mask(w->set);
    for (; n < w->batch && w->at < w->count; n++, w->at++) {
        size_t i = w->order ? w->order[w->at] : w->at;
        w->image[n] = lint_dataset_image(w->set, i);
        w->features[n] = lint_dataset_features(w->set, i);
        w->mask[n] = masks ? lint_dataset_mask(w->set, i) : NULL;
        w->label[n] = lint_dataset_label(w->set, i);
        w->place[n] = lint_dataset_place(w->set, i);
        w->weight[n] = lint_dataset_weight(w->set, i);
    }
    *batch = (lint_batch){.n = n,
                          .label = w->label,
                          .mask_height = lint_dataset_height(w->set),
                          .mask_width = lint_dataset_width(w->set)};
    if (lint_dataset_has_image(w->set)) batch->image = w->image;
    if (lint_dataset_has_features(w->set)) batch->features = w->features;
    if (masks) batch->mask = w->mask;
    if (lint_dataset_has_place(w->set)) batch->place = w->place;
    if (lint_dataset_has_weight(w->set)) batch->weight = w->weight;
    return n > 0;
}

/* --- the marked stream ------------------------------------------------------------------------ */

/* A whole number from 1 in the metadata; 0 if the key is not there. */
static int whole_meta(const lint_frame *f, const char *key, size_t *to, lint_err *e) {
    const char *text = lint_frame_meta(f, key);
    *to = 0;
    if (!text) return 0;
    char *end;
    errno = 0;
    unsigned long v = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    if (v == 0 || *end || errno)
        return lint_fail(e, "'%s' in the metadata is '%.40s', expected a whole number from 1", key,
                         text);
    *to = v;
    return 0;
}

/* Whether the frame can follow in this stream: its mark, and all that must be as before. */
static int check_frame(const lint_batches *b, size_t before, size_t epoch, lint_err *e) {
    const lint_samples *v = &b->s.view;
    if (epoch == 0) return lint_fail(e, "no 'epoch' in the metadata, which frame 1 has");
    if (epoch != before && epoch != before + 1) {
        if (before == 0) return lint_fail(e, "begins with epoch %zu, expected 1", epoch);
        return lint_fail(e, "epoch %zu after epoch %zu", epoch, before);
    }
    if (!v->image) return lint_fail(e, "no 'image'");
    if (!v->label) return lint_fail(e, "no 'label'");
    if (!lint_names_equal(&v->classes, &b->classes))
        return lint_fail(e, "classes differ from the frames before");
    if (v->h != b->h || v->w != b->w)
        return lint_fail(e, "images are %zux%zu, but %zux%zu in the frames before", v->w, v->h,
                         b->w, b->h);
    if (!lint_names_equal(&v->places, &b->places))
        return lint_fail(e, "places differ from the frames before");
    if (b->has_mask && !v->mask) return lint_fail(e, "no 'mask', which the frames before have");
    if (b->has_place && !v->place) return lint_fail(e, "no 'place', which the frames before have");
    if (b->has_weight && !v->weight)
        return lint_fail(e, "no 'weight', which the frames before have");
    return 0;
}

/* Takes over the frame that has been read. */
static int accept_frame(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    size_t before = s->epoch, epoch;
    lint_samples_free(&s->view);
    s->at = 0;
    if (lint_samples_view(&s->frame, &s->view, e) < 0) {
        s->view = (lint_samples){0};
        return -1;
    }
    if (whole_meta(&s->frame, "epoch", &epoch, e) < 0 || check_frame(b, before, epoch, e) < 0)
        return -1;
    s->epoch = epoch;
    return whole_meta(&s->frame, "epoch_samples", &s->epoch_samples, e);
}

/* Reads the next frame that has samples, or notes the end. */
static int load(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    do {
        int got = lint_reader_next(s->reader, &s->frame, e);
        if (got < 0) return -1;
        if (got == 0) {
            s->ended = 1;
            return 0;
        }
        s->number++;
        if (accept_frame(b, e) < 0)
            return lint_err_prefix(e, "%s: frame %zu: ", b->name, s->number);
    } while (s->view.n == 0);
    return 0;
}

/* Returns 1 if a frame with samples of the current epoch is at hand, 0 if none is left. */
static int available(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    if (!s->ended && s->at == s->view.n && load(b, e) < 0) return -1;
    return !s->ended && s->epoch == b->epoch;
}

static int stream_begin(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    while (!s->ended && (s->epoch < b->epoch || s->at == s->view.n)) {
        s->at = s->view.n;
        if (load(b, e) < 0) return -1;
    }
    b->promised = s->epoch_samples;
    if (!s->ended) return 1;
    if (b->epochs >= b->epoch)
        return lint_fail(e, "%s: ended after epoch %zu of %zu", b->name, s->epoch, b->epochs);
    return 0;
}

static void copy_sample(lint_batches *b, size_t n) {
    stream *s = &b->s;
    size_t pixels = b->h * b->w, i = s->at++;
    memcpy(s->image + n * pixels * 3, s->view.image + i * pixels * 3, pixels * 3);
    if (b->has_mask) memcpy(s->mask + n * pixels, s->view.mask + i * pixels, pixels);
    s->label[n] = s->view.label[i];
    if (b->has_place) s->place[n] = s->view.place[i];
    if (b->has_weight) s->weight[n] = s->view.weight[i];
}

static int stream_next(lint_batches *b, lint_batch *batch, lint_err *e) {
    stream *s = &b->s;
    size_t n = 0;
    int more = 1;
    while (n < b->batch && (more = available(b, e)) > 0) {
        b->promised = s->epoch_samples;
        copy_sample(b, n++);
    }
    if (more < 0) return -1;
    b->seen += n;
    if (!more && b->promised && b->seen != b->promised)
        return lint_fail(e, "%s: epoch %zu has %zu samples, but its loader announced %zu", b->name,
                         b->epoch, b->seen, b->promised);
    *batch = (lint_batch){
        .n = n, .image = s->images, .label = s->label, .mask_height = b->h, .mask_width = b->w};
    if (b->has_mask) batch->mask = s->masks;
    if (b->has_place) batch->place = s->place;
    if (b->has_weight) batch->weight = s->weight;
    return n > 0;
}

/* The arrays for batches of the stream, now that H and W are known. */
static int stream_room(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    size_t pixels = b->h * b->w;
    s->image = calloc(b->batch, pixels * 3);
    s->images = calloc(b->batch, sizeof *s->images);
    s->label = calloc(b->batch, sizeof *s->label);
    s->place = calloc(b->batch, sizeof *s->place);
    s->weight = calloc(b->batch, sizeof *s->weight);
    s->mask = calloc(b->has_mask ? b->batch : 1, pixels);
    s->masks = calloc(b->batch, sizeof *s->masks);
    if (!s->image || !s->images || !s->label || !s->place || !s->weight || !s->mask || !s->masks)
        return lint_fail_mem(e, "a batch");
    for (size_t i = 0; i < b->batch; i++) {
        s->images[i] = s->image + i * pixels * 3;
        if (b->has_mask) s->masks[i] = s->mask + i * pixels;
    }
    return 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Whether what was opened can be trained on at all. */
static int check_classes(const lint_batches *b, int has_label, lint_err *e) {
    if (b->subject == MASKS) return 0;
    if (!has_label)
        return lint_fail(e, "%s: no sample has a known label, so there is nothing to learn",
                         b->name);
    if (b->classes.n == 0)
        return lint_fail(e, "%s: no 'classes' in the metadata (a JSON array of names)", b->name);
    return 0;
}

/* A tensor 'weight' that is not what training takes it for must not be ignored. */
static int check_weight(const lint_frame *f, size_t n, lint_err *e) {
    if (!lint_frame_find(f, "weight")) return 0;
    return lint_frame_need(f, "weight", LINT_F32, 1, (uint64_t[]){n}, e) ? 0 : -1;
}

/* Whether the set has what training learns from. */
static int check_subject(const lint_batches *b, lint_err *e) {
    if (b->subject == PICTURES && !lint_dataset_has_image(b->set))
        return lint_fail(e, "%s: no 'image', which the network takes", b->name);
    if (b->subject == FEATURES && !lint_dataset_has_features(b->set))
        return lint_fail(e, "%s: no 'features', which the network takes (lint-features adds them)",
                         b->name);
    return 0;
}

/* Finds where each view begins. Epochs count from 1 without a gap; without marks, the whole set is
 * one view. */
static int find_views(lint_batches *b, lint_err *e) {
    size_t n = lint_dataset_count(b->set), marks = 0;
    int marked = b->subject == FEATURES && lint_dataset_epoch(b->set, 0) > 0;
    for (size_t i = 0; marked && i < n; i++)
        if (lint_dataset_epoch(b->set, i) > marks) marks = lint_dataset_epoch(b->set, i);
    if (marks > n) return lint_fail(e, "%s: epoch %zu of %zu samples", b->name, marks, n);
    b->view = calloc((marked ? marks : 1) + 1, sizeof *b->view);
    if (!b->view) return lint_fail_mem(e, "views");
    for (size_t i = 0; marked && i < n; i++) {
        size_t epoch = lint_dataset_epoch(b->set, i);
        if (epoch == b->views + 1) b->view[b->views++] = i;
        if (epoch != b->views)
            return lint_fail(e, "%s: epoch %zu after epoch %zu", b->name, epoch, b->views);
    }
    if (!marked) b->views = 1;
    b->view[b->views] = n;
    return 0;
}

/* The set takes over from here. */
static int use_set(lint_batches *b, lint_dataset *set, lint_err *e) {
    size_t n = lint_dataset_count(set), known = 0;
    b->set = set;
    if (lint_dataset_take(set, NULL, 0, &b->head, e) < 0) return -1; /* the metadata alone */
    if (n && check_weight(&b->head, 0, e) < 0) return lint_err_prefix(e, "%s: ", b->name);
    if (n == 0) return lint_fail(e, "%s: no samples", b->name);
    if (check_subject(b, e) < 0 || find_views(b, e) < 0) return -1;
    b->h = lint_dataset_height(set);
    b->w = lint_dataset_width(set);
    b->has_mask = lint_dataset_has_mask(set);
    b->has_place = lint_dataset_has_place(set);
    b->has_weight = lint_dataset_has_weight(set);
    if (lint_names_copy(&b->classes, lint_dataset_classes(set), e) < 0 ||
        lint_names_copy(&b->places, lint_dataset_places(set), e) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        known += lint_dataset_label(set, i) >= 0;
    if (check_classes(b, known > 0, e) < 0) return -1;
    b->order = calloc(n, sizeof *b->order);
    if (!b->order) return lint_fail_mem(e, "the order of samples");
    return lint_walk_new(&b->walk, set, b->batch, e);
}

static int use_stream(lint_batches *b, lint_err *e) {
    stream *s = &b->s;
    lint_samples v;
    if (b->subject == MASKS)
        return lint_fail(e,
                         "%s: its epochs are marked by a loader, but a mask encoder trains on "
                         "samples without such marks",
                         b->name);
    s->number = 1;
    if (lint_frame_copy_meta(&b->head, &s->frame, e) < 0) return -1;
    if (lint_samples_view(&s->frame, &v, e) < 0)
        return lint_err_prefix(e, "%s: frame 1: ", b->name);
    b->h = v.h;
    b->w = v.w;
    size_t n = v.n;
    b->has_mask = v.mask != NULL;
    b->has_place = v.place != NULL;
    b->has_weight = v.weight != NULL;
    b->classes = v.classes;
    b->places = v.places;
    v.classes = v.places = (lint_names){0};
    int has_label = v.label != NULL;
    lint_samples_free(&v);
    if (check_classes(b, has_label, e) < 0) return -1;
    if (check_weight(&s->frame, n, e) < 0) return lint_err_prefix(e, "%s: frame 1: ", b->name);
    if (accept_frame(b, e) < 0 || whole_meta(&s->frame, "epochs", &b->epochs, e) < 0)
        return lint_err_prefix(e, "%s: frame 1: ", b->name);
    return stream_room(b, e);
}

static FILE *open_spool(lint_err *e) {
    int fd = lint_spool_open(e);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w+b");
    if (fd < 0 || f) return f;
    close(fd);
    lint_fail_mem(e, "a temporary file");
    return NULL;
}

/* Copies the frame at hand and all that follow to a file that can be read in any order. */
static lint_dataset *spool(lint_batches *b, lint_err *e) {
    int got = 1;
    lint_dataset *set = NULL;
    FILE *f = open_spool(e);
    if (!f) return NULL;
    while (got > 0 && (got = lint_frame_write(&b->s.frame, f, e)) == 0)
        got = lint_reader_next(b->s.reader, &b->s.frame, e);
    if (got == 0 && (fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0))
        got = lint_fail_errno(e, "cannot keep a copy of %s", b->name);
    if (got == 0) set = lint_dataset_open_fd(fileno(f), b->name, e);
    fclose(f);
    return set;
}

/* A pipe: its first frame decides. */
static int open_pipe(lint_batches *b, lint_err *e) {
    int got = lint_reader_next(b->s.reader, &b->s.frame, e);
    if (got < 0) return -1;
    if (got == 0) return lint_fail(e, "%s: no samples", b->name);
    if (lint_frame_meta(&b->s.frame, "epoch") && b->subject != FEATURES) return use_stream(b, e);
    lint_dataset *set = spool(b, e);
    lint_frame_clear(&b->s.frame);
    return set ? use_set(b, set, e) : -1;
}

/* A regular file: indexed first, which reads its headers only. */
static int open_file(lint_batches *b, lint_err *e) {
    lint_dataset *set = lint_dataset_open_fd(fileno(b->in), b->name, e);
    if (!set) return -1;
    if (lint_dataset_meta(set, "epoch") && b->subject != FEATURES) {
        lint_dataset_free(set);
        return open_pipe(b, e);
    }
    return use_set(b, set, e);
}

static int open_input(lint_batches *b, const char *path, lint_err *e) {
    struct stat st;
    b->in = lint_input_open(path, e);
    if (!b->in) return -1;
    if (fstat(fileno(b->in), &st) < 0) return lint_fail_errno(e, "%s", b->name);
    b->s.reader = lint_reader_new(b->in, b->name, e);
    if (!b->s.reader) return -1;
    return S_ISREG(st.st_mode) ? open_file(b, e) : open_pipe(b, e);
}

static lint_batches *open_batches(const char *path, size_t batch, uint64_t seed, subject what,
                                  lint_err *e) {
    lint_batches *b = calloc(1, sizeof *b);
    if (b) b->name = strdup(lint_input_name(path));
    if (!b || !b->name) {
        free(b);
        lint_fail_mem(e, "the samples");
        return NULL;
    }
    b->batch = batch;
    b->seed = seed;
    b->subject = what;
    if (open_input(b, path, e) == 0) return b;
    lint_batches_free(b);
    return NULL;
}

lint_batches *lint_batches_open(const char *path, size_t batch, uint64_t seed, lint_err *e) {
    return open_batches(path, batch, seed, PICTURES, e);
}

lint_batches *lint_batches_open_masks(const char *path, size_t batch, uint64_t seed, lint_err *e) {
    return open_batches(path, batch, seed, MASKS, e);
}

lint_batches *lint_batches_open_features(const char *path, size_t batch, uint64_t seed,
                                         lint_err *e) {
    return open_batches(path, batch, seed, FEATURES, e);
}

void lint_batches_free(lint_batches *b) {
    if (!b) return;
    lint_walk_free(&b->walk);
    lint_dataset_free(b->set);
    lint_samples_free(&b->s.view);
    lint_frame_free(&b->s.frame);
    lint_frame_free(&b->head);
    lint_reader_free(b->s.reader);
    lint_names_free(&b->classes);
    lint_names_free(&b->places);
    free(b->order);
    free(b->view);
    free(b->s.image);
    free(b->s.mask);
    free(b->s.images);
    free(b->s.masks);
    free(b->s.label);
    free(b->s.place);
    free(b->s.weight);
    lint_input_close(b->in);
    free(b->name);
    free(b);
}

/* --- epochs ----------------------------------------------------------------------------------- */

static void shuffle(lint_batches *b) {
    size_t view = (b->epoch - 1) % b->views, first = b->view[view], n = b->view[view + 1] - first;
    for (size_t i = 0; i < n; i++)
        b->order[i] = first + i;
    lint_rng r = lint_rng_at(b->seed, LINT_RNG_SHUFFLE, b->epoch, 0);
    lint_rng_shuffle(&r, b->order, n);
    b->walk.order = b->order;
    b->walk.count = n;
    lint_walk_restart(&b->walk);
}

int lint_batches_begin(lint_batches *b, size_t epoch, lint_err *e) {
    b->epoch = epoch;
    b->seen = 0;
    if (!b->set) return stream_begin(b, e);
    shuffle(b);
    return 1;
}

int lint_batches_next(lint_batches *b, lint_batch *batch, lint_err *e) {
    return b->set ? lint_walk_next(&b->walk, batch) : stream_next(b, batch, e);
}
