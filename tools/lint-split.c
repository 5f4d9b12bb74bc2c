/* lint-split: converts folders of pictures to streams of samples, divided into splits. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "picture/heif_decoder.h"
#include "source/decode.h"
#include "source/fold.h"
#include "source/misleading.h"
#include "source/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *out, *ratio, *classes, *places, *fold, *group, *annotations, *mask_labels, *columns,
        *depth;
    int split; /* 0: all */
    lint_size size;
    int fit, misleading, border_places, boxes, crop, skip_bad;
    double margin, confidence; /* these and boxes: -1 where not given */
    lint_verbosity verbosity;
    long frame, threads, max_pixels;
    uint64_t seed;
} o = {.ratio = "70/15/15",
       .size = {192, 192},
       .boxes = -1,
       .margin = -1,
       .confidence = -1,
       .frame = 64};

static const lint_option options[] = {
    LINT_OPTION_GROUP("Output"),
    {"out", 'o', LINT_OPT_STR, &o.out, "DIR|FILE",
     .help = "folder for train.lts, val.lts and test.lts; with --split, the output file (default: "
             "standard output)"},
    {"split", 0, LINT_OPT_CHOICE, &o.split, "WHICH",
     .help = "only stream to write: train, val or test (default: all three)",
     .choices = "all|" LINT_SPLIT_CHOICES},
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH",
     .help = "width and height of every sample, in pixels (default 192x192)"},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW",
     .help = "method of resizing pictures to --size: stretch, crop or pad (default stretch)",
     .choices = LINT_FIT_CHOICES},
    {"frame", 0, LINT_OPT_INT, &o.frame, "N",
     .help = "samples in a frame; 0 means all samples in one frame (default 64)", .max = 1e6},
    {"depth", 0, LINT_OPT_STR, &o.depth, "N|auto",
     .help = "significant bits in pictures with more than 8 bits per sample; auto: the fewest that "
             "hold every sample of SRC (default: all bits of the file)"},
    LINT_OPTION_MAX_PIXELS(&o.max_pixels),
    LINT_OPTION_GROUP("Splits"),
    {"ratio", 0, LINT_OPT_STR, &o.ratio, "T/V/T",
     .help = "shares of train/val/test, unless SRC has its own splits (default 70/15/15)"},
    {"misleading", 0, LINT_OPT_FLAG, &o.misleading,
     .help = "test set of pictures whose background looks like another class's; implies "
             "--border-places"},
    {"border-places", 0, LINT_OPT_FLAG, &o.border_places,
     .help = "place of each picture: the class whose borders it resembles"},
    {"fold", 0, LINT_OPT_STR, &o.fold, "I/K",
     .help = "test set of part I of K alike parts; --ratio then divides the rest"},
    {"group", 0, LINT_OPT_STR, &o.group, "REGEX",
     .help = "extended regular expression; pictures in whose names it matches the same text "
             "are a series, kept in one split (default: only near-copies)"},
    LINT_OPTION_SEED(&o.seed, "the division into splits"),
    LINT_OPTION_GROUP("Classes and places"),
    {"classes", 0, LINT_OPT_STR, &o.classes, "A,B,...",
     .help = "class folders to read, in this order, or names for the numbers in metadata.csv "
             "(default: all folders)"},
    {"columns", 0, LINT_OPT_STR, &o.columns, "KEY=NAME,...",
     .help =
         "names of the columns in metadata.csv, such as file=image_id,label=dx; keys are file, "
         "label, split, place and series (default: img_filename and y, or file_name and label)"},
    {"places", 0, LINT_OPT_STR, &o.places, "A,B,...",
     .help = "names for the numbers of places in metadata.csv, in this order"},
    LINT_OPTION_GROUP("Objects"),
    {"annotations", 0, LINT_OPT_STR, &o.annotations, "FILE",
     .help = "file of outlines or boxes in COCO's or MegaDetector's format (default: what SRC "
             "holds)"},
    {"min-confidence", 0, LINT_OPT_REAL, &o.confidence, "F",
     .help = "confidence that a detected object needs to count, 0 to 1 (default: what "
             "MegaDetector's file advises, else 0.2; all of other files)",
     .max = 1},
    {"box-masks", 0, LINT_OPT_CHOICE, &o.boxes, "SHAPE",
     .help = "mask of a box: ellipse or rectangle (default ellipse)", .choices = LINT_BOX_CHOICES},
    {"mask-labels", 0, LINT_OPT_STR, &o.mask_labels, "N,N-N,...",
     .help = "labels that are the object in masks (default: all but 0 and void, which is 255)"},
    {"crop-to-box", 0, LINT_OPT_FLAG, &o.crop,
     .help = "a sample for each object instead of each picture: the box around it"},
    {"margin", 0, LINT_OPT_REAL, &o.margin, "F",
     .help = "margin of --crop-to-box on each side, in shares of the box's width and height "
             "(default 0)",
     .max = LINT_CROP_MARGIN},
    LINT_OPTION_GROUP("Other"),
    {"skip-bad", 0, LINT_OPT_FLAG, &o.skip_bad,
     .help = "skipping of unreadable pictures and of annotations without an outline or a box, with "
             "a list at the end, which --quiet leaves (default: an error)"},
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-split",
    .usage = "[options] SRC -o DIR",
    .purpose = "Reads a folder of pictures and writes train.lts, val.lts and test.lts. The folder "
               "holds class folders, or train/, val/ and test/ with class folders in each, or a "
               "metadata.csv. Object masks are read from masks/, annotations/ or labels/ beside "
               "images/, or from XML files.",
    .options = options,
    .example = "  lint-split photos -o data --misleading\n"
               "  lint-split photos --split train | lint-augment --balance > train.lts\n",
    .operands = {1, 1},
    .first = "out split size fit ratio misleading fold group seed classes crop-to-box skip-bad"};

