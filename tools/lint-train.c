/* lint-train: samples and a network in, a model and a log of its training out. */
#include "cli.h"
#include "netpath.h"
#include "output.h"
#include "trainlog.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct opts {
    const char *net, *train, *val, *out, *log, *class_weights;
    long batch, epochs, threads, warmup, step_epochs;
    double lr, momentum, weight_decay, step_factor, ce_weight, cam_weight, sigma, cap;
    int schedule, cam_loss, prior, best, quiet, verbose;
    uint64_t seed;
    lint_list phases;
} opts;

static opts o = {.class_weights = "none",
                 .batch = 32,
                 .lr = 0.01,
                 .momentum = 0.9,
                 .step_factor = 0.1,
                 .ce_weight = 1,
                 .cam_weight = NAN,
                 .sigma = 0.25,
                 .cap = 10,
                 .schedule = LINT_SCHEDULE_COSINE};

enum { DEFAULT_EPOCHS = 12, EPOCHS_MAX = 1000000, BATCH_MAX = 65536 };

static const char schedules[] = LINT_SCHEDULE_CHOICES;
static const char cam_losses[] = LINT_CAM_CHOICES;
static const char priors[] = LINT_PRIOR_CHOICES;
static const char bests[] = LINT_BEST_CHOICES;

static const lint_option options[] = {
    {"net", 'n', LINT_OPT_STR, &o.net, "FILE", "the network, such as standard or models/mine.net",
     0, 0, NULL},
    {"train", 't', LINT_OPT_STR, &o.train, "FILE",
     "samples, shuffled anew in each epoch; or a stream from lint-augment --epochs, as it comes "
     "(standard input)",
     0, 0, NULL},
    {"val", 0, LINT_OPT_STR, &o.val, "FILE", "samples to choose the best epoch by (none)", 0, 0,
     NULL},
    {"out", 'o', LINT_OPT_STR, &o.out, "FILE", "the model (standard output)", 0, 0, NULL},
    {"log", 0, LINT_OPT_STR, &o.log, "FILE", "TSV: the settings, and a row for each epoch", 0, 0,
     NULL},
    {"epochs", 0, LINT_OPT_INT, &o.epochs, "N", "passes (12; of a stream: what it has)", 1,
     EPOCHS_MAX, NULL},
    {"batch", 0, LINT_OPT_INT, &o.batch, "N", "samples in a step (32)", 1, BATCH_MAX, NULL},
    {"lr", 0, LINT_OPT_REAL, &o.lr, "R", "learning rate at the start (0.01)", 0, 1e30, NULL},
    {"schedule", 0, LINT_OPT_CHOICE, &o.schedule, "HOW",
     "of the rate: constant, step or cosine (cosine)", 0, 0, schedules},
    {"warmup", 0, LINT_OPT_INT, &o.warmup, "N", "epochs that lead up to the rate (0)", 0,
     EPOCHS_MAX, NULL},
    {"step-epochs", 0, LINT_OPT_INT, &o.step_epochs, "N", "from step to step (a third of all)", 1,
     EPOCHS_MAX, NULL},
    {"step-factor", 0, LINT_OPT_REAL, &o.step_factor, "R", "of each step (0.1)", 0, 1e30, NULL},
    {"momentum", 0, LINT_OPT_REAL, &o.momentum, "R", "of SGD (0.9)", 0, 1, NULL},
    {"weight-decay", 0, LINT_OPT_REAL, &o.weight_decay, "R", "of SGD (0)", 0, 1e30, NULL},
    {"class-weights", 0, LINT_OPT_STR, &o.class_weights, "W",
     "none, balanced or a number for each class (none)", 0, 0, NULL},
    {"ce-weight", 0, LINT_OPT_REAL, &o.ce_weight, "R", "of the cross-entropy in the loss (1)", 0,
     1e30, NULL},
    {"cam-loss", 0, LINT_OPT_CHOICE, &o.cam_loss, "LOSS",
     "of evidence in the wrong place: none, mse, radial or energy (none)", 0, 0, cam_losses},
    {"cam-weight", 0, LINT_OPT_REAL, &o.cam_weight, "R", "of the CAM loss in the loss (1)", 0, 1e30,
     NULL},
    {"prior", 0, LINT_OPT_CHOICE, &o.prior, "WHERE",
     "the right place: center, or the samples' mask (center)", 0, 0, priors},
    {"sigma", 0, LINT_OPT_REAL, &o.sigma, "R", "width of the centre, in sides (0.25)", 0.001, 1000,
     NULL},
    {"cap", 0, LINT_OPT_REAL, &o.cap, "R",
     "radial: at most this many cross-entropies, 0: no cap (10)", 0, 1e30, NULL},
    {"phase", 0, LINT_OPT_LIST, &o.phases, "E:lr=R,ce=R,cam=R",
     "these rates and weights from epoch E on (any of the three; repeatable)", 0, 0, NULL},
    {"best", 0, LINT_OPT_CHOICE, &o.best, "BY",
     "epoch to keep: by accuracy on --val (of equals the lower loss, then the earlier), by loss, "
     "or the last (accuracy)",
     0, 0, bests},
    {"seed", 0, LINT_OPT_U64, &o.seed, "N", "of the first weights and the order (0)", 0, 0, NULL},
    {"threads", 0, LINT_OPT_INT, &o.threads, "N", "0 is one for each processor (0)", 0, 1024, NULL},
    {"quiet", 'q', LINT_OPT_FLAG, &o.quiet, NULL, "no progress, no warnings", 0, 0, NULL},
    {"verbose", 'v', LINT_OPT_FLAG, &o.verbose, NULL, "a line for each epoch", 0, 0, NULL},
    {0}};

