/* Whole networks against what PyTorch says of them (golden/make.py: float64, double backward): one
 * step of every loss, ten steps of training, inference and maps, ResNet-50 on a photograph, and
 * mask encoders that learn (golden/encoder.py).
 *
 * Tolerances. One step: 1e-4 of a tensor's largest element. Ten steps: 1e-3 of its largest weight;
 * and since weights that hardly move would agree whatever moved them, the way they have gone, by
 * its norm and a projection, within a hundredth of itself, for the large networks a twentieth.
 *
 * PyTorch itself in float32, against its own float64, uses up to 6e-5 for a step (biases of batch
 * norm: sums over 100,000 cells that nearly cancel). Over ten steps such differences grow, at last
 * by a relu that passes here and not there: in a deep network on small pictures, where few cells
 * make a gradient, that moves single weights by a good part of their way. So rates are such that
 * float32 costs PyTorch well below the tolerance; `make.py -v` prints what it does cost.
 */
#include "base/rng.h"
#include "engine/kernels/kernels.h"
#include "picture/image.h"
#include "support/check.h"
#include "support/filled.h"
#include "train/mask_encoder_train.h"
#include "train/optim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const double STEP = 1e-4, TEN = 1e-3, ALIKE_STEP = 5e-6, ALIKE_TEN = 1e-3;
enum { SAMPLES = 64, STEPS = 10, CLASSES_MAX = 8, TITLE = 80, TEXT_MAX = 1 << 14 };

typedef struct subject {
    const char *name, *path;
    int cases;    /* NO_CASE, none and energy, one of each loss, or all */
    int ten;      /* of those, which are trained for ten steps */
    double slack; /* how much of a tensor's way over ten steps it may be off, over TEN */
} subject;

/* The networks on 64x64 pictures are those of the same name: ten steps on large ones take long. */
enum { NO_CASE, TWO, FEW, ALL };

/* Sanitizers look for faults of memory, which a step of a large network shows as well as ten do. */
#ifdef LINT_SANITIZE
enum { LARGE_ALL = TWO, LARGE_FEW = TWO, LARGE_TEN = NO_CASE };
#else
enum { LARGE_ALL = ALL, LARGE_FEW = FEW, LARGE_TEN = FEW };
#endif

static const subject subjects[] = {
    // clang-format off
    {"small", "tests/golden/small.net", ALL, ALL, 10},
    {"odd", "tests/golden/odd.net", ALL, ALL, 10},
    {"blocks", "tests/golden/blocks.net", ALL, ALL, 10},
    {"mobile", "tests/golden/mobile.net", TWO, TWO, 10},
    {"branches", "tests/golden/branches.net", TWO, TWO, 10},
    {"standard", "models/standard.net", LARGE_ALL, LARGE_TEN, 50},
    {"model-small", "models/small.net", LARGE_FEW, LARGE_TEN, 50},
    {"resnet18", "models/resnet18.net", TWO, NO_CASE, 0},
    {"resnet50", "models/resnet50.net", TWO, NO_CASE, 0},
    {"resnet18-64", "models/resnet18.net", LARGE_FEW, LARGE_TEN, 50},
    {"resnet50-64", "models/resnet50.net", LARGE_FEW, LARGE_TEN, 50},
    // clang-format on
};

static const struct {
    const char *name;
    int cases; /* of which it is one */
} losses[] = {
    {"none", TWO},        {"energy", TWO},           {"mse", FEW},
    {"radial", FEW},      {"embedding", FEW},        {"weights", ALL},
    {"mse-mask", ALL},    {"radial-capped", ALL},    {"energy-mask", ALL},
    {"energy-only", ALL}, {"embedding-capped", ALL}, {"unlabelled", ALL},
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects, LOSSES = sizeof losses / sizeof *losses };

typedef struct golden_case {
    const subject *subject;
    const char *loss; /* NULL: inference */
    int ten;
    char title[TITLE];
} golden_case;

/* --- golden files ----------------------------------------------------------------------------- */

