/* net_init: a network begins with weights that another training left.
 *
 * Reads a state dict of PyTorch, such as torchvision's, or a model of lint (state_dict.h), in F32,
 * F16, BF16 or F64, by the names of its tensors. `module.` or `model.` before all names is dropped.
 * All must fit, except in the head, which is the last layer or the dense layers that come last: it
 * belongs to the other task's classes. From the head's first layer that is missing or has another
 * shape on, the network keeps the weights that it has; dense layers that the file has instead are
 * passed over. `num_batches_tracked` of a batch norm is ignored.
 *
 *     lint_net_init(net, seed);                      // the head, if it does not fit
 *     lint_net_init_report r;
 *     if (lint_net_init_from(net, "resnet50.pth", classes, &r, &e) < 0) ...
 *     for (int i = 0; i < LINT_NET_INIT_REMARKS; i++)
 *         if (*r.remark[i]) warn(r.remark[i]);
 */
#ifndef LINT_ENGINE_NET_INIT_H
#define LINT_ENGINE_NET_INIT_H

#include "base/names.h"
#include "engine/net.h"

/* Of the head; of classes; of how pictures are normalised. */
enum { LINT_NET_INIT_REMARKS = 3 };

/* What the user may not have meant, each a sentence or "": the head, or its end, keeps its random
 * weights; the head fits, but the model has other classes; the model's pictures were normalised
 * differently. A state dict does not tell the last two. */
typedef struct lint_net_init_report {
    char remark[LINT_NET_INIT_REMARKS][512];
    uint64_t hash; /* of what the tensors hold */
} lint_net_init_report;

/* Loads the tensors of a file. classes are those of the samples; NULL for an encoder, whose mean
 * codes are passed over. Outside the head a tensor is an error that names it, after the path, if
 * the net does not have it, or if it is missing, of another shape or dtype, or not finite. After an
 * error the net's weights are undefined. */
int lint_net_init_from(lint_net *net, const char *path, const lint_names *classes,
                       lint_net_init_report *r, lint_err *e);

/* Gives a file's tensors the names that networks have: drops what stands before all of them, unless
 * names of the net's own, which may be empty, begin so; and turns old names into those of today. */
void lint_net_init_names(lint_frame *f, const lint_frame *own);

#endif