static const lint_program program = {
    "lint-train",
    "--net FILE [--train FILE] [--val FILE] -o MODEL [options]",
    "Trains a network. Ctrl-C ends after the running batch, writes the best model so far and exits "
    "with status 130; a second one kills.",
    options,
    "  lint-train --net standard --train data/train.lts --val data/val.lts \\\n"
    "      --cam-loss energy --cam-weight 10 -o camloss.safetensors --log camloss.tsv\n",
    {0, 0}};

/* --- Ctrl-C -------------------------------------------------------------------------------- */

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

/* --- telling ------------------------------------------------------------------------------- */

typedef struct report {
    FILE *log;
    const char *log_name;
    lint_progress bar;
    char what[64];
    size_t epochs, epoch_samples;
} report;

static void on_batch(void *ctx, size_t epoch, size_t done) {
    report *r = ctx;
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
    if (o.verbose) say_epoch(r, row);
    if (!r->log || lint_trainlog_row(r->log, row, e) == 0) return 0;
    return lint_err_prefix(e, "%s: ", r->log_name);
}

/* --- recipe -------------------------------------------------------------------------------- */

static char *read_text(const char *path) {
    enum { NET_MAX = 1 << 20 };
    const char *name;
    lint_err e;
    char *found = lint_net_path(path, &e);
    if (!found) lint_die(&e);
    FILE *f = lint_open_input(found, &name);
    char *text = calloc(1, NET_MAX + 1);
    size_t n = text ? fread(text, 1, NET_MAX, f) : 0;
    if (!text)
        lint_fail_mem(&e, name);
    else if (ferror(f))
        lint_fail(&e, "%s: %s", name, strerror(errno));
    else if (n == NET_MAX)
        lint_fail(&e, "%s: too long for a network", name);
    else if (strlen(text) != n)
        lint_fail(&e, "%s: is not a text, so no network", name);
    else {
        fclose(f);
        free(found);
        return text;
    }
    lint_die(&e);
}