static void load_golden(lint_frame *f, const char *name) {
    char path[128];
    lint_err e = {0};
    snprintf(path, sizeof path, "tests/golden/%s.safetensors", name);
    if (lint_frame_load(f, path, &e) < 0) fail_msg("%s", e.msg);
}

static const char *setting_or_null(const lint_frame *f, const char *loss, const char *key) {
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", loss, *loss ? "." : "", key);
    return lint_frame_meta(f, name);
}

static const char *setting(const lint_frame *f, const char *loss, const char *key) {
    const char *v = setting_or_null(f, loss, key);
    if (!v) fail_msg("golden file without %s of '%s'", key, loss);
    return v;
}

static double number(const lint_frame *f, const char *loss, const char *key) {
    return strtod(setting(f, loss, key), NULL);
}

static const lint_tensor *part(const lint_frame *f, const char *loss, const char *key) {
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", loss, *loss ? "." : "", key);
    const lint_tensor *t = lint_frame_find(f, name);
    if (!t) fail_msg("golden file without %s", name);
    return t;
}

static int word_index(const char *word, const char *choices) {
    int index = 0;
    for (const char *c = choices; *c; index++) {
        size_t n = strcspn(c, "|");
        if (strlen(word) == n && strncmp(c, word, n) == 0) return index;
        c += n + (c[n] == '|');
    }
    fail_msg("'%s' is none of %s", word, choices);
    return -1;
}

static lint_loss golden_loss(const lint_frame *f, const char *loss, float weight[CLASSES_MAX],
                             lint_mask_encoder *encoder) {
    lint_loss l = {0};
    if (encoder) l.judge = lint_mask_encoder_judge(encoder);
    l.cam = (lint_cam_loss)word_index(setting(f, loss, "cam"), LINT_CAM_CHOICES);
    l.prior = (lint_prior)word_index(setting(f, loss, "prior"), LINT_PRIOR_CHOICES);
    l.ce_weight = number(f, loss, "ce_weight");
    l.cam_weight = number(f, loss, "cam_weight");
    l.sigma = number(f, loss, "sigma");
    l.cam_cap = number(f, loss, "cap");
    const char *list = setting_or_null(f, loss, "class_weight");
    for (size_t i = 0; list && i < CLASSES_MAX; i++) {
        char *end;
        weight[i] = strtof(list, &end);
        list = *end ? end : NULL;
        l.class_weight = weight;
    }
    return l;
}

/* --- digests: what a golden file holds of tensors --------------------------------------------- */

typedef struct digest {
    const lint_tensor *some, *whole;
    size_t at, row;   /* of the next tensor */
    double tolerance; /* of its size */
    double slack;     /* how much more the whole may be off, for its norm */
    double alike;     /* how much of the norm every element may be off in the same direction */
} digest;

static digest digest_of(const lint_frame *f, const char *loss, const char *key, double tolerance,
                        double slack, double alike) {
    char whole[32];
    snprintf(whole, sizeof whole, "%s:whole", key);
    return (digest){part(f, loss, key), part(f, loss, whole), 0, 0, tolerance, slack, alike};
}

static size_t chosen(lint_rng *r, size_t i, size_t count) {
    return count <= SAMPLES ? i : (size_t)(lint_rng_u64(r) % count);
}

static int check_some(digest *d, const char *name, const float *v, size_t count, double size) {
    float got[SAMPLES];
    size_t n = count < SAMPLES ? count : SAMPLES;
    lint_rng r = lint_rng_at(3, lint_hash(name, strlen(name), 0), 0, 0);
    for (size_t i = 0; i < n; i++)
        got[i] = v[chosen(&r, i, count)];
    assert_true(d->at + n <= filled_count(d->some));
    const float *want = (const float *)d->some->data + d->at;
    d->at += n;
    return !check_tensor(name, got, want, n, d->tolerance * size, 0);
}

/* Deviations as large as the tensor's norm allows could all point along the projection, whose
 * elements are at most 1.25; a norm may be rounding noise where a bias does nothing. The elements
 * of a weight's projection are all about 1, so that roundings that many elements share (those of a
 * batch's mean, say) add up in it. */