/* --- the folder that is written --------------------------------------------------------------- */

/* Makes DIR and what is missing above it; from *first on (a length of path) it is new. */
static int make_folder(char *path, size_t *first, lint_err *e) {
    *first = 0;
    for (size_t i = 1; i <= strlen(path); i++) {
        char c = path[i];
        if (c != '/' && c != 0) continue;
        path[i] = 0;
        int made = mkdir(path, 0777) == 0, why = errno;
        if (made && !*first) *first = i;
        if (!made && why != EEXIST) lint_fail(e, "%s: %s", path, strerror(why));
        path[i] = c;
        if (!made && why != EEXIST) return -1;
    }
    return 0;
}

/* Takes back what make_folder made. */
static void remove_folder(char *path, size_t first) {
    for (size_t i = strlen(path); first && i >= first; i--) {
        if (path[i] != '/' && path[i] != 0) continue;
        path[i] = 0;
        if (rmdir(path) < 0) return;
    }
}

/* DIR/train.lts, or, with --split, the file named; from malloc. */
static char *path_of(lint_split k) {
    size_t size = (o.out ? strlen(o.out) : 1) + 16;
    char *path = malloc(size);
    if (path && o.split)
        snprintf(path, size, "%s", o.out ? o.out : "-");
    else if (path)
        snprintf(path, size, "%s/%s.lts", o.out, lint_split_name(k));
    return path;
}

/* Opens the output of a split and writes its frames. */
static int write_split(const lint_decode *c, lint_source *s, lint_split k, lint_output **out,
                       lint_err *e) {
    char *path = path_of(k);
    if (path) lint_output_sweep(path);
    *out = path ? lint_output_open(path, e) : NULL;
    if (!path) lint_fail_mem(e, "paths");
    int err = *out ? lint_decode_write(c, s, k, lint_output_file(*out), e) : -1;
    if (*out && err && ferror(lint_output_file(*out)))
        lint_err_prefix(e, "%s: ", lint_output_name(path));
    free(path);
    return err;
}

