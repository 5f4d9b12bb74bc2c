#include "stream/dataset.h"
#include "base/grow.h"
#include "base/spool.h"
#include "base/standard_io.h"
#include "stream/frame_parts.h"
#include "stream/samples_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tensor of one frame: where its data lies in the map, its bytes, and those of one sample. */
typedef struct span {
    const unsigned char *at;
    size_t bytes, row;
} span;

typedef struct part {
    size_t first, n; /* samples of this frame: first..first+n-1 of the set */
    size_t epoch;    /* its mark; 0: none */
    span *tensor;    /* as head.tensors */
} part;

/* One number for each sample. */
typedef struct indices {
    int32_t *v; /* NULL if the tensor is absent */
    size_t room;
} indices;

struct lint_dataset {
    unsigned char *map;
    size_t size;
    lint_frame head; /* the first frame without data; `name` as wide as the widest */
    int *each;       /* for each tensor of head: whether it follows the samples in every frame */
    part *part;
    size_t parts, room;
    size_t n, h, w;
    indices label, place;
    size_t features_size[3];              /* c, h, w; 0 without features */
    size_t image, mask, weight, features; /* indices in head.tensors; SIZE_MAX if absent */
    lint_names classes, places;
};

size_t lint_dataset_count(const lint_dataset *s) {
    return s->n;
}
size_t lint_dataset_height(const lint_dataset *s) {
    return s->h;
}
size_t lint_dataset_width(const lint_dataset *s) {
    return s->w;
}
int lint_dataset_has_image(const lint_dataset *s) {
    return s->parts && s->image != SIZE_MAX;
}
int lint_dataset_has_features(const lint_dataset *s) {
    return s->parts && s->features != SIZE_MAX;
}
void lint_dataset_features_size(const lint_dataset *s, size_t *c, size_t *h, size_t *w) {
    *c = s->features_size[0];
    *h = s->features_size[1];
    *w = s->features_size[2];
}
int lint_dataset_has_mask(const lint_dataset *s) {
    return s->parts && s->mask != SIZE_MAX;
}
int lint_dataset_has_place(const lint_dataset *s) {
    return s->place.v != NULL;
}
int lint_dataset_has_weight(const lint_dataset *s) {
    return s->parts && s->weight != SIZE_MAX;
}
const lint_names *lint_dataset_classes(const lint_dataset *s) {
    return &s->classes;
}
const lint_names *lint_dataset_places(const lint_dataset *s) {
    return &s->places;
}
const char *lint_dataset_meta(const lint_dataset *s, const char *key) {
    return lint_frame_meta(&s->head, key);
}
int32_t lint_dataset_label(const lint_dataset *s, size_t i) {
    return s->label.v ? s->label.v[i] : -1;
}
int32_t lint_dataset_place(const lint_dataset *s, size_t i) {
    return s->place.v ? s->place.v[i] : -1;
}

/* The frame that holds sample i. */
static const part *part_of(const lint_dataset *s, size_t i) {
    size_t lo = 0, hi = s->parts;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->part[mid].first <= i)
            lo = mid;
        else
            hi = mid;
    }
    return &s->part[lo];
}

static const unsigned char *row_of(const lint_dataset *s, size_t tensor, size_t i) {
    const part *p = part_of(s, i);
    const span *t = &p->tensor[tensor];
    return t->at + (i - p->first) * t->row;
}

float lint_dataset_weight(const lint_dataset *s, size_t i) {
    float v = 1;
    if (lint_dataset_has_weight(s)) memcpy(&v, row_of(s, s->weight, i), sizeof v);
    return v;
}
const uint8_t *lint_dataset_image(const lint_dataset *s, size_t i) {
    return s->image == SIZE_MAX ? NULL : row_of(s, s->image, i);
}
const uint8_t *lint_dataset_mask(const lint_dataset *s, size_t i) {
    return s->mask == SIZE_MAX ? NULL : row_of(s, s->mask, i);
}

const void *lint_dataset_features(const lint_dataset *s, size_t i) {
    return s->features == SIZE_MAX ? NULL : row_of(s, s->features, i);
}
size_t lint_dataset_epoch(const lint_dataset *s, size_t i) {
    return part_of(s, i)->epoch;
}

void lint_dataset_free(lint_dataset *s) {
    if (!s) return;
    for (size_t i = 0; i < s->parts; i++)
        free(s->part[i].tensor);
    free(s->part);
    free(s->each);
    free(s->label.v);
    free(s->place.v);
    lint_frame_free(&s->head);
    lint_names_free(&s->classes);
    lint_names_free(&s->places);
    if (s->map) munmap(s->map, s->size);
    free(s);
}

/* --- opening: bytes of any kind become a mapped file ------------------------------------------ */

