/* trainer: the whole training in one file, to be read from top to bottom.
 *
 * What lint-train does with models/standard.net, --cam-loss energy and SGD, in plain loops: one
 * thread, no BLAS, no blocking, numbers in double. Of liblint it uses only the stream, to read and
 * write frames. Read it first, then lib/engine, which computes the same numbers faster; a test,
 * tests/docs/trainer.bats, compares the two over ten steps.
 *
 *     make build/trainer
 *     lint-train --net standard --train train.lts --epochs 1 --lr 0 -o start.safetensors
 *     lint-augment --balance --epochs 12 --shuffle --frame 32 train.lts |
 *         build/trainer start.safetensors 30 camloss.safetensors
 *
 * The arguments are the first weights, the weight of the CAM loss (0: none) and the model to write.
 * The first weights are a model of lint-train, here as it drew them, since the learning rate is 0;
 * they say how wide each layer is. A frame is a minibatch: 32 pictures of 192x192 take about 20 s.
 *
 * The network, and where this file keeps its values:
 *
 *     input                  x[0]: the pictures, [N,3,H,W]
 *     conv1                  x[1]
 *     conv2 bn2 maxpool      x[2] x[3] x[4]
 *     conv3 bn3 maxpool      x[5] x[6] x[7]
 *     conv4 bn4 maxpool      x[8] x[9] x[10]
 *     relu                   x[10] again, in place: the features A, which the maps are made of
 *     fc1 relu ... fc4 relu  h[1] ... h[4]; h[0] is x[10] seen as rows [N,I]
 *     fc5                    h[5]: the logits z [N,K]
 *
 * fc1 to fc5 are the head. The letters, here and in lib:
 *
 *     N  pictures of the batch      H W  height, width      C  channels
 *     K  classes                    P    cells of a map, H W of the features
 *     I O  channels that a convolution reads and writes, numbers that a dense layer does
 *
 * Arrays are row-major in PyTorch's order, as in model files. d before a name is the derivative of
 * the loss with respect to it: dx, dW. A forward_ function computes a layer's y from its x; the
 * backward_ function beside it computes dx from dy and ADDS to the gradients of the weights.
 */
#include "stream/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 3, VALUES = 2 + 3 * BLOCKS, LAST = VALUES - 1, DENSES = 5, PARAMS_MAX = 64 };
/* What lint-train does unless told otherwise, and how standard.net normalises pictures. */
static const double LR = 0.01, MOMENTUM = 0.9, SIGMA = 0.25, PIXEL_MEAN = 0.5, PIXEL_STD = 0.25;
static const double EPS = 1e-5, RUNNING = 0.1; /* of batch norm */

static _Noreturn void die(const char *what, const char *why) {
    fprintf(stderr, "trainer: %s: %s\n", what, why);
    exit(1);
}

static void *memory(size_t count, size_t size) {
    void *p = calloc(count + 1, size);
    if (!p) die("trainer", "out of memory");
    return p;
}

static double *numbers(size_t count) {
    return memory(count, sizeof(double));
}

typedef struct shape {
    size_t N, C, H, W;
} shape;

static size_t count_of(shape s) {
    return s.N * s.C * s.H * s.W;
}

/* Where element (n, c, i, j) of an array [N,C,H,W] lies. With P = H W, element q has the channel
 * q / P % C, and its number in a map [N,P] is q / (C P) P + q % P. */
static size_t at(shape s, size_t n, size_t c, size_t i, size_t j) {
    return ((n * s.C + c) * s.H + i) * s.W + j;
}

/* --- convolution ------------------------------------------------------------------------------ */

/* A tensor of the model: a value, its gradient, its velocity (SGD's memory). */
typedef struct param {
    lint_tensor *tensor; /* in the model's frame: its name, and the floats of the file */
    shape s;             /* sizes that it does not have are 1 */
    double *v, *d, *m;
} param;

/* A layer with weights. Of a convolution they are [O,C,2,2], of a dense layer W [O,I]. */
typedef struct layer {
    size_t I, O;
    param *weight, *bias; /* bias [O] */
} layer;

/* y[n,o,i,j] = bias[o] + sum over c, a, b of weight[o,c,a,b] x[n,c,i+a,j+b]. Beyond the last row
 * and column x is 0, so that y is as large as x ("same" of an even filter). s is the shape of x. */
