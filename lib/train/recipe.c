/* Options of a training: which go together, and what stands for those that were not given. */
#include "train/recipe.h"

#include "base/same_file.h"
#include "base/standard_io.h"
#include "engine/layers/input_line.h"
#include "engine/net_path.h"

#include <stdlib.h>
#include <string.h>

/* --- files ------------------------------------------------------------------------------------ */

enum { INPUTS = 5, OUTPUTS = 3 };

static int check_inputs(const lint_named_file *in, lint_err *e) {
    for (int i = 0; i < INPUTS; i++)
        for (int j = i + 1; j < INPUTS; j++)
            if (in[i].path && in[j].path && lint_is_stdio(in[i].path) && lint_is_stdio(in[j].path))
                return lint_fail(e, "--%s and --%s cannot both be standard input", in[i].option,
                                 in[j].option);
    return 0;
}

/* A model may overwrite the one that it began with; but with a checkpoint the same command is to run
 * again, and needs that one. */
static int may_overwrite(const lint_recipe *r, const lint_named_file *in,
                         const lint_named_file *out) {
    return !r->checkpoint && in->path == r->init && out->path == r->out;
}

static int check_overwriting(const lint_recipe *r, const lint_named_file *in,
                             const lint_named_file *out, lint_err *e) {
    for (int i = 0; i < INPUTS; i++)
        for (int j = 0; j < OUTPUTS; j++)
            if (in[i].path && out[j].path && !lint_is_stdio(in[i].path) &&
                lint_is_same_file(in[i].path, out[j].path) && !may_overwrite(r, &in[i], &out[j]))
                return lint_fail(e, "--%s and --%s are the same file", in[i].option, out[j].option);
    return 0;
}

int lint_recipe_check_files(const lint_recipe *r, lint_err *e) {
    const lint_named_file in[INPUTS] = {{"train", r->train ? r->train : "-"},
                                        {"val", r->val},
                                        {"net", r->net},
                                        {"init", r->init},
                                        {"encoder", r->encoder}};
    const lint_named_file out[OUTPUTS] = {
        {"out", r->out ? r->out : "-"}, {"log", r->log}, {"checkpoint", r->checkpoint}};
    if (!r->net) return lint_fail(e, "--net is missing: name a network, such as --net standard");
    if (check_inputs(in, e) < 0 || lint_outputs_check(out, OUTPUTS, e) < 0) return -1;
    if (check_overwriting(r, in, out, e) < 0) return -1;
    if (!r->checkpoint || !lint_is_stdio(r->checkpoint)) return 0;
    return lint_fail(e, "--checkpoint -: expected a file");
}

int lint_recipe_read_net(lint_recipe *r, lint_err *e) {
    const char *name;
    lint_net_input input;
    char *path = lint_net_path(r->net, e);
    r->net_text = path ? lint_net_read(path, &name, e) : NULL;
    free(path);
    if (!r->net_text) return -1;
    if (lint_net_input_of(r->net_text, &input) < 0) return 0; /* lint_net_new says why */
    r->is_encoder = input.mask;
    r->is_head = input.features;
    return 0;
}

/* --- what goes together ----------------------------------------------------------------------- */

#define ANY_CAM_LOSS "--cam-loss mse, radial, energy or embedding"

/* An option that was given, and whether it has an effect on this training. */
typedef struct need {
    const char *option;
    int given, met;
    const char *what;
} need;

static int check_table(const need *row, lint_err *e) {
    for (; row->option; row++)
        if (row->given && !row->met) return lint_fail(e, "--%s needs %s", row->option, row->what);
    return 0;
}

static int given(double v) {
    return !isnan(v);
}