/* Writes the splits asked for; all of them get their names, or none. */
static int write_splits(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_err *e) {
    lint_output *out[LINT_SPLITS] = {0};
    char *warning;
    int err = 0;
    for (int k = 0; k < LINT_SPLITS && !err; k++)
        if (!o.split || o.split - 1 == k) err = write_split(c, s, (lint_split)k, &out[k], e);
    if (!err && o.skip_bad) { /* what was skipped may have been a class's last */
        err = lint_partition_check(s, r, &warning, e);
        free(warning);
    }
    if (!err) return lint_output_commit_all(out, LINT_SPLITS, e);
    for (int k = 0; k < LINT_SPLITS; k++)
        lint_output_abort(out[k]);
    return err;
}

static int write_all(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_err *e) {
    size_t first;
    if (o.split) return write_splits(c, s, r, e);
    char *folder = malloc(strlen(o.out) + 1);
    if (!folder) return lint_fail_mem(e, "paths");
    strcpy(folder, o.out);
    int err = make_folder(folder, &first, e);
    if (!err) err = write_splits(c, s, r, e);
    if (err) remove_folder(folder, first);
    free(folder);
    return err;
}

/* --- who goes where --------------------------------------------------------------------------- */

static int mislead(const lint_decode *c, lint_source *s, const lint_look *look, const lint_ratio *r,
                   lint_err *e) {
    lint_mislead found;
    lint_background b;
    char words[320];
    if (lint_mislead_by_border(c->pool, s, look, r, o.seed, &found, &b, e) < 0) return -1;
    if (o.verbosity == LINT_QUIET) return 0;
    if (s->given[LINT_TEST])
        lint_warn("%s has a test set of its own, which stays as it is; only places are added",
                  s->root);
    lint_warn("%s", lint_background_words(&b, words, sizeof words));
    lint_warn("the border of %zu of %zu pictures, and of %zu of the %zu in the test set, looks "
              "like another class's",
              found.misleading, found.pictures, found.misleading_test, found.test);
    return 0;
}

static void tell_series(const lint_series_found *f) {
    if (!f->series || o.verbosity == LINT_QUIET) return;
    char crops[64] = "";
    if (f->crops) snprintf(crops, sizeof crops, "of one picture: %zu, ", f->crops);
    lint_warn("kept in one split each: %zu series of %zu %s in all, %zu at most (%scopies: %zu, "
              "near-copies: %zu, by name: %zu)",
              f->series, f->pictures, o.crop ? "samples" : "pictures", f->largest, crops, f->copies,
              f->alike, f->given);
}

/* Whether pictures are looked at before they are divided: series and borders may decide. */
static int looks(const lint_source *s, const lint_ratio *r) {
    int given = s->given[LINT_TRAIN] || s->given[LINT_VAL] || s->given[LINT_TEST], splits = 0;
    for (int k = 0; k < LINT_SPLITS; k++)
        splits += given ? k == LINT_TRAIN || !s->given[k] : r->part[k] > 0;
    return o.misleading || o.border_places || o.fold || splits > 1;
}

static void tell_drawn(const lint_source *s) {
    for (int k = LINT_VAL; k < LINT_SPLITS; k++)
        if (s->given[LINT_TRAIN] && !s->given[k] && o.verbosity != LINT_QUIET)
            lint_warn("%s has no %s set, so one is drawn from its training pictures", s->root,
                      lint_split_name((lint_split)k));
}

/* By parts, or by hash. */
static int part(lint_source *s, const lint_ratio *r, lint_err *e) {
    lint_fold f;
    if (o.fold)
        return lint_fold_parse(&f, o.fold, e) < 0 ? -1 : lint_fold_divide(s, &f, r, o.seed, e);
    if (lint_partition_hash(s, r, o.seed, e) < 0) return -1;
    tell_drawn(s);
    return 0;
}

static int divide_by(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_look *look,
                     lint_err *e) {
    lint_series_found series;
    if (look && lint_decode_looks(c, s, look, e) < 0) return -1;
    if (look && lint_series_find(c->pool, s, look, &series, e) < 0) return -1;
    if (look) tell_series(&series);
    if (o.misleading) return mislead(c, s, look, r, e);
    if (o.border_places && lint_background_places(c->pool, s, look, e) < 0) return -1;
    return part(s, r, e);
}