static void forward_conv(const layer *l, shape s, const double *x, double *y) {
    const param *w = l->weight;
    shape t = {s.N, l->O, s.H, s.W};
    for (size_t n = 0; n < s.N; n++)
        for (size_t o = 0; o < l->O; o++)
            for (size_t i = 0; i < s.H; i++)
                for (size_t j = 0; j < s.W; j++) {
                    double sum = l->bias->v[o];
                    for (size_t c = 0; c < l->I; c++)
                        for (size_t a = 0; a < 2 && i + a < s.H; a++)
                            for (size_t b = 0; b < 2 && j + b < s.W; b++)
                                sum += w->v[at(w->s, o, c, a, b)] * x[at(s, n, c, i + a, j + b)];
                    y[at(t, n, o, i, j)] = sum;
                }
}

/* Each product of the forward pass sends dy to both of its factors. dx NULL: nobody wants it. */
static void backward_conv(const layer *l, shape s, const double *x, const double *dy, double *dx) {
    const param *w = l->weight;
    shape t = {s.N, l->O, s.H, s.W};
    if (dx) memset(dx, 0, count_of(s) * sizeof *dx);
    for (size_t n = 0; n < s.N; n++)
        for (size_t o = 0; o < l->O; o++)
            for (size_t i = 0; i < s.H; i++)
                for (size_t j = 0; j < s.W; j++) {
                    double d = dy[at(t, n, o, i, j)];
                    l->bias->d[o] += d;
                    for (size_t c = 0; c < l->I; c++)
                        for (size_t a = 0; a < 2 && i + a < s.H; a++)
                            for (size_t b = 0; b < 2 && j + b < s.W; b++) {
                                size_t from = at(s, n, c, i + a, j + b), by = at(w->s, o, c, a, b);
                                w->d[by] += d * x[from];
                                if (dx) dx[from] += d * w->v[by];
                            }
                }
}

/* --- batch norm ------------------------------------------------------------------------------- */

typedef struct norm {
    param *gamma, *beta, *running_mean, *running_var; /* [C] each */
    double *mean, *var;                               /* [C] of this batch */
} norm;

/* xhat = (x - mean) / sqrt(var + eps), y = gamma xhat + beta. Mean and variance are those of a
 * channel's M = N H W numbers in this batch. The running ones, which inference uses, follow them;
 * they keep the unbiased variance, as PyTorch does. */
static void forward_norm(const norm *l, shape s, const double *x, double *y) {
    size_t P = s.H * s.W;
    double M = (double)(s.N * P);
    memset(l->mean, 0, s.C * sizeof *l->mean);
    memset(l->var, 0, s.C * sizeof *l->var);
    for (size_t q = 0; q < count_of(s); q++)
        l->mean[q / P % s.C] += x[q] / M;
    for (size_t q = 0; q < count_of(s); q++)
        l->var[q / P % s.C] += pow(x[q] - l->mean[q / P % s.C], 2) / M;
    for (size_t c = 0; c < s.C; c++) {
        l->running_mean->v[c] += RUNNING * (l->mean[c] - l->running_mean->v[c]);
        l->running_var->v[c] += RUNNING * (l->var[c] * M / (M - 1) - l->running_var->v[c]);
    }
    for (size_t q = 0; q < count_of(s); q++) {
        size_t c = q / P % s.C;
        double xhat = (x[q] - l->mean[c]) / sqrt(l->var[c] + EPS);
        y[q] = l->gamma->v[c] * xhat + l->beta->v[c];
    }
}

/* dx = gamma / sqrt(var + eps) (dy - mean(dy) - xhat mean(dy xhat)). The two means are there since
 * x moves the mean and the variance too, and by them every other number of its channel. M times
 * them are the gradients of beta and gamma, which are 0 when the step begins. */
static void backward_norm(const norm *l, shape s, const double *x, const double *dy, double *dx) {
    size_t P = s.H * s.W;
    double M = (double)(s.N * P);
    for (size_t q = 0; q < count_of(s); q++) {
        size_t c = q / P % s.C;
        l->beta->d[c] += dy[q];
        l->gamma->d[c] += dy[q] * (x[q] - l->mean[c]) / sqrt(l->var[c] + EPS);
    }
    for (size_t q = 0; q < count_of(s); q++) {
        size_t c = q / P % s.C;
        double std = sqrt(l->var[c] + EPS), xhat = (x[q] - l->mean[c]) / std;
        dx[q] = l->gamma->v[c] / std * (dy[q] - l->beta->d[c] / M - xhat * l->gamma->d[c] / M);
    }
}