static int is_stdio(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

static void check_usage(void) {
    if (!o.net) lint_usage("--net is missing: which network?");
    if (is_stdio(o.train) && o.val && is_stdio(o.val))
        lint_usage("--train and --val cannot both be standard input");
    if (is_stdio(o.net) && (is_stdio(o.train) || (o.val && is_stdio(o.val))))
        lint_usage("--net and samples cannot both be standard input");
    if (o.log && is_stdio(o.log) && is_stdio(o.out))
        lint_usage("--out and --log cannot both be standard output");
    if (o.log && o.out && !is_stdio(o.log) && strcmp(o.log, o.out) == 0)
        lint_usage("--out and --log are the same file");
    if (!isnan(o.cam_weight) && o.cam_loss == LINT_CAM_NONE)
        lint_usage("--cam-weight needs --cam-loss mse, radial or energy");
    if (isnan(o.cam_weight)) o.cam_weight = o.cam_loss == LINT_CAM_NONE ? 0 : 1;
    lint_refuse_terminal(o.out);
}

static void make_schedule(lint_schedule *s) {
    lint_err e;
    *s = (lint_schedule){.kind = (lint_schedule_kind)o.schedule,
                         .lr = o.lr,
                         .ce_weight = o.ce_weight,
                         .cam_weight = o.cam_weight,
                         .warmup = (size_t)o.warmup,
                         .step_epochs = (size_t)o.step_epochs,
                         .step_factor = o.step_factor};
    for (size_t i = 0; i < o.phases.n; i++)
        if (lint_schedule_add_phase(s, o.phases.v[i], &e) < 0) lint_usage("--phase %s", e.msg);
    for (size_t i = 0; i < s->phases; i++)
        if (s->phase[i].cam_weight > 0 && o.cam_loss == LINT_CAM_NONE)
            lint_usage("--phase with cam= needs --cam-loss mse, radial or energy");
}

/* How many epochs there will be; 0: as many as the stream has. */
static size_t epochs_of(const lint_batches *b, const lint_schedule *s) {
    size_t there = lint_batches_epochs(b), asked = (size_t)o.epochs;
    if (!lint_batches_marked(b)) return asked ? asked : DEFAULT_EPOCHS;
    if (asked && there && asked > there)
        lint_usage("--epochs %zu: %s has %zu", asked, lint_batches_name(b), there);
    if (!asked && !there && lint_schedule_needs_epochs(s))
        lint_usage("%s does not say how many epochs it has: --epochs N says it, or --schedule "
                   "constant does without",
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

static void choice_setting(lint_settings *s, const char *key, const char *choices, int i) {
    char word[32];
    while (i-- > 0)
        choices = strchr(choices, '|') + 1;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(choices, "|"), choices);
    lint_settings_text(s, key, word);
}

/* "6:lr=1e-4 10:cam=0", in the order of the epochs. */
static char *phases_text(void) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    for (size_t i = 0; f && i < o.phases.n; i++)
        fprintf(f, "%s%s", i ? " " : "", o.phases.v[i]);
    if (!f || fclose(f) != 0) {
        lint_err e;
        lint_fail_mem(&e, "the settings");
        lint_die(&e);
    }
    return text;
}

/* Everything that the result depends on, defaults too, but for the files. */
static void describe(lint_settings *s, const lint_training *t, const lint_batches *b) {
    char *phases = phases_text();
    lint_settings_text(s, "order", lint_batches_marked(b) ? "stream" : "shuffled");
    lint_settings_whole(s, "epochs", t->schedule.epochs);
    lint_settings_whole(s, "batch", (uint64_t)o.batch);
    lint_settings_whole(s, "seed", o.seed);
    lint_settings_real(s, "lr", o.lr);
    choice_setting(s, "schedule", schedules, o.schedule);
    lint_settings_whole(s, "warmup", (uint64_t)o.warmup);
    if (o.schedule == LINT_SCHEDULE_STEP) {
        lint_settings_whole(s, "step-epochs", lint_schedule_step(&t->schedule));
        lint_settings_real(s, "step-factor", o.step_factor);
    }
    lint_settings_real(s, "momentum", o.momentum);
    lint_settings_real(s, "weight-decay", o.weight_decay);
    lint_settings_text(s, "class-weights", o.class_weights);
    lint_settings_real(s, "ce-weight", o.ce_weight);
    choice_setting(s, "cam-loss", cam_losses, o.cam_loss);
    lint_settings_real(s, "cam-weight", o.cam_weight);
    choice_setting(s, "prior", priors, o.prior);
    lint_settings_real(s, "sigma", o.sigma);
    lint_settings_real(s, "cap", o.cap);
    if (*phases) lint_settings_text(s, "phase", phases);
    choice_setting(s, "best", bests, (int)t->best);
    free(phases);
}

/* For the log: the files, and what the samples say of themselves, such as the settings of the
 * loader that made them. The name behind --train is left out: the same samples make the same log,
 * from a file or through a pipe. */
static void describe_input(lint_settings *s, const lint_batches *b) {
    char key[256];
    lint_settings_text(s, "net", o.net);
    if (o.val) lint_settings_text(s, "val", o.val);
    if (lint_batches_epoch_samples(b))
        lint_settings_whole(s, "train-samples", lint_batches_epoch_samples(b));
    for (size_t i = 0; i < lint_batches_metas(b); i++) {
        const char *name = lint_batches_meta_key(b, i);
        if (strcmp(name, "epoch") == 0 || strcmp(name, "epoch_samples") == 0) continue;
        snprintf(key, sizeof key, "train-%s", name);
        lint_settings_text(s, key, lint_batches_meta_value(b, i));
    }
}

static void open_log(report *r, const lint_training *t, const lint_batches *b) {
    lint_err e;
    lint_settings s = {0};
    if (!o.log) return;
    r->log_name = is_stdio(o.log) ? "standard output" : o.log;
    r->log = is_stdio(o.log) ? stdout : fopen(o.log, "w");
    if (!r->log) {
        lint_fail(&e, "%s: %s", r->log_name, strerror(errno));
        lint_die(&e);
    }
    lint_settings_text(&s, "lint", LINT_VERSION);
    describe_input(&s, b);
    describe(&s, t, b);
    if (lint_settings_ok(&s, &e) < 0) lint_die(&e);
    if (lint_trainlog_begin(r->log, &s, &e) < 0) {
        lint_err_prefix(&e, "%s: ", r->log_name);
        lint_die(&e);
    }
    lint_settings_free(&s);
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

/* How pictures were brought to size, for whoever asks the model about another one. */
static int pass_on_fit(lint_frame *f, const lint_batches *b, lint_err *e) {
    for (size_t i = 0; i < lint_batches_metas(b); i++)
        if (strcmp(lint_batches_meta_key(b, i), "fit") == 0)
            return lint_frame_set_meta(f, "fit", lint_batches_meta_value(b, i), e);
    return 0;
}

/* Puts the settings and the chosen epoch into the model beside the weights, and writes it. */
static int write_model(lint_output *out, const lint_net *net, const lint_training *t,
                       const lint_batches *b, const lint_trained *done, lint_err *e) {
    lint_frame f = {0};
    lint_settings s = {0};
    describe(&s, t, b);
    lint_settings_whole(&s, "epoch", done->best.epoch);
    if (!isnan(done->best.val.accuracy))
        lint_settings_real(&s, "val_accuracy", done->best.val.accuracy);
    char *classes = lint_names_json(lint_batches_classes(b), e);
    char *json = classes && lint_settings_ok(&s, e) == 0 ? lint_settings_json(&s, e) : NULL;
    int ok = json ? 0 : -1;
    if (ok == 0) ok = lint_model_store(net, classes, &f, e);
    if (ok == 0) ok = lint_frame_set_meta(&f, "train", json, e);
    if (ok == 0) ok = pass_on_fit(&f, b, e);
    if (ok == 0 && (ok = lint_frame_write(&f, lint_output_file(out), e)) < 0)
        lint_err_prefix(e, "%s: ", is_stdio(o.out) ? "standard output" : o.out);
    free(classes);
    free(json);
    lint_settings_free(&s);
    lint_frame_free(&f);
    return ok;
}

static void say_end(const lint_trained *done) {
    const char *what = is_stdio(o.out) ? "standard output" : o.out;
    if (done->stopped)
        lint_warn("stopped after epoch %zu; %s has the best so far, epoch %zu", done->epochs, what,
                  done->best.epoch);
    else if (o.verbose)
        lint_warn("%s has epoch %zu of %zu", what, done->best.epoch, done->epochs);
}

/* What training works on. */
typedef struct parts {
    lint_pool *pool;
    lint_batches *batches;
    lint_set *val; /* NULL: none */
    lint_net *net;
    float *class_weights;
} parts;

static void open_parts(parts *p) {
    lint_err e;
    char *text = read_text(o.net);
    p->pool = lint_pool_new((int)o.threads, &e);
    if (!p->pool) lint_die(&e);
    p->batches = lint_batches_open(o.train ? o.train : "-", (size_t)o.batch, o.seed, &e);
    if (!p->batches) lint_die(&e);
    if (o.val && !(p->val = lint_set_open(o.val, &e))) lint_die(&e);
    p->net = lint_net_new(text, o.net, lint_batches_classes(p->batches)->n, (size_t)o.batch,
                          LINT_NET_TRAIN, p->pool, &e);
    if (!p->net) lint_die(&e);
    lint_net_init(p->net, o.seed);
    p->class_weights = make_weights(p->batches);
    free(text);
}

static void close_parts(parts *p) {
    lint_net_free(p->net);
    lint_set_free(p->val);
    lint_batches_free(p->batches);
    lint_pool_free(p->pool);
    free(p->class_weights);
}

static void plan(lint_training *t, const parts *p) {
    lint_err e;
    t->loss =
        (lint_loss){.cam = (lint_cam_loss)o.cam_loss,
                    .prior = (lint_prior)o.prior,
                    .sigma = o.sigma,
                    .cap = o.cap,
                    .class_weight = strcmp(o.class_weights, "none") ? p->class_weights : NULL};
    t->optim = (lint_optim_plan){LINT_OPTIM_SGD, o.momentum, o.weight_decay};
    t->best = p->val ? (lint_best)o.best : LINT_BEST_LAST;
    t->schedule.epochs = epochs_of(p->batches, &t->schedule);
    if (lint_train_check(p->net, p->batches, p->val, o.val, t, &e) < 0) lint_die(&e);
}

static void close_log(report *r) {
    lint_err e;
    if (!r->log || r->log == stdout || fclose(r->log) == 0) return;
    lint_fail(&e, "%s: %s", r->log_name, strerror(errno));
    lint_die(&e);
}

int main(int argc, char **argv) {
    lint_err e;
    parts p = {0};
    report r = {0};
    lint_trained done;
    lint_training t = {.on_epoch = on_epoch, .on_batch = on_batch, .ctx = &r, .stop = &stop};

    lint_cli_parse(&program, argc, argv);
    check_usage();
    make_schedule(&t.schedule);
    open_parts(&p);
    plan(&t, &p);
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    open_log(&r, &t, p.batches);
    start_bar(&r, &t, p.batches);
    catch_signals();
    if (lint_train(p.net, p.batches, p.val, &t, p.pool, &done, &e) < 0 ||
        write_model(out, p.net, &t, p.batches, &done, &e) < 0) {
        end_bar(&r);
        lint_output_abort(out);
        lint_die(&e);
    }
    end_bar(&r);
    if (lint_output_commit(out, &e) < 0) lint_die(&e);
    say_end(&done);
    close_log(&r);
    if (is_stdio(o.out) || r.log == stdout) lint_close_stdout();
    lint_schedule_free(&t.schedule);
    close_parts(&p);
    if (done.stopped) end_by_signal();
    return 0;
}
