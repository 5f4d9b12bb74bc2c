/* checkpoint: the state of a training between two epochs, in a file.
 *
 * The file is one safetensors frame of kind `checkpoint`. A new one is written beside the old and
 * renamed over it, so a run that is killed at any moment leaves a complete checkpoint. Its tensors:
 *
 *     NAME              current weights and running statistics, under PyTorch's names
 *     best/NAME         those of the best epoch, which become the model
 *     optimiser/state   F32, in the optimiser's own order; optimiser/steps U64 [1]
 *     dro/weights       F64, with group DRO only
 *     log/rows          F64 [epochs, 16]: every epoch so far
 *
 * Its metadata holds all that the run depends on. `settings` has a line `key<TAB>value` for each
 * setting, including hashes of the network and the samples. A stream cannot be hashed in advance, so
 * `stream` is the hash of the epochs read so far. A checkpoint of a run with other settings is refused
 * with a message that names the difference. The caller owns everything pointed to.
 *
 *     lint_checkpoint c = {.net = net, .best = best, .optim = optim, .settings = &s, ...};
 *     int there = lint_checkpoint_read(path, &c, &e);       // 1: read. 0: no such file
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
    float *best; /* values of all parameters and buffers of the best epoch, concatenated */
    lint_optim *optim;
    lint_dro *dro; /* NULL: none */
    const lint_settings *settings;
    uint64_t stream; /* hash of the epochs read so far */
    lint_epoch *row; /* [rows], from malloc */
    size_t rows;
} lint_checkpoint;

int lint_checkpoint_write(const char *path, const lint_checkpoint *c, lint_err *e);

/* 1: net, best, optim, dro, stream and rows are as they were written; c->row is from malloc. 0: the
 * file does not exist. -1: an error; net and the others may have changed. */
int lint_checkpoint_read(const char *path, lint_checkpoint *c, lint_err *e);

#endif