/* --- max pooling, relu ------------------------------------------------------------------------ */

/* The largest of each 2x2 window, the first of equals; an odd last row or column is in no window.
 * taken [N,C,H/2,W/2]: where in x each y comes from. s is the shape of x. */
static void forward_pool(shape s, const double *x, double *y, size_t *taken) {
    shape t = {s.N, s.C, s.H / 2, s.W / 2};
    for (size_t n = 0; n < t.N; n++)
        for (size_t c = 0; c < t.C; c++)
            for (size_t i = 0; i < t.H; i++)
                for (size_t j = 0; j < t.W; j++) {
                    size_t best = at(s, n, c, 2 * i, 2 * j);
                    for (size_t a = 0; a < 4; a++) {
                        size_t q = at(s, n, c, 2 * i + a / 2, 2 * j + a % 2);
                        if (x[q] > x[best]) best = q;
                    }
                    taken[at(t, n, c, i, j)] = best;
                    y[at(t, n, c, i, j)] = x[best];
                }
}

static void backward_pool(shape s, const size_t *taken, const double *dy, double *dx) {
    memset(dx, 0, count_of(s) * sizeof *dx);
    for (size_t q = 0; q < s.N * s.C * (s.H / 2) * (s.W / 2); q++)
        dx[taken[q]] += dy[q];
}

static void forward_relu(size_t count, double *y) {
    for (size_t q = 0; q < count; q++)
        if (y[q] < 0) y[q] = 0;
}

/* y is what forward_relu has left: above 0 where the relu let its input pass. */
static void backward_relu(size_t count, const double *y, double *dy) {
    for (size_t q = 0; q < count; q++)
        if (!(y[q] > 0)) dy[q] = 0;
}

/* --- dense layers ----------------------------------------------------------------------------- */

/* The three products with W that everything below is made of.
 * y = x W^T: [N,I] to [N,O]. The JVP of the layer: how its output moves when its input moves. */
static void times(const layer *l, size_t N, const double *x, double *y) {
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < l->O; o++) {
            double sum = 0;
            for (size_t i = 0; i < l->I; i++)
                sum += l->weight->v[o * l->I + i] * x[n * l->I + i];
            y[n * l->O + o] = sum;
        }
}

/* x = y W: [N,O] to [N,I]. The VJP: a gradient at the output brought to the input. */
static void times_transposed(const layer *l, size_t N, const double *y, double *x) {
    memset(x, 0, N * l->I * sizeof *x);
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < l->O; o++)
            for (size_t i = 0; i < l->I; i++)
                x[n * l->I + i] += y[n * l->O + o] * l->weight->v[o * l->I + i];
}

/* dW += y^T x. */
static void add_outer(const layer *l, size_t N, const double *y, const double *x) {
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < l->O; o++)
            for (size_t i = 0; i < l->I; i++)
                l->weight->d[o * l->I + i] += y[n * l->O + o] * x[n * l->I + i];
}

static void forward_dense(const layer *l, size_t N, const double *x, double *y) {
    times(l, N, x, y);
    for (size_t q = 0; q < N * l->O; q++)
        y[q] += l->bias->v[q % l->O];
}

static void backward_dense(const layer *l, size_t N, const double *x, const double *dy,
                           double *dx) {
    for (size_t q = 0; q < N * l->O; q++)
        l->bias->d[q % l->O] += dy[q];
    add_outer(l, N, dy, x);
    times_transposed(l, N, dy, dx);
}

/* --- cross-entropy ---------------------------------------------------------------------------- */

/* The mean over the batch of -log softmax(z)[label], z [N,K]; dz = (softmax(z) - one) / N, one
 * being 1 at the label. *right gets how many labels have the largest logit. */
static double cross_entropy(size_t N, size_t K, const double *z, const int32_t *label, double *dz,
                            size_t *right) {
    double loss = 0;
    *right = 0;
    for (size_t n = 0; n < N; n++, z += K, dz += K) {
        size_t best = 0, t = (size_t)label[n];
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            if (z[k] > z[best]) best = k;
        for (size_t k = 0; k < K; k++)
            sum += exp(z[k] - z[best]); /* less the largest: exp cannot overflow */
        for (size_t k = 0; k < K; k++)
            dz[k] = (exp(z[k] - z[best]) / sum - (k == t ? 1 : 0)) / (double)N;
        loss += log(sum) + z[best] - z[t];
        *right += best == t;
    }
    return loss / (double)N;
}

