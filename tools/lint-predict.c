/* lint-predict: one line of answer for each image file, and pictures of the evidence. */
#include "answer/file_predictor.h"
#include "answer/gallery.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/standard_io.h"
#include "base/text.h"
#include "picture/picture_list.h"
#include "source/coco.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BATCH = 16, FIT_NOT_GIVEN = -1 };

static struct {
    const char *out, *png, *from, *boxes;
    int fit, nul, all, json, precision;
    lint_verbosity verbosity;
    long threads, depth, max_pixels, top;
    double margin, confidence; /* -1: not given */
} o = {.fit = FIT_NOT_GIVEN, .margin = -1, .confidence = -1};

static const lint_option options[] = {
    {"png", 0, LINT_OPT_STR, &o.png, "PATH",
     .help =
         "pictures of the evidence: each image as the network saw it, with the map of the answer "
         "over it; PATH is a file if it ends in .png and there is only one IMAGE, else a folder"},
    {"from", 0, LINT_OPT_STR, &o.from, "FILE",
     .help = "file with the images' names, one on each line; - is standard input, where each name "
             "is answered as it arrives"},
    {"null", '0', LINT_OPT_FLAG, &o.nul,
     .help =
         "NUL instead of newline between names in the --from file, as find -print0 writes them"},
    {"boxes", 0, LINT_OPT_STR, &o.boxes, "FILE",
     .help =
         "COCO's or MegaDetector's JSON for models of crops (lint-split --crop-to-box): each box "
         "is answered like an image, as path#1, path#2 and so on"},
    {"margin", 0, LINT_OPT_REAL, &o.margin, "F",
     .help = "margin of --boxes on each side, in shares of the box's width and height (default: as "
             "for the training pictures, else 0)",
     .max = LINT_CROP_MARGIN},
    {"min-confidence", 0, LINT_OPT_REAL, &o.confidence, "F",
     .help = "confidence that a box needs, 0 to 1 (default: what the file advises, else 0.2; all "
             "of COCO's)",
     .max = 1},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW",
     .help = "method of resizing images to the network's input: stretch, crop or pad (default: as "
             "for the training pictures, else stretch)",
     .choices = LINT_FIT_CHOICES},
    {"depth", 0, LINT_OPT_INT, &o.depth, "N",
     .help = "significant bits in images with more than 8 bits per sample (default: as for the "
             "training pictures, else all bits of the file)",
     .min = 8, .max = LINT_IMAGE_DEPTH},
    LINT_OPTION_MAX_PIXELS(&o.max_pixels),
    {"all", 0, LINT_OPT_FLAG, &o.all, .help = "one line for every class, most probable first"},
    {"top", 0, LINT_OPT_INT, &o.top, "K",
     .help = "one line for each of the K most probable classes of each image (default 1)", .min = 1,
     .max = 1e6},
    {"json", 0, LINT_OPT_FLAG, &o.json,
     .help = "a JSON object for each image, one on each line, instead of tab-separated text"},
    LINT_OPTION_PRECISION(&o.precision),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_OUT(&o.out, "answers"),
    LINT_OPTION_QUIET(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-predict",
    .usage = "[options] MODEL IMAGE|FOLDER... | [options] --from FILE MODEL",
    .purpose =
        "Classifies images and all images in folders (- is standard input). Each line of "
        "output is path, class and probability, separated by tabs. In names, a tab, newline, "
        "carriage return or backslash is written as \\t, \\n, \\r or \\\\. An image that "
        "cannot be read has a line with empty class and probability and the reason. The exit "
        "status is then 1.",
    .options = options,
    .example = "  lint-predict --png why model.safetensors photos/*.jpg\n"
               "  find photos -name '*.jpg' -print0 | lint-predict -0 --from - model.safetensors\n",
    .operands = {1, -1},
};

