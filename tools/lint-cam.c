/* lint-cam: adds the logits and class activation maps of a model to samples, and draws the maps. */
#include "answer/deletion.h"
#include "answer/gallery.h"
#include "answer/predictor.h"
#include "answer/shifted.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/same_file.h"
#include "base/standard_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 32, SHEET_TILES = 16, SHEET_COLUMNS = 4, PICK_NOT_GIVEN = -1 };
#define NO_SEED UINT64_MAX

static struct {
    const char *out, *png, *grid, *title;
    lint_list drop;
    long threads, deletion;
    double shift;
    int pick, precision;
    lint_verbosity verbosity;
    uint64_t seed;
} o = {.pick = PICK_NOT_GIVEN, .seed = NO_SEED};

static const lint_option options[] = {
    {"grid", 0, LINT_OPT_STR, &o.grid, "FILE",
     .help = "PNG of 16 samples, 4 by 4: maps over pictures, with classes, place and name under "
             "each"},
    {"pick", 0, LINT_OPT_CHOICE, &o.pick, "HOW",
     "samples on the --grid: first, random, worst (wrong answers, most confident first) or spread "
     "(equally from each class and place) (default spread)",
     .choices = LINT_PICK_CHOICES},
    {"grid-seed", 0, LINT_OPT_U64, &o.seed, "N",
     .help = "random seed for --pick random, which it implies; streams of equal length give the "
             "same samples (default 0)"},
    {"title", 0, LINT_OPT_STR, &o.title, "TEXT",
     .help = "title of the --grid (default: the model's name and the split)"},
    {"png", 0, LINT_OPT_STR, &o.png, "DIR",
     .help = "new or existing folder for a PNG of each sample"},
    {"drop", 0, LINT_OPT_LIST, &o.drop, "NAME",
     .help = "tensor to leave out of the output, such as image if lint-eval reads it; cam leaves "
             "only the logits and works for networks without maps; may be repeated"},
    {"shift", 0, LINT_OPT_REAL, &o.shift, "F",
     .help = "answers for each picture moved left, right, up and down by the fraction F of its "
             "side, with mirrored edges: `logits_shifted` [n,4,K] (default: none)",
     .min = 0.001, .max = 0.5},
    {"deletion", 0, LINT_OPT_INT, &o.deletion, "N",
     .help = "area under the predicted class's probability while the map's cells are blurred away "
             "in N steps, most evidence first, and brought back: `deletion` and `insertion` [n] "
             "(default: none)",
     .min = 1, .max = LINT_DELETION_STEPS_MAX},
    LINT_OPTION_PRECISION(&o.precision),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_OUT(&o.out, "predictions"),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-cam",
    .usage = "[options] MODEL [FILE]",
    .purpose =
        "Adds a model's answers to samples: `logits` [n,K] and `cam` [n,K,h,w], the raw class "
        "activation map (HiResCAM) of every class. Pictures show where the map of the predicted "
        "class exceeds the mean of the other classes' maps; each picture has its own colour scale. "
        "With --grid or --png and without -o, no stream is written to a terminal.",
    .options = options,
    .example = "  lint-cam --grid sheet.png model.safetensors data/test.lts | lint-eval\n"
               "  lint-cam --png why model.safetensors data/test.lts\n",
    .operands = {1, 2},
};

/* What a run holds. */
typedef struct job {
    const char *path; /* of the model */
    lint_predictor model;
    lint_threads *pool;
    lint_gallery *gallery; /* NULL without --grid */
    lint_output *out;      /* NULL when only pictures are wanted */
    char title[256];
    int maps;           /* whether they are drawn or written */
    const char *name;   /* of the stream */
    size_t frame, done; /* its frame at hand, from 1; samples of the frames before */
} job;

/* Puts the frame before an error in the data. Errors of written files name those files already. */
static int in_frame(const job *j, lint_err *e) {
    return lint_err_prefix(e, "%s: frame %zu: ", j->name, j->frame);
}

static int draw_one(const job *j, const lint_samples *s, size_t i, lint_err *e) {
    char name[LINT_TILE_TEXT], file[LINT_GALLERY_FILE], path[4096];
    lint_samples_name(s, i, name, sizeof name);
    lint_gallery_file(file, j->done + i + 1, name);
    if (snprintf(path, sizeof path, "%s/%s", o.png, file) >= (int)sizeof path)
        return lint_fail(e, "%s: %s", o.png, strerror(ENAMETOOLONG));
    return lint_gallery_save_one(path, s, i, NULL, e);
}

static int draw(job *j, const lint_frame *f, lint_err *e) {
    lint_samples s;
    if (!o.png && !j->gallery) return 0;
    if (lint_samples_view(f, &s, e) < 0) return in_frame(j, e);
    if (!*j->title)
        lint_gallery_title(j->title, sizeof j->title, j->path, lint_frame_meta(f, "split"));
    int err = 0;
    if (j->gallery && lint_gallery_add(j->gallery, &s, e) < 0) err = in_frame(j, e);
    for (size_t i = 0; o.png && !err && i < s.n; i++)
        err = draw_one(j, &s, i, e);
    lint_samples_free(&s);
    return err;
}

/* The answers, and what else was asked of the model. */
static int answer(job *j, lint_frame *f, lint_err *e) {
    int err = lint_predictor_frame(&j->model, f, j->maps, e);
    if (!err && o.shift > 0) err = lint_shifted_frame(&j->model, f, o.shift, j->pool, e);
    if (!err && o.deletion > 0)
        err = lint_deletion_frame(&j->model, f, (size_t)o.deletion, j->pool, e);
    return err ? in_frame(j, e) : 0;
}