/* --- the network ------------------------------------------------------------------------------ */

typedef struct net {
    lint_frame frame; /* the model: names, shapes, metadata */
    param param[PARAMS_MAX];
    size_t params;
    layer conv[1 + BLOCKS], dense[DENSES];
    norm norm[BLOCKS];
    size_t K, most;                         /* classes; pictures that a batch may have */
    shape s[VALUES];                        /* of x[i], for the largest batch */
    double *x[VALUES], *dx[VALUES];         /* before and in the blocks */
    size_t *taken[BLOCKS];                  /* by the pools */
    double *h[DENSES + 1], *dh[DENSES + 1]; /* of the head: h[0] is x[10], dh[0] is dx[10] */
    double *u[DENSES + 1], *v[DENSES + 1];  /* of the maps, see below */
    double *prior, *map, *dmap;             /* [P], [N,P], [N,P] */
} net;

static void forward(net *m, size_t N) {
    shape *s = m->s;
    for (size_t i = 0; i < VALUES; i++)
        s[i].N = N;
    forward_conv(&m->conv[0], s[0], m->x[0], m->x[1]);
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t i = 1 + 3 * b; /* what the block reads is x[i] */
        forward_conv(&m->conv[1 + b], s[i], m->x[i], m->x[i + 1]);
        forward_norm(&m->norm[b], s[i + 1], m->x[i + 1], m->x[i + 2]);
        forward_pool(s[i + 2], m->x[i + 2], m->x[i + 3], m->taken[b]);
    }
    forward_relu(count_of(s[LAST]), m->x[LAST]);
    for (size_t l = 0; l < DENSES; l++) {
        forward_dense(&m->dense[l], N, m->h[l], m->h[l + 1]);
        if (l + 1 < DENSES) forward_relu(N * m->dense[l].O, m->h[l + 1]);
    }
}

/* From dz = dh[5] down to the features, dh[0]. */
static void backward_head(net *m, size_t N) {
    for (size_t l = DENSES; l-- > 0;) {
        if (l + 1 < DENSES) backward_relu(N * m->dense[l].O, m->h[l + 1], m->dh[l + 1]);
        backward_dense(&m->dense[l], N, m->h[l], m->dh[l + 1], m->dh[l]);
    }
}

/* From the features, dx[10], down to the first convolution. */
static void backward_features(net *m) {
    const shape *s = m->s;
    backward_relu(count_of(s[LAST]), m->x[LAST], m->dx[LAST]);
    for (size_t b = BLOCKS; b-- > 0;) {
        size_t i = 1 + 3 * b;
        backward_pool(s[i + 2], m->taken[b], m->dx[i + 3], m->dx[i + 2]);
        backward_norm(&m->norm[b], s[i + 1], m->x[i + 1], m->dx[i + 2], m->dx[i + 1]);
        backward_conv(&m->conv[1 + b], s[i], m->x[i], m->dx[i + 1], m->dx[i]);
    }
    backward_conv(&m->conv[0], s[0], m->x[0], m->dx[1], NULL);
}

/* --- the maps --------------------------------------------------------------------------------- */

/* The map of class k is HiResCAM (Draelos and Carin 2020): at each cell p of the features A [C,P],
 *
 *     M_k[p] = sum over channels c of A[c,p] dz_k/dA[c,p]
 *
 * What is scored is the true class t against the others, a linear mix of the maps:
 *
 *     D = M_t - mean of M_k over k != t = sum over c of A[c,p] g[c,p],
 *     g = d(seed . z)/dA,   seed[t] = 1, seed[k] = -1 / (K - 1) for the others.
 *
 * So D is one backward pass through the head, from u[5] = seed down to u[0] = g: VJPs alone, since
 * nobody wants gradients of weights. u[l + 1] stays the gradient at the output of dense[l]. */