/* The one table of what needs what; optimiser, schedule and objective are settled before. */
static int check_needs(const lint_recipe *r, lint_err *e) {
    int sgd = r->optim == LINT_OPTIM_SGD, adam = r->optim == LINT_OPTIM_ADAM;
    int step = r->schedule == LINT_SCHEDULE_STEP, dro = r->objective == LINT_OBJECTIVE_DRO;
    int cam = r->cam_loss != LINT_CAM_NONE, embedding = r->cam_loss == LINT_CAM_EMBEDDING;
    int prior = cam && !embedding, center = prior && r->prior != LINT_PRIOR_MASK;
    int chosen = r->best >= 0 && r->best != LINT_BEST_LAST;
    const need table[] = {
        {"ce-weight", r->ce_weight != 1, !r->is_encoder, "a network of pictures as --net"},
        {"l1", given(r->l1), r->is_encoder, "a mask encoder as --net"},
        {"margin", given(r->margin), r->objective == LINT_OBJECTIVE_TRIPLET, "--objective triplet"},
        {"momentum", given(r->momentum), sgd, "--optim sgd"},
        {"nesterov", r->nesterov, sgd, "--optim sgd"},
        {"nesterov", r->nesterov, !(r->momentum <= 0), "a --momentum above 0"},
        {"beta1", given(r->beta1), adam, "--optim adam"},
        {"beta2", given(r->beta2), adam, "--optim adam"},
        {"eps", given(r->eps), adam, "--optim adam"},
        {"step-factor", given(r->step_factor), step, "--schedule step"},
        {"step-epochs", r->step_epochs != 0, step, "--schedule step"},
        {"dro-step", given(r->dro_step), dro, "--objective dro"},
        {"dro-adjust", given(r->dro_adjust), dro, "--objective dro"},
        {"cam-weight", given(r->cam_weight), cam, ANY_CAM_LOSS},
        {"cap", given(r->cap), cam, ANY_CAM_LOSS},
        {"prior", r->prior >= 0, prior, "--cam-loss mse, radial or energy"},
        {"sigma", given(r->sigma), center, "--cam-loss mse, radial or energy, and --prior center"},
        {"cam-loss embedding", embedding, r->encoder != NULL, "--encoder FILE"},
        {"encoder", r->encoder != NULL, embedding, "--cam-loss embedding"},
        {"best", chosen, r->val != NULL, "--val; without it the last epoch is kept"},
        {"best cam", r->best == LINT_BEST_CAM, cam, ANY_CAM_LOSS},
        {"patience", r->patience != 0, r->val != NULL, "--val"},
        {"patience", r->patience != 0, r->best != LINT_BEST_LAST, "a --best other than last"},
        {"patience-from", r->patience_from != 0, r->patience != 0, "--patience"},
        {NULL, 0, 0, NULL}};
    return check_table(table, e);
}

static int check_classifier(const lint_recipe *r, lint_err *e) {
    int weights = strcmp(r->class_weights, "none") != 0;
    if (r->objective == LINT_OBJECTIVE_BINARY || r->objective == LINT_OBJECTIVE_TRIPLET)
        return lint_fail(e,
                         "--objective binary and triplet are for mask encoders, but the input of "
                         "%s is a picture",
                         r->net);
    if (r->objective == LINT_OBJECTIVE_DRO && weights)
        return lint_fail(e, "--class-weights have no effect with --objective dro, which sets the "
                            "weights of groups");
    if (r->ce_weight <= 0 && r->cam_loss == LINT_CAM_NONE && !r->phases.n)
        return lint_fail(e, "--ce-weight 0 leaves nothing to learn from, without " ANY_CAM_LOSS);
    return 0;
}

static int check_mask_encoder(const lint_recipe *r, lint_err *e) {
    if (r->objective == LINT_OBJECTIVE_ERM || r->objective == LINT_OBJECTIVE_DRO)
        return lint_fail(e, "--objective: expected binary or triplet, since %s is a mask encoder",
                         r->net);
    if (r->cam_loss != LINT_CAM_NONE)
        return lint_fail(e, "--cam-loss does not apply to %s, which is a mask encoder", r->net);
    if (strcmp(r->class_weights, "none") != 0)
        return lint_fail(e, "--class-weights do not apply to %s, which is a mask encoder", r->net);
    if (r->best == LINT_BEST_CAM || r->best == LINT_BEST_WORST_GROUP ||
        r->best == LINT_BEST_GROUP_MEAN || r->best == LINT_BEST_ADJUSTED)
        return lint_fail(
            e, "--best: expected accuracy, loss, ce or last, since %s is a mask encoder", r->net);
    return 0;
}