static int check_whole(const digest *d, const char *name, const float *v, size_t count,
                       const double want[3]) {
    char title[128];
    float *project = malloc(count * sizeof *project);
    assert_non_null(project);
    snprintf(title, sizeof title, "projection.%s", name);
    filled_values(project, title, 1, &(uint64_t){count});
    double projection = 0, square = 0, length = 0;
    for (size_t i = 0; i < count; i++) {
        length += (double)project[i] * (double)project[i];
        projection += (double)v[i] * (double)project[i];
        square += (double)v[i] * (double)v[i];
    }
    free(project);
    double allowed = d->tolerance * fmax(d->slack * want[1], want[2]);
    double shared_by_all = d->alike * want[1] * sqrt(length);
    int bad = !check_value(title, projection, want[0], allowed + shared_by_all, 0);
    snprintf(title, sizeof title, "norm of %s", name);
    return bad + !check_value(title, sqrt(square), want[1], allowed, 0);
}

static int check_next(digest *d, const char *name, const float *v, size_t count) {
    assert_true(d->row < d->whole->shape[0]);
    const double *want = (const double *)d->whole->data + 3 * d->row++;
    int bad = check_some(d, name, v, count, want[2]);
    return bad + check_whole(d, name, v, count, want);
}

static void digest_ends(const digest *d) {
    assert_int_equal(d->at, filled_count(d->some));
    assert_int_equal(d->row, d->whole->shape[0]);
}

static int is_buffer(const char *name) {
    return strstr(name, "running_") != NULL;
}

/* The tensors of a net in its order, which is PyTorch's, but only parameters or only buffers where
 * `which` says so; their names stand in the golden file. */
static int check_frame(const lint_frame *golden, digest *d, const lint_frame *got,
                       const char *which) {
    const char *names = which ? setting(golden, "", which) : "";
    int bad = 0, buffers = which && strcmp(which, "buffers") == 0;
    for (size_t i = 0; i < got->count; i++) {
        const lint_tensor *t = &got->tensors[i];
        if (which && is_buffer(t->name) != buffers) continue;
        if (which) {
            size_t n = strcspn(names, " ");
            if (n != strlen(t->name) || strncmp(names, t->name, n) != 0)
                fail_msg("%s instead of %.*s", t->name, (int)n, names);
            names += n + (names[n] == ' ');
        }
        bad += check_next(d, t->name, t->data, filled_count(t));
    }
    assert_int_equal(*names, 0);
    digest_ends(d);
    return bad;
}

/* --- the networks ----------------------------------------------------------------------------- */

/* The text of a network, for another size of picture if the golden file says so. */
static void network_text(const lint_frame *golden, const char *path, char text[TEXT_MAX]) {
    const char *size = setting(golden, "", "size");
    char *whole = filled_text(path), *input = strstr(whole, "\ninput ");
    assert_non_null(input);
    if (*size) {
        size_t head = (size_t)(input - whole) + strlen("\ninput ");
        const char *tail = whole + head + strcspn(whole + head, " \n");
        assert_true(snprintf(text, TEXT_MAX, "%.*s%s%s", (int)head, whole, size, tail) < TEXT_MAX);
    } else {
        assert_true(snprintf(text, TEXT_MAX, "%s", whole) < TEXT_MAX);
    }
    free(whole);
}

/* As lift() of make.py: of four channels behind a batch norm three become nearly always positive,
 * one negative. */
static void lift(filled *f, float by) {
    for (size_t i = 0; i < f->weights.count; i++) {
        const lint_tensor *t = &f->weights.tensors[i];
        char mean[128];
        size_t layer = strlen(t->name) - strlen("bias");
        snprintf(mean, sizeof mean, "%.*srunning_mean", (int)layer, t->name);
        if (strcmp(t->name + layer, "bias") != 0 || !lint_frame_find(&f->weights, mean)) continue;
        for (size_t j = 0; j < filled_count(t); j++)
            ((float *)t->data)[j] += j % 4 == 3 ? -by : by;
    }
    filled_load(f);
}