static void forward_maps(net *m, size_t N, const int32_t *label) {
    shape s = m->s[LAST];
    size_t P = s.H * s.W;
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < m->K; k++)
            m->u[DENSES][n * m->K + k] = k == (size_t)label[n] ? 1 : -1 / (double)(m->K - 1);
    for (size_t l = DENSES; l-- > 0;) {
        if (l + 1 < DENSES) backward_relu(N * m->dense[l].O, m->h[l + 1], m->u[l + 1]);
        times_transposed(&m->dense[l], N, m->u[l + 1], m->u[l]);
    }
    memset(m->map, 0, N * P * sizeof *m->map);
    for (size_t q = 0; q < count_of(s); q++)
        m->map[q / (s.C * P) * P + q % P] += m->x[LAST][q] * m->u[0][q];
}

/* The gradient of a loss of the maps; dmap [N,P] is dL/dD, times the weight of the loss already.
 * D is a product of A and g, so the loss reaches the weights in two ways.
 *
 * Through the features: dA[c,p] = dD[p] g[c,p]. It joins the cross-entropy's gradient in dx[10]
 * and goes on down through the blocks with it.
 *
 * Through the head: g depends on the head's weights, and on nothing else. With the switches of its
 * relus as the forward pass has set them the head is linear, z = B A + const,
 *
 *     B = W5 S4 W4 S3 W3 S2 W2 S1 W1     (S diagonal: 1 where a relu lets pass, else 0)
 *
 * and g = B^T seed. (A switch moves only where its input is exactly 0, so that this is exact.)
 * Let v = dL/dg, that is v[c,p] = dD[p] A[c,p]. Then
 *
 *     dL = v . dg = v . (dB)^T seed = seed . (dB) v
 *
 * so what we want is the gradient of the number seed . B v, with seed and v held fixed. In it every
 * W stands once. What is to its left is the gradient at its output, which forward_maps has left in
 * u[l + 1]. What is to its right is v pushed forward as far as its input, v[l]. Hence
 *
 *     dW += u[l + 1] v[l]^T       of dense[l], summed over the pictures
 *
 * A JVP, which costs one forward pass through the head. The biases get nothing: B has none. */
static void backward_maps(net *m, size_t N) {
    shape s = m->s[LAST];
    size_t P = s.H * s.W;
    for (size_t q = 0; q < count_of(s); q++) {
        double d = m->dmap[q / (s.C * P) * P + q % P];
        m->dx[LAST][q] += d * m->u[0][q];
        m->v[0][q] = d * m->x[LAST][q];
    }
    for (size_t l = 0; l < DENSES; l++) {
        add_outer(&m->dense[l], N, m->u[l + 1], m->v[l]);
        times(&m->dense[l], N, m->v[l], m->v[l + 1]);
        if (l + 1 < DENSES) backward_relu(N * m->dense[l].O, m->h[l + 1], m->v[l + 1]);
    }
}

/* --- the energy loss -------------------------------------------------------------------------- */

/* What evidence costs at each cell: 0 in the middle of the picture, toward 1 away from it. r is the
 * distance to the centre, in sides: K = 1 - exp(-r^2 / (2 sigma^2)). */
static void center_prior(size_t H, size_t W, double *prior) {
    for (size_t i = 0; i < H; i++)
        for (size_t j = 0; j < W; j++) {
            double y = ((double)i + 0.5) / (double)H - 0.5, x = ((double)j + 0.5) / (double)W - 0.5;
            prior[i * W + j] = 1 - exp(-(x * x + y * y) / (2 * SIGMA * SIGMA));
        }
}

/* E = sum K |D| / sum |D| of one map: the share of evidence that lies off the centre, 0 to 1. It
 * does not change when D grows by a factor, so a network cannot lower it by making D small.
 * By the rule for quotients, dE/dD[p] = sign(D[p]) (K[p] - E) / sum |D|: evidence costs where the
 * prior is above the share, and pays where it is below. d [P] gets that times `weight`. */
static double energy(size_t P, const double *prior, const double *map, double weight, double *d) {
    double cost = 0, all = 1e-12; /* a map of zeros costs nothing and has no gradient */
    for (size_t p = 0; p < P; p++) {
        cost += prior[p] * fabs(map[p]);
        all += fabs(map[p]);
    }
    for (size_t p = 0; p < P; p++) {
        double sign = map[p] > 0 ? 1 : map[p] < 0 ? -1 : 0;
        d[p] = weight * sign * (prior[p] - cost / all) / all;
    }
    return cost / all;
}

/* --- a step ----------------------------------------------------------------------------------- */

