/* lint-predict: images in, a line of answer for each out; and a picture of why. */
#include "answer/file_predictor.h"
#include "answer/gallery.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/lines.h"
#include "base/standard_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, FIT_NOT_GIVEN = -1 };

static struct {
    const char *out, *png, *from;
    int fit, nul, all;
    lint_verbosity verbosity;
    long threads;
} o = {.fit = FIT_NOT_GIVEN};

static const lint_option options[] = {
    {"png", 0, LINT_OPT_STR, &o.png, "PATH",
     .help = "pictures of the evidence: each image as the network saw it, with the map of the "
             "answer over it; PATH is a file if it ends in .png and there is one IMAGE, else a "
             "folder"},
    {"from", 0, LINT_OPT_STR, &o.from, "FILE",
     .help = "file with the images' names, one on each line; - is standard input, and each name is "
             "answered as it arrives"},
    {"null", '0', LINT_OPT_FLAG, &o.nul,
     .help =
         "NUL instead of newline between names in the --from file, as find -print0 writes them"},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW",
     .help = "way to bring images to the network's size, as for its training pictures: stretch, "
             "crop or pad (default: the model's own, else stretch)",
     .choices = LINT_FIT_CHOICES},
    {"all", 0, LINT_OPT_FLAG, &o.all,
     .help = "one line for every class of each image, most probable first"},
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_OUT(&o.out, "answers"),
    LINT_OPTION_QUIET(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-predict",
    .usage = "[options] MODEL IMAGE... | [options] --from FILE MODEL",
    .purpose =
        "Classifies images (PNG or JPEG; - is standard input). Each line of output is path, class "
        "and probability, separated by tabs. In names, a tab, newline, carriage return or "
        "backslash is written as \\t, \\n, \\r or \\\\. An image that cannot be read is reported "
        "and skipped, and the exit status is then 1.",
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
    lint_output *out;
    size_t *order; /* [K] classes, the most probable first */
    double *p;     /* [K] their probabilities */
    size_t done;   /* images */
    int failed;    /* how many could not be read, or drawn */
    int one_file;  /* --png names a file, not a folder */
} job;

/* --- words ------------------------------------------------------------------------------------ */

static void put_name(const char *name, FILE *out) {
    static const char plain[] = "\t\n\r\\", escaped[] = "tnr\\";
    for (; *name; name++) {
        const char *special = strchr(plain, *name);
        if (special) putc('\\', out);
        putc(special ? escaped[special - plain] : *name, out);
    }
}

static void put_answer(const job *j, const char *path, const lint_answer *a) {
    FILE *out = lint_output_file(j->out);
    char number[32];
    lint_ranking(a->logits, j->model.k, j->order, j->p);
    for (size_t i = 0; i < (o.all ? j->model.k : 1); i++) {
        size_t c = j->order[i];
        put_name(path, out);
        putc('\t', out);
        put_name(lint_names_get(&j->model.classes, (int32_t)c, "class", number), out);
        fprintf(out, "\t%.4f\n", j->p[c]);
    }
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

static int answer(job *j, char *const *path, size_t n, lint_err *e) {
    if (lint_file_predictor_run(&j->ask, path, n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++, j->done++) {
        const lint_answer *a = &j->ask.answer[i];
        if (a->bad) {
            lint_warn("%s", a->e.msg);
            j->failed = 1;
            continue;
        }
        put_answer(j, path[i], a);
        if (o.png && draw(j, path[i], a, e) < 0) return -1;
    }
    /* Whoever writes a name and waits gets the answer. */
    if (o.from && fflush(lint_output_file(j->out)) != 0)
        return lint_fail(e, "%s: %s", lint_output_name(o.out), strerror(errno));
    return 0;
}

static int answer_operands(job *j, char **path, size_t n, lint_err *e) {
    for (size_t i = 0; i < n; i += BATCH)
        if (answer(j, path + i, n - i < BATCH ? n - i : BATCH, e) < 0) return -1;
    return 0;
}

static int answer_lines(job *j, lint_err *e) {
    char *path[BATCH];
    lint_lines l;
    long n;
    if (lint_lines_open(&l, o.from, o.nul ? 0 : '\n', e) < 0) return -1;
    while ((n = lint_lines_next(&l, path, BATCH, e)) > 0)
        if ((n = answer(j, path, (size_t)n, e)) < 0) break;
    lint_lines_close(&l);
    return n < 0 ? -1 : 0;
}

/* --------------------------------------------------------------------------------------------- */

static int ends_in_png(const char *path) {
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".png") == 0;
}

static size_t check_usage(char **arg) {
    size_t n = 0, stdins = o.from && lint_is_stdio(o.from);
    for (; arg[n]; n++)
        stdins += lint_is_stdio(arg[n]);
    if (n == 1 && !o.from) lint_usage("IMAGE is missing; usage: lint-predict %s", program.usage);
    if (n > 1 && o.from) lint_usage("images come from --from or from operands, not from both");
    if (o.nul && !o.from) lint_usage("--null needs --from");
    if (stdins > 1) lint_usage("only one of the inputs can be standard input");
    return n - 1;
}

/* As many threads as asked for, or as there are processors, but not more than images. */
static int threads_for(size_t images) {
    int threads = o.threads ? (int)o.threads : lint_processors();
    return o.from || (size_t)threads < images ? threads : (int)images;
}

/* One image needs neither threads nor the memory of a batch: it is answered fast. */
static void open_all(job *j, const char *model, size_t images) {
    lint_err e;
    size_t most = o.from || images > BATCH ? BATCH : images;
    j->one_file = o.png && images == 1 && ends_in_png(o.png);
    j->pool = lint_threads_new(threads_for(images), &e);
    if (!j->pool || lint_predictor_open(&j->model, model, most, j->pool, &e) < 0) lint_die(&e);
    int fit = o.fit != FIT_NOT_GIVEN ? o.fit : j->model.fit >= 0 ? j->model.fit : LINT_FIT_STRETCH;
    if (lint_file_predictor_new(&j->ask, &j->model, (lint_fit)fit, most, o.png != NULL, j->pool,
                                &e) < 0)
        lint_die(&e);
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
    size_t images = check_usage(arg);
    open_all(&j, arg[0], images);
    if ((o.from ? answer_lines(&j, &e) : answer_operands(&j, arg + 1, images, &e)) < 0) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (lint_output_commit(j.out, &e) < 0) lint_die(&e);
    close_all(&j);
    return j.failed;
}