/* What a run holds. */
typedef struct job {
    lint_threads *pool;
    lint_predictor model;
    lint_file_predictor ask;
    lint_coco *boxes; /* NULL without --boxes */
    lint_output *out;
    size_t *order; /* [K] classes, the most probable first */
    double *p;     /* [K] their probabilities */
    size_t done;   /* images */
    int failed;    /* whether an image could not be read */
    int one_file;  /* --png names a file, not a folder */
} job;

/* --- words ------------------------------------------------------------------------------------ */

static const char *class_name(const job *j, size_t c, char number[32]) {
    return lint_names_get(&j->model.classes, (int32_t)c, "class", number);
}

/* How many classes of each image are told. */
static size_t told(const job *j) {
    size_t most = o.all ? j->model.k : o.top ? (size_t)o.top : 1;
    return most < j->model.k ? most : j->model.k;
}

static void put_lines(const job *j, const char *path) {
    FILE *out = lint_output_file(j->out);
    char number[32];
    for (size_t i = 0; i < told(j); i++) {
        lint_text_escape(path, out);
        putc('\t', out);
        lint_text_escape(class_name(j, j->order[i], number), out);
        fprintf(out, "\t%.4f\n", j->p[j->order[i]]);
    }
}

/* A text as JSON; where it is not UTF-8, each byte that is none becomes a ?. */
static json_t *text_value(const char *text) {
    char shown[4096];
    json_t *v = json_string(text);
    return v ? v : json_string(lint_text_clean(shown, sizeof shown, text));
}

/* Writes an object and a newline, and frees it; NULL: memory ran out. */
static int put_object(const job *j, json_t *root, lint_err *e) {
    enum { HOW = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6) };
    FILE *out = lint_output_file(j->out);
    int err = root ? lint_json_dump(root, out, HOW) : -1;
    json_decref(root);
    if (err) return lint_fail_mem(e, "answers");
    putc('\n', out);
    return 0;
}

static json_t *class_object(const job *j, size_t c) {
    char number[32];
    return json_pack("{s:s, s:f}", "class", class_name(j, c, number), "probability", j->p[c]);
}

static int put_json(const job *j, const char *path, lint_err *e) {
    json_t *root = json_pack("{s:o}", "path", text_value(path)), *list = json_array();
    json_t *first = class_object(j, j->order[0]);
    int err = !root || !list || json_object_update(root, first) < 0;
    json_decref(first);
    for (size_t i = 0; i < told(j) && !err; i++)
        err = json_array_append_new(list, class_object(j, j->order[i])) < 0;
    if (!err && (o.all || o.top)) err = json_object_set(root, "classes", list) < 0;
    json_decref(list);
    if (!err) return put_object(j, root, e);
    json_decref(root);
    return lint_fail_mem(e, "answers");
}

static int put_answer(const job *j, const char *path, const lint_answer *a, lint_err *e) {
    lint_ranking(a->logits, j->model.k, j->order, j->p);
    if (o.json) return put_json(j, path, e);
    put_lines(j, path);
    return 0;
}

/* The reason without the name, which has a column of its own; in a message its controls are replaced
 * byte by byte. */
static const char *reason_of(const char *path, const char *message) {
    size_t n = strlen(lint_input_name(path));
    int named = strlen(message) > n + 2 && strncmp(message + n, ": ", 2) == 0;
    return named ? message + n + 2 : message;
}

static int put_reason(const job *j, const char *path, const char *key, const char *reason,
                      lint_err *e) {
    FILE *out = lint_output_file(j->out);
    if (o.json)
        return put_object(j, json_pack("{s:o, s:s}", "path", text_value(path), key, reason), e);
    lint_text_escape(path, out);
    fputs("\t\t\t", out);
    lint_text_escape(reason, out);
    putc('\n', out);
    return 0;
}

/* Also on standard error: not everybody looks at each line of an output file. */
static int put_failure(job *j, const char *path, const char *message, lint_err *e) {
    char reason[1024];
    lint_warn("%s", message);
    j->failed = 1;
    lint_text_clean(reason, sizeof reason, reason_of(path, message));
    return put_reason(j, path, "error", reason, e);
}