/* Forward, backward: every gradient of cross-entropy + cam_weight * mean energy. */
static void step(net *m, size_t N, const int32_t *label, double cam_weight, size_t number) {
    size_t P = m->s[LAST].H * m->s[LAST].W, right;
    double cam = 0;
    for (param *p = m->param; p < m->param + m->params; p++)
        memset(p->d, 0, count_of(p->s) * sizeof *p->d);
    forward(m, N);
    double ce = cross_entropy(N, m->K, m->h[DENSES], label, m->dh[DENSES], &right);
    forward_maps(m, N, label);
    for (size_t n = 0; n < N; n++)
        cam += energy(P, m->prior, m->map + n * P, cam_weight / (double)N, m->dmap + n * P);
    backward_head(m, N);
    backward_maps(m, N);
    backward_features(m);
    printf("step %zu: cross-entropy %.6f, CAM loss %.6f, %zu of %zu right\n", number, ce,
           cam / (double)N, right, N);
}

/* SGD with momentum, as torch.optim.SGD. Running statistics never have a gradient: they stay. */
static void sgd(net *m, double lr) {
    for (param *p = m->param; p < m->param + m->params; p++)
        for (size_t q = 0; q < count_of(p->s); q++) {
            p->m[q] = MOMENTUM * p->m[q] + p->d[q];
            p->v[q] -= lr * p->m[q];
        }
}

/* The rate of an epoch, from 1: half a cosine from LR down to nearly 0. */
static double rate(const lint_frame *f) {
    const char *epoch = lint_frame_meta(f, "epoch"), *epochs = lint_frame_meta(f, "epochs");
    if (!epoch || !epochs) return LR;
    return LR / 2 * (1 + cos(acos(-1) * (strtod(epoch, NULL) - 1) / strtod(epochs, NULL)));
}

/* --- the model: its file, its layers ---------------------------------------------------------- */

/* Every tensor of the file becomes a parameter. */
static void load(net *m, const char *path) {
    lint_err e;
    if (lint_frame_load(&m->frame, path, &e) < 0) die("model", e.msg);
    if (m->frame.count > PARAMS_MAX) die(path, "more tensors than the standard network has");
    for (; m->params < m->frame.count; m->params++) {
        param *p = &m->param[m->params];
        lint_tensor *t = &m->frame.tensors[m->params];
        if (t->dtype != LINT_F32 || t->rank > 4) die(t->name, "expected F32, rank 4 at most");
        size_t size[4] = {1, 1, 1, 1};
        for (size_t r = 0; r < t->rank; r++)
            size[r] = t->shape[r];
        p->tensor = t;
        p->s = (shape){size[0], size[1], size[2], size[3]};
        p->v = numbers(count_of(p->s)), p->d = numbers(count_of(p->s)),
        p->m = numbers(count_of(p->s));
        for (size_t q = 0; q < count_of(p->s); q++)
            p->v[q] = ((const float *)t->data)[q];
    }
}

static void save(net *m, const char *path) {
    lint_err e;
    for (param *p = m->param; p < m->param + m->params; p++)
        for (size_t q = 0; q < count_of(p->s); q++)
            ((float *)p->tensor->data)[q] = (float)p->v[q];
    FILE *out = fopen(path, "wb");
    if (!out || lint_frame_write(&m->frame, out, &e) < 0 || fclose(out) != 0)
        die(path, "cannot be written");
}

/* The parameter such as conv1.weight. It must have the shape `want`; want.N 0 is any number. */
static param *find(net *m, const char *kind, size_t number, const char *what, shape want) {
    char name[64];
    snprintf(name, sizeof name, "%s%zu.%s", kind, number, what);
    for (param *p = m->param; p < m->param + m->params; p++)
        if (strcmp(p->tensor->name, name) == 0 && (want.N == 0 || p->s.N == want.N) &&
            p->s.C == want.C && p->s.H == want.H && p->s.W == want.W)
            return p;
    die(name, "not in the model, or not as the standard network has it for these pictures");
}

/* `want` is the shape of the weights; the model says how many outputs there are. */
static layer build_layer(net *m, const char *kind, size_t number, shape want) {
    layer l = {.I = want.C, .weight = find(m, kind, number, "weight", want)};
    l.O = l.weight->s.N;
    l.bias = find(m, kind, number, "bias", (shape){l.O, 1, 1, 1});
    return l;
}

