/* lint-train: trains a network on samples and writes a model and a log. train/recipe.h defines what
 * the options mean together; the training loop is in train/train.h. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/interrupt.h"
#include "base/standard_io.h"
#include "train/recipe.h"
#include "train/train_log.h"

static lint_recipe o = LINT_RECIPE_EMPTY;
static lint_verbosity verbosity;

static const lint_option options[] = {
    LINT_OPTION_GROUP("Data and files"),
    {"net", 'n', LINT_OPT_STR, &o.net, "FILE",
     .help = "network to train: a name such as standard; or a file, such as models/mine.net or a "
             "model"},
    {"train", 't', LINT_OPT_STR, &o.train, "FILE",
     .help = "training samples, shuffled anew in every epoch; or a stream of epochs from "
             "lint-augment, read in its own order (default: standard input)"},
    {"val", 0, LINT_OPT_STR, &o.val, "FILE",
     .help = "validation samples, by which the best epoch is chosen (default: none)"},
    LINT_OPTION_OUT(&o.out, "model"),
    {"log", 0, LINT_OPT_STR, &o.log, "FILE",
     .help = "log of the run as TSV: its settings, then a row for each epoch; FILE.partial until "
             "the run ends "
             "(default: none)"},
    {"checkpoint", 0, LINT_OPT_STR, &o.checkpoint, "FILE",
     .help = "state of the run, written after every epoch; the same command resumes from it and "
             "ends with the same bytes as an uninterrupted run (default: none)"},
    LINT_OPTION_GROUP("Training"),
    {"epochs", 0, LINT_OPT_INT, &o.epochs, "N",
     .help = "number of epochs (default 12; 100 for a mask encoder; all epochs of a stream)",
     .min = 1, .max = LINT_RECIPE_EPOCHS_MAX},
    {"batch", 0, LINT_OPT_INT, &o.batch, "N",
     .help = "number of samples in a training step (default 32; 128 for a mask encoder)", .min = 1,
     .max = LINT_RECIPE_BATCH_MAX},
    {"optim", 0, LINT_OPT_CHOICE, &o.optim, "RULE",
     .help = "optimiser: sgd or adam (default sgd; adam for a mask encoder)",
     .choices = LINT_OPTIM_CHOICES},
    {"lr", 0, LINT_OPT_REAL, &o.lr, "R",
     .help = "learning rate at the start (default 0.01; 0.001 with adam; 0.002 for a mask encoder)",
     .max = 1e30},
    LINT_OPTION_GROUP("Learning rate schedule"),
    {"schedule", 0, LINT_OPT_CHOICE, &o.schedule, "HOW",
     .help = "schedule of the learning rate: constant, step or cosine (default cosine; constant "
             "for a mask encoder)",
     .choices = LINT_SCHEDULE_CHOICES},
    {"warmup", 0, LINT_OPT_INT, &o.warmup, "N",
     .help = "number of epochs of linear warm-up to the learning rate (default 0)",
     .max = LINT_RECIPE_EPOCHS_MAX},
    {"step-epochs", 0, LINT_OPT_INT, &o.step_epochs, "N",
     .help = "epochs between two drops of the learning rate, with --schedule step (default: a "
             "third of the run)",
     .min = 1, .max = LINT_RECIPE_EPOCHS_MAX},
    {"step-factor", 0, LINT_OPT_REAL, &o.step_factor, "R",
     .help = "factor of each drop of the learning rate, with --schedule step (default 0.1)",
     .max = 1e30},
    LINT_OPTION_GROUP("Optimiser"),
    {"momentum", 0, LINT_OPT_REAL, &o.momentum, "R", .help = "momentum of SGD (default 0.9)",
     .max = 1},
    {"nesterov", 0, LINT_OPT_FLAG, &o.nesterov, .help = "Nesterov momentum for SGD"},
    {"beta1", 0, LINT_OPT_REAL, &o.beta1, "R",
     .help = "decay rate of Adam's mean gradient (default 0.9)", .max = LINT_RECIPE_BETA_MAX},
    {"beta2", 0, LINT_OPT_REAL, &o.beta2, "R",
     .help = "decay rate of Adam's mean squared gradient (default 0.999)",
     .max = LINT_RECIPE_BETA_MAX},
    {"eps", 0, LINT_OPT_REAL, &o.eps, "R",
     .help = "constant added to Adam's divisor for numerical stability (default 1e-8)",
     .max = 1e30},
    {"weight-decay", 0, LINT_OPT_REAL, &o.weight_decay, "R",
     .help = "L2 weight decay, added to the gradients (default 0)", .max = 1e30},
    LINT_OPTION_GROUP("Fine-tuning"),
    {"init", 0, LINT_OPT_STR, &o.init, "FILE",
     .help = "weights to start from: a model, a PyTorch state dict (.pth or safetensors), or the "
             "index.json of several; a head that is missing or of another shape starts at random "
             "(default: all at random)"},
    {"freeze", 0, LINT_OPT_LIST, &o.freeze, "PREFIX",
     .help = "layers to freeze: those whose parameter names start with PREFIX; a frozen batch norm "
             "keeps and uses its running statistics; may be repeated"},
    {"freeze-batchnorm", 0, LINT_OPT_FLAG, &o.freeze_batchnorm,
     .help = "freezing of all batch norms: they keep and use their running statistics"},
    {"lr-factor", 0, LINT_OPT_LIST, &o.lr_factors, "PREFIX=R",
     .help = "factor R of the learning rate for parameters whose names start with PREFIX; the "
             "longest matching prefix wins; may be repeated"},
    LINT_OPTION_GROUP("Objective"),
    {"class-weights", 0, LINT_OPT_STR, &o.class_weights, "W",
     .help = "class weights in the cross-entropy: none, balanced, or a number for each class, such "
             "as 1,2.5 (default none)"},
    {"objective", 0, LINT_OPT_CHOICE, &o.objective, "WHAT",
     .help = "training objective: erm (mean loss) or dro (group DRO over class and place); binary "
             "or triplet for a mask encoder (default erm; binary for a mask encoder)",
     .choices = LINT_OBJECTIVE_CHOICES},
    LINT_OPTION_GROUP("Mask encoders"),
    {"l1", 0, LINT_OPT_REAL, &o.l1, "R",
     .help =
         "weight of the L1 penalty of a mask encoder, the sum of absolute weights (default 0.03)",
     .max = 1e30},
    {"margin", 0, LINT_OPT_REAL, &o.margin, "R",
     .help = "margin of the triplet loss, with --objective triplet (default 1)", .max = 1e30},
    LINT_OPTION_GROUP("Group DRO"),
    {"dro-step", 0, LINT_OPT_REAL, &o.dro_step, "R",
     .help = "step size of the group weights, with --objective dro (default 0.01)", .max = 1e30},
    {"dro-adjust", 0, LINT_OPT_REAL, &o.dro_adjust, "C",
     .help = "generalisation adjustment, with --objective dro: adds C / sqrt(samples in a group) "
             "to the group's loss when group weights are updated (default 0)",
     .max = 1e30},
    LINT_OPTION_GROUP("Losses"),
    {"ce-weight", 0, LINT_OPT_REAL, &o.ce_weight, "R",
     .help = "weight of the cross-entropy in the total loss (default 1)", .max = 1e30},
    {"cam-loss", 0, LINT_OPT_CHOICE, &o.cam_loss, "LOSS",
     .help = "penalty on evidence outside the prior: none, mse, radial, energy or embedding "
             "(default none)",
     .choices = LINT_CAM_CHOICES},
    {"encoder", 0, LINT_OPT_STR, &o.encoder, "FILE",
     .help = "mask encoder for --cam-loss embedding, made by lint-train --net mask-encoder"},
    {"cam-weight", 0, LINT_OPT_REAL, &o.cam_weight, "R",
     .help = "weight of the CAM loss in the total loss (default 1)", .max = 1e30},
    {"prior", 0, LINT_OPT_CHOICE, &o.prior, "WHERE",
     .help = "region where evidence should lie: center (of the image) or mask (of the object) "
             "(default center)",
     .choices = LINT_PRIOR_CHOICES},
    {"sigma", 0, LINT_OPT_REAL, &o.sigma, "R",
     .help = "width of the center prior as a fraction of the image side (default 0.25)",
     .min = 0.001, .max = 1000},
    {"cap", 0, LINT_OPT_REAL, &o.cap, "R",
     .help = "upper limit of the weighted CAM loss, in multiples of the cross-entropy; 0 means no "
             "limit (default 0; 10 with radial)",
     .max = 1e30},
    {"phase", 0, LINT_OPT_LIST, &o.phases, "E:lr=R,ce=R,cam=R",
     .help = "learning rate and loss weights (any of the three) from epoch E on; E may be a "
             "percentage of the run, such as 20%; may be repeated"},
    LINT_OPTION_GROUP("Best epoch"),
    {"best", 0, LINT_OPT_CHOICE, &o.best, "BY",
     .help = "criterion for the epoch to keep: accuracy, loss, ce, cam, worst-group, group-mean or "
             "adjusted on --val, or last (default accuracy; last without --val)",
     .choices = LINT_BEST_CHOICES},
    {"patience", 0, LINT_OPT_INT, &o.patience, "N",
     .help =
         "number of epochs without improvement before early stopping; 0 means never (default 0)",
     .max = LINT_RECIPE_EPOCHS_MAX},
    {"patience-from", 0, LINT_OPT_INT, &o.patience_from, "E",
     .help = "first epoch that counts for --patience (default 1)", .min = 1,
     .max = LINT_RECIPE_EPOCHS_MAX},
    LINT_OPTION_GROUP("Run"),
    LINT_OPTION_SEED(&o.seed, "initial weights and sample order"),
    LINT_OPTION_PRECISION(&o.precision),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&verbosity),
    LINT_OPTION_VERBOSE(&verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-train",
    .usage = "--net FILE [--train FILE] [--val FILE] -o MODEL [options]",
    .purpose = "Trains a network on labelled pictures and writes the model. A network whose input "
               "is a mask becomes a mask encoder, for --encoder. Ctrl-C ends the run after the "
               "current batch and writes the best model so far; a second Ctrl-C kills it.",
    .options = options,
    .example = "  lint-train --net standard --train data/train.lts --val data/val.lts \\\n"
               "      --cam-loss energy --cam-weight 10 -o camloss.safetensors --log camloss.tsv\n",
    .operands = {0, 0},
    .first = "net train val out log epochs lr cam-loss cam-weight seed"};

/* --- messages --------------------------------------------------------------------------------- */

