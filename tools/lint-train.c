/* lint-train: samples and a network in, a model and a log of its training out. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/rng.h"
#include "engine/layers/input_line.h"
#include "engine/net_init.h"
#include "engine/net_path.h"
#include "train/mask_encoder_train.h"
#include "train/train_log.h"
#include "train/train_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* NAN, -1: not given; what stands for it is set by defaults(). */
static struct {
    const char *net, *train, *val, *out, *log, *class_weights, *init, *checkpoint, *encoder;
    long batch, epochs, threads, warmup, step_epochs, patience, patience_from;
    double lr, momentum, weight_decay, beta1, beta2, eps, step_factor;
    double ce_weight, cam_weight, sigma, cap, dro_step, dro_adjust, l1, margin;
    int schedule, cam_loss, prior, best, optim, nesterov, objective, quiet, verbose;
    uint64_t seed;
    lint_list phases, freeze, lr_factors;
} o = {.class_weights = "none",
       .lr = NAN,
       .momentum = NAN,
       .beta1 = NAN,
       .beta2 = NAN,
       .eps = NAN,
       .step_factor = NAN,
       .ce_weight = 1,
       .cam_weight = NAN,
       .sigma = 0.25,
       .cap = NAN,
       .dro_step = NAN,
       .dro_adjust = NAN,
       .l1 = NAN,
       .margin = NAN,
       .best = -1,
       .optim = -1,
       .objective = -1,
       .schedule = -1};

/* What stands for an option that was not given; a mask encoder's are the original's. */
enum { BATCH = 32, ENCODER_BATCH = 128, EPOCHS = 12, ENCODER_EPOCHS = 100 };
enum { EPOCHS_MAX = 1000000, BATCH_MAX = 65536 };
enum { ERM, DRO, BINARY, TRIPLET };
#define BETA_MAX 0.99999999

