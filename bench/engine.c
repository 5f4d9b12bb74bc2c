/* engine: times training steps and inference of a network, by itself or as bench/run asks, and
 * what the machine can do. Pictures are filled by a formula; peer.py fills the same. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "engine/kernels/kernels.h"
#include "engine/layers/layer.h"
#include "engine/net.h"
#include "train/optim.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRAIN, INFER };
enum { CAM_NONE, CAM_ENERGY, CAM_MAPS };

static struct {
    int work, cam, precision, serve, profile, machine;
    const char *save;
    long batch, classes, threads, repeats;
    double least;
} o = {.batch = 32, .classes = 2, .repeats = 7, .least = 0.2};

static const lint_option options[] = {
    {"work", 0, LINT_OPT_CHOICE, &o.work, "WHAT", .help = "train or infer (train)",
     .choices = "train|infer"},
    {"cam", 0, LINT_OPT_CHOICE, &o.cam, "HOW",
     .help = "none; energy: train with the CAM loss; maps: infer with the maps of every class "
             "(none)",
     .choices = "none|energy|maps"},
    {"precision", 0, LINT_OPT_CHOICE, &o.precision, "WHAT",
     .help = "what convolutions multiply in: f32 or bf16 (f32)", .choices = "f32|bf16"},
    {"batch", 0, LINT_OPT_INT, &o.batch, "N", .help = "images in a batch (32)", .min = 1,
     .max = 4096},
    {"classes", 0, LINT_OPT_INT, &o.classes, "K", .help = "classes (2)", .min = 1, .max = 10000},
    {"threads", 0, LINT_OPT_INT, &o.threads, "N", .help = "threads (0: one for each processor)",
     .max = 1024},
    {"repeats", 0, LINT_OPT_INT, &o.repeats, "N", .help = "measurements; the median counts (7)",
     .min = 1, .max = 1000},
    {"least", 0, LINT_OPT_REAL, &o.least, "S",
     .help = "seconds that a measurement takes at least, by as many steps as that needs (0.2)",
     .max = 100},
    {"profile", 0, LINT_OPT_FLAG, &o.profile, .help = "time every layer, instead"},
    {"machine", 0, LINT_OPT_FLAG, &o.machine,
     .help =
         "measure the machine, instead: OpenBLAS's products, the kernels' own, and memory; no NET"},
    {"save", 0, LINT_OPT_STR, &o.save, "FILE",
     .help = "write the network as a model that has learned nothing, instead"},
    {"serve", 0, LINT_OPT_FLAG, &o.serve,
     .help = "a measurement for each line of standard input, for bench/run"},
    {0}};

static const lint_program program = {
    .name = "engine",
    .usage = "[options] NET | --machine",
    .purpose = "Times a network: images a second, arithmetic, memory.",
    .options = options,
    .example = "  engine --batch 32 --cam energy models/standard.net\n"
               "  engine --profile --repeats 10 models/standard.net\n",
    .operands = {0, 1},
};

/* --- time ------------------------------------------------------------------------------------- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n) {
    qsort(v, n, sizeof *v, rising);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void *need(void *p) {
    lint_err e;
    if (p) return p;
    lint_fail_mem(&e, "the benchmark");
    lint_die(&e);
}

/* Most memory that the process has had, in KB. */
static long peak(void) {
    char line[256];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kb = atol(line + 6);
    if (f) fclose(f);
    return kb;
}

/* --- the machine ------------------------------------------------------------------------------ */

/* What the threads of a measurement share. */
typedef struct machine_job {
    size_t floats; /* of each thread's buffers */
    float *from, *to;
} machine_job;

/* Best of some, not the median: what the machine can do is what it did once. */
static double sgemm(int threads) {
    enum { N = 1024, TIMES = 12 };
    float *a = need(malloc(3 * sizeof *a * N * N)), *b = a + N * N, *c = b + N * N;
    for (size_t i = 0; i < 2 * N * N; i++)
        a[i] = (float)(i % 97) / 97 - 0.5F;
    double best = 1e9;
    openblas_set_num_threads(threads);
    for (int i = 0; i < TIMES; i++) {
        double began = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
        double took = now() - began;
        if (took < best) best = took;
    }
    free(a);
    return 2.0 * N * N * N / best;
}