typedef struct report {
    const lint_setup *setup;
    lint_train_log *log;
    lint_err no_log; /* why there is none any more */
    lint_progress bar;
    char what[64];
    size_t epochs, epoch_samples;
    size_t resumed; /* epochs that a checkpoint had, until the user is told */
} report;

static void say_remark(const char *text) {
    lint_warn("%s", text);
}

static void say_resumed(report *r) {
    if (r->resumed && verbosity != LINT_QUIET)
        lint_warn("%s: resuming after epoch %zu", o.checkpoint, r->resumed);
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
    if (verbosity == LINT_VERBOSE && !row->resumed) say_epoch(r, row);
    lint_setup_remark_epoch(r->setup, &o, row);
    (void)e;
    if (r->log && lint_train_log_row(r->log, row, &r->no_log) < 0) {
        lint_warn("%s; the training goes on without a log", r->no_log.msg);
        lint_train_log_abort(r->log);
        r->log = NULL;
    }
    return 0;
}

static int open_log(report *r, const lint_setup *s, lint_err *e) {
    lint_settings settings = {0};
    if (!o.log) return 0;
    lint_setup_log_settings(s, &o, &settings);
    r->log = lint_train_log_open(o.log, &settings, e);
    lint_settings_free(&settings);
    return r->log ? 0 : -1;
}