static const lint_option options[] = {
    {"net", 'n', LINT_OPT_STR, &o.net, "FILE", "the network, such as standard or models/mine.net",
     0, 0, NULL},
    {"train", 't', LINT_OPT_STR, &o.train, "FILE",
     "samples, shuffled anew in each epoch; or a stream from lint-augment --epochs, as it comes "
     "(standard input)",
     0, 0, NULL},
    {"val", 0, LINT_OPT_STR, &o.val, "FILE", "samples to choose the best epoch by (none)", 0, 0,
     NULL},
    LINT_OPTION_OUT(&o.out, "model"),
    {"log", 0, LINT_OPT_STR, &o.log, "FILE", "TSV: the settings, and a row for each epoch", 0, 0,
     NULL},
    {"checkpoint", 0, LINT_OPT_STR, &o.checkpoint, "FILE",
     "written after every epoch and kept; the same command goes on from it, and ends with the same "
     "bytes as if it had never been stopped",
     0, 0, NULL},
    {"init", 0, LINT_OPT_STR, &o.init, "FILE",
     "begin with the weights of a model, or of a state dict as safetensors; a head that is missing "
     "or of another shape begins anew",
     0, 0, NULL},
    {"epochs", 0, LINT_OPT_INT, &o.epochs, "N",
     "passes (12; of a stream: what it has; encoder: 100)", 1, EPOCHS_MAX, NULL},
    {"batch", 0, LINT_OPT_INT, &o.batch, "N", "samples in a step (32; encoder: 128)", 1, BATCH_MAX,
     NULL},
    {"optim", 0, LINT_OPT_CHOICE, &o.optim, "RULE", "sgd or adam (sgd; encoder: adam)", 0, 0,
     LINT_OPTIM_CHOICES},
    {"lr", 0, LINT_OPT_REAL, &o.lr, "R",
     "learning rate at the start (0.01; adam: 0.001; encoder: 0.002)", 0, 1e30, NULL},
    {"schedule", 0, LINT_OPT_CHOICE, &o.schedule, "HOW",
     "of the rate: constant, step or cosine (cosine; encoder: constant)", 0, 0,
     LINT_SCHEDULE_CHOICES},
    {"warmup", 0, LINT_OPT_INT, &o.warmup, "N", "epochs that lead up to the rate (0)", 0,
     EPOCHS_MAX, NULL},
    {"step-epochs", 0, LINT_OPT_INT, &o.step_epochs, "N", "from step to step (a third of all)", 1,
     EPOCHS_MAX, NULL},
    {"step-factor", 0, LINT_OPT_REAL, &o.step_factor, "R", "of each step (0.1)", 0, 1e30, NULL},
    {"momentum", 0, LINT_OPT_REAL, &o.momentum, "R", "of sgd (0.9)", 0, 1, NULL},
    {"nesterov", 0, LINT_OPT_FLAG, &o.nesterov, NULL, "sgd: Nesterov's momentum", 0, 0, NULL},
    {"beta1", 0, LINT_OPT_REAL, &o.beta1, "R", "of adam (0.9)", 0, BETA_MAX, NULL},
    {"beta2", 0, LINT_OPT_REAL, &o.beta2, "R", "of adam (0.999)", 0, BETA_MAX, NULL},
    {"eps", 0, LINT_OPT_REAL, &o.eps, "R", "of adam (1e-8)", 0, 1e30, NULL},
    {"weight-decay", 0, LINT_OPT_REAL, &o.weight_decay, "R", "added to gradients (0)", 0, 1e30,
     NULL},
    {"freeze", 0, LINT_OPT_LIST, &o.freeze, "PREFIX",
     "layers whose parameters' names begin so stay as they are; a batch norm among them keeps, and "
     "uses, its running statistics; may be repeated",
     0, 0, NULL},
    {"lr-factor", 0, LINT_OPT_LIST, &o.lr_factors, "PREFIX=R",
     "parameters whose names begin so learn at R times the rate; the longest prefix holds; "
     "may be repeated",
     0, 0, NULL},
    {"class-weights", 0, LINT_OPT_STR, &o.class_weights, "W",
     "none, balanced or a number for each class (none)", 0, 0, NULL},
    {"objective", 0, LINT_OPT_CHOICE, &o.objective, "WHAT",
     "erm, the mean of all samples, or dro, group DRO: groups (class and place) weigh more the "
     "worse they fare (erm); of a mask encoder: binary, or triplet (binary)",
     0, 0, "erm|dro|binary|triplet"},
    {"l1", 0, LINT_OPT_REAL, &o.l1, "R",
     "encoder: adds R times the sum of all weights without their signs (0.03)", 0, 1e30, NULL},
    {"margin", 0, LINT_OPT_REAL, &o.margin, "R", "triplet: between codes of two kinds (1)", 0, 1e30,
     NULL},
    {"dro-step", 0, LINT_OPT_REAL, &o.dro_step, "R", "dro: how fast weights follow (0.01)", 0, 1e30,
     NULL},
    {"dro-adjust", 0, LINT_OPT_REAL, &o.dro_adjust, "C",
     "dro: adds C / sqrt(samples of a group) to its loss, where weights are made (0)", 0, 1e30,
     NULL},
    {"ce-weight", 0, LINT_OPT_REAL, &o.ce_weight, "R", "of the cross-entropy in the loss (1)", 0,
     1e30, NULL},
    {"cam-loss", 0, LINT_OPT_CHOICE, &o.cam_loss, "LOSS",
     "of evidence in the wrong place: none, mse, radial, energy or embedding (none)", 0, 0,
     LINT_CAM_CHOICES},
    {"encoder", 0, LINT_OPT_STR, &o.encoder, "FILE",
     "embedding: the mask encoder, from lint-train --net mask-encoder", 0, 0, NULL},
    {"cam-weight", 0, LINT_OPT_REAL, &o.cam_weight, "R", "of the CAM loss in the loss (1)", 0, 1e30,
     NULL},
    {"prior", 0, LINT_OPT_CHOICE, &o.prior, "WHERE",
     "the right place: center, or the samples' mask (center)", 0, 0, LINT_PRIOR_CHOICES},
    {"sigma", 0, LINT_OPT_REAL, &o.sigma, "R", "width of the centre, in sides (0.25)", 0.001, 1000,
     NULL},
    {"cap", 0, LINT_OPT_REAL, &o.cap, "R",
     "the CAM term is at most this many cross-entropies; 0: no cap (0; radial: 10)", 0, 1e30, NULL},
    {"phase", 0, LINT_OPT_LIST, &o.phases, "E:lr=R,ce=R,cam=R",
     "these rates and weights (any of the three) from epoch E on, or with P% for E when P percent "
     "of the epochs are over; may be repeated",
     0, 0, NULL},
    {"best", 0, LINT_OPT_CHOICE, &o.best, "BY",
     "epoch to keep: by accuracy on --val (of equals the lower loss, then the earlier), by loss, "
     "ce, cam, worst-group, group-mean or adjusted (of equals the earlier), or the last (accuracy)",
     0, 0, LINT_BEST_CHOICES},
    {"patience", 0, LINT_OPT_INT, &o.patience, "N",
     "end after N epochs without a better one (0: never)", 0, EPOCHS_MAX, NULL},
    {"patience-from", 0, LINT_OPT_INT, &o.patience_from, "E", "epoch to count these from (1)", 1,
     EPOCHS_MAX, NULL},
    LINT_OPTION_SEED(&o.seed, "initial weights and sample order"),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.quiet),
    LINT_OPTION_VERBOSE(&o.verbose),
    {0}};

