/* What the files of the net share. Internal to them.
 *
 *     net.c                building, passes, steps
 *     buffer_plan.c        memory
 *     net_cross_entropy.c  cross-entropy and its gradient
 *     net_cam.c            class activation maps
 *     net_cam_loss.c       the CAM loss of a batch
 *     net_cam_gradient.c   its gradient
 *     net_features.c       the activations at the 'cam' line
 *     net_weights.c        parameters by name: store, load, freeze
 *     net_profile.c        what passes cost: multiply-adds, seconds
 *
 * Functions that take a non-const net leave results in it for those that follow; each says which.
 */
#ifndef LINT_ENGINE_NET_PARTS_H
#define LINT_ENGINE_NET_PARTS_H

#include "engine/net.h"
#include "engine/net_file.h"

struct lint_net {
    char *text;
    size_t classes, batch;
    lint_net_mode mode;
    lint_threads *pool;
    const lint_kernels *k;
    lint_chain chain;
    uint64_t seed;
    lint_precision precision;

    float **owned;             /* every buffer, for freeing */
    size_t owneds, owned_room; /* buffers, and room for them */
    size_t floats;             /* of all buffers together */
    float *block;              /* of small buffers: what is left of the newest */
    size_t left;               /* floats there */
    float **value;             /* [layers] y of each, shared where lives do not meet */
    float **gradient;          /* [layers] dy of each, likewise; training only */
    char *written;             /* [layers] in a backward pass: gradient has something */
    size_t *readers;           /* [layers] how many layers read it */
    float *spare;              /* a gradient to be added, where a kind cannot */
    float **scratch;           /* for each worker */
    float *workspace;
    float *features; /* value before the `cam` line [batch,h,w,F]; NULL without one */
    size_t lowest;   /* first layer with weights that train; layers: none */

    /* The head: the layers behind `cam`. cotangent[i] is d(seed . logits) / d output of head layer
     * i - 1; cotangent[0] that by the features, cotangent[heads] the seed. Behind a global pool
     * the gradient is the same in every cell of a map, so that cotangent[0] and the first tangent
     * hold one cell for each image. tangent[i]: at the input of head layer i, in training. */
    size_t heads;
    float **cotangent, **tangent;
    float *map;         /* [batch,h,w] the scored map of each image */
    float *dmap;        /* [batch,h,w] derivative of the CAM loss with respect to it */
    float *prior;       /* [batch,h,w], or [h,w] at its start for the centre prior */
    double prior_sigma; /* that `prior` was made for; 0: for none */
    double *cost;       /* [batch] CAM loss of each image */
    double *ce;         /* [batch] cross-entropy of each image */
    double *weight;     /* [batch] what it counts */

    double *seconds; /* [layers,2] spent forward and backward; NULL: nobody asked */

    lint_weights **param; /* all weights of all layers */
    lint_layer **owner;   /* the layer of each */
    size_t params;
};

static inline lint_layer *lint_net_layer(const lint_net *net, size_t i) {
    return &net->chain.layer[i];
}

static inline lint_layer *lint_net_last(const lint_net *net) {
    return lint_net_layer(net, net->chain.count - 1);
}

/* Images of a batch that have a label. */
static inline size_t lint_net_labelled(const lint_batch *b) {
    size_t labelled = 0;
    for (size_t i = 0; i < b->n; i++)
        labelled += b->label[i] >= 0;
    return labelled;
}

/* --- net.c -------------------------------------------------------------------------------------- */

/* -1 and an error unless the net can take the batch. */
int lint_net_check_batch(const lint_net *net, const lint_batch *b, lint_err *e);
lint_pass lint_net_pass(const lint_net *net, const lint_batch *b, int training);
/* Layers [0, to). */
void lint_net_forward(lint_net *net, const lint_pass *p, size_t to);

/* --- net_cross_entropy.c: of the logits that the last layer holds ----------------------------- */

/* Cross-entropy of the batch: of each image into net->ce and its weight into net->weight,
 * what they come to into *sum. Returns the divisor of their weighted sum. */
double lint_net_ce(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum);

/* The mean that is minimised, of what lint_net_ce left. */
double lint_net_ce_mean(const lint_net *net, const lint_batch *b, double divisor);

/* d [N,K] = ce_weight * gradient of that mean with respect to the logits; zero for unlabelled
 * images. */
void lint_net_ce_gradient(const lint_net *net, const lint_batch *b, double ce_weight,
                          double divisor, float *d);

/* --- net_cam.c: of the features and the switches that a forward pass left --------------------- */

lint_shape lint_net_map_shape(const lint_net *net);

/* Whether the layer behind `cam` is a global pool. */
int lint_net_pools(const lint_net *net);

/* cotangent[0] of an image; rows of its cells are *step floats apart, 0 where there is one. */
const float *lint_net_cam_cotangent(const lint_net *net, size_t image, size_t *step);

/* Takes the memory that maps need; nothing without a `cam` line. */
int lint_net_cam_new(lint_net *net, lint_err *e);

/* Maps of every class: cam [N,K,h,w]. */
void lint_net_cam_maps(lint_net *net, const lint_pass *p, float *cam);

/* The map of each image for the mix of logits in cotangent[heads] [N,K]: map i at to + i * stride.
 * Leaves the cotangents of all head layers. */
void lint_net_cam_map(lint_net *net, const lint_pass *p, float *to, size_t stride);

/* --- net_cam_loss.c --------------------------------------------------------------------------- */

/* CAM loss of the batch, as a mean over labelled images; added to *sum. Leaves net->map, net->dmap
 * and the cotangents. */
double lint_net_cam_loss(lint_net *net, const lint_pass *p, const lint_batch *b,
                         const lint_loss *loss, lint_loss_sum *sum);

/* --- net_cam_gradient.c: of what lint_net_cam_loss left --------------------------------------- */

/* Before the head's backward pass: makes that pass add the gradient of the CAM loss, times its weight, to that
 * of the head's weights, and what the loss has to do with a curve. ce, cam: the batch means, for the cap. */
void lint_net_cam_tangents(lint_net *net, const lint_pass *p, const lint_batch *b,
                           const lint_loss *loss, double ce, double cam);

/* After it: adds the gradient with respect to the features to dfeatures [N,h,w,F]. */
void lint_net_cam_gradient(const lint_net *net, const lint_pass *p, float *dfeatures);

/* --- net_weights.c ---------------------------------------------------------------------------- */

int lint_net_list_params(lint_net *net, lint_err *e);

/* Whether OpenBLAS finds memory where so many threads multiply at the same time: it tries for ever
 * where it does not. */
int lint_blas_room(int threads, lint_err *e);

/* --- net_profile.c ---------------------------------------------------------------------------- */

enum { LINT_FORWARD, LINT_BACKWARD };

/* The time before a layer's pass, and its end, noted; nothing unless lint_net_profile was called.
 */
double lint_net_clock(const lint_net *net);
void lint_net_clocked(lint_net *net, size_t layer, int direction, double began);

#endif
