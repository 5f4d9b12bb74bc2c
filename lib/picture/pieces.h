/* pieces: the connected regions of an image of numbers.
 *
 *     int n = lint_pieces(value, h, w, piece, queue);
 */
#ifndef LINT_PICTURE_PIECES_H
#define LINT_PICTURE_PIECES_H

/* The pixels left, right, above and below pixel i of [h,w]; -1 where there is none. */
void lint_pixels_around(int i, int h, int w, int around[4]);

/* piece [h,w]: pixels of equal value that touch by a side have one number; numbers are 0.. in the
 * order in which reading meets the pieces. queue [h,w] is room to work in. How many pieces there
 * are. */
int lint_pieces(const int *value, int h, int w, int *piece, int *queue);

#endif
