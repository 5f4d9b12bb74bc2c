/* filled: networks, weights, images and masks for tests, by formula.
 *
 * The same formulas stand in golden/make.py, so golden files need not hold what can be computed.
 * Everything here ends the test on failure (cmocka) and is freed by filled_free.
 *
 *     filled *f = filled_new("tests/golden/small.net", 3, 5, LINT_NET_TRAIN, 1);
 *     lint_net_step(f->net, &f->batch, &loss, &sum, &e);
 *     filled_gradients(f, &frame);          // by PyTorch's names and order
 */
#ifndef LINT_FILLED_H
#define LINT_FILLED_H

#include "engine/loss.h"
#include "engine/net.h"

typedef struct filled {
    lint_threads *pool;
    lint_net *net;
    lint_frame weights; /* as loaded */
    lint_batch
        batch; /* images (of a head: features) and masks by formula, label[i] = i % classes */
    uint8_t **image, **mask;
    int32_t *label;
} filled;

/* Reads the network of a file; text instead of a path where it holds a newline. */
filled *filled_new(const char *path, size_t classes, size_t n, lint_net_mode mode, int threads);
void filled_free(filled *f);

/* A small network of three classes, for five images. */
filled *filled_small(lint_net_mode mode, int threads);

/* The text of a network file, for the caller to free. */
char *filled_text(const char *path);

/* Other images, those of this step of a training; it begins with step 0. */
void filled_turn(filled *f, uint64_t step);

/* Values of a tensor by its name: uniform around 0, +-sqrt(6 / fan in) for matrices, +-1/4 for
 * vectors, which are 1 more if they are a weight or a running_var (batch norm). */
void filled_values(float *v, const char *name, size_t rank, const uint64_t *shape);

/* Loads every weight as filled_values gives it. */
void filled_reset(filled *f);
/* Loads f->weights, which a test may have changed. */
void filled_load(filled *f);

/* What a training step left, under PyTorch's names and order: the net's values, or its gradients
 * (after which the net's values are its gradients: filled_load brings the weights back). The
 * caller clears the frame. */
void filled_store(filled *f, lint_frame *to);
void filled_gradients(filled *f, lint_frame *to);

/* One training step, from the net's values as they are; and what its gradients are from f->weights. */
lint_loss_sum filled_step(filled *f, const lint_loss *loss);
void filled_step_gradients(filled *f, const lint_loss *loss, lint_frame *to);

void check_same_bytes(const lint_frame *a, const lint_frame *b);

/* Elements of a tensor. */
size_t filled_count(const lint_tensor *t);

#endif