static void start_bar(report *r, const lint_training *t, const lint_batches *b) {
    /* Verbose is a line for each epoch, not progress lines. */
    lint_verbosity v = verbosity == LINT_QUIET ? LINT_QUIET : LINT_NORMAL;
    r->epochs = t->schedule.epochs;
    r->epoch_samples = lint_batches_epoch_samples(b);
    lint_progress_start(&r->bar, r->what, "images", r->epochs * r->epoch_samples, v);
}

static void end_bar(const report *r) {
    if (r->bar.terminal && verbosity != LINT_QUIET) fputs("\r\033[K", stderr);
}

static void say_end(const lint_trained *done) {
    if (done->stopped)
        lint_warn("stopped after epoch %zu; %s has the best epoch so far, %zu", done->epochs,
                  lint_output_name(o.out), done->best.epoch);
    else if (verbosity == LINT_VERBOSE)
        lint_warn("%s has epoch %zu of %zu", lint_output_name(o.out), done->best.epoch,
                  done->epochs);
}

/* --- the run ---------------------------------------------------------------------------------- */

static void read_options(int argc, char **argv) {
    lint_err e;
    lint_cli_parse(&program, argc, argv);
    o.options = options;
    o.remark = verbosity == LINT_QUIET ? NULL : say_remark;
    if (lint_recipe_check_files(&o, &e) < 0) lint_usage("%s", e.msg);
    if (lint_recipe_read_net(&o, &e) < 0) lint_die(&e);
    if (lint_recipe_settle(&o, &e) < 0) lint_usage("%s", e.msg);
    lint_refuse_terminal(o.out);
}

