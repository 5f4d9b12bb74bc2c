/* lint-split: folders of pictures -> streams of samples. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "source/misleading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *out, *ratio, *classes, *places;
    int split; /* 0: all */
    lint_size size;
    int fit, misleading, skip_bad;
    lint_verbosity verbosity;
    long frame, threads;
    uint64_t seed;
} o = {.ratio = "70/15/15", .size = {192, 192}, .frame = 64};

static const lint_option options[] = {
    {"out", 'o', LINT_OPT_STR, &o.out, "DIR|FILE",
     .help = "folder for train.lts, val.lts and test.lts; with --split, the output file (default: "
             "standard output)"},
    {"split", 0, LINT_OPT_CHOICE, &o.split, "WHICH",
     .help = "the one stream to write: train, val or test (default: all three)",
     .choices = "all|" LINT_SPLIT_CHOICES},
    {"ratio", 0, LINT_OPT_STR, &o.ratio, "T/V/T",
     .help = "shares of train/val/test, unless SRC has its own splits (default 70/15/15)"},
    {"misleading", 0, LINT_OPT_FLAG, &o.misleading,
     .help = "test set of the pictures whose background looks like another class's; every "
             "picture's place is the class that its border resembles"},
    LINT_OPTION_SEED(&o.seed, "the division into splits"),
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH",
     .help = "width and height of every sample, in pixels (default 192x192)"},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW",
     .help = "way to bring pictures to that size: stretch, crop or pad (default stretch)",
     .choices = LINT_FIT_CHOICES},
    {"classes", 0, LINT_OPT_STR, &o.classes, "A,B,...",
     .help = "class folders to read, in this order, or the names for the numbers in metadata.csv "
             "(default: all folders)"},
    {"places", 0, LINT_OPT_STR, &o.places, "A,B,...",
     .help = "names for the numbers of places in metadata.csv, in this order"},
    {"skip-bad", 0, LINT_OPT_FLAG, &o.skip_bad,
     .help = "no error for unreadable pictures, which are skipped and listed at the end, nor for "
             "annotations without an outline"},
    {"frame", 0, LINT_OPT_INT, &o.frame, "N",
     .help = "samples in a frame; 0 means all samples in one frame (default 64)", .max = 1e6},
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-split",
    .usage = "[options] SRC -o DIR",
    .purpose =
        "Reads a folder of pictures and writes train.lts, val.lts and test.lts. The folder holds "
        "class folders, or train/, val/ and test/ with class folders in each, or a metadata.csv. "
        "Object masks are read from masks/ beside images/.",
    .options = options,
    .example = "  lint-split photos -o data --misleading\n"
               "  lint-split photos --split train | lint-augment --balance > train.lts\n",
    .operands = {1, 1}};

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

static int mislead(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_err *e) {
    lint_mislead found;
    if (lint_mislead_by_border(c, s, r, o.seed, &found, e) < 0) return -1;
    if (o.verbosity == LINT_QUIET) return 0;
    if (s->given[LINT_TEST])
        lint_warn("%s has a test set of its own, which stays as it is; only places are added",
                  s->root);
    lint_warn(
        "borders alone give away the class of %.0f%% of the pictures (%.0f%% by chance); %zu of "
        "%zu pictures, and %zu of the %zu in the test set, have a border that looks like "
        "another class's",
        100 * found.told, 100.0 / (double)s->classes.n, found.misleading, found.pictures,
        found.misleading_test, found.test);
    return 0;
}

static void tell_drawn(const lint_source *s) {
    for (int k = LINT_VAL; k < LINT_SPLITS; k++)
        if (s->given[LINT_TRAIN] && !s->given[k] && o.verbosity != LINT_QUIET)
            lint_warn("%s has no %s set, so one is drawn from its training pictures", s->root,
                      lint_split_name((lint_split)k));
}

static int divide(const lint_decode *c, lint_source *s, const lint_ratio *r, lint_err *e) {
    char *warning;
    if (o.misleading) {
        if (mislead(c, s, r, e) < 0) return -1;
    } else {
        if (lint_partition_hash(s, r, o.seed, e) < 0) return -1;
        tell_drawn(s);
    }
    if (lint_partition_check(s, r, &warning, e) < 0) return -1;
    if (warning) lint_warn("%s", warning);
    free(warning);
    return 0;
}

/* --- what the user is told -------------------------------------------------------------------- */

static void tell_left_out(const lint_source *s) {
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

/* Once for all of them: a file may hold thousands. */
static void tell_skipped(const lint_source *s) {
    size_t n = s->coco ? lint_coco_skipped(s->coco) : 0;
    if (n)
        lint_warn("skipped %zu %s of %s/annotations/result.json: no outline (a bounding box alone "
                  "is not enough)",
                  n, n == 1 ? "annotation" : "annotations", s->root);
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

/* How many pictures will be decoded, those of --misleading once more. */
static size_t work_ahead(const lint_source *s) {
    return o.misleading ? 2 * s->n : s->n;
}

/* --------------------------------------------------------------------------------------------- */

static void parse_values(lint_ratio *ratio, lint_source_names *names) {
    lint_err e;
    *names = (lint_source_names){0};
    if (lint_ratio_parse(ratio, o.ratio, &e) < 0) lint_usage("--ratio %s", e.msg);
    if (o.classes && lint_names_from_list(&names->classes, o.classes, &e) < 0)
        lint_usage("--classes: %s", e.msg);
    if (o.places && lint_names_from_list(&names->places, o.places, &e) < 0)
        lint_usage("--places: %s", e.msg);
    if (!o.split && !o.out) lint_usage("-o DIR is missing (or --split train, val or test)");
    if (!o.split && lint_is_stdio(o.out))
        lint_usage("three streams do not fit into one output; choose one with --split");
    if (o.split) lint_refuse_terminal(o.out);
}

int main(int argc, char **argv) {
    lint_err e;
    lint_ratio ratio;
    lint_source_names names;
    lint_source s;
    ticker t = {.done = 0};
    char **arg = lint_cli_parse(&program, argc, argv);
    parse_values(&ratio, &names);
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool || lint_source_open(&s, arg[0], &names, o.skip_bad, &e) < 0) lint_die(&e);
    tell_left_out(&s);
    tell_skipped(&s);
    lint_decode c = {.pool = pool,
                     .w = o.size.w,
                     .h = o.size.h,
                     .fit = (lint_fit)o.fit,
                     .frame = (size_t)o.frame,
                     .skip_bad = o.skip_bad,
                     .tick = tick,
                     .ctx = &t};
    lint_progress_start(&t.progress, "reading", "pictures", work_ahead(&s), o.verbosity);
    int err = divide(&c, &s, &ratio, &e);
    if (!err) err = write_all(&c, &s, &ratio, &e);
    lint_progress_end(&t.progress, t.done);
    list_bad(&s);
    if (err) lint_die(&e);
    if (o.verbosity == LINT_VERBOSE) list_counts(&s);
    lint_source_free(&s);
    lint_names_free(&names.classes);
    lint_names_free(&names.places);
    lint_threads_free(pool);
    lint_close_stdout();
    return 0;
}
