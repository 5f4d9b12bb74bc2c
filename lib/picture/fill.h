/* fill: the unknown pixels of a picture, from those around them.
 *
 * Push-pull over a pyramid of half sizes (Gortler, Grzeszczuk, Szeliski, Cohen: The Lumigraph,
 * SIGGRAPH 1996, section 3.4): the farther a pixel is from all that is known, the coarser the level
 * that it is taken from. Integer arithmetic: the same bytes everywhere.
 *
 *     uint8_t *room = malloc(lint_fill_room(H, W));
 *     lint_fill(H, W, W, image, weight, room);
 *
 * Letters: H W height and width.
 */
#ifndef LINT_PICTURE_FILL_H
#define LINT_PICTURE_FILL_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of scratch. */
size_t lint_fill_room(size_t h, size_t w);

/* image [H,W,3]: pixels of weight [H,W] 255 stay; those of weight 0 are filled, between a share of
 * both. stride is the distance of rows in pixels, in image and weight. Where every weight is 0 the picture becomes black. weight is not changed. */
void lint_fill(size_t h, size_t w, size_t stride, uint8_t *image, uint8_t *weight, uint8_t *room);

#endif