/* A mask encoder for the maps of f, with filled weights and codes. */
static lint_mask_encoder *encoder(filled *f) {
    char text[256], path[] = "/tmp/lint-encoder-XXXXXX";
    float object[3], inverted[3];
    lint_frame frame = {0};
    lint_err e = {0};
    snprintf(text, sizeof text,
             "input %zux%zux1 mask\nflatten\ne1: dense 5\nrelu\ne2: dense 3\nsigmoid\n",
             lint_net_cam_width(f->net), lint_net_cam_height(f->net));
    lint_net *net = lint_net_new(text, "encoder", 3, 1, LINT_NET_INFER, f->pool, &e);
    if (!net) fail_msg("%s", e.msg);
    filled_values(object, "code.object", 1, (uint64_t[]){3});
    filled_values(inverted, "code.inverted", 1, (uint64_t[]){3});
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
    assert_non_null(out);
    if (lint_mask_encoder_store(net, object, inverted, &frame, &e) < 0) fail_msg("%s", e.msg);
    for (size_t i = 0; i < frame.count; i++) {
        const lint_tensor *t = &frame.tensors[i];
        if (strncmp(t->name, "code.", 5)) filled_values(t->data, t->name, t->rank, t->shape);
    }
    if (lint_frame_write(&frame, out, &e) < 0) fail_msg("%s", e.msg);
    assert_int_equal(fclose(out), 0);
    lint_mask_encoder *m = lint_mask_encoder_load(path, f->batch.n, f->pool, &e);
    unlink(path);
    if (!m) fail_msg("%s", e.msg);
    lint_net_free(net);
    lint_frame_free(&frame);
    return m;
}

/* The cases of one subject share its net: to make one takes longer than a step of it. */
static struct {
    filled *f;
    lint_mask_encoder *encoder;
    const subject *of;
    lint_frame golden;
} shared;

static int drop_shared(void **state) {
    (void)state;
    lint_mask_encoder_free(shared.encoder);
    if (shared.f) filled_free(shared.f);
    lint_frame_free(&shared.golden);
    shared.encoder = NULL;
    shared.f = NULL;
    return 0;
}

static filled *share(const subject *s) {
    if (!shared.f || shared.of != s) {
        char text[TEXT_MAX];
        drop_shared(NULL);
        load_golden(&shared.golden, s->name);
        network_text(&shared.golden, s->path, text);
        size_t k = (size_t)number(&shared.golden, "", "classes");
        size_t n = (size_t)number(&shared.golden, "", "n");
        shared.f = filled_new(text, k, n, LINT_NET_TRAIN, 2);
        shared.encoder = encoder(shared.f);
        const char *by = setting_or_null(&shared.golden, "", "lift");
        if (by) lift(shared.f, strtof(by, NULL));
        shared.of = s;
    } else {
        filled_load(shared.f);
    }
    return shared.f;
}

static int check_sums(const lint_tensor *t, const lint_loss_sum *got) {
    const double *want = t->data;
    int bad = !check_value("ce", got->ce, want[0], 0, STEP);
    bad += !check_value("weight", got->weight, want[1], 0, 1e-12);
    bad += !check_value("cam", got->cam, want[2], 0, STEP);
    bad += !check_value("n", (double)got->n, want[3], 0, 0);
    bad += !check_value("correct", (double)got->correct, want[4], 0, 0);
    return bad;
}

static int check_step(filled *f, const char *loss, const lint_loss *l) {
    const lint_frame *golden = &shared.golden;
    lint_loss_sum step = {0}, score = {0};
    lint_frame got = {0};
    lint_err e = {0};
    filled_turn(f, 0);
    if (lint_net_score(f->net, &f->batch, l, NULL, &score, &e) < 0 ||
        lint_net_step(f->net, &f->batch, l, &step, &e) < 0)
        fail_msg("%s", e.msg);
    int bad = check_sums(part(golden, loss, "step"), &step);
    bad += check_sums(part(golden, loss, "score"), &score);
    filled_gradients(f, &got);
    digest d = digest_of(golden, loss, "gradient", STEP, 1, ALIKE_STEP);
    bad += check_frame(golden, &d, &got, "parameters");
    lint_frame_free(&got);
    return bad;
}