static int divide(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_err *e) {
    char *warning;
    lint_look *look = NULL;
    if (looks(s, r)) {
        if (o.group && lint_series_by_name(s, o.group, e) < 0)
            return lint_err_prefix(e, "--group ");
        look = malloc((s->n + 1) * sizeof *look);
        if (!look) return lint_fail_mem(e, "a look at all pictures");
    } else if (o.group) {
        return lint_fail(e,
                         "--group has no effect here: every picture's split is known without it");
    }
    int err = divide_by(c, s, r, look, e);
    free(look);
    if (err || lint_partition_check(s, r, &warning, e) < 0) return -1;
    if (warning) lint_warn("%s", warning);
    free(warning);
    return 0;
}

/* --- what the user is told -------------------------------------------------------------------- */

static void tell_left_out(const lint_source *s) {
    for (int k = 0; k < LINT_SPLITS && o.verbosity != LINT_QUIET; k++)
        if (s->flat[k])
            lint_warn("%s/%s/ has no class folders, so it is no %s set", s->root, s->flat[k],
                      lint_split_name((lint_split)k));
    if (s->unlisted && o.verbosity != LINT_QUIET)
        lint_warn("%zu %s beside those of metadata.csv %s not listed in it (%s%s)", s->unlisted,
                  s->unlisted == 1 ? "picture" : "pictures", s->unlisted == 1 ? "is" : "are",
                  s->first_unlisted ? s->first_unlisted : "?", s->unlisted == 1 ? "" : ", …");
    if (s->others && o.verbosity != LINT_QUIET)
        lint_warn("left out %zu %s: not a picture, or not in a class folder (%s%s)", s->others,
                  s->others == 1 ? "file" : "files", s->other ? s->other : "?",
                  s->others == 1 ? "" : ", …");
}

static void list_bad(const lint_source *s) {
    size_t bad = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!s->picture[i].bad) continue;
        lint_warn("skipped %s/%s: %s", s->root, s->picture[i].path, s->picture[i].bad);
        bad++;
    }
    if (bad) lint_warn("%zu of %zu pictures skipped", bad, s->n);
}

static void tell_annotations(const lint_source *s, size_t n, const char *what, const char *why) {
    int one = s->annotations.n == 1 && !s->annotations_given;
    if (n)
        lint_warn("skipped %zu %s%s of %s%s%s: %s", n, what, n == 1 ? "" : "s",
                  s->annotations_given ? lint_source_annotations(s) : s->root, one ? "/" : "",
                  one ? lint_source_annotations(s) : "", why);
}

/* Once for all: which masks say what is hardly meant. */
static void tell_masks(const lint_source *s) {
    static const char *const what[LINT_MASK_REMARKS] = {[LINT_MASK_EMPTY] = "nothing",
                                                        [LINT_MASK_FULL] = "everything",
                                                        [LINT_MASK_CORNERS] =
                                                            "the corners more than the middle"};
    char text[1024] = "";
    size_t len = 0;
    for (int k = LINT_MASK_EMPTY; k < LINT_MASK_REMARKS; k++) {
        size_t n = 0, first = s->n;
        for (size_t i = s->n; i-- > 0;)
            if (!s->picture[i].bad && (int)s->picture[i].remark == k) n++, first = i;
        if (!n || len >= sizeof text) continue;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%zu %s %s (%.200s%s)",
                                len ? ", " : "", n, n == 1 ? "marks" : "mark", what[k],
                                s->picture[first].mask, n == 1 ? "" : ", …");
    }
    if (len && o.verbosity != LINT_QUIET)
        lint_warn("of %zu masks %s; white is to be the object (--mask-labels)", s->n, text);
}

