/* What the files of the net share. Internal to them.
 *
 *     net.c          memory, passes, and what is done with a net
 *     net_loss.c     cross-entropy
 *     net_cam.c      maps, the CAM loss and its gradient
 *     net_weights.c  parameters by name: store, load, freeze
 *     net_profile.c  what passes cost: multiply-adds, seconds
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

    float **owned;         /* every buffer, for freeing */
    size_t owneds, floats; /* buffers, and what they hold together */
    float *block;          /* of small buffers: what is left of the newest */
    size_t left;           /* floats there */
    float **value;         /* [layers] y of each, shared where lives do not meet */
    float **gradient;      /* [layers] dy of each, likewise; training only */
    char *written;         /* [layers] in a backward pass: gradient has something */
    size_t *readers;       /* [layers] how many layers read it */
    float *spare;          /* a gradient to be added, where a kind cannot */
    float **scratch;       /* for each worker */
    float *workspace;
    float *features; /* value at the cam mark [batch,h,w,F]; NULL without a mark */
    size_t lowest;   /* first layer with weights that train; layers: none */

    /* For the maps: u[i] is d(seed . logits) at the output of head layer i - 1, u[0] at the mark.
     */
    float **u;
    size_t heads;       /* layers behind the mark */
    float *v[2];        /* the jacobian's way back up, in turn */
    float *map;         /* [batch,h,w] */
    float *dmap;        /* [batch,h,w] */
    float *prior;       /* [batch,h,w], or [h,w] at its start for the centre prior */
    double prior_sigma; /* that `prior` was made for; 0: for none */
    double *cost;       /* [batch] CAM loss of each image */
    double *entropy;    /* [batch] cross-entropy of each image */
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

/* A zeroed buffer of `count` floats that the net frees. NULL on error. */
float *lint_net_floats(lint_net *net, size_t count, lint_err *e);
/* The same of `each` floats for each image of a batch. */
float *lint_net_buffer(lint_net *net, size_t each, lint_err *e);

/* The most that a layer of [from, to) takes in or gives, in floats for an image. */
size_t lint_net_largest(const lint_net *net, size_t from, size_t to);

/* --- net_loss.c: of the logits that the last layer holds -------------------------------------- */

/* Cross-entropy of the batch: of each image into net->entropy and its weight into net->weight,
 * what they come to into *sum. Returns the divisor of their weighted sum. */
double lint_net_entropy(lint_net *net, const lint_batch *b, const lint_loss *loss,
                        lint_loss_sum *sum);

/* The mean that is minimised, of what lint_net_entropy left. */
double lint_net_entropy_mean(const lint_net *net, const lint_batch *b, double divisor);

/* d [N,K] = ce_weight * gradient of that mean by the logits; zero for unlabelled images. */
void lint_net_entropy_gradient(const lint_net *net, const lint_batch *b, double ce_weight,
                               double divisor, float *d);

/* --- net_cam.c: of the features and the switches that a forward pass left --------------------- */

lint_shape lint_net_map_shape(const lint_net *net);

/* Takes the memory that maps need; nothing without a mark. */
int lint_net_cam_new(lint_net *net, lint_err *e);

/* Maps of every class: cam [N,K,h,w]. */
void lint_net_cam_maps(lint_net *net, const lint_pass *p, float *cam);

/* Maps and CAM loss of the batch: net->map, net->dmap (by one image's loss); the mean. */
double lint_net_cam_loss(lint_net *net, const lint_pass *p, const lint_batch *b,
                         const lint_loss *loss, lint_loss_sum *sum);

/* Adds the gradient of the CAM loss, times its weight, to dfeatures and to the head's weights,
 * which hold those of the cross-entropy already. ce, cam: the batch means, for the cap. */
void lint_net_cam_gradient(lint_net *net, const lint_pass *p, const lint_batch *b,
                           const lint_loss *loss, double ce, double cam, float *dfeatures);

/* --- net_weights.c ---------------------------------------------------------------------------- */

int lint_net_list_params(lint_net *net, lint_err *e);

/* --- net_profile.c ---------------------------------------------------------------------------- */

enum { LINT_FORWARD, LINT_BACKWARD };

/* The time before a layer's pass, and its end, noted; nothing unless lint_net_profile was called.
 */
double lint_net_clock(const lint_net *net);
void lint_net_clocked(lint_net *net, size_t layer, int direction, double began);

#endif