/* As make.py trains. */
static lint_optim *optimiser(filled *f, const char *rule) {
    lint_param param[512];
    size_t n = lint_net_params(f->net);
    lint_err e = {0};
    lint_optim_plan plan = {.rule = LINT_OPTIM_SGD, .weight_decay = 1e-3, .momentum = 0.9};
    plan.nesterov = strcmp(rule, "nesterov") == 0;
    if (strcmp(rule, "adam") == 0) {
        plan = (lint_optim_plan){.rule = LINT_OPTIM_ADAM, .weight_decay = 1e-3};
        plan.beta1 = 0.8;
        plan.beta2 = 0.9;
        plan.eps = 1e-3;
    }
    assert_true(n <= sizeof param / sizeof *param);
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(f->net, i);
    lint_optim *o = lint_optim_new(param, NULL, n, &plan, f->pool, &e);
    if (!o) fail_msg("%s", e.msg);
    return o;
}

static int train_ten(filled *f, const char *loss, const lint_loss *l) {
    double lr = number(&shared.golden, loss, "lr"), off = TEN * shared.of->slack / 10;
    lint_optim *o = optimiser(f, setting(&shared.golden, loss, "rule"));
    const double *course = part(&shared.golden, loss, "course")->data;
    lint_err e = {0};
    int bad = 0;
    for (uint64_t step = 0; step < STEPS; step++) {
        lint_loss_sum sum = {0};
        filled_turn(f, step);
        if (lint_net_step(f->net, &f->batch, l, &sum, &e) < 0) fail_msg("%s", e.msg);
        lint_optim_step(o, lr);
        bad += !check_value("ce of a step", sum.ce / sum.weight, course[2 * step], 0, off);
        bad += !check_value("cam of a step", sum.cam / (double)sum.n, course[2 * step + 1], 0, off);
    }
    lint_optim_free(o);
    return bad;
}

static int check_ten(filled *f, const char *loss, const lint_loss *l) {
    lint_frame got = {0};
    filled_load(f);
    int bad = train_ten(f, loss, l);
    filled_store(f, &got);
    for (size_t i = 0; i < got.count; i++) { /* how far they have gone */
        float *v = got.tensors[i].data;
        const float *was = f->weights.tensors[i].data;
        for (size_t j = 0; j < filled_count(&got.tensors[i]); j++)
            v[j] -= was[j];
    }
    digest d = digest_of(&shared.golden, loss, "ten", TEN, shared.of->slack, ALIKE_TEN);
    bad += check_frame(&shared.golden, &d, &got, NULL);
    lint_frame_free(&got);
    return bad;
}

static void agrees_with_pytorch_on_a_loss(void **state) {
    const golden_case *c = *state;
    float weight[CLASSES_MAX];
    filled *f = share(c->subject);
    lint_loss loss = golden_loss(&shared.golden, c->loss, weight, shared.encoder);
    size_t n = f->batch.n, k = lint_net_classes(f->net);
    for (size_t i = 0; i < n; i++)
        f->label[i] = (int32_t)(i % k);
    if (setting_or_null(&shared.golden, c->loss, "unlabelled")) f->label[1] = -1;
    int bad = check_step(f, c->loss, &loss);
    if (c->ten) bad += check_ten(f, c->loss, &loss);
    assert_int_equal(bad, 0);
}