static void set_up(lint_setup *s, lint_training *t) {
    lint_err e;
    if (lint_setup_open(s, &o, &e) < 0) lint_die(&e);
    if (lint_setup_fit(s, &o, &e) < 0) lint_usage("%s", e.msg);
    if (lint_setup_plan(s, &o, t, &e) < 0) lint_die(&e);
}

static int write_model(lint_output *out, const lint_setup *s, const lint_trained *done,
                       lint_err *e) {
    lint_frame f = {0};
    int err = lint_setup_store(s, &o, done, &f, e);
    if (err == 0 && lint_frame_write(&f, lint_output_file(out), e) < 0)
        err = lint_err_prefix(e, "%s: ", lint_output_name(o.out));
    lint_frame_free(&f);
    return err;
}

static int train(report *r, lint_output *out, lint_setup *s, lint_training *t, lint_trained *done,
                 lint_err *e) {
    if (open_log(r, s, e) < 0) return -1;
    start_bar(r, t, s->batches);
    t->stop = lint_interrupt_catch();
    int err = lint_train(s->net, s->batches, s->val, t, s->pool, done, e);
    if (err == 0) err = write_model(out, s, done, e);
    end_bar(r);
    return err;
}

int main(int argc, char **argv) {
    lint_err e;
    lint_setup s = {0};
    report r = {.setup = &s};
    lint_trained done;
    lint_training t = {.on_epoch = on_epoch, .on_batch = on_batch, .ctx = &r};

    read_options(argc, argv);
    lint_blas_one_thread();
    set_up(&s, &t);
    lint_output_sweep(o.out);
    if (o.checkpoint) lint_output_sweep(o.checkpoint);
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    if (train(&r, out, &s, &t, &done, &e) < 0) {
        lint_output_abort(out);
        lint_train_log_abort(r.log);
        lint_die(&e);
    }
    if (lint_output_commit(out, &e) < 0) {
        lint_train_log_abort(r.log);
        lint_die(&e);
    }
    say_end(&done);
    if (lint_train_log_commit(r.log, &r.no_log) < 0 || *r.no_log.msg) {
        lint_err_prefix(&r.no_log, "%s is saved, but not its log: ", lint_output_name(o.out));
        lint_die(&r.no_log);
    }
    if (lint_is_stdio(o.out) || (o.log && lint_is_stdio(o.log))) lint_close_stdout();
    lint_setup_free(&s);
    lint_recipe_free(&o);
    if (done.stopped) lint_interrupt_die();
    return 0;
}