/* One frame: answers, pictures, output. */
static int handle(job *j, lint_frame *f, lint_err *e) {
    if (answer(j, f, e) < 0) return -1;
    if (draw(j, f, e) < 0) return -1;
    for (size_t i = 0; i < o.drop.n; i++) {
        int there = lint_frame_drop(f, o.drop.v[i]) || strcmp(o.drop.v[i], "cam") == 0;
        if (!there && j->frame == 1 && o.verbosity != LINT_QUIET)
            lint_warn("--drop %s: there is no tensor of this name", o.drop.v[i]);
    }
    if (!j->out || lint_frame_write(f, lint_output_file(j->out), e) == 0) return 0;
    return lint_err_prefix(e, "%s: ", lint_output_name(o.out));
}

/* In a pipe the next program shows the progress. */
static lint_verbosity verbosity(const job *j) {
    return o.verbosity == LINT_NORMAL && j->out && !o.out ? LINT_QUIET : o.verbosity;
}

static int handle_all(job *j, FILE *in, lint_err *e) {
    lint_frame f = {0};
    lint_progress progress;
    lint_reader *r = lint_reader_new(in, j->name, e);
    int got = r ? 0 : -1;
    lint_progress_start(&progress, "mapping", "samples", 0, verbosity(j));
    while (r && (got = lint_reader_next(r, &f, e)) > 0) {
        size_t n = lint_frame_samples(&f);
        j->frame++;
        if ((got = handle(j, &f, e)) < 0) break;
        j->done += n;
        lint_progress_at(&progress, j->done);
    }
    lint_progress_end(&progress, j->done);
    lint_frame_free(&f);
    lint_reader_free(r);
    if (got == 0 && j->done == 0) return lint_fail(e, "%s: no samples", j->name);
    return got;
}

static int save_sheet(job *j, lint_err *e) {
    lint_image sheet = {0};
    lint_block b = lint_gallery_block(j->gallery, o.title ? o.title : j->title);
    int err = lint_sheet(&sheet, &b, 1, SHEET_COLUMNS, LINT_HEAT_WORDS, e);
    if (err)
        lint_err_prefix(e, "%s: %s%s", o.grid, b.n ? "" : b.note, b.n || !*b.note ? "" : ": ");
    else
        err = lint_image_save(&sheet, o.grid, e);
    lint_image_free(&sheet);
    return err;
}

static lint_gallery *new_gallery(lint_err *e) {
    int how = o.pick != PICK_NOT_GIVEN ? o.pick
              : o.seed != NO_SEED      ? LINT_PICK_RANDOM
                                       : LINT_PICK_SPREAD;
    return lint_gallery_new((lint_pick_how)how, SHEET_TILES, o.seed != NO_SEED ? o.seed : 0, e);
}

/* Opens what the options ask for; pictures alone are no reason to refuse a terminal. */
static void open_outputs(job *j) {
    lint_err e;
    if ((!o.png && !o.grid) || o.out || !isatty(STDOUT_FILENO)) {
        lint_refuse_terminal(o.out);
        lint_output_sweep(o.out);
        if (!(j->out = lint_output_open(o.out, &e))) lint_die(&e);
    }
    if (o.png && lint_gallery_folder(o.png, &e) < 0) lint_die(&e);
    if (o.grid && !(j->gallery = new_gallery(&e))) lint_die(&e);
}

static int wants_maps(void) {
    for (size_t i = 0; i < o.drop.n; i++)
        if (strcmp(o.drop.v[i], "cam") == 0) return o.png || o.grid || o.deletion;
    return 1;
}

static void check_options(char **arg) {
    lint_err e;
    const lint_named_file out[] = {{"out", o.out ? o.out : "-"}, {"grid", o.grid}};
    if (lint_outputs_check(out, 2, &e) < 0) lint_usage("%s", e.msg);
    if (!o.grid && (o.pick != PICK_NOT_GIVEN || o.seed != NO_SEED || o.title))
        lint_usage("--pick, --grid-seed and --title need --grid");
    if (o.seed != NO_SEED && o.pick != PICK_NOT_GIVEN && o.pick != LINT_PICK_RANDOM)
        lint_usage("--grid-seed needs --pick random");
    if (lint_is_stdio(arg[0]) && lint_is_stdio(arg[1]))
        lint_usage("model and samples cannot both come from standard input");
}

int main(int argc, char **argv) {
    lint_err e;
    char **arg = lint_cli_parse(&program, argc, argv);
    lint_blas_one_thread();
    check_options(arg);
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    job j = {.path = arg[0], .pool = pool, .maps = wants_maps()};
    if (lint_predictor_open(&j.model, j.path, BATCH, pool, &e) < 0) lint_die(&e);
    if (lint_net_set_precision(j.model.net, (lint_precision)o.precision, &e) < 0)
        lint_usage("--precision: %s", e.msg);
    if (j.maps && !j.model.cam_h) {
        lint_fail(&e, "%s: its network has no 'cam' line, so no maps%s", j.path,
                  o.png || o.grid || o.deletion ? "" : "; --drop cam writes logits only");
        lint_die(&e);
    }
    FILE *in = lint_open_input(arg[1], &j.name);
    open_outputs(&j);
    int err = handle_all(&j, in, &e) < 0;
    if (!err && j.gallery) err = save_sheet(&j, &e) < 0;
    if (err) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (j.out && lint_output_commit(j.out, &e) < 0) lint_die(&e);
    lint_close_input(in);
    lint_gallery_free(j.gallery);
    lint_predictor_free(&j.model);
    lint_threads_free(pool);
    lint_draw_end();
    return 0;
}
