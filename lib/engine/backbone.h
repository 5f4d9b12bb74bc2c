/* backbone: a network that makes features of pictures, up to its `cam` line, and is not trained.
 *
 * It comes from a model of lint, or from pretrained weights as net_init.h reads them, whose classes
 * need not be those of the pictures: nothing behind the line is computed. Batch norm works with its
 * running statistics. A head (net_head.h) that was trained on the features joins its backbone to a
 * model like any other. The features' `backbone` in the metadata, a hash of the network's text and
 * weights before the line, keeps what does not belong together apart.
 *
 *     lint_backbone b;
 *     if (lint_backbone_open(&b, "resnet18.pth", NULL, 32, pool, &e) < 0) ...
 *     while (lint_reader_next(r, &frame, &e) > 0)
 *         if (lint_backbone_frame(&b, &frame, &e) < 0) ...      // now has `features`
 *     lint_backbone_free(&b);
 */
#ifndef LINT_ENGINE_BACKBONE_H
#define LINT_ENGINE_BACKBONE_H

#include "engine/net.h"

typedef struct lint_backbone {
    lint_net *net;
    char hash[17]; /* in hexadecimal */
} lint_backbone;

/* Opens a model, or weights for the network that lint_backbone_find finds. With a name of a network
 * (net_path.h), either is weights for that. Batches are of up to `batch` pictures; the caller frees
 * the pool, later. Messages begin with a path. On error there is nothing to free. */
int lint_backbone_open(lint_backbone *b, const char *path, const char *net, size_t batch,
                       lint_threads *pool, lint_err *e);
void lint_backbone_free(lint_backbone *b);

/* The path of the network, among those in models/ or where they are installed, that the tensors
 * belong to: by names (lint_net_init_names sets them) and shapes, those behind the `cam` line aside.
 * The caller frees it. NULL on error: none, or several. */
char *lint_backbone_find(lint_frame *weights, lint_err *e);

/* Adds `features` F16 [n,C,h,w] to a frame of samples, and `backbone` to its metadata. Errors: no
 * 'image', or one of another size than the network's input; a feature that is not finite. */
int lint_backbone_frame(const lint_backbone *b, lint_frame *f, lint_err *e);

/* Adds `features_shifted` F16 [n,4,C,h,w], the features of each picture moved by `share` of its side
 * (picture/shift.h), and `features_shift`, the share, to the metadata of a frame that has `features`. */
int lint_backbone_shifted_frame(const lint_backbone *b, lint_frame *f, double share,
                                lint_threads *pool, lint_err *e);

/* Makes `out`, an empty frame, the model of the backbone with the head, which is a model too.
 * Errors: the head's input is not features, or it was trained on those of another backbone. */
int lint_backbone_join(const lint_backbone *b, const lint_frame *head, lint_frame *out,
                       lint_err *e);

#endif