/* --- pictures --------------------------------------------------------------------------------- */

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return lint_is_stdio(path) ? lint_input_name(path) : slash ? slash + 1 : path;
}

static int draw(const job *j, const char *path, const lint_answer *a, lint_err *e) {
    const lint_predictor *m = &j->model;
    lint_samples s = {.n = 1,
                      .h = m->h,
                      .w = m->w,
                      .k = m->k,
                      .cam_h = m->cam_h,
                      .cam_w = m->cam_w,
                      .image = a->image,
                      .logits = a->logits,
                      .cam = a->cam,
                      .classes = m->classes};
    char file[LINT_GALLERY_FILE], to[4096];
    lint_gallery_file(file, j->done + 1, last_part(path));
    int n = j->one_file ? snprintf(to, sizeof to, "%s", o.png)
                        : snprintf(to, sizeof to, "%s/%s", o.png, file);
    if (n >= (int)sizeof to) return lint_fail(e, "%s: %s", o.png, strerror(ENAMETOOLONG));
    return lint_gallery_save_one(to, &s, 0, last_part(path), e);
}

/* --- images ----------------------------------------------------------------------------------- */

/* n images, or of those the crops, which have names of their own; crop NULL: the whole images. */
static int answer_batch(job *j, char *const *path, char *const *name, const lint_crop *crop,
                        size_t n, lint_err *e) {
    if (lint_file_predictor_run(&j->ask, path, crop, n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++, j->done++) {
        const lint_answer *a = &j->ask.answer[i];
        if (a->bad) {
            if (put_failure(j, name[i], a->e.msg, e) < 0) return -1;
            continue;
        }
        if (put_answer(j, name[i], a, e) < 0) return -1;
        if (o.png && draw(j, name[i], a, e) < 0) return -1;
    }
    return 0;
}

/* Up to a batch of the objects in one image, from the first on. */
static int answer_objects(job *j, char *path, const lint_objects *objects, size_t first,
                          lint_err *e) {
    char *paths[BATCH], *names[BATCH] = {NULL};
    lint_crop crop[BATCH];
    size_t n = objects->n - first < BATCH ? objects->n - first : BATCH;
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        paths[i] = path;
        crop[i] = lint_crop_of(objects, first + i);
        names[i] = lint_text_format(e, "%s#%zu", path, crop[i].number);
        err = names[i] ? 0 : -1;
    }
    if (!err) err = answer_batch(j, paths, names, crop, n, e);
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    return err;
}

/* image [n]: the entries of the images in j->boxes. */
static int answer_boxes(job *j, char *const *path, const long *image, size_t n, lint_err *e) {
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        lint_objects objects = {0};
        lint_err why;
        if (image[i] < 0)
            err = lint_fail(&why, "%s: not listed in %s", path[i], o.boxes);
        else
            err = lint_coco_objects(j->boxes, image[i], &objects, &why)
                      ? lint_err_prefix(&why, "%s: ", path[i])
                      : 0;
        if (err && why.system) /* says nothing of the boxes */
            *e = why;
        else if (err)
            err = put_failure(j, path[i], why.msg, e);
        else if (!objects.n)
            err = put_reason(j, path[i], "remark", "no box", e);
        for (size_t k = 0; k < objects.n && !err; k += BATCH)
            err = answer_objects(j, path[i], &objects, k, e);
        lint_objects_free(&objects);
    }
    return err;
}

static int answer(job *j, char *const *path, const long *image, size_t n, lint_err *e) {
    int err = image ? answer_boxes(j, path, image, n, e) : answer_batch(j, path, path, NULL, n, e);
    if (err) return -1;
    /* A program that writes a name and waits gets its answer at once. */
    if (o.from && fflush(lint_output_file(j->out)) != 0)
        return lint_fail_errno(e, "%s", lint_output_name(o.out));
    return 0;
}