/* Every instruction set that this processor runs, not the best alone. */
static void agrees_with_pytorch_by_every_kernel(void **state) {
    (void)state;
    const char *const sets[] = {"v2", "v3", "v4", "v4bf16", "v4amx", "plain"};
    const char *was = getenv("LINT_ISA");
    char keep[32] = "";
    int ran = 0;
    if (was) snprintf(keep, sizeof keep, "%s", was);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        lint_err e;
        if (!lint_kernels_pick(sets[i], &e)) continue;
        setenv("LINT_ISA", sets[i], 1);
        for (int net = 0; net < 5; net++) { /* small, odd, blocks, mobile, branches */
            golden_case c = {&subjects[net], "energy", 1, ""};
            void *as_state = &c;
            drop_shared(NULL); /* the kernels are picked when a net is made */
            agrees_with_pytorch_on_a_loss(&as_state);
        }
        ran++;
    }
    drop_shared(NULL);
    if (was)
        setenv("LINT_ISA", keep, 1);
    else
        unsetenv("LINT_ISA");
    assert_true(ran > 0);
}

static int check_running(filled *f) {
    const lint_loss loss = {.ce_weight = 1};
    lint_loss_sum sum = {0};
    lint_frame got = {0};
    lint_err e = {0};
    if (lint_net_step(f->net, &f->batch, &loss, &sum, &e) < 0) fail_msg("%s", e.msg);
    filled_store(f, &got);
    digest d = digest_of(&shared.golden, "", "running", STEP, 1, ALIKE_STEP);
    int bad = check_frame(&shared.golden, &d, &got, "buffers");
    assert_true(d.row > 0);
    lint_frame_free(&got);
    return bad;
}

static void agrees_with_pytorch_in_inference(void **state) {
    const golden_case *c = *state;
    lint_err e = {0};
    filled *f = share(c->subject);
    const lint_tensor *logits = part(&shared.golden, "", "logits");
    size_t nz = filled_count(logits);
    size_t nm = nz * lint_net_cam_height(f->net) * lint_net_cam_width(f->net);
    assert_int_equal(nz, f->batch.n * lint_net_classes(f->net));
    float *z = malloc(nz * sizeof *z), *m = malloc(nm * sizeof *m);
    assert_non_null(z);
    assert_non_null(m);
    filled_turn(f, 0);
    if (lint_net_run(f->net, &f->batch, z, m, &e) < 0) fail_msg("%s", e.msg);
    int bad = !check_tensor("logits", z, logits->data, nz, STEP * check_max(logits->data, nz), 0);
    digest d = digest_of(&shared.golden, "", "cam", STEP, 1, ALIKE_STEP);
    bad += check_next(&d, "cam", m, nm);
    digest_ends(&d);
    bad += check_running(f);
    free(z);
    free(m);
    assert_int_equal(bad, 0);
}

/* --- a photograph ----------------------------------------------------------------------------- */

/* View i of a photograph: a square [side,side] of it by the nearest pixel, every other one
 * mirrored. */
static void cut_view(const lint_image *photo, size_t i, size_t side, uint8_t *to) {
    lint_rng r = lint_rng_at(4, 0, 0, i);
    size_t h = (size_t)photo->h, w = (size_t)photo->w;
    size_t of = h / 3 + lint_rng_u64(&r) % (h - h / 3 + 1);
    size_t top = lint_rng_u64(&r) % (h - of + 1), left = lint_rng_u64(&r) % (w - of + 1);
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++, to += 3) {
            size_t sx = i % 2 ? side - 1 - x : x;
            size_t at = (top + y * of / side) * w + left + sx * of / side;
            memcpy(to, photo->px + 3 * at, 3);
        }
}

static size_t highest(const float *z, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (z[i] > z[best]) best = i;
    return best;
}