/* --- defaults --------------------------------------------------------------------------------- */

static void if_not_given(double *v, double value) {
    if (isnan(*v)) *v = value;
}

/* What other options are checked against. A mask encoder's defaults are those of its authors. */
static void settle_kind(lint_recipe *r) {
    int m = r->is_encoder;
    if (r->optim < 0) r->optim = m ? LINT_OPTIM_ADAM : LINT_OPTIM_SGD;
    if (r->schedule < 0) r->schedule = m ? LINT_SCHEDULE_CONSTANT : LINT_SCHEDULE_COSINE;
    if (r->objective < 0) r->objective = m ? LINT_OBJECTIVE_BINARY : LINT_OBJECTIVE_ERM;
}

/* Options without effect stay "not given", which keeps them out of the settings; prior and sigma are
 * always there, as in the logs of earlier versions. */
static void settle_rest(lint_recipe *r) {
    int m = r->is_encoder;
    if (!r->batch) r->batch = m ? 128 : 32;
    if_not_given(&r->lr, m ? 0.002 : r->optim == LINT_OPTIM_ADAM ? 0.001 : 0.01);
    if (m) if_not_given(&r->l1, 0.03);
    if (r->objective == LINT_OBJECTIVE_TRIPLET) if_not_given(&r->margin, 1);
    if (r->optim == LINT_OPTIM_SGD) if_not_given(&r->momentum, 0.9);
    if (r->optim == LINT_OPTIM_ADAM) {
        if_not_given(&r->beta1, 0.9);
        if_not_given(&r->beta2, 0.999);
        if_not_given(&r->eps, 1e-8);
    }
    if (r->schedule == LINT_SCHEDULE_STEP) if_not_given(&r->step_factor, 0.1);
    if (r->objective == LINT_OBJECTIVE_DRO) {
        if_not_given(&r->dro_step, 0.01);
        if_not_given(&r->dro_adjust, 0);
    }
    if (r->cam_loss != LINT_CAM_NONE) {
        if_not_given(&r->cam_weight, 1);
        if_not_given(&r->cap, r->cam_loss == LINT_CAM_RADIAL ? 10 : 0);
    }
    if (r->prior < 0) r->prior = LINT_PRIOR_CENTER;
    if_not_given(&r->sigma, 0.25);
    if (r->patience && !r->patience_from) r->patience_from = 1;
    if (r->best < 0) r->best = r->val ? LINT_BEST_ACCURACY : LINT_BEST_LAST;
}

static int settle_rates(lint_recipe *r, lint_err *e) {
    lint_schedule *s = &r->rates;
    *s = (lint_schedule){.kind = (lint_schedule_kind)r->schedule,
                         .lr = r->lr,
                         .ce_weight = r->ce_weight,
                         .cam_weight = isnan(r->cam_weight) ? 0 : r->cam_weight,
                         .warmup = (size_t)r->warmup,
                         .step_epochs = (size_t)r->step_epochs,
                         .step_factor = isnan(r->step_factor) ? 1 : r->step_factor};
    for (size_t i = 0; i < r->phases.n; i++)
        if (lint_schedule_add_phase(s, r->phases.v[i], e) < 0)
            return lint_err_prefix(e, "--phase ");
    for (size_t i = 0; i < s->phases; i++)
        if (s->phase[i].cam_weight > 0 && r->cam_loss == LINT_CAM_NONE)
            return lint_fail(e, "--phase with cam= needs " ANY_CAM_LOSS);
    return 0;
}

int lint_recipe_settle(lint_recipe *r, lint_err *e) {
    settle_kind(r);
    if ((r->is_encoder ? check_mask_encoder : check_classifier)(r, e) < 0) return -1;
    if (check_needs(r, e) < 0) return -1;
    settle_rest(r);
    return settle_rates(r, e);
}

void lint_recipe_free(lint_recipe *r) {
    free(r->net_text);
    r->net_text = NULL;
    lint_schedule_free(&r->rates);
}