/* Options that do not change what is trained, or name files: all others are the run's settings. */
static const char *const no_settings[] = {"net",   "train",   "val",        "out",
                                          "log",   "init",    "checkpoint", "threads",
                                          "quiet", "verbose", "encoder",    NULL};

static const lint_program program = {
    .name = "lint-train",
    .usage = "--net FILE [--train FILE] [--val FILE] -o MODEL [options]",
    .purpose =
        "Trains a network; one whose input is a mask learns from the samples' masks and their "
        "inverses, as --encoder of other networks. Ctrl-C ends after the running batch, writes the "
        "best model so far and exits "
        "with status 130; a second one kills.",
    .options = options,
    .example = "  lint-train --net standard --train data/train.lts --val data/val.lts \\\n"
               "      --cam-loss energy --cam-weight 10 -o camloss.safetensors --log camloss.tsv\n",
    .operands = {0, 0}};

/* --- Ctrl-C ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop; /* the signal that came, or 0 */

static void on_signal(int signal) {
    stop = signal;
}

/* SIGINT and SIGTERM end the run after a batch, and the program at the second time. They are
 * caught also where a shell has set them to be ignored for a job in the background: who sends one
 * to this very process means it. No SA_RESTART: a read that waits for a pipe must end too. */
static void catch_signals(void) {
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

/* Dies of the signal that came, as the shell, make and scripts expect of an interrupted program;
 * they see status 130 (SIGINT) or 143 (SIGTERM). */
static void end_by_signal(void) {
    signal(stop, SIG_DFL);
    raise(stop);
}

/* --- telling ---------------------------------------------------------------------------------- */

typedef struct report {
    lint_train_log *log;
    lint_progress bar;
    char what[64];
    size_t epochs, epoch_samples;
    size_t resumed; /* epochs that a checkpoint brought, as long as nobody was told */
} report;

static void say_resumed(report *r) {
    if (r->resumed && !o.quiet) lint_warn("%s: going on after epoch %zu", o.checkpoint, r->resumed);
    r->resumed = 0;
}

static void on_batch(void *ctx, size_t epoch, size_t done) {
    report *r = ctx;
    say_resumed(r);
    if (r->epochs)
        snprintf(r->what, sizeof r->what, "epoch %zu/%zu", epoch, r->epochs);
    else
        snprintf(r->what, sizeof r->what, "epoch %zu", epoch);
    lint_progress_at(&r->bar, (epoch - 1) * r->epoch_samples + done);
}

static void say_epoch(const report *r, const lint_epoch *row) {
    if (r->bar.terminal) fputs("\r\033[K", stderr);
    fprintf(stderr, "epoch %zu", row->epoch);
    if (r->epochs) fprintf(stderr, "/%zu", r->epochs);
    fprintf(stderr, ": lr %.4g, training loss %.4f, accuracy %.2f %%", row->rates.lr,
            row->train.loss, 100 * row->train.accuracy);
    if (!isnan(row->val.loss))
        fprintf(stderr, "; validation loss %.4f, accuracy %.2f %%%s", row->val.loss,
                100 * row->val.accuracy, row->best ? ", best so far" : "");
    fputc('\n', stderr);
}

static int on_epoch(void *ctx, const lint_epoch *row, lint_err *e) {
    report *r = ctx;
    if (row->resumed) r->resumed = row->epoch;
    if (o.verbose && !row->resumed) say_epoch(r, row);
    return r->log ? lint_train_log_row(r->log, row, e) : 0;
}

/* --- recipe ----------------------------------------------------------------------------------- */

static char *read_net(const char *word) {
    const char *name;
    lint_err e;
    char *path = lint_net_path(word, &e), *text = path ? lint_net_read(path, &name, &e) : NULL;
    if (!text) lint_die(&e);
    free(path);
    return text;
}

/* The network's text, and whether it is that of a mask encoder: other defaults, other options. */
static struct {
    char *text;
    int encoder;
} network;

static int is_stdio(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

/* Options that name the same file, or standard input or output, twice. */
static void check_files(void) {
    const char *in[] = {o.train ? o.train : "-", o.val, o.net, o.init, o.encoder};
    const char *in_name[] = {"train", "val", "net", "init", "encoder"};
    enum { INPUTS = sizeof in / sizeof *in };
    const char *out[] = {o.out ? o.out : "-", o.log, o.checkpoint};
    const char *out_name[] = {"out", "log", "checkpoint"};
    for (int i = 0; i < INPUTS; i++)
        for (int j = i + 1; j < INPUTS; j++)
            if (in[i] && in[j] && is_stdio(in[i]) && is_stdio(in[j]))
                lint_usage("--%s and --%s cannot both be standard input", in_name[i], in_name[j]);
    for (int i = 0; i < 3; i++)
        for (int j = i + 1; j < 3; j++)
            if (out[i] && out[j] && strcmp(out[i], out[j]) == 0)
                lint_usage(is_stdio(out[i]) ? "--%s and --%s cannot both be standard output"
                                            : "--%s and --%s are the same file",
                           out_name[i], out_name[j]);
    /* A model may take the place of the one that it began with, but a checkpoint is of that one. */
    for (int i = 0; i < INPUTS; i++)
        for (int j = 0; j < 3; j++)
            if (in[i] && out[j] && !is_stdio(in[i]) && strcmp(in[i], out[j]) == 0 &&
                (o.checkpoint || in[i] != o.init || out[j] != o.out))
                lint_usage("--%s and --%s are the same file", in_name[i], out_name[j]);
    if (o.checkpoint && is_stdio(o.checkpoint)) lint_usage("--checkpoint -: expected a file");
}

/* The value of an option that was not given; one that was given for nothing is wrong usage. */
static void real_default(double *v, double otherwise, int applies, const char *name,
                         const char *needs) {
    if (!isnan(*v) && !applies) lint_usage("--%s needs %s", name, needs);
    if (isnan(*v) && applies) *v = otherwise;
}

#define ANY_CAM_LOSS "--cam-loss mse, radial, energy or embedding"

/* Of options whose default depends on what is trained. */
static void defaults_of_kind(void) {
    int m = network.encoder;
    if (o.optim < 0) o.optim = m ? LINT_OPTIM_ADAM : LINT_OPTIM_SGD;
    if (o.schedule < 0) o.schedule = m ? LINT_SCHEDULE_CONSTANT : LINT_SCHEDULE_COSINE;
    if (o.objective < 0) o.objective = m ? BINARY : ERM;
    if (!o.batch) o.batch = m ? ENCODER_BATCH : BATCH;
    real_default(&o.lr, m ? 0.002 : o.optim == LINT_OPTIM_ADAM ? 0.001 : 0.01, 1, "lr", "");
    real_default(&o.l1, 0.03, m, "l1", "a mask encoder for --net");
    real_default(&o.margin, 1, o.objective == TRIPLET, "margin", "--objective triplet");
}

static void defaults(void) {
    defaults_of_kind();
    int adam = o.optim == LINT_OPTIM_ADAM, cam = o.cam_loss != LINT_CAM_NONE;
    real_default(&o.momentum, 0.9, !adam, "momentum", "--optim sgd");
    real_default(&o.beta1, 0.9, adam, "beta1", "--optim adam");
    real_default(&o.beta2, 0.999, adam, "beta2", "--optim adam");
    real_default(&o.eps, 1e-8, adam, "eps", "--optim adam");
    real_default(&o.step_factor, 0.1, o.schedule == LINT_SCHEDULE_STEP, "step-factor",
                 "--schedule step");
    real_default(&o.cam_weight, 1, cam, "cam-weight", ANY_CAM_LOSS);
    real_default(&o.cap, o.cam_loss == LINT_CAM_RADIAL ? 10 : 0, cam, "cap", ANY_CAM_LOSS);
    real_default(&o.dro_step, 0.01, o.objective == DRO, "dro-step", "--objective dro");
    real_default(&o.dro_adjust, 0, o.objective == DRO, "dro-adjust", "--objective dro");
    if (o.patience && !o.patience_from) o.patience_from = 1;
    if (!o.val && o.best >= 0 && o.best != LINT_BEST_LAST)
        lint_usage("--best needs --val: without it the last epoch is kept");
    if (o.best < 0) o.best = o.val ? LINT_BEST_ACCURACY : LINT_BEST_LAST;
}

/* What a mask encoder has nothing to do with. */
static void check_kind(void) {
    if (!network.encoder && (o.objective == BINARY || o.objective == TRIPLET))
        lint_usage("--objective binary and triplet are of mask encoders, but %s takes pictures",
                   o.net);
    if (!network.encoder) return;
    if (o.objective == ERM || o.objective == DRO)
        lint_usage("--objective: expected binary or triplet, since %s takes masks", o.net);
    if (o.cam_loss != LINT_CAM_NONE)
        lint_usage("--cam-loss has no part in a mask encoder, and %s is one", o.net);
    if (strcmp(o.class_weights, "none") != 0)
        lint_usage("--class-weights have no part in a mask encoder, and %s is one", o.net);
    if (o.best != LINT_BEST_ACCURACY && o.best != LINT_BEST_LOSS && o.best != LINT_BEST_CE &&
        o.best != LINT_BEST_LAST)
        lint_usage("--best of a mask encoder: expected accuracy, loss, ce or last");
}

static void check_usage(void) {
    lint_net_input input;
    if (!o.net) lint_usage("--net is missing: which network?");
    check_files();
    network.text = read_net(o.net);
    network.encoder = lint_net_input_of(network.text, &input) == 0 && input.mask;
    defaults();
    check_kind();
    if (o.nesterov && (o.optim != LINT_OPTIM_SGD || o.momentum <= 0))
        lint_usage("--nesterov needs --optim sgd with a --momentum above 0");
    if (o.step_epochs && o.schedule != LINT_SCHEDULE_STEP)
        lint_usage("--step-epochs needs --schedule step");
    if (o.objective == DRO && strcmp(o.class_weights, "none") != 0)
        lint_usage("--class-weights have no effect on --objective dro, which weighs groups");
    if (o.patience_from && !o.patience) lint_usage("--patience-from needs --patience");
    if (o.patience && (!o.val || o.best == LINT_BEST_LAST))
        lint_usage("--patience needs --val, and a --best other than last");
    if (o.cam_loss == LINT_CAM_EMBEDDING && !o.encoder)
        lint_usage("--cam-loss embedding needs --encoder FILE");
    if (o.encoder && o.cam_loss != LINT_CAM_EMBEDDING)
        lint_usage("--encoder needs --cam-loss embedding");
    if (o.cam_loss == LINT_CAM_EMBEDDING && o.prior == LINT_PRIOR_MASK)
        lint_usage("--prior has no part in --cam-loss embedding: its encoder knows masks");
    if (o.best == LINT_BEST_CAM && o.cam_loss == LINT_CAM_NONE)
        lint_usage("--best cam needs " ANY_CAM_LOSS);
    if (o.ce_weight <= 0 && o.cam_loss == LINT_CAM_NONE && !o.phases.n && !network.encoder)
        lint_usage("--ce-weight 0 leaves nothing to learn from, without " ANY_CAM_LOSS);
    lint_refuse_terminal(o.out);
}

static void make_schedule(lint_schedule *s) {
    lint_err e;
    *s = (lint_schedule){.kind = (lint_schedule_kind)o.schedule,
                         .lr = o.lr,
                         .ce_weight = o.ce_weight,
                         .cam_weight = isnan(o.cam_weight) ? 0 : o.cam_weight,
                         .warmup = (size_t)o.warmup,
                         .step_epochs = (size_t)o.step_epochs,
                         .step_factor = isnan(o.step_factor) ? 1 : o.step_factor};
    for (size_t i = 0; i < o.phases.n; i++)
        if (lint_schedule_add_phase(s, o.phases.v[i], &e) < 0) lint_usage("--phase %s", e.msg);
    for (size_t i = 0; i < s->phases; i++)
        if (s->phase[i].cam_weight > 0 && o.cam_loss == LINT_CAM_NONE)
            lint_usage("--phase with cam= needs " ANY_CAM_LOSS);
}

/* How many epochs there will be; 0: as many as the stream has. */
static size_t epochs_of(const lint_batches *b, const lint_schedule *s) {
    size_t there = lint_batches_epochs(b), asked = (size_t)o.epochs;
    if (!lint_batches_marked(b)) return asked ? asked : network.encoder ? ENCODER_EPOCHS : EPOCHS;
    if (asked && there && asked > there)
        lint_usage("--epochs %zu: %s has %zu", asked, lint_batches_name(b), there);
    if (!asked && !there && lint_schedule_needs_epochs(s))
        lint_usage("%s does not say how many epochs it has: --epochs N says it, or --schedule "
                   "constant without percents does without",
                   lint_batches_name(b));
    return asked ? asked : there;
}

/* Reads --class-weights, and warns where there is nothing to tell apart. From malloc. */
static float *make_weights(const lint_batches *b) {
    lint_err e;
    const lint_names *classes = lint_batches_classes(b);
    float *weights = calloc(classes->n, sizeof *weights);
    size_t *count = calloc(classes->n, sizeof *count), used = 0;
    if (!weights || !count) {
        lint_fail_mem(&e, "class weights");
        lint_die(&e);
    }
    int counted = lint_batches_count(b, count, &e) == 0;
    if (lint_class_weights(o.class_weights, classes, counted ? count : NULL, weights, &e) < 0)
        lint_usage("--class-weights: %s", e.msg);
    for (size_t k = 0; k < classes->n; k++)
        used += count[k] > 0;
    if (!o.quiet && classes->n == 1)
        lint_warn("%s: '%s' is the only class, so there is nothing to tell apart",
                  lint_batches_name(b), classes->v[0]);
    else if (!o.quiet && counted && used == 1)
        lint_warn("%s: all labels are of one class, so there is nothing to tell apart",
                  lint_batches_name(b));
    free(count);
    return weights;
}

/* What training works on. */
typedef struct parts {
    lint_threads *pool;
    lint_batches *batches;
    lint_dataset *val; /* NULL: none */
    lint_net *net;
    float *class_weights;
    double *factor;                   /* of the learning rate of each parameter */
    lint_dro *dro;                    /* NULL: none */
    lint_mask_encoder *encoder;       /* NULL: none */
    lint_mask_encoder_lesson *lesson; /* NULL: net is no mask encoder */
    uint64_t init;                    /* hash of the weights of --init */
    lint_settings settings;           /* what a checkpoint must agree with */
} parts;

/* Everything that the result depends on, defaults too, but for the files. */
static void describe(lint_settings *s, const lint_batches *b, const lint_mask_encoder *m) {
    lint_settings_text(s, "order", lint_batches_marked(b) ? "stream" : "shuffled");
    lint_settings_options(s, options, no_settings);
    if (m) lint_settings_hash(s, "encoder", lint_mask_encoder_hash(m));
}

static void open_log(report *r, const parts *p, lint_output *out) {
    lint_err e;
    lint_settings s = {0};
    if (!o.log) return;
    lint_settings_text(&s, "lint", LINT_VERSION);
    lint_settings_text(&s, "net", o.net);
    if (o.val) lint_settings_text(&s, "val", o.val);
    if (o.init) lint_settings_text(&s, "init", o.init);
    lint_train_log_samples(&s, p->batches);
    describe(&s, p->batches, p->encoder);
    r->log = lint_train_log_open(o.log, &s, &e);
    lint_settings_free(&s);
    if (r->log) return;
    lint_output_abort(out);
    lint_die(&e);
}

static void start_bar(report *r, const lint_training *t, const lint_batches *b) {
    lint_verbosity v = o.quiet ? LINT_QUIET : LINT_NORMAL;
    r->epochs = t->schedule.epochs;
    r->epoch_samples = lint_batches_epoch_samples(b);
    lint_progress_start(&r->bar, r->what, "images", r->epochs * r->epoch_samples, v);
}

static void end_bar(const report *r) {
    if (r->bar.terminal && !o.quiet) fputs("\r\033[K", stderr);
}

/* Codes from 0 to 1 that are nearly the same for masks and their inverses judge no map. */
static void warn_of_codes(const lint_net *net, const lint_frame *f) {
    const lint_tensor *object = lint_frame_find(f, "code.object");
    const lint_tensor *inverted = lint_frame_find(f, "code.inverted");
    double apart = 0;
    if (o.quiet || !object || !inverted ||
        strcmp(lint_net_time_of(net, lint_net_layers(net) - 1).kind, "sigmoid") != 0)
        return;
    size_t k = object->bytes / sizeof(float);
    for (size_t i = 0; i < k; i++)
        apart += fabs((double)((float *)object->data)[i] - (double)((float *)inverted->data)[i]);
    if (apart < 0.1 * (double)k)
        lint_warn(
            "the codes of masks and of inverted ones are %.2g apart, of 1 that they could be, "
            "so this encoder judges little; more epochs or a lower --l1 may help",
            apart / (double)k);
}

static int write_model(lint_output *out, const parts *p, const lint_trained *done, lint_err *e) {
    lint_frame f = {0};
    lint_settings s = {0};
    lint_trained_parts all = {p->net, p->lesson, p->batches, &s};
    describe(&s, p->batches, p->encoder);
    int err = lint_trained_store(&all, done, &f, e);
    if (err == 0) warn_of_codes(p->net, &f);
    if (err == 0 && (err = lint_frame_write(&f, lint_output_file(out), e)) < 0)
        lint_err_prefix(e, "%s: ", is_stdio(o.out) ? "standard output" : o.out);
    lint_settings_free(&s);
    lint_frame_free(&f);
    return err;
}

static void say_end(const lint_trained *done) {
    const char *what = is_stdio(o.out) ? "standard output" : o.out;
    if (done->stopped)
        lint_warn("stopped after epoch %zu; %s has the best so far, epoch %zu", done->epochs, what,
                  done->best.epoch);
    else if (o.verbose)
        lint_warn("%s has epoch %zu of %zu", what, done->best.epoch, done->epochs);
}

/* Begins with the weights of --init. */
static void init_from(parts *p) {
    lint_err e;
    lint_net_init_report r;
    const lint_names *classes = network.encoder ? NULL : lint_batches_classes(p->batches);
    if (lint_net_init_from(p->net, o.init, classes, &r, &e) < 0) lint_die(&e);
    for (int i = 0; i < LINT_NET_INIT_REMARKS && !o.quiet; i++)
        if (*r.remark[i]) lint_warn("%s: %s", o.init, r.remark[i]);
    p->init = r.hash;
}

static void freeze(const parts *p) {
    for (size_t i = 0; i < o.freeze.n; i++)
        if (lint_net_freeze(p->net, o.freeze.v[i]) == 0)
            lint_usage("--freeze '%s': no parameter of the network has a name that begins so",
                       o.freeze.v[i]);
}

/* What --lr-factor makes of the learning rate of each parameter. */
static void make_factors(parts *p) {
    lint_err e;
    size_t n = lint_net_params(p->net);
    lint_param *param = calloc(n + 1, sizeof *param);
    p->factor = calloc(n + 1, sizeof *p->factor);
    if (!param || !p->factor) {
        lint_fail_mem(&e, "the learning rates");
        lint_die(&e);
    }
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(p->net, i);
    if (lint_optim_factors(param, n, o.lr_factors.v, o.lr_factors.n, p->factor, &e) < 0)
        lint_usage("--lr-factor %s", e.msg);
    free(param);
}

static void make_dro(parts *p) {
    lint_err e;
    const lint_dataset *set = lint_batches_set(p->batches);
    if (o.objective != DRO) return;
    if (o.dro_adjust > 0 && !set)
        lint_usage("--dro-adjust needs a file without epoch marks, whose groups can be counted");
    p->dro = lint_dro_new(lint_batches_classes(p->batches)->n, lint_batches_places(p->batches)->n,
                          o.dro_step, &e);
    if (!p->dro) lint_die(&e);
    if (set) lint_dro_count(p->dro, set, o.dro_adjust);
}

/* A mask encoder: every mask goes through it twice. */
static void make_encoder(parts *p) {
    lint_err e;
    lint_mask_encoder_plan how = {.objective = o.objective == TRIPLET ? LINT_ENCODER_TRIPLET
                                                                      : LINT_ENCODER_BINARY,
                                  .l1 = o.l1,
                                  .margin = isnan(o.margin) ? 0 : o.margin,
                                  .seed = o.seed};
    p->net = lint_net_new(network.text, o.net, 1, 2 * (size_t)o.batch, LINT_NET_TRAIN, p->pool, &e);
    if (!p->net) lint_die(&e);
    p->lesson = lint_mask_encoder_lesson_new(p->net, &how, p->batches, p->val, o.val, p->pool, &e);
    if (!p->lesson) lint_die(&e);
}

static void open_parts(parts *p) {
    lint_err e;
    p->pool = lint_threads_new((int)o.threads, &e);
    if (!p->pool) lint_die(&e);
    p->batches = (network.encoder ? lint_batches_open_masks : lint_batches_open)(
        o.train ? o.train : "-", (size_t)o.batch, o.seed, &e);
    if (!p->batches) lint_die(&e);
    if (o.val && !(p->val = lint_dataset_open(o.val, &e))) lint_die(&e);
    if (network.encoder)
        make_encoder(p);
    else if (!(p->net = lint_net_new(network.text, o.net, lint_batches_classes(p->batches)->n,
                                     (size_t)o.batch, LINT_NET_TRAIN, p->pool, &e)))
        lint_die(&e);
    lint_net_init(p->net, o.seed);
    if (o.init) init_from(p);
    freeze(p);
    make_factors(p);
    make_dro(p);
    if (o.encoder &&
        !(p->encoder = lint_mask_encoder_load(o.encoder, (size_t)o.batch, p->pool, &e)))
        lint_die(&e);
    if (!network.encoder) p->class_weights = make_weights(p->batches);
}

static void close_parts(parts *p) {
    lint_net_free(p->net);
    free(network.text);
    lint_mask_encoder_lesson_free(p->lesson);
    lint_mask_encoder_free(p->encoder);
    lint_dataset_free(p->val);
    lint_batches_free(p->batches);
    lint_threads_free(p->pool);
    free(p->class_weights);
    free(p->factor);
    lint_dro_free(p->dro);
    lint_settings_free(&p->settings);
}

/* What a checkpoint must agree with: settings, network, samples, weights. A stream is compared as
 * it comes. */
static void describe_run(parts *p) {
    lint_err e;
    lint_settings *s = &p->settings;
    const char *text = lint_net_text(p->net);
    if (!o.checkpoint) return;
    lint_settings_text(s, "lint", LINT_VERSION);
    describe(s, p->batches, p->encoder);
    lint_settings_hash(s, "network text", lint_hash(text, strlen(text), 0));
    if (o.init) lint_settings_hash(s, "initial weights", p->init);
    if (lint_batches_set(p->batches))
        lint_settings_hash(s, "training samples", lint_train_hash(lint_batches_set(p->batches)));
    if (p->val) lint_settings_hash(s, "validation samples", lint_train_hash(p->val));
    if (lint_settings_ok(s, &e) < 0) lint_die(&e);
}

static void plan(lint_training *t, parts *p) {
    lint_err e;
    t->loss =
        (lint_loss){.cam = (lint_cam_loss)o.cam_loss,
                    .prior = (lint_prior)o.prior,
                    .sigma = o.sigma,
                    .judge = p->encoder ? lint_mask_encoder_judge(p->encoder) : (lint_judge){0},
                    .class_weight = strcmp(o.class_weights, "none") ? p->class_weights : NULL};
    t->term_cap = isnan(o.cap) ? 0 : o.cap;
    t->optim = (lint_optim_plan){.rule = (lint_optim_rule)o.optim,
                                 .weight_decay = o.weight_decay,
                                 .momentum = o.momentum,
                                 .nesterov = o.nesterov,
                                 .beta1 = o.beta1,
                                 .beta2 = o.beta2,
                                 .eps = o.eps};
    t->factor = p->factor;
    t->lesson = p->lesson ? lint_mask_encoder_lesson_of(p->lesson) : NULL;
    t->dro = p->dro;
    t->best = (lint_best)o.best;
    t->patience = (size_t)o.patience;
    t->patience_from = (size_t)o.patience_from;
    o.epochs = (long)epochs_of(p->batches, &t->schedule);
    if (lint_schedule_set_epochs(&t->schedule, (size_t)o.epochs, &e) < 0 ||
        (!p->lesson && lint_train_check(p->net, p->batches, p->val, o.val, t, &e) < 0))
        lint_die(&e);
    if (o.schedule == LINT_SCHEDULE_STEP) o.step_epochs = (long)lint_schedule_step(&t->schedule);
    describe_run(p);
    t->checkpoint = o.checkpoint;
    t->settings = &p->settings;
}

int main(int argc, char **argv) {
    lint_err e;
    parts p = {0};
    report r = {0};
    lint_trained done;
    lint_training t = {.on_epoch = on_epoch, .on_batch = on_batch, .ctx = &r, .stop = &stop};

    lint_cli_parse(&program, argc, argv);
    lint_blas_one_thread();
    check_usage();
    make_schedule(&t.schedule);
    open_parts(&p);
    plan(&t, &p);
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    open_log(&r, &p, out);
    start_bar(&r, &t, p.batches);
    catch_signals();
    if (lint_train(p.net, p.batches, p.val, &t, p.pool, &done, &e) < 0 ||
        write_model(out, &p, &done, &e) < 0) {
        end_bar(&r);
        lint_output_abort(out);
        lint_die(&e);
    }
    end_bar(&r);
    if (lint_output_commit(out, &e) < 0) lint_die(&e);
    say_end(&done);
    if (lint_train_log_close(r.log, &e) < 0) lint_die(&e);
    if (is_stdio(o.out) || (o.log && is_stdio(o.log))) lint_close_stdout();
    lint_schedule_free(&t.schedule);
    close_parts(&p);
    if (done.stopped) end_by_signal();
    return 0;
}
