/* netinit: a network begins with weights that another training left.
 *
 * From a state dict of PyTorch saved as safetensors (torchvision's, say) or a model of lint, by the
 * names of its tensors. All must fit, except for the head, the layer that comes last: it is of the
 * other task's classes, and where it is missing or of another shape it keeps the weights that it
 * has. `num_batches_tracked` of a batch norm may be there or not; nothing here reads it.
 *
 *     lint_net_init(net, seed);                      // the head, if it does not fit
 *     lint_net_init_report r;
 *     if (lint_net_init_from(net, &frame, &r, &e) < 0) ...
 *     if (*r.said) warn(r.said);
 */
#ifndef LINT_NETINIT_H
#define LINT_NETINIT_H

#include "net.h"

typedef struct lint_net_init_report {
    size_t loaded;  /* tensors */
    char said[512]; /* what became of the head, a sentence; "" if it was loaded */
} lint_net_init_report;

/* Loads the tensors of f. A tensor that the net does not have, one that is missing, of another
 * shape or dtype or not finite is an error that names it; the net is then of no use. */
int lint_net_init_from(lint_net *net, const lint_frame *f, lint_net_init_report *r, lint_err *e);

#endif
