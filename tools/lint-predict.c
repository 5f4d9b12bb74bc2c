/* lint-predict: which class a model sees in pictures, and with --png why. */
#include "cli.h"
#include "gallery.h"
#include "image.h"
#include "predict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, FIT_NOT_GIVEN = -1 };

static struct {
    const char *png;
    int fit, all;
    long threads;
} o = {.fit = FIT_NOT_GIVEN};

static const lint_option options[] = {
    {"all", 0, LINT_OPT_FLAG, &o.all, .help = "a line for every class, the most probable first"},
    {"png", 0, LINT_OPT_STR, &o.png, "DIR",
     .help = "draw each picture with the evidence for its class over it, in a folder that is made "
             "if need be"},
    {"fit", 0, LINT_OPT_CHOICE, &o.fit, "HOW",
     "stretch, crop or pad to the model's size (default: as the model says, else stretch)",
     .choices = LINT_FIT_CHOICES},
    {"threads", 0, LINT_OPT_INT, &o.threads, "N",
     "threads (0: one for each processor, no more than pictures)", .max = 1024},
    {0}};

static const lint_program program = {
    .name = "lint-predict",
    .usage = "[options] MODEL IMAGE...",
    .purpose = "Writes a line for each picture (PNG, JPEG): path, class and probability, separated "
               "by tabs. In a path tab, newline, return and backslash are written as \\t, \\n, \\r "
               "and \\\\. A picture that cannot be read gets a message instead, and the exit "
               "status is 1.",
    .options = options,
    .example = "  lint-predict --png why model.safetensors photos/*.jpg\n",
    .operands = {2, -1},
};

/* A batch of pictures, each with its place in all that follow. */
typedef struct batch {
    char **path;
    size_t n;
    int fit, height, width;
    lint_image picture[BATCH];
    lint_err error[BATCH];
    int bad[BATCH];
} batch;

static void read_one(void *ctx, size_t i, int worker) {
    (void)worker;
    batch *b = ctx;
    lint_image *im = &b->picture[i];
    lint_err *e = &b->error[i];
    b->bad[i] = lint_image_read_for(im, b->path[i], 3, b->width, b->height, e) < 0 ||
                lint_image_fit(im, im, b->width, b->height, (lint_fit)b->fit, e) < 0;
    if (b->bad[i]) lint_err_prefix(e, "%s: ", b->path[i]);
}

static void put_text(const char *s) {
    for (; *s; s++)
        switch (*s) {
        case '\t':
            fputs("\\t", stdout);
            break;
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\r':
            fputs("\\r", stdout);
            break;
        case '\\':
            fputs("\\\\", stdout);
            break;
        default:
            putchar(*s);
        }
}

/* What a run holds. Sizes are those of one picture. */
typedef struct job {
    lint_predictor model;
    lint_pool *pool;
    batch b;
    size_t maps;         /* values of a picture's maps */
    float *logits, *cam; /* for a batch; cam NULL without --png */
    size_t *order;       /* [K] */
    double *p;           /* [K] */
    size_t done;         /* pictures of the batches before */
    int failed;
} job;