/* Once for all of them: a file may hold thousands. */
static void tell_skipped(const lint_source *s) {
    size_t unsure = s->coco ? lint_coco_unsure(s->coco) : 0;
    if (s->without && o.verbosity != LINT_QUIET)
        lint_warn("%zu %s without an object %s no sample", s->without,
                  s->without == 1 ? "picture" : "pictures", s->without == 1 ? "gives" : "give");
    if (unsure && o.verbosity != LINT_QUIET)
        lint_warn("%zu of %zu objects do not count: their confidence is below %s", unsure,
                  lint_coco_scored(s->coco),
                  o.confidence < 0 ? "what the file advises (--min-confidence)"
                                   : "--min-confidence");
    if (!s->coco) return;
    tell_annotations(s, lint_coco_skipped(s->coco), "annotation", "neither an outline nor a box");
    tell_annotations(s, lint_coco_degenerate(s->coco), "polygon", "fewer than three points");
}

static int check_labels(const lint_source *s, lint_err *e) {
    if (!o.mask_labels || (s->masks && !s->coco && !s->labels)) return 0;
    return lint_fail(e, "--mask-labels has no effect here: %s has no pictures of masks", s->root);
}

static int check_boxes(const lint_source *s, lint_err *e) {
    if (o.boxes < 0 || s->labels || (s->coco && lint_coco_boxes(s->coco))) return 0;
    return lint_fail(e, "--box-masks has no effect here: no mask of %s comes from a box", s->root);
}

/* Texts of YOLO are seen later; any of them may have confidences. */
static int check_confidence(const lint_source *s, lint_err *e) {
    if (o.confidence < 0 || s->labels == LINT_YOLO || (s->coco && lint_coco_scored(s->coco)))
        return 0;
    return lint_fail(e, "--min-confidence has no effect here: no object of %s has a confidence",
                     s->root);
}

static void list_counts(const lint_source *s) {
    for (int k = 0; k < LINT_SPLITS; k++)
        for (size_t c = 0; c < s->classes.n; c++) {
            size_t n = 0;
            for (size_t i = 0; i < s->n; i++)
                n += !s->picture[i].bad && (int)s->picture[i].split == k &&
                     s->picture[i].label == (int32_t)c;
            lint_warn("%s: %zu of class %s", lint_split_name((lint_split)k), n, s->classes.v[c]);
        }
}

typedef struct ticker {
    lint_progress progress;
    size_t done;
} ticker;

static void tick(void *ctx, size_t pictures) {
    ticker *t = ctx;
    t->done += pictures;
    lint_progress_at(&t->progress, t->done);
}

/* What 12 bits of 16 hold at most. */
enum { DARK = 4095 };

/* How many pictures will be decoded: once more if they are looked at, and if bits are counted. */
static size_t work_ahead(const lint_source *s, const lint_ratio *r, int depth) {
    return ((looks(s, r) ? 2 : 1) + (depth < 0)) * s->n;
}

/* --depth auto: by all pictures, before any is read for good. */
static int find_depth(lint_decode *c, lint_source *s, lint_err *e) {
    if (c->depth >= 0) return 0;
    c->depth = 0;
    if (lint_decode_depth(c, s, &c->depth, e) < 0) return -1;
    if (c->depth && o.verbosity != LINT_QUIET)
        lint_warn("--depth %d: no sample of %s has more bits", c->depth, s->root);
    return 0;
}

/* Pictures of 12 bits in 16 look black; where most of the range is left, the user should know. */
static void tell_deep(const lint_decode *c, const lint_source *s) {
    const lint_deep *d = c->deep;
    if (o.verbosity == LINT_QUIET) return;
    if (c->depth && !d->pictures)
        lint_warn("--depth had no effect: no picture of %s has more than 8 bits a sample", s->root);
    else if (!c->depth && d->pictures && d->peak > 1 && d->peak <= DARK)
        lint_warn("%zu pictures of 16 bits are nearly black: no sample exceeds %.0f of 65535 "
                  "(--depth auto brightens them)",
                  d->pictures, d->peak);
}

/* --------------------------------------------------------------------------------------------- */

