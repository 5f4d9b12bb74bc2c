/* lint-audit: what is in a folder of pictures, and how much of the class their backgrounds tell. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/same_file.h"
#include "base/standard_io.h"
#include "picture/draw.h"
#include "picture/heif_decoder.h"
#include "source/audit.h"

static struct {
    const char *json, *samples, *sheet, *group, *classes, *columns, *depth, *annotations;
    int crop;
    lint_verbosity verbosity;
    long threads, max_pixels;
    double margin, confidence; /* -1 where not given */
    uint64_t seed;
} o = {.margin = -1, .confidence = -1};

static const lint_option options[] = {
    {"json", 0, LINT_OPT_STR, &o.json, "FILE",
     .help = "output file for all numbers as JSON (default: none)"},
    {"samples", 0, LINT_OPT_STR, &o.samples, "FILE",
     .help =
         "output file for a table with the class and the place of each picture (default: none)"},
    {"sheet", 0, LINT_OPT_STR, &o.sheet, "FILE",
     .help = "output PNG of the pictures whose background contradicts their class most "
             "(default: none)"},
    {"group", 0, LINT_OPT_STR, &o.group, "REGEX",
     .help = "extended regular expression for names; pictures for which it matches the same text "
             "are a series, which counts as one (default: only copies and near-copies)"},
    {"classes", 0, LINT_OPT_STR, &o.classes, "A,B,...",
     .help = "class folders to read, in this order, or names for the numbers in metadata.csv "
             "(default: all folders)"},
    {"columns", 0, LINT_OPT_STR, &o.columns, "KEY=NAME,...",
     .help =
         "names of the columns in metadata.csv, such as file=image_id,label=dx; keys are file, "
         "label, split, place and series (default: img_filename and y, or file_name and label)"},
    {"depth", 0, LINT_OPT_STR, &o.depth, "N|auto",
     .help = "significant bits in pictures with more than 8 bits per sample; auto: the fewest that "
             "hold every sample of FOLDER (default: all bits of the file)"},
    {"crop-to-box", 0, LINT_OPT_FLAG, &o.crop,
     .help = "audit of each object instead of each picture: the box around it, as lint-split cuts "
             "it"},
    {"annotations", 0, LINT_OPT_STR, &o.annotations, "FILE",
     .help = "file of boxes in COCO's or MegaDetector's format for --crop-to-box (default: what "
             "FOLDER holds)"},
    {"margin", 0, LINT_OPT_REAL, &o.margin, "F",
     .help = "margin of --crop-to-box on each side, in shares of the box's width and height "
             "(default 0)",
     .max = LINT_CROP_MARGIN},
    {"min-confidence", 0, LINT_OPT_REAL, &o.confidence, "F",
     .help = "confidence that a detected object needs to count, 0 to 1 (default: what "
             "MegaDetector's file advises, else 0.2; all of other files)",
     .max = 1},
    LINT_OPTION_SEED(&o.seed, "permutations"),
    LINT_OPTION_MAX_PIXELS(&o.max_pixels),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-audit",
    .usage = "[options] FOLDER",
    .purpose = "Says what is in a folder of pictures, and how much of the class their backgrounds "
               "give away. Nothing is trained. The folder is as for lint-split.",
    .options = options,
    .example =
        "  lint-audit photos\n"
        "  lint-audit photos --sheet contradict.png --samples places.tsv --json audit.json\n",
    .operands = {1, 1}};

typedef struct ticker {
    lint_progress progress;
    size_t done;
} ticker;

static void tick(void *ctx, size_t pictures) {
    ticker *t = ctx;
    t->done += pictures;
    lint_progress_at(&t->progress, t->done);
}

/* --- files ------------------------------------------------------------------------------------ */

static int write_samples(const lint_audit *a, FILE *out, lint_err *e) {
    (void)e; /* a failed write is told when the file is closed */
    lint_audit_samples(a, out);
    return 0;
}

static int write_sheet(const lint_audit *a, FILE *out, lint_err *e) {
    lint_image sheet = {0};
    int err = lint_audit_sheet(a, &sheet, e);
    if (!err) err = lint_image_write(&sheet, out, e);
    lint_image_free(&sheet);
    lint_draw_end();
    return err;
}