static void put_answer(const job *j, const char *path, const float *logits) {
    lint_ranking(logits, j->model.k, j->order, j->p);
    for (size_t i = 0; i < (o.all ? j->model.k : 1); i++) {
        put_text(path);
        putchar('\t');
        put_text(j->model.classes.v[j->order[i]]);
        printf("\t%.4f\n", j->p[j->order[i]]);
    }
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Picture i of the batch, answer a of the run, into a file of its own. */
static int draw(const job *j, size_t i, size_t a, lint_err *e) {
    const lint_predictor *m = &j->model;
    lint_samples s = {.n = 1,
                      .h = m->h,
                      .w = m->w,
                      .image = j->b.picture[i].px,
                      .k = m->k,
                      .logits = j->logits + a * m->k,
                      .cam = j->cam + a * j->maps,
                      .cam_h = m->cam_h,
                      .cam_w = m->cam_w,
                      .classes = m->classes};
    char file[LINT_GALLERY_FILE], path[4096];
    const char *name = last_part(j->b.path[i]);
    lint_gallery_file(file, j->done + i + 1, name);
    if (snprintf(path, sizeof path, "%s/%s", o.png, file) >= (int)sizeof path)
        return lint_fail(e, "%s: %s", o.png, strerror(ENAMETOOLONG));
    return lint_gallery_save_one(path, &s, 0, name, e);
}

/* Reads a batch, asks the model about the pictures that came, writes in the order given. */
static void answer(job *j) {
    lint_err e;
    batch *b = &j->b;
    const uint8_t *image[BATCH];
    size_t n = 0;
    lint_pool_run(j->pool, b->n, read_one, b);
    for (size_t i = 0; i < b->n; i++)
        if (!b->bad[i]) image[n++] = b->picture[i].px;
    if (lint_predictor_run(&j->model, n, image, j->logits, j->cam, &e) < 0) lint_die(&e);
    for (size_t i = 0, a = 0; i < b->n; i++) {
        if (b->bad[i]) {
            lint_warn("%s", b->error[i].msg);
            j->failed = 1;
            continue;
        }
        put_answer(j, b->path[i], j->logits + a * j->model.k);
        if (o.png && draw(j, i, a, &e) < 0) lint_die(&e);
        a++;
    }
}

static void allocate(job *j, size_t pictures) {
    const lint_predictor *m = &j->model;
    size_t n = pictures < BATCH ? pictures : BATCH;
    j->maps = m->k * m->cam_h * m->cam_w;
    j->logits = calloc(n * m->k + 1, sizeof *j->logits);
    j->cam = o.png ? calloc(n * j->maps + 1, sizeof *j->cam) : NULL;
    j->order = calloc(m->k + 1, sizeof *j->order);
    j->p = calloc(m->k + 1, sizeof *j->p);
    if (j->logits && (j->cam || !o.png) && j->order && j->p) return;
    lint_err e;
    lint_fail_mem(&e, "answers");
    lint_die(&e);
}

/* No more threads and no larger a batch than there are pictures: one picture is answered fast. */
static void open_model(job *j, const char *path, size_t pictures) {
    lint_err e;
    int threads = (int)o.threads;
    if (pictures < BATCH && (!threads || threads > (int)pictures)) {
        int processors = lint_processors();
        threads = processors < (int)pictures ? processors : (int)pictures;
    }
    if (!(j->pool = lint_pool_new(threads, &e))) lint_die(&e);
    if (lint_predictor_open(&j->model, path, pictures < BATCH ? pictures : BATCH, j->pool, &e) < 0)
        lint_die(&e);
    j->b.height = (int)j->model.h;
    j->b.width = (int)j->model.w;
    j->b.fit = o.fit != FIT_NOT_GIVEN ? o.fit : j->model.fit >= 0 ? j->model.fit : LINT_FIT_STRETCH;
    if (!o.png) return;
    if (!j->model.cam_h) {
        lint_fail(&e, "%s: the network has no 'cam' line, so --png has nothing to draw", path);
        lint_die(&e);
    }
    if (lint_gallery_folder(o.png, &e) < 0) lint_die(&e);
}

static void close_all(job *j) {
    for (size_t i = 0; i < BATCH; i++)
        lint_image_free(&j->b.picture[i]);
    free(j->logits);
    free(j->cam);
    free(j->order);
    free(j->p);
    lint_predictor_free(&j->model);
    lint_pool_free(j->pool);
    if (o.png) lint_draw_end();
}

int main(int argc, char **argv) {
    static job j;
    char **arg = lint_cli_parse(&program, argc, argv);
    size_t pictures = 0;
    while (arg[1 + pictures])
        pictures++;
    open_model(&j, arg[0], pictures);
    allocate(&j, pictures);
    for (; j.done < pictures; j.done += j.b.n) {
        j.b.path = arg + 1 + j.done;
        j.b.n = pictures - j.done < BATCH ? pictures - j.done : BATCH;
        answer(&j);
    }
    close_all(&j);
    lint_close_stdout();
    return j.failed;
}
