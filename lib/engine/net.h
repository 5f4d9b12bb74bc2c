/* net: a network from its text, its parameters, and the three things done with it: a training
 * step, inference, class activation maps.
 *
 * A network file (models/NAME.net) has one layer a line; the text travels inside the model's
 * metadata. Parameters carry PyTorch's state_dict names, shapes and order of elements when they
 * are stored and loaded; in memory they lie as the kernels want them.
 *
 * All memory is taken by lint_net_new for batches of up to `batch` images; a step allocates
 * nothing. Work is cut by sample and by output block, never by thread, so results are the same
 * bytes for any pool. The net keeps the pool, the caller frees both, the net first.
 *
 *     lint_blas_one_thread();
 *     lint_net *net = lint_net_new(text, "models/standard.net", 2, 32, LINT_NET_TRAIN, pool, &e);
 *     lint_net_init(net, seed);
 *     while (next_batch(&batch)) {
 *         lint_net_step(net, &batch, &loss, &sum, &e);      // forward, backward: gradients
 *         for (size_t i = 0; i < lint_net_params(net); i++) use(lint_net_param(net, i));
 *     }
 *     lint_net_store(net, &frame, &e);
 *
 * Letters: N images, H W C height, width, channels of a layer's input, K classes, h w of the map.
 */
#ifndef LINT_ENGINE_NET_H
#define LINT_ENGINE_NET_H

#include "base/err.h"
#include "base/threads.h"
#include "engine/layers/precision.h"
#include "engine/loss.h"
#include "stream/frame.h"

typedef struct lint_net lint_net;

typedef enum lint_net_mode { LINT_NET_INFER, LINT_NET_TRAIN } lint_net_mode;

/* A parameter (grad not NULL) or a buffer such as a running mean (grad NULL). value and grad have
 * the same inner order, which is the net's own business: element-wise updates are fine. */
typedef struct lint_param {
    const char *name;
    float *value, *grad;
    size_t count;
} lint_param;

/* n samples, by pointer. A net takes pictures, or the features that another net made of them
 * (lint_net_is_head). */
typedef struct lint_batch {
    size_t n;
    const uint8_t *const *image;    /* [H,W,3] U8 each, of the net's input size */
    const void *const *features;    /* [C,H,W] F16 each, of any alignment, likewise */
    const int32_t *label;           /* -1 unknown: in no loss */
    const uint8_t *const *mask;     /* for LINT_PRIOR_MASK; NULL otherwise */
    size_t mask_height, mask_width; /* of each; 0: the net's input size */
    const int32_t *place;           /* -1 unknown; for a loss that weighs groups; NULL otherwise */
    const float *weight;            /* factor of each image's cross-entropy; NULL: all 1 */
    uint64_t step;                  /* number of the step: what dropout draws from, with the seed */
} lint_batch;

/* Tells OpenBLAS to use one thread in this process. A program calls this before it builds a net:
 * threads are the net's own, and each of a layer's parts is a matrix product by one of them. */
void lint_blas_one_thread(void);

/* Builds the net of `text`; `name` stands in messages (`name:line: ...`). NULL on error, also where
 * OpenBLAS has more than one thread or LINT_ISA (kernels.h) names no kernels. */
lint_net *lint_net_new(const char *text, const char *name, size_t classes, size_t batch,
                       lint_net_mode mode, lint_threads *pool, lint_err *e);
void lint_net_free(lint_net *net);

/* From now on the convolutions before `cam` multiply in this precision; a new net's is
 * LINT_PRECISION_F32. All but the weights may be built anew: what a pass has left is gone. -1 and an
 * error where bf16 would change nothing, since there are none, or without memory. */
int lint_net_set_precision(lint_net *net, lint_precision precision, lint_err *e);
lint_precision lint_net_precision(const lint_net *net);

/* PyTorch's default initialisation of each layer, from the seed. */
void lint_net_init(lint_net *net, uint64_t seed);

const char *lint_net_text(const lint_net *net);
size_t lint_net_height(const lint_net *net), lint_net_width(const lint_net *net);
size_t lint_net_classes(const lint_net *net);
size_t lint_net_channels(const lint_net *net); /* of the input */
/* Of the maps, and of the features that they are read from; 0 without a 'cam' line. */
size_t lint_net_cam_height(const lint_net *net), lint_net_cam_width(const lint_net *net);
size_t lint_net_cam_channels(const lint_net *net);
size_t lint_net_batch(const lint_net *net);

size_t lint_net_params(const lint_net *net); /* parameters and buffers */
lint_param lint_net_param(const lint_net *net, size_t i);

/* Freezes the layers whose parameter names begin with prefix, for fine-tuning. Their grad is NULL
 * from now on, their batch norms keep and use the running statistics, and nothing is computed that
 * only they would need. Returns the number of parameters and buffers frozen; 0: no name matches. */
size_t lint_net_freeze(lint_net *net, const char *prefix);

/* Freezes all batch norms, as lint_net_freeze does. Returns how many there are. */
size_t lint_net_freeze_batchnorms(lint_net *net);