static void resnet50_sees_in_a_photograph_what_pytorch_sees(void **state) {
    (void)state;
    enum { BATCH = 10 };
    lint_frame golden = {0};
    lint_image photo = {0};
    lint_err e = {0};
    load_golden(&golden, "photo");
    if (lint_image_read(&photo, "tests/golden/cat.png", 3, &e) < 0) fail_msg("%s", e.msg);
    const lint_tensor *logits = part(&golden, "", "logits");
    size_t n = logits->shape[0], k = logits->shape[1], side;
    filled *f = filled_new("models/resnet50.net", k, BATCH, LINT_NET_INFER, 2);
    float *z = malloc(BATCH * k * sizeof *z);
    assert_non_null(z);
    assert_int_equal(n, 50);
    memcpy(lint_frame_find(&f->weights, "fc.bias")->data, part(&golden, "", "fc.bias")->data,
           k * sizeof *z);
    filled_load(f);
    side = lint_net_width(f->net);
    int bad = 0;
    for (size_t i = 0; i < n; i += BATCH) {
        for (size_t j = 0; j < BATCH; j++)
            cut_view(&photo, i + j, side, f->image[j]);
        if (lint_net_run(f->net, &f->batch, z, NULL, &e) < 0) fail_msg("%s", e.msg);
        for (size_t j = 0; j < BATCH; j++) {
            const float *want = (const float *)logits->data + (i + j) * k, *got = z + j * k;
            bad += !check_tensor("logits", got, want, k, STEP * check_max(want, k), 0);
            assert_int_equal(highest(got, k), highest(want, k));
        }
    }
    free(z);
    filled_free(f);
    lint_image_free(&photo);
    lint_frame_free(&golden);
    assert_int_equal(bad, 0);
}

/* --- mask encoders ---------------------------------------------------------------------------- */

static const struct {
    const char *name, *net;
    lint_mask_encoder_plan plan;
} lessons[] = {
    {"binary", "models/mask-encoder.net", {LINT_ENCODER_BINARY, 0.03, 0, 9}},
    {"triplet",
     "input 24x24x1 mask\nflatten\na: dense 6\nrelu\nb: dense 3\nsigmoid\n",
     {LINT_ENCODER_TRIPLET, 0.01, 2, 9}},
};