/* Seconds of the shortest of some runs. */
static double shortest(lint_threads *pool, size_t parts,
                       void run(void *ctx, size_t part, int worker), void *ctx) {
    enum { TIMES = 12 };
    double best = 1e9;
    for (int i = 0; i < TIMES; i++) {
        double began = now();
        lint_threads_run(pool, parts, run, ctx);
        double took = now() - began;
        if (took < best) best = took;
    }
    return best;
}

/* What the threads of a product share: a block of the size that a convolution packs. */
typedef struct product_job {
    const lint_kernels *k;
    lint_gemm *gemm;
    float *a, *b, *y; /* a: one for all; y: [threads], each of a block */
} product_job;

enum { ROWS = 112, PANELS = 8, PRODUCTS = 400 };

static void product_part(void *ctx, size_t part, int worker) {
    (void)part;
    const product_job *j = ctx;
    size_t ldy = PANELS * j->k->panel;
    float *y = j->y + (size_t)worker * ROWS * ldy;
    j->gemm(ROWS, ldy, LINT_GEMM_K, j->a, j->b, LINT_GEMM_K * j->k->panel, NULL, 0, NULL, y, ldy);
}

/* Multiply-adds, twice, a second that the kernels of convolutions reach where nothing comes from memory;
 * of bfloat16 each step is two. */
static double product(int threads, int pairs) {
    lint_err e;
    const lint_kernels *k = lint_kernels_pick(NULL, &e);
    lint_threads *pool = k ? lint_threads_new(threads, &e) : NULL;
    if (!pool) lint_die(&e);
    size_t panels = PANELS * k->panel;
    product_job j = {.k = k, .gemm = pairs ? k->gemm_pairs : k->gemm};
    j.a = need(lint_floats(ROWS * LINT_GEMM_LDA));
    j.b = need(lint_floats(LINT_GEMM_K * panels));
    j.y = need(lint_floats((size_t)threads * ROWS * panels));
    double best = shortest(pool, PRODUCTS, product_part, &j);
    free(j.a);
    free(j.b);
    free(j.y);
    lint_threads_free(pool);
    return (pairs ? 4.0 : 2.0) * PRODUCTS * ROWS * LINT_GEMM_K * (double)panels / best;
}

static void copy_part(void *ctx, size_t part, int worker) {
    (void)worker;
    const machine_job *j = ctx;
    memcpy(j->to + part * j->floats, j->from + part * j->floats, j->floats * sizeof *j->to);
}

/* Bytes a second, read and written both counted. */
static double copy(int threads) {
    enum { PARTS = 64, PART = 1 << 20 };
    lint_err e;
    lint_threads *pool = lint_threads_new(threads, &e);
    if (!pool) lint_die(&e);
    size_t all = (size_t)PARTS * PART;
    machine_job j = {PART, need(calloc(all, sizeof(float))), need(calloc(all, sizeof(float)))};
    memset(j.from, 1, all * sizeof(float));
    double best = shortest(pool, PARTS, copy_part, &j);
    free(j.from);
    free(j.to);
    lint_threads_free(pool);
    return 2.0 * (double)all * sizeof(float) / best;
}

static void measure_machine(void) {
    int all = lint_processors();
    printf("threads\t%d\n", all);
    printf("kernels\t%s\n", openblas_get_corename());
    printf("sgemm 1\t%.1f\n", sgemm(1) * 1e-9);
    printf("sgemm all\t%.1f\n", sgemm(all) * 1e-9);
    const char *const name[] = {"f32", "bf16"};
    for (int pairs = 0; pairs < 2; pairs++) {
        printf("%s 1\t%.1f\n", name[pairs], product(1, pairs) * 1e-9);
        printf("%s all\t%.1f\n", name[pairs], product(all, pairs) * 1e-9);
    }
    printf("copy 1\t%.1f\n", copy(1) * 1e-9);
    printf("copy all\t%.1f\n", copy(all) * 1e-9);
}

/* --- the work --------------------------------------------------------------------------------- */

typedef struct work {
    lint_threads *pool;
    lint_net *net;
    lint_optim *optim;
    lint_loss loss;
    lint_batch batch;
    uint8_t *pixels;
    const uint8_t **image;
    int32_t *label;
    float *logits, *maps;
    size_t steps; /* of a measurement */
} work;