/* All images are compared before any gets its boxes: one may fit better what another fits, too. */
static int answer_all(job *j, char *const *path, size_t n, lint_err *e) {
    long *image = j->boxes ? calloc(n + 1, sizeof *image) : NULL;
    int err = !image && j->boxes ? lint_fail_mem(e, "the list of images") : 0;
    if (image) err = lint_coco_match(j->boxes, n, (const char *const *)path, image, e);
    for (size_t i = 0; i < n && !err; i += BATCH)
        err = answer(j, path + i, image ? image + i : NULL, n - i < BATCH ? n - i : BATCH, e);
    free(image);
    return err;
}

static int list_lines(lint_lines *l, lint_picture_list *list, lint_err *e) {
    char *path[BATCH];
    long n;
    int err = 0;
    while (!err && (n = lint_lines_next(l, path, BATCH, e)) != 0) {
        err = n < 0 ? -1 : 0;
        for (long i = 0; i < n && !err; i++)
            err = lint_picture_list_note(list, path[i], e);
    }
    return err;
}

/* With boxes the names of a file are compared with each other, as operands are. */
static int answer_listed(job *j, lint_lines *l, lint_err *e) {
    lint_picture_list list = {0};
    int err = list_lines(l, &list, e);
    if (!err) err = answer_all(j, list.v, list.n, e);
    lint_picture_list_free(&list);
    return err;
}

/* Which names a pipe brings together is chance, so that with boxes each stands alone. */
static int answer_arriving(job *j, lint_lines *l, lint_err *e) {
    char *path[BATCH];
    long n;
    while ((n = lint_lines_next(l, path, j->boxes ? 1 : BATCH, e)) > 0)
        if (answer_all(j, path, (size_t)n, e) < 0) return -1;
    return n < 0 ? -1 : 0;
}

static int answer_lines(job *j, lint_err *e) {
    lint_lines l;
    if (lint_lines_open(&l, o.from, o.nul ? 0 : '\n', e) < 0) return -1;
    int whole = j->boxes && lint_lines_is_file(&l);
    int err = whole ? answer_listed(j, &l, e) : answer_arriving(j, &l, e);
    lint_lines_close(&l);
    return err;
}

/* --------------------------------------------------------------------------------------------- */

static int ends_in_png(const char *path) {
    size_t n = strlen(path);
    return n > 4 && strcasecmp(path + n - 4, ".png") == 0;
}

static void check_usage(char **arg) {
    size_t n = 0, stdins = o.from && lint_is_stdio(o.from);
    for (; arg[n]; n++)
        stdins += lint_is_stdio(arg[n]);
    if (n == 1 && !o.from) lint_usage("IMAGE is missing; usage: lint-predict %s", program.usage);
    if (n > 1 && o.from) lint_usage("images come from --from or from operands, not from both");
    if (o.nul && !o.from) lint_usage("--null needs --from");
    if (stdins > 1) lint_usage("only one of the inputs can be standard input");
    if (o.all && o.top) lint_usage("--all and --top exclude each other");
    if (o.margin >= 0 && !o.boxes) lint_usage("--margin needs --boxes");
    if (o.confidence >= 0 && !o.boxes) lint_usage("--min-confidence needs --boxes");
}

/* What the operands mean. A folder that cannot be read is told among the images. */
static void list_images(char **arg, lint_picture_list *images, lint_picture_list *bad) {
    lint_err e;
    for (; *arg; arg++) {
        lint_err why;
        if (lint_picture_list_add(images, *arg, &why) == 0) continue;
        if (why.system) lint_die(&why);
        if (lint_picture_list_note(bad, *arg, &e) < 0 ||
            lint_picture_list_note(bad, why.msg, &e) < 0)
            lint_die(&e);
    }
}

/* As many threads as asked for, or as there are processors, but not more than images. */
static int threads_for(size_t images) {
    int threads = o.threads ? (int)o.threads : lint_processors();
    return o.from || o.boxes || (size_t)threads < images ? threads : images ? (int)images : 1;
}