/* The name of the first batch norm that would normalise over a single value in a training batch of
 * one: its maps have one cell and it is not frozen. Its output would be the same for every picture, and
 * its running variance would tend to 0. NULL: there is none. */
const char *lint_net_single_value_norm(const lint_net *net);

/* One forward pass in training mode (batch statistics; running ones are updated) and the backward
 * pass of `loss`. Every grad is overwritten; losses are added to *sum. With cam_weight 0 the CAM
 * loss is reported (unless cam is NONE), but has no gradient. Errors: a batch that is empty, too
 * large or has wrong labels. A loss that is not finite is no error: the caller looks at *sum. */
int lint_net_step(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum,
                  lint_err *e);

/* Inference (running statistics). logits [N,K] and cam [N,K,h,w] may be NULL; cam is raw HiResCAM
 * of every class. */
int lint_net_run(lint_net *net, const lint_batch *b, float *logits, float *cam, lint_err *e);

/* Inference that adds the losses of the batch to *sum; logits may be NULL. */
int lint_net_score(lint_net *net, const lint_batch *b, const lint_loss *loss, float *logits,
                   lint_loss_sum *sum, lint_err *e);

/* --- features: what a backbone makes of pictures, and a head takes ---------------------------- */

/* Whether the net's input is features: `input WxHxC features`. */
int lint_net_is_head(const lint_net *net);

/* Inference up to the 'cam' line, of pictures: features [N,C,h,w] F16. Nothing behind the line is
 * computed. A number that is not finite in F16 is an error. */
int lint_net_features(lint_net *net, const lint_batch *b, void *features, lint_err *e);

/* A hash of what features are features of: the net's text and weights before the 'cam' line. What only
 * rounds them, precision and instruction set, is not in it: they have 11 bits of mantissa anyway, and a
 * head that was trained on features in bf16 belongs to the same backbone as one of features in f32. */
uint64_t lint_net_backbone(const lint_net *net);

/* --- what a pass costs ------------------------------------------------------------------------ */

/* Multiply-adds of one image, for a forward pass or a training step. A training step costs about
 * three forward passes; the gradient with respect to the picture is not computed. */
double lint_net_macs(const lint_net *net, int training);

/* A layer and the time spent in it. in, out, weights: the floats that one image needs at least. */
typedef struct lint_net_time {
    const char *kind, *name;  /* "conv", "layer1.0.conv1"; name "" where it has none */
    double macs;              /* multiply-adds of one image, forward */
    size_t in, out, weights;  /* floats */
    int has_dx;               /* backward makes the gradient with respect to its input */
    double forward, backward; /* seconds since lint_net_profile */
} lint_net_time;

/* From now on passes add up the time of each layer; a second call begins at 0 again. Maps and
 * losses are in no layer's time. */
int lint_net_profile(lint_net *net, lint_err *e);
size_t lint_net_layers(const lint_net *net);
lint_net_time lint_net_time_of(const lint_net *net, size_t layer);

/* --- a net whose input is a mask: `input WxHx1 mask`; its output is a code of any length ------ */

/* -1 and an error unless the judge takes maps of the size that this network makes. */
int lint_net_check_judge(const lint_net *net, const lint_judge *judge, lint_err *e);
int lint_net_is_encoder(const lint_net *net); /* its code has lint_net_classes() numbers */

/* Codes of n masks: x [n, H*W], 0 to 1; code [n,K]. training 1 is what encode_back needs. */
int lint_net_encode(lint_net *net, size_t n, const float *x, float *code, int training,
                    lint_err *e);

/* Backward of the encode before, from dcode [n,K], the derivative with respect to the codes. Every
 * grad is overwritten; dx [n, H*W] is the derivative with respect to the masks, NULL if not wanted.
 * The net must have been built for training. */
int lint_net_encode_back(lint_net *net, size_t n, const float *dcode, float *dx, lint_err *e);

/* --- parameters ------------------------------------------------------------------------------- */

/* Adds the parameters to f as F32 tensors under their PyTorch names, shapes and order; nothing
 * else of f is touched. load needs every one of them, with its shape and finite values; a
 * tensor that it does not know is an error too, `num_batches_tracked` aside. */
int lint_net_store(const lint_net *net, lint_frame *f, lint_err *e);
/* Stores the values of a snapshot (snapshot.h; NULL: the net's own) under names that begin with
 * `before`, at most 15 bytes. */
int lint_net_store_as(const lint_net *net, const float *kept, const char *before, lint_frame *f,
                      lint_err *e);
int lint_net_load(lint_net *net, const lint_frame *f, lint_err *e);

/* --- a model: a frame of kind `model`, with the net's text and the class names ---------------- */

/* Puts kind, net text and classes (JSON array of names) into f's metadata beside the parameters. */
int lint_model_store(const lint_net *net, const char *classes, lint_frame *f, lint_err *e);

/* Builds the net of a model that is in memory; `name` stands in messages. NULL on error. */
lint_net *lint_model_build(const lint_frame *f, const char *name, size_t batch, lint_net_mode mode,
                           lint_threads *pool, lint_err *e);

#endif