/* Slanted waves under noise; image i, place x, y, channel c. */
static uint8_t pixel(size_t i, size_t y, size_t x, size_t c) {
    uint32_t h = (uint32_t)(((i * 1009 + y) * 1009 + x) * 3 + c) * 2654435761U;
    return (uint8_t)(((h >> 24) + 3 * ((x * (i + 1) * 5 + y * (c + 2) * 3) & 255)) / 4);
}

static void make_pictures(work *w) {
    size_t n = (size_t)o.batch, h = lint_net_height(w->net), wide = lint_net_width(w->net);
    w->pixels = need(malloc(n * h * wide * 3));
    w->image = need(malloc(n * sizeof *w->image));
    w->label = need(malloc(n * sizeof *w->label));
    uint8_t *to = w->pixels;
    for (size_t i = 0; i < n; i++) {
        w->image[i] = to;
        w->label[i] = (int32_t)(i % (size_t)o.classes);
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < wide; x++)
                for (size_t c = 0; c < 3; c++)
                    *to++ = pixel(i, y, x, c);
    }
    w->batch = (lint_batch){.n = n, .image = w->image, .label = w->label};
}

static lint_optim *make_optimiser(const work *w) {
    lint_err e;
    const lint_optim_plan plan = {.rule = LINT_OPTIM_SGD, .momentum = 0.9, .weight_decay = 1e-4};
    size_t n = lint_net_params(w->net);
    lint_param *param = need(calloc(n, sizeof *param));
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(w->net, i);
    lint_optim *optim = lint_optim_new(param, NULL, n, &plan, w->pool, &e);
    if (!optim) lint_die(&e);
    free(param);
    return optim;
}

static char *read_text(const char *path) {
    const char *name;
    FILE *f = lint_open_input(path, &name);
    char *text = need(calloc(1, 1 << 16));
    if (fread(text, 1, (1 << 16) - 1, f) == 0) lint_usage("%s: no text", name);
    fclose(f);
    return text;
}

static void work_new(work *w, const char *path) {
    lint_err e;
    char *text = read_text(path);
    int training = o.work == TRAIN;
    lint_blas_one_thread();
    w->pool = lint_threads_new((int)o.threads, &e);
    if (!w->pool) lint_die(&e);
    w->net = lint_net_new(text, path, (size_t)o.classes, (size_t)o.batch,
                          training ? LINT_NET_TRAIN : LINT_NET_INFER, w->pool, &e);
    free(text);
    if (!w->net) lint_die(&e);
    if (lint_net_set_precision(w->net, (lint_precision)o.precision, &e) < 0) lint_die(&e);
    lint_net_init(w->net, 1);
    make_pictures(w);
    if (training) w->optim = make_optimiser(w);
    w->loss = (lint_loss){.cam = o.cam == CAM_ENERGY ? LINT_CAM_ENERGY : LINT_CAM_NONE,
                          .ce_weight = 1,
                          .cam_weight = 1,
                          .sigma = 0.25};
    size_t all = (size_t)o.batch * (size_t)o.classes;
    w->logits = need(malloc(all * sizeof *w->logits));
    if (o.cam == CAM_MAPS)
        w->maps = need(malloc(all * lint_net_cam_height(w->net) * lint_net_cam_width(w->net) *
                              sizeof *w->maps));
}

static void work_free(work *w) {
    lint_optim_free(w->optim);
    lint_net_free(w->net);
    lint_threads_free(w->pool);
    free(w->pixels);
    free(w->image);
    free(w->label);
    free(w->logits);
    free(w->maps);
}

static void step(work *w) {
    lint_err e;
    lint_loss_sum sum = {0};
    w->batch.step++;
    int bad = o.work == TRAIN ? lint_net_step(w->net, &w->batch, &w->loss, &sum, &e)
                              : lint_net_run(w->net, &w->batch, w->logits, w->maps, &e);
    if (bad) lint_die(&e);
    if (o.work == TRAIN) lint_optim_step(w->optim, 1e-3);
}

/* Seconds of one step. */
static double measure(work *w) {
    double began = now();
    for (size_t i = 0; i < w->steps; i++)
        step(w);
    return (now() - began) / (double)w->steps;
}