static void parse_values(lint_ratio *ratio, lint_source_rules *rules, lint_mask_labels *labels,
                         int *depth) {
    lint_err e;
    lint_fold fold;
    if (o.fold && lint_fold_parse(&fold, o.fold, &e) < 0) lint_usage("--fold %s", e.msg);
    if (lint_depth_parse(depth, o.depth, &e) < 0) lint_usage("--depth %s", e.msg);
    *rules = (lint_source_rules){.skip_bad = o.skip_bad,
                                 .annotations = o.annotations,
                                 .columns = o.columns,
                                 .least = o.confidence < 0 ? NULL : &o.confidence,
                                 .objects = o.crop};
    if (o.margin >= 0 && !o.crop) lint_usage("--margin needs --crop-to-box");
    if (lint_ratio_parse(ratio, o.ratio, &e) < 0) lint_usage("--ratio %s", e.msg);
    if (o.classes && lint_names_from_list(&rules->classes, o.classes, &e) < 0)
        lint_usage("--classes: %s", e.msg);
    if (o.mask_labels && lint_mask_labels_parse(labels, o.mask_labels, &e) < 0)
        lint_usage("--mask-labels %s", e.msg);
    if (o.places && lint_names_from_list(&rules->places, o.places, &e) < 0)
        lint_usage("--places: %s", e.msg);
    if (o.misleading && (o.fold || o.border_places))
        lint_usage("--misleading sets places and the test set, so --fold and --border-places are "
                   "not for it");
    if (!o.split && !o.out) lint_usage("-o DIR is missing (or --split train, val or test)");
    if (!o.split && lint_is_stdio(o.out))
        lint_usage("three streams do not fit into one output; choose one with --split");
    if (o.split) lint_refuse_terminal(o.out);
}

int main(int argc, char **argv) {
    lint_err e;
    lint_ratio ratio;
    lint_source_rules rules;
    lint_mask_labels labels;
    lint_source s;
    int depth;
    ticker t = {.done = 0};
    char **arg = lint_cli_parse(&program, argc, argv);
    parse_values(&ratio, &rules, &labels, &depth);
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool || lint_source_open(&s, arg[0], &rules, &e) < 0) lint_die(&e);
    tell_left_out(&s);
    tell_skipped(&s);
    if (check_boxes(&s, &e) < 0 || check_confidence(&s, &e) < 0 || check_labels(&s, &e) < 0)
        lint_die(&e);
    lint_deep deep = {0};
    lint_decode c = {.pool = pool,
                     .heif = lint_heif_decoder_new(),
                     .w = o.size.w,
                     .h = o.size.h,
                     .fit = (lint_fit)o.fit,
                     .frame = (size_t)o.frame,
                     .labels = o.mask_labels ? &labels : NULL,
                     .margin = o.margin < 0 ? 0 : o.margin,
                     .boxes = o.boxes < 0 ? LINT_BOX_ELLIPSE : (lint_box_shape)o.boxes,
                     .max_pixels = o.max_pixels,
                     .depth = depth,
                     .skip_bad = o.skip_bad,
                     .deep = &deep,
                     .tick = tick,
                     .ctx = &t};
    lint_progress_start(&t.progress, "reading", "pictures", work_ahead(&s, &ratio, depth),
                        o.verbosity);
    int err = find_depth(&c, &s, &e);
    if (!err) err = divide(&c, &s, &ratio, &e);
    if (!err) err = write_all(&c, &s, &ratio, &e);
    lint_progress_end(&t.progress, t.done);
    list_bad(&s);
    if (!err) tell_masks(&s);
    if (!err) tell_deep(&c, &s);
    if (err) lint_die(&e);
    if (o.verbosity == LINT_VERBOSE) list_counts(&s);
    lint_source_free(&s);
    lint_names_free(&rules.classes);
    lint_names_free(&rules.places);
    lint_heif_decoder_free(c.heif);
    lint_threads_free(pool);
    lint_close_stdout();
    return 0;
}