static void read_boxes(job *j) {
    lint_err e;
    j->boxes = lint_coco_new(0, o.confidence, &e);
    if (!j->boxes || lint_coco_add(j->boxes, o.boxes, "", &e) < 0) lint_die(&e);
    size_t scored = lint_coco_scored(j->boxes), unsure = lint_coco_unsure(j->boxes);
    if (o.confidence >= 0 && !scored) {
        lint_fail(&e, "--min-confidence has no effect here: no box of %s has a confidence",
                  o.boxes);
        lint_die(&e);
    }
    if (unsure && o.verbosity != LINT_QUIET)
        lint_warn("%zu of %zu boxes do not count: their confidence is below %s", unsure, scored,
                  o.confidence < 0 ? "what the file advises (--min-confidence)"
                                   : "--min-confidence");
}

static void open_boxes(job *j) {
    if (o.boxes) {
        read_boxes(j);
    } else if (j->model.crop_margin >= 0 && o.verbosity != LINT_QUIET) {
        lint_warn(
            "the model was trained on crops of boxes (lint-split --crop-to-box), and will see "
            "whole images: --boxes FILE names their boxes");
    }
}

/* One image needs neither threads nor the memory of a batch: it is answered fast. */
static void open_all(job *j, const char *model, size_t images) {
    lint_err e;
    size_t most = o.from || o.boxes || images > BATCH ? BATCH : images ? images : 1;
    j->one_file = o.png && images == 1 && !o.boxes && ends_in_png(o.png);
    j->pool = lint_threads_new(threads_for(images), &e);
    if (!j->pool || lint_predictor_open(&j->model, model, most, j->pool, &e) < 0) lint_die(&e);
    if (lint_net_set_precision(j->model.net, (lint_precision)o.precision, &e) < 0)
        lint_usage("--precision: %s", e.msg);
    int fit = o.fit != FIT_NOT_GIVEN ? o.fit : j->model.fit >= 0 ? j->model.fit : LINT_FIT_STRETCH;
    if (lint_file_predictor_new(&j->ask, &j->model, (lint_fit)fit, most, o.png != NULL, j->pool,
                                &e) < 0)
        lint_die(&e);
    if (o.depth) j->ask.depth = (int)o.depth;
    if (o.margin >= 0) j->ask.margin = o.margin;
    j->ask.max_pixels = o.max_pixels;
    j->ask.regular = o.from != NULL;
    j->order = calloc(j->model.k, sizeof *j->order);
    j->p = calloc(j->model.k, sizeof *j->p);
    if (!j->order || !j->p) {
        lint_fail_mem(&e, "answers");
        lint_die(&e);
    }
    if (o.png && !j->one_file && lint_gallery_folder(o.png, &e) < 0) lint_die(&e);
    if (!(j->out = lint_output_open(o.out, &e))) lint_die(&e);
}

static void close_all(job *j) {
    lint_coco_free(j->boxes);
    free(j->order);
    free(j->p);
    lint_file_predictor_free(&j->ask);
    lint_predictor_free(&j->model);
    lint_threads_free(j->pool);
    if (o.png) lint_draw_end();
}

int main(int argc, char **argv) {
    lint_err e;
    job j = {0};
    char **arg = lint_cli_parse(&program, argc, argv);
    lint_blas_one_thread();
    check_usage(arg);
    lint_picture_list images = {0}, bad = {0};
    list_images(arg + 1, &images, &bad);
    open_all(&j, arg[0], images.n);
    open_boxes(&j);
    int err = o.from ? answer_lines(&j, &e) : answer_all(&j, images.v, images.n, &e);
    for (size_t i = 0; i + 1 < bad.n && !err; i += 2)
        err = put_failure(&j, bad.v[i], bad.v[i + 1], &e);
    if (err) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (lint_output_commit(j.out, &e) < 0) lint_die(&e);
    close_all(&j);
    lint_picture_list_free(&images);
    lint_picture_list_free(&bad);
    return j.failed;
}
