/* shift: pictures that are moved a little.
 *
 * Each picture is moved left, right, up and down by a fraction of its side. The uncovered edge is
 * filled with the picture's mirror image (augment.h).
 *
 *     lint_samples s;
 *     if (lint_samples_view(&frame, &s, &e) < 0) ...
 *     if (lint_shift_each(&s, 1.0 / 6, 32, pool, take, NULL, &e) < 0) ...    // take gets them all
 */
#ifndef LINT_PICTURE_SHIFT_H
#define LINT_PICTURE_SHIFT_H

#include "base/threads.h"
#include "stream/samples.h"

enum { LINT_SHIFT_MOVES = 4 }; /* left, right, up, down */

/* Is given the pictures first to first + n - 1 of a frame, moved: [n,4] by pointer, each [H,W,3]. */
typedef int lint_shift_take(void *ctx, size_t first, size_t n, const uint8_t *const *moved,
                            lint_err *e);

/* Calls `take` with all pictures of a frame in turn, up to `most` at a time, moved by `share` of their width
 * and height. Stops where that returns other than 0, and returns -1. The division depends only on the frame. */
int lint_shift_each(const lint_samples *s, double share, size_t most, lint_threads *pool,
                    lint_shift_take *take, void *ctx, lint_err *e);

#endif