static int write_all(int fd, const char *p, size_t n) {
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -1;
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

/* Copies what is left of `in` to `to`. */
static int copy_bytes(int in, int to, lint_err *e) {
    enum { CHUNK = 1 << 20 };
    char *buf = malloc(CHUNK);
    if (!buf) return lint_fail_mem(e, "a buffer");
    int err = 0;
    for (;;) {
        ssize_t got = read(in, buf, CHUNK);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = lint_fail_errno(e, "cannot read");
        if (got <= 0) break;
        if (write_all(to, buf, (size_t)got) < 0) {
            err = lint_fail_errno(e, "cannot keep a copy in %s (TMPDIR chooses another place)",
                                  lint_spool_folder());
            break;
        }
    }
    free(buf);
    return err;
}

/* A copy of what is left of `in`, in a file without a name. Its descriptor, or -1. */
static int spool(int in, lint_err *e) {
    int fd = lint_spool_open(e);
    if (fd < 0 || copy_bytes(in, fd, e) == 0) return fd;
    close(fd);
    return -1;
}

/* Maps the regular file; an empty one stays unmapped. */
static int map_file(lint_dataset *s, int fd, size_t size, lint_err *e) {
    if (size == 0) return 0;
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return lint_fail_errno(e, "cannot map");
    s->map = p;
    s->size = size;
    return 0;
}

/* Maps what the open file holds; *at is where reading begins, as a shell may have read some. */
static int map_input(lint_dataset *s, int in, size_t *at, lint_err *e) {
    struct stat st;
    if (fstat(in, &st) < 0) return lint_fail(e, "%s", strerror(errno));
    if (S_ISDIR(st.st_mode)) return lint_fail(e, "is a directory, expected a tensor stream");
    if (S_ISREG(st.st_mode)) {
        off_t pos = lseek(in, 0, SEEK_CUR);
        *at = pos > 0 ? (size_t)pos : 0;
        return map_file(s, in, (size_t)st.st_size, e);
    }
    *at = 0;
    int copy = spool(in, e);
    if (copy < 0) return -1;
    int err = fstat(copy, &st) < 0 ? lint_fail(e, "%s", strerror(errno))
                                   : map_file(s, copy, (size_t)st.st_size, e);
    close(copy);
    return err;
}

/* --- opening: the index ----------------------------------------------------------------------- */

static size_t index_of(const lint_frame *f, const char *name) {
    const lint_tensor *t = lint_frame_find(f, name);
    return t ? (size_t)(t - f->tensors) : SIZE_MAX;
}

/* The first frame says what every other must agree with. Takes over the frame and the names. */
static int set_head(lint_dataset *s, lint_frame *f, lint_samples *v, lint_err *e) {
    s->head = *f;
    s->head.more = 0; /* of the set */
    *f = (lint_frame){0};
    s->classes = v->classes;
    s->places = v->places;
    v->classes = v->places = (lint_names){0};
    s->h = v->h;
    s->w = v->w;
    s->image = index_of(&s->head, "image");
    s->mask = index_of(&s->head, "mask");
    s->weight = lint_samples_weight(&s->head, v->n) ? index_of(&s->head, "weight") : SIZE_MAX;
    s->features = lint_samples_features(&s->head, v->n) ? index_of(&s->head, "features") : SIZE_MAX;
    s->features_size[0] = v->features_c;
    s->features_size[1] = v->features_h;
    s->features_size[2] = v->features_w;
    if (s->image == SIZE_MAX && s->features == SIZE_MAX) return lint_fail(e, "no 'image'");
    s->each = calloc(s->head.count + 1, sizeof *s->each);
    if (!s->each) return lint_fail_mem(e, "the index");
    for (size_t i = 0; i < s->head.count; i++)
        s->each[i] = s->head.tensors[i].rank && s->head.tensors[i].shape[0] == v->n;
    return 0;
}

/* Whether tensor t of a later frame fits the first frame's: same name, dtype and shape, but for the
 * number of samples and the width of names. follows: whether it has a row for each sample. */
static int fits(const lint_tensor *head, const lint_tensor *t, int follows) {
    if (strcmp(head->name, t->name) != 0 || head->dtype != t->dtype || head->rank != t->rank)
        return 0;
    int names = strcmp(t->name, "name") == 0 && t->rank == 2;
    for (size_t i = follows ? 1 : 0; i < t->rank; i++)
        if (head->shape[i] != t->shape[i] && !(names && i == 1)) return 0;
    return 1;
}

static int check_alike(lint_dataset *s, const lint_frame *f, const lint_samples *v, lint_err *e) {
    if (!lint_names_equal(&s->classes, &v->classes))
        return lint_fail(e, "classes differ from the frames before");
    if (!lint_names_equal(&s->places, &v->places))
        return lint_fail(e, "places differ from the frames before");
    if (f->count != s->head.count)
        return lint_fail(e, "%zu tensors, but %zu in the frames before", f->count, s->head.count);
    for (size_t i = 0; i < f->count; i++) {
        const lint_tensor *t = &f->tensors[i];
        s->each[i] = s->each[i] && t->rank && t->shape[0] == v->n;
        if (!fits(&s->head.tensors[i], t, s->each[i]))
            return lint_fail(e, "'%s' differs from the frames before", t->name);
    }
    /* What was taken for the weights of the frames before has too few, or too many, for these. */
    if (s->weight != SIZE_MAX && !s->each[s->weight])
        return lint_fail(e, "'weight' has one row per sample in some frames only");
    if (s->features != SIZE_MAX && !s->each[s->features])
        return lint_fail(e, "'features' has one row per sample in some frames only");
    return 0;
}

/* Copies a frame's labels or places behind those of the frames before. */
static int keep_indices(indices *all, size_t have, const unsigned char *data, size_t n,
                        size_t names, const char *what, lint_err *e) {
    if (lint_samples_check_indices(what, data, n, names, e) < 0) return -1;
    int32_t *more = lint_grow_to(all->v, have + n + 1, &all->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "the index");
    all->v = more;
    memcpy(more + have, data, n * sizeof *more);
    return 0;
}

static int set_indices(lint_dataset *s, const part *p, lint_err *e) {
    size_t label = index_of(&s->head, "label"), place = index_of(&s->head, "place");
    if (label != SIZE_MAX &&
        keep_indices(&s->label, s->n, p->tensor[label].at, p->n, s->classes.n, "label", e) < 0)
        return -1;
    if (place != SIZE_MAX &&
        keep_indices(&s->place, s->n, p->tensor[place].at, p->n, s->places.n, "place", e) < 0)
        return -1;
    return s->weight == SIZE_MAX ? 0 : lint_samples_check_weights(p->tensor[s->weight].at, p->n, e);
}

/* A loader's mark; 0 where there is none, or something else. */
static size_t epoch_of(const lint_frame *f) {
    const char *text = lint_frame_meta(f, "epoch");
    char *end;
    if (!text || *text < '1' || *text > '9') return 0;
    unsigned long v = strtoul(text, &end, 10);
    return *end ? 0 : v;
}

/* Adds the frame f of n samples whose data begins at `data`. */
static int set_part(lint_dataset *s, const lint_frame *f, size_t n, const unsigned char *data,
                    const uint64_t *begin, lint_err *e) {
    part *more = lint_grow(s->part, s->parts, &s->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "the index");
    s->part = more;
    part *p = &s->part[s->parts];
    *p = (part){.first = s->n,
                .n = n,
                .epoch = epoch_of(f),
                .tensor = calloc(f->count + 1, sizeof *p->tensor)};
    if (!p->tensor) return lint_fail_mem(e, "the index");
    s->parts++;
    for (size_t i = 0; i < f->count; i++)
        p->tensor[i] =
            (span){data + begin[i], f->tensors[i].bytes, n ? f->tensors[i].bytes / n : 0};
    if (set_indices(s, p, e) < 0) return -1;
    s->n += n;
    return 0;
}

/* A later frame's names may be wider: the set is as wide as the widest. */
static void widen_head(lint_dataset *s, const lint_frame *f) {
    lint_tensor *head = lint_frame_find(&s->head, "name");
    const lint_tensor *t = lint_frame_find(f, "name");
    if (head && t && head->rank == 2 && t->rank == 2 && t->shape[1] > head->shape[1])
        head->shape[1] = t->shape[1];
}

/* Checks a parsed frame, whose data begins at `data`, and adds it. */
static int index_frame(lint_dataset *s, lint_frame *f, const unsigned char *data,
                       const uint64_t *begin, lint_err *e) {
    lint_samples v;
    if (lint_samples_shapes(f, &v, e) < 0) return -1;
    int first = s->parts == 0;
    int ok = first ? set_head(s, f, &v, e) : check_alike(s, f, &v, e);
    if (!first && ok == 0) widen_head(s, f);
    if (ok == 0) ok = set_part(s, first ? &s->head : f, v.n, data, begin, e);
    lint_samples_free(&v);
    return ok;
}

/* Indexes the frame at *at, moves *at behind it, and tells whether another must follow. */
static int next_part(lint_dataset *s, size_t *at, int *more, lint_err *e) {
    uint64_t len, total, *begin = NULL;
    size_t left = s->size - *at;
    if (left < sizeof len)
        return lint_fail(e, "truncated: the header length ends after %zu of 8 bytes", left);
    memcpy(&len, s->map + *at, sizeof len);
    left -= sizeof len;
    if (len > LINT_HEADER_MAX)
        return lint_fail(
            e, "header of %" PRIu64 " bytes is over the limit of %u (is this a tensor stream?)",
            len, LINT_HEADER_MAX);
    if (len > left)
        return lint_fail(e, "truncated: the header ends after %zu of %" PRIu64 " bytes", left, len);
    const unsigned char *data = s->map + *at + sizeof len + len;
    left -= (size_t)len;
    lint_frame f = {0};
    if (lint_header_parse(&f, (const char *)data - len, (size_t)len, &begin, &total, e) < 0)
        return -1;
    *more = f.more;
    int err = total > left ? lint_fail(e, "truncated: the data ends after %zu of %" PRIu64 " bytes",
                                       left, total)
                           : index_frame(s, &f, data, begin, e);
    free(begin);
    lint_frame_free(&f);
    *at += sizeof len + (size_t)len + (size_t)total;
    return err;
}

/* A tensor that does not follow the samples must be of one size in all frames. What looked like
 * following in the frames before may turn out otherwise in a later one. */
static int check_constants(const lint_dataset *s, lint_err *e) {
    for (size_t t = 0; t < s->head.count; t++)
        for (size_t i = 0; i < s->parts && !s->each[t]; i++)
            if (s->part[i].tensor[t].bytes != s->head.tensors[t].bytes)
                return lint_fail(e, "frame %zu: '%s' has one row per sample in some frames only",
                                 i + 1, s->head.tensors[t].name);
    return 0;
}

static int index_all(lint_dataset *s, size_t at, lint_err *e) {
    int more = 0;
    for (size_t frame = 1; at < s->size || more; frame++)
        if ((at < s->size ? next_part(s, &at, &more, e) : lint_fail_cut(e)) < 0)
            return lint_err_prefix(e, "frame %zu: ", frame);
    return check_constants(s, e);
}

lint_dataset *lint_dataset_open_fd(int fd, const char *name, lint_err *e) {
    size_t at = 0;
    lint_dataset *s = calloc(1, sizeof *s);
    if (!s) {
        lint_fail_mem(e, "the index");
        return NULL;
    }
    s->mask = s->weight = s->features = SIZE_MAX;
    if (map_input(s, fd, &at, e) == 0 && index_all(s, at, e) == 0) return s;
    lint_err_prefix(e, "%s: ", name);
    lint_dataset_free(s);
    return NULL;
}

lint_dataset *lint_dataset_open(const char *path, lint_err *e) {
    if (lint_is_stdio(path)) return lint_dataset_open_fd(STDIN_FILENO, lint_input_name(path), e);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        lint_fail_errno(e, "%s", path);
        return NULL;
    }
    lint_dataset *s = lint_dataset_open_fd(fd, path, e);
    close(fd);
    return s;
}

