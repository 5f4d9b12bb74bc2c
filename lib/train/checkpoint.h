/* checkpoint: a training between two epochs, in a file.
 *
 * One safetensors frame of kind `checkpoint`, written beside and renamed over the one before, so
 * that whoever is killed at any moment leaves a whole one:
 *
 *     NAME              the weights and running statistics now, under PyTorch's names
 *     best/NAME         those of the best epoch, which the model will be made of
 *     optimiser/state   F32, in the optimiser's own order; optimiser/steps U64 [1]
 *     dro/weights       F64, where group DRO trains
 *     log/rows          F64 [epochs, 16]: every epoch so far; how many there are is the position
 *
 * Its metadata holds what the run depends on: the settings, `key<TAB>value` a line, with hashes of
 * the network and the samples among them, and for a stream, which cannot be known ahead, the hash
 * of the epochs read so far (`stream`). Reading refuses a checkpoint of a run with other settings,
 * and says which. Everything pointed to is the caller's.
 *
 *     lint_checkpoint c = {.net = net, .best = best, .optim = optim, .settings = &s, ...};
 *     int there = lint_checkpoint_read(path, &c, &e);       // 1: filled in. 0: no such file
 *     ...
 *     lint_checkpoint_write(path, &c, &e);
 *     free(c.row);
 */
#ifndef LINT_TRAIN_CHECKPOINT_H
#define LINT_TRAIN_CHECKPOINT_H

#include "stream/settings.h"
#include "train/train.h"

typedef struct lint_checkpoint {
    lint_net *net;
    float *best; /* values of all parameters and buffers, one after the other */
    lint_optim *optim;
    lint_dro *dro; /* NULL: none */
    const lint_settings *settings;
    uint64_t stream; /* hash of the epochs read so far */
    lint_epoch *row; /* [rows], from malloc */
    size_t rows;
} lint_checkpoint;

int lint_checkpoint_write(const char *path, const lint_checkpoint *c, lint_err *e);

/* 1: net, best, optim, dro, stream and rows are as they were written; c->row is from malloc. 0:
 * there is no such file. -1: it cannot be used, and why; net and the others may have changed. */
int lint_checkpoint_read(const char *path, lint_checkpoint *c, lint_err *e);

#endif