/* Samples of the size that the masks have, for a lesson to be sure of. */
static lint_batches *some_masks(const uint64_t shape[4]) {
    char path[] = "/tmp/lint-masks-XXXXXX";
    lint_frame f = {0};
    lint_err e = {0};
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
    assert_non_null(out);
    if (!lint_frame_add(&f, "image", LINT_U8, 4, shape, &e) ||
        !lint_frame_add(&f, "mask", LINT_U8, 3, shape, &e) || lint_frame_write(&f, out, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(fclose(out), 0);
    lint_batches *b = lint_batches_open_masks(path, shape[0], 0, &e);
    if (!b) fail_msg("%s", e.msg);
    unlink(path);
    lint_frame_free(&f);
    return b;
}

static lint_net *filled_encoder(const char *net, size_t batch, lint_threads *pool) {
    lint_err e = {0};
    lint_frame f = {0};
    char *text = strchr(net, '\n') ? strdup(net) : filled_text(net);
    lint_net *n = lint_net_new(text, net, 1, batch, LINT_NET_TRAIN, pool, &e);
    if (!n || lint_net_store(n, &f, &e) < 0) fail_msg("%s", e.msg);
    for (size_t i = 0; i < f.count; i++)
        filled_values(f.tensors[i].data, f.tensors[i].name, f.tensors[i].rank, f.tensors[i].shape);
    if (lint_net_load(n, &f, &e) < 0) fail_msg("%s", e.msg);
    lint_frame_free(&f);
    free(text);
    return n;
}

/* The chosen elements of all parameters, or of their gradients, which lie as in PyTorch where a map
 * has one feature. */
static int check_chosen(const lint_net *net, int gradient, const lint_tensor *want, double off) {
    size_t at = 0;
    int bad = 0;
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        float got[SAMPLES];
        size_t n = p.count < SAMPLES ? p.count : SAMPLES;
        lint_rng r = lint_rng_at(3, lint_hash(p.name, strlen(p.name), 0), 0, 0);
        for (size_t j = 0; j < n; j++)
            got[j] = (gradient ? p.grad : p.value)[chosen(&r, j, p.count)];
        assert_true(at + n <= filled_count(want));
        const float *w = (const float *)want->data + at;
        bad += !check_tensor(p.name, got, w, n, off * check_max(w, n), 0);
        at += n;
    }
    assert_int_equal(at, filled_count(want));
    return bad;
}

static lint_optim *adam(const lint_net *net, lint_threads *pool) {
    const lint_optim_plan plan = {LINT_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    lint_param param[8];
    lint_err e = {0};
    size_t n = lint_net_params(net);
    assert_true(n <= sizeof param / sizeof *param);
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(net, i);
    lint_optim *o = lint_optim_new(param, NULL, n, &plan, pool, &e);
    if (!o) fail_msg("%s", e.msg);
    return o;
}

/* Ten steps of a case, on the batch of f. */
static int learn(const lint_lesson *lesson, lint_net *net, filled *f, const lint_frame *golden,
                 const char *name) {
    const double lr = 2e-3, *loss = part(golden, name, "loss")->data;
    lint_optim *o = adam(net, f->pool);
    lint_err e = {0};
    int bad = 0;
    for (uint64_t step = 0; step < STEPS; step++) {
        lint_loss_sum sum = {0};
        f->batch.step = step;
        if (lesson->step(lesson->ctx, &f->batch, &sum, &e) < 0) fail_msg("%s", e.msg);
        bad += !check_value(name, sum.ce / sum.weight, loss[step], 0, STEP);
        if (step == 0) bad += check_chosen(net, 1, part(golden, name, "gradient"), STEP);
        lint_optim_step(o, lr);
    }
    lint_optim_free(o);
    return bad + check_chosen(net, 0, part(golden, name, "ten"), TEN);
}

static void encoders_learn_as_in_pytorch(void **state) {
    (void)state;
    const float weight[] = {1, 2, 1, 0.5f, 1};
    lint_frame golden = {0};
    lint_err e = {0};
    int bad = 0;
    load_golden(&golden, "mask-encoder");
    filled *f = filled_new("input 24x24x3\nflatten\nfc: dense classes\n", 2, 5, LINT_NET_INFER, 2);
    lint_batches *masks = some_masks((uint64_t[]){5, 24, 24, 3});
    f->batch.weight = weight;
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        lint_net *net = filled_encoder(lessons[i].net, 10, f->pool);
        lint_mask_encoder_lesson *l =
            lint_mask_encoder_lesson_new(net, &lessons[i].plan, masks, NULL, NULL, f->pool, &e);
        if (!l) fail_msg("%s", e.msg);
        bad += learn(lint_mask_encoder_lesson_of(l), net, f, &golden, lessons[i].name);
        lint_mask_encoder_lesson_free(l);
        lint_net_free(net);
    }
    lint_batches_free(masks);
    filled_free(f);
    lint_frame_free(&golden);
    assert_int_equal(bad, 0);
}

/* --- main ------------------------------------------------------------------------------------- */

#define TEST(f)                                                                                    \
    { #f, f, NULL, NULL, NULL }

int main(void) {
    lint_blas_one_thread();
    static golden_case cases[SUBJECTS * (LOSSES + 1)];
    static struct CMUnitTest golden[SUBJECTS * (LOSSES + 1)];
    size_t count = 0;
    for (size_t i = 0; i < SUBJECTS; i++)
        for (size_t j = 0; j <= LOSSES; j++) {
            const char *loss = j ? losses[j - 1].name : NULL;
            if (loss && losses[j - 1].cases > subjects[i].cases) continue;
            golden_case *c = &cases[count];
            *c = (golden_case){&subjects[i], loss, loss && losses[j - 1].cases <= subjects[i].ten,
                               ""};
            snprintf(c->title, sizeof c->title, "%s_%s_agrees_with_pytorch", c->subject->name,
                     loss ? loss : "in_inference");
            golden[count++] = (struct CMUnitTest){
                c->title, loss ? agrees_with_pytorch_on_a_loss : agrees_with_pytorch_in_inference,
                NULL, NULL, c};
        }
    const struct CMUnitTest tests[] = {
        TEST(agrees_with_pytorch_by_every_kernel),
        TEST(encoders_learn_as_in_pytorch),
        TEST(resnet50_sees_in_a_photograph_what_pytorch_sees),
    };
    int bad = _cmocka_run_group_tests("golden", golden, count, NULL, drop_shared);
    return bad + cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