/* --- samples by index ------------------------------------------------------------------------- */

/* The tensor t of the given samples, as a tensor of out. */
static int take_tensor(const lint_dataset *s, size_t t, const size_t *row, size_t rows,
                       lint_frame *out, lint_err *e) {
    const lint_tensor *head = &s->head.tensors[t];
    uint64_t *shape = calloc(head->rank + 1, sizeof *shape);
    if (!shape) return lint_fail_mem(e, head->name);
    if (head->rank) memcpy(shape, head->shape, head->rank * sizeof *shape);
    if (s->each[t]) shape[0] = rows;
    lint_tensor *to = lint_frame_add_new(out, head->name, head->dtype, head->rank, shape, e);
    free(shape);
    if (!to) return -1;
    memset(to->data, 0, to->bytes); /* names may be narrower than the widest */
    if (!s->each[t]) {
        memcpy(to->data, s->part[0].tensor[t].at, to->bytes);
        return 0;
    }
    size_t step = rows ? to->bytes / rows : 0;
    for (size_t i = 0; i < rows; i++) {
        const part *p = part_of(s, row[i]);
        const span *from = &p->tensor[t];
        memcpy((char *)to->data + i * step, from->at + (row[i] - p->first) * from->row, from->row);
    }
    return 0;
}

int lint_dataset_take(const lint_dataset *s, const size_t *row, size_t rows, lint_frame *out,
                      lint_err *e) {
    lint_frame_clear(out);
    for (size_t i = 0; i < rows; i++)
        if (row[i] >= s->n) return lint_fail(e, "there is no sample %zu among %zu", row[i], s->n);
    int err = lint_frame_copy_meta(out, &s->head, e);
    for (size_t t = 0; err == 0 && t < s->head.count; t++)
        err = take_tensor(s, t, row, rows, out, e);
    if (err < 0) lint_frame_clear(out);
    return err;
}