/* Touches all memory and wakes the threads; says how many steps a measurement is. */
static void warm_up(work *w) {
    w->steps = 1;
    measure(w);
    double took = measure(w);
    w->steps = took < o.least ? (size_t)(o.least / took) + 1 : 1;
}

/* Of an image. Maps of every class go through the head once for each, which is small. */
static double flop(const work *w) {
    return 2 * lint_net_macs(w->net, o.work == TRAIN);
}

static void serve(work *w) {
    char line[64];
    printf("ready\t%.0f\n", flop(w));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        printf("%.6f\n", measure(w));
        fflush(stdout);
    }
    printf("peak\t%ld\n", peak());
}

static void measure_all(work *w, const char *path) {
    double *took = need(malloc((size_t)o.repeats * sizeof *took));
    for (long i = 0; i < o.repeats; i++)
        took[i] = measure(w);
    double rate = (double)o.batch / median(took, (size_t)o.repeats);
    static const char *const works[] = {"train", "infer"}, *const cams[] = {"none", "energy",
                                                                            "maps"};
    printf("net\twork\tcam\tbatch\tthreads\timages_per_s\tgflop_per_s\tpeak_mb\n");
    printf("%s\t%s\t%s\t%ld\t%d\t%.2f\t%.1f\t%.0f\n", path, works[o.work], cams[o.cam], o.batch,
           lint_threads_count(w->pool), rate, rate * flop(w) * 1e-9, (double)peak() / 1024);
    free(took);
}

/* A model for lint-predict to answer by: how long that takes does not depend on the weights. */
static void save(const work *w) {
    lint_err e;
    lint_frame f = {0};
    lint_output *out = lint_output_open(o.save, &e);
    if (!out || lint_model_store(w->net, "[\"a\",\"b\"]", &f, &e) < 0 ||
        lint_frame_write(&f, lint_output_file(out), &e) < 0 || lint_output_commit(out, &e) < 0)
        lint_die(&e);
    lint_frame_free(&f);
}

/* --- by layer --------------------------------------------------------------------------------- */

/* Bytes that must pass at least: forward x to y; backward dy and x to dx. */
static void print_pass(const char *pass, double ms, double macs, double floats) {
    printf("\t%s\t%.3f\t%.1f\t%.1f", pass, ms, ms > 0 ? 2e-6 * macs / ms : 0,
           ms > 0 ? 4e-6 * floats / ms : 0);
}

static void profile(work *w) {
    lint_err e;
    if (lint_net_profile(w->net, &e) < 0) lint_die(&e);
    w->steps = (size_t)o.repeats;
    double whole = 1e3 * measure(w), layers = 0, n = (double)o.batch;
    printf("layer\tkind\tpass\tms\tgflop_per_s\tgb_per_s\tpass\tms\tgflop_per_s\tgb_per_s\n");
    for (size_t i = 0; i < lint_net_layers(w->net); i++) {
        lint_net_time t = lint_net_time_of(w->net, i);
        double f = 1e3 * t.forward / (double)o.repeats, b = 1e3 * t.backward / (double)o.repeats;
        double in = n * (double)t.in, out = n * (double)t.out, weights = (double)t.weights;
        printf("%s\t%s", *t.name ? t.name : "-", t.kind);
        print_pass("forward", f, n * t.macs, in + out + weights);
        print_pass("backward", b, n * t.macs * (t.has_dx ? 2 : 1),
                   in + out + (t.has_dx ? in : 0) + 2 * weights);
        printf("\n");
        layers += f + b;
    }
    printf("all\tlayers\tboth\t%.3f\nall\tstep\tboth\t%.3f\n", layers, whole);
}

/* --------------------------------------------------------------------------------------------- */

int main(int argc, char **argv) {
    char **arg = lint_cli_parse(&program, argc, argv);
    work w = {0};
    if (o.machine) {
        measure_machine();
        lint_close_stdout();
        return 0;
    }
    if (!arg[0]) lint_usage("which NET?");
    work_new(&w, arg[0]);
    if (!o.save) warm_up(&w);
    if (o.save)
        save(&w);
    else if (o.serve)
        serve(&w);
    else if (o.profile)
        profile(&w);
    else
        measure_all(&w, arg[0]);
    work_free(&w);
    lint_close_stdout();
    return 0;
}