static norm build_norm(net *m, size_t number, size_t C) {
    const char *const what[] = {"weight", "bias", "running_mean", "running_var"};
    param *p[4];
    for (size_t i = 0; i < 4; i++)
        p[i] = find(m, "bn", number, what[i], (shape){C, 1, 1, 1});
    return (norm){p[0], p[1], p[2], p[3], numbers(C), numbers(C)};
}

/* For pictures [N,3,H,W]: the layers of the model, and all memory. */
static void build(net *m, shape s) {
    shape *t = m->s;
    t[0] = s;
    m->most = s.N;
    for (size_t b = 0; b <= BLOCKS; b++) {
        size_t i = b ? 3 * b - 2 : 0; /* the convolution reads x[i] */
        m->conv[b] = build_layer(m, "conv", b + 1, (shape){0, t[i].C, 2, 2});
        t[i + 1] = (shape){s.N, m->conv[b].O, t[i].H, t[i].W};
        if (b == 0) continue;
        m->norm[b - 1] = build_norm(m, b + 1, t[i + 1].C);
        t[i + 2] = t[i + 1];
        t[i + 3] = (shape){s.N, t[i + 1].C, t[i + 1].H / 2, t[i + 1].W / 2};
        m->taken[b - 1] = memory(count_of(t[i + 3]), sizeof *m->taken[b - 1]);
    }
    for (size_t i = 0; i < VALUES; i++)
        m->x[i] = numbers(count_of(t[i])), m->dx[i] = numbers(count_of(t[i]));
    shape f = t[LAST];
    size_t I = f.C * f.H * f.W;
    m->h[0] = m->x[LAST], m->dh[0] = m->dx[LAST];
    m->u[0] = numbers(s.N * I), m->v[0] = numbers(s.N * I);
    for (size_t l = 0; l < DENSES; l++, I = m->K) {
        m->dense[l] = build_layer(m, "fc", l + 1, (shape){0, I, 1, 1});
        m->K = m->dense[l].O; /* of the last one: the classes */
        m->h[l + 1] = numbers(s.N * m->K), m->dh[l + 1] = numbers(s.N * m->K);
        m->u[l + 1] = numbers(s.N * m->K), m->v[l + 1] = numbers(s.N * m->K);
    }
    m->prior = numbers(f.H * f.W);
    m->map = numbers(s.N * f.H * f.W), m->dmap = numbers(s.N * f.H * f.W);
    center_prior(f.H, f.W, m->prior);
}

/* --- the loop --------------------------------------------------------------------------------- */

/* One frame, one minibatch. The first one sets the pictures' size and how many a batch may have. */
static void train_on(net *m, const lint_frame *f, double cam_weight, size_t number) {
    lint_samples b;
    lint_err e;
    if (lint_samples_view(f, &b, &e) < 0) die("standard input", e.msg);
    if (!b.image || !b.label) die("standard input", "expected samples with 'image' and 'label'");
    if (number == 1) build(m, (shape){b.n, 3, b.h, b.w});
    if (b.n < 1 || b.n > m->most || b.h != m->s[0].H || b.w != m->s[0].W)
        die("standard input", "a frame with more pictures than the first, or of another size");
    for (size_t n = 0; n < b.n; n++)
        if (b.label[n] < 0 || (size_t)b.label[n] >= m->K) die("label", "no class of the model");
    for (size_t q = 0; q < b.n * b.h * b.w * 3; q++) { /* bytes [N,H,W,3] */
        size_t c = q % 3, p = q / 3 % (b.h * b.w), n = q / 3 / (b.h * b.w);
        m->x[0][at(m->s[0], n, c, 0, p)] = (b.image[q] / 255.0 - PIXEL_MEAN) / PIXEL_STD;
    }
    step(m, b.n, b.label, cam_weight, number);
    sgd(m, rate(f));
    lint_samples_free(&b);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage", "trainer START CAM-WEIGHT MODEL <SAMPLES");
    net m = {0};
    lint_frame f = {0};
    lint_err e;
    load(&m, argv[1]);
    lint_reader *r = lint_reader_new(stdin, "standard input", &e);
    int got = r ? 1 : -1;
    for (size_t number = 1; got > 0 && (got = lint_reader_next(r, &f, &e)) > 0; number++)
        train_on(&m, &f, strtod(argv[2], NULL), number);
    if (got < 0) die("samples", e.msg);
    save(&m, argv[3]);
    return 0;
}
