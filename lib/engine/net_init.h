/* net_init: a network begins with weights that another training left.
 *
 * From a state dict of PyTorch saved as safetensors (torchvision's, say) or a model of lint, by the
 * names of its tensors. All must fit, except for the head, the last layer or the dense layers that
 * come last: it is of the other task's classes. From its first layer on that is missing or of
 * another shape it keeps the weights that it has, and what the file has instead, dense layers of
 * other names, is passed over. `num_batches_tracked` of a batch norm may be there or not; nothing
 * here reads it.
 *
 *     lint_net_init(net, seed);                      // the head, if it does not fit
 *     lint_net_init_report r;
 *     if (lint_net_init_from(net, "resnet50.safetensors", classes, &r, &e) < 0) ...
 *     for (int i = 0; i < LINT_NET_INIT_REMARKS; i++)
 *         if (*r.remark[i]) warn(r.remark[i]);
 */
#ifndef LINT_ENGINE_NET_INIT_H
#define LINT_ENGINE_NET_INIT_H

#include "base/names.h"
#include "engine/net.h"

/* Of the head; of classes; of how pictures are normalised. */
enum { LINT_NET_INIT_REMARKS = 3 };

/* What the user may not have meant, each a sentence or "": the head, or the end of it, begins anew;
 * it fits, but the model tells other classes apart; the model saw pictures brought to other
 * numbers. A state dict says nothing of the last two. */
typedef struct lint_net_init_report {
    char remark[LINT_NET_INIT_REMARKS][512];
    uint64_t hash; /* of what the tensors hold */
} lint_net_init_report;

/* Loads the tensors of a file; classes are those of the samples, NULL for an encoder, whose mean
 * codes are passed over. But for the head, a tensor that the net does not have, one that is
 * missing, of another shape or dtype or not finite is an error that names it, after the path; the
 * net is then of no use. */
int lint_net_init_from(lint_net *net, const char *path, const lint_names *classes,
                       lint_net_init_report *r, lint_err *e);

#endif
