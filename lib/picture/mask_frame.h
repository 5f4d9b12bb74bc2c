/* mask_frame: finds the masks of a frame's pictures, and compares them with those that are there.
 *
 *     lint_mask_sums sums = {0};
 *     lint_mask_how how = {.method = LINT_MASK_CUT};
 *     while (lint_reader_next(r, &frame, &e) > 0) {
 *         lint_mask_frame(&frame, &how, pool, &sums, &e);
 *         lint_frame_write(&frame, out, &e);
 *     }
 *     double iou = sums.iou / (double)sums.compared;
 */
#ifndef LINT_PICTURE_MASK_FRAME_H
#define LINT_PICTURE_MASK_FRAME_H

#include "base/threads.h"
#include "picture/find_mask.h"
#include "stream/frame.h"

typedef struct lint_mask_how {
    lint_mask_method method;
    int replace; /* masks that are there; else they stay, and found ones are only compared */
    int by_maps; /* `cam` of the label's class, less the mean of the others', is a hint */
} lint_mask_how;

typedef struct lint_mask_sums {
    size_t samples, nothing; /* seen; in which no object was found */
    size_t compared, poor;   /* whose own mask has an object; whose IoU is below LINT_MASK_POOR */
    /* Sums over the compared: intersection over union; share of the object that was found; share of
     * what was found that is object. */
    double iou, recall, precision;
} lint_mask_sums;

#define LINT_MASK_POOR 0.2

/* Adds `mask` U8 [n,H,W] to f, and to *sums what came of it. by_maps uses up `logits` and `cam`,
 * which leave the frame, whose kind becomes samples. An error where there are no pictures, or no
 * maps and labels that are asked for. The same bytes for any number of threads. */
int lint_mask_frame(lint_frame *f, const lint_mask_how *how, lint_threads *threads,
                    lint_mask_sums *sums, lint_err *e);

#endif