/* Writes one of the files, where its option is given. */
static int write_file(const char *path, int (*write)(const lint_audit *, FILE *, lint_err *),
                      const lint_audit *a, lint_err *e) {
    if (!path) return 0;
    lint_output *out = lint_output_open(path, e);
    if (!out) return -1;
    if (write(a, lint_output_file(out), e) == 0) return lint_output_commit(out, e);
    lint_output_abort(out);
    return lint_err_prefix(e, "%s: ", lint_output_name(path));
}

/* ---------------------------------------------------------------------------------------------- */

/* Whether one of the files is standard output, which then has no sentences. */
static int shares_output(void) {
    lint_err e;
    const lint_named_file out[] = {{"json", o.json}, {"samples", o.samples}, {"sheet", o.sheet}};
    const size_t n = sizeof out / sizeof *out;
    int shared = 0;
    if (lint_outputs_check(out, n, &e) < 0) lint_usage("%s", e.msg);
    for (size_t k = 0; k < n; k++)
        shared |= out[k].path && lint_is_stdio(out[k].path);
    if (o.sheet && lint_is_stdio(o.sheet)) lint_refuse_terminal(o.sheet);
    return shared;
}

static void open_source(lint_source *s, const char *folder) {
    lint_err e;
    lint_source_rules rules = {.skip_bad = 1,
                               .columns = o.columns,
                               .annotations = o.annotations,
                               .least = o.confidence < 0 ? NULL : &o.confidence,
                               .objects = o.crop};
    if (o.classes && lint_names_from_list(&rules.classes, o.classes, &e) < 0)
        lint_usage("--classes: %s", e.msg);
    if (lint_source_open(s, folder, &rules, &e) < 0) lint_die(&e);
    if (o.group && lint_series_by_name(s, o.group, &e) < 0) {
        lint_err_prefix(&e, "--group ");
        lint_die(&e);
    }
    lint_names_free(&rules.classes);
}

/* --depth auto: by all pictures, before any is read for good. */
static void find_depth(lint_decode *c, lint_source *s) {
    lint_err e;
    if (c->depth >= 0) return;
    c->depth = 0;
    if (lint_decode_depth(c, s, &c->depth, &e) < 0) lint_die(&e);
}

static void list_unreadable(const lint_audit *a) {
    for (size_t j = 0; j < a->unreadable.n; j++) {
        const lint_picture *p = &a->source->picture[a->unreadable.v[j]];
        lint_warn("%s/%s: %s", a->source->root, p->path, p->bad);
    }
}

int main(int argc, char **argv) {
    lint_err e;
    lint_source s;
    lint_audit a;
    ticker t = {.done = 0};
    char **arg = lint_cli_parse(&program, argc, argv);
    int quiet = shares_output(), depth;
    if (lint_depth_parse(&depth, o.depth, &e) < 0) lint_usage("--depth %s", e.msg);
    if (!o.crop && (o.annotations || o.margin >= 0 || o.confidence >= 0))
        lint_usage("--annotations, --margin and --min-confidence need --crop-to-box");
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    open_source(&s, arg[0]);
    lint_decode c = {.pool = pool,
                     .heif = lint_heif_decoder_new(),
                     .max_pixels = o.max_pixels,
                     .depth = depth,
                     .margin = o.margin < 0 ? 0 : o.margin,
                     .tick = tick,
                     .ctx = &t};
    lint_progress_start(&t.progress, "reading", "pictures", (1 + (depth < 0)) * s.n, o.verbosity);
    find_depth(&c, &s);
    int err = lint_audit_make(&a, &c, &s, o.seed, &e);
    lint_progress_end(&t.progress, t.done);
    if (err) lint_die(&e);
    if (o.verbosity == LINT_VERBOSE) list_unreadable(&a);
    err = quiet ? 0 : lint_audit_print(&a, stdout, &e);
    if (!err) err = write_file(o.json, lint_audit_json, &a, &e);
    if (!err) err = write_file(o.samples, write_samples, &a, &e);
    if (!err) err = write_file(o.sheet, write_sheet, &a, &e);
    if (err) lint_die(&e);
    lint_audit_free(&a);
    lint_source_free(&s);
    lint_heif_decoder_free(c.heif);
    lint_threads_free(pool);
    lint_close_stdout();
    return 0;
}
