/* swap: the surroundings of an object become those of another picture.
 *
 * What lies behind the object then says nothing of its class. A window [H,W] says how much of each
 * pixel stays, 0 to 255: an ellipse in the middle, or the object's mask, both with a
 * soft edge. A picture without an object in its mask is left as it is. The donor's own
 * object is taken out first, so that no picture shows two, unless the donor's mask marks none.
 *
 *     lint_swap s = lint_swap_draw(0.75, donors, &rng);
 *     if (s.swapped) {
 *         lint_swap_ellipse(&s, H, W, window);   // or lint_swap_mask(H, W, mask, image, window, room)
 *         lint_swap_blend(H, W, window, donor_image(s.donor), image);
 *     }
 *
 * Arithmetic is integer, or in doubles without library functions: the same bytes everywhere.
 * Letters: H W height and width.
 */
#ifndef LINT_PICTURE_SWAP_H
#define LINT_PICTURE_SWAP_H

#include "base/rng.h"
#include <stddef.h>
#include <stdint.h>

typedef enum lint_swap_by { LINT_SWAP_CENTER, LINT_SWAP_MASK } lint_swap_by;
#define LINT_SWAP_CHOICES "center|mask"

/* What happens to one sample. */
typedef struct lint_swap {
    int swapped;   /* whether anything does */
    size_t donor;  /* index of the picture that the surroundings come from */
    double size;   /* of the ellipse, about 1 */
    double aspect; /* its height is divided by this, its width multiplied */
} lint_swap;

#define LINT_SWAP_NONE ((lint_swap){.size = 1, .aspect = 1})

/* Swapped with this probability; the donor is any of `donors` > 0 pictures, the sample's own among
 * them. Always draws the same numbers. */
lint_swap lint_swap_draw(double probability, size_t donors, lint_rng *rng);

/* window [H,W]: 255 within a quarter of a side from the middle, 0 from two fifths of a side on;
 * both times size and aspect. */
void lint_swap_ellipse(const lint_swap *s, size_t h, size_t w, uint8_t *window);

/* Bytes of scratch for the two functions below. */
size_t lint_swap_room(size_t h, size_t w);

/* window [H,W]: the mask [H,W] of 0..255, 128 and more is object, with a soft edge. image [H,W,3]: what the
 * soft edge shows is filled in from the object's inside, so that nothing of the old surroundings is
 * seen. 0: the mask marks nothing;
 * image is as it was and the window is not to be used. */
int lint_swap_mask(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *window,
                   uint8_t *room);

/* Fills what the mask [H,W] marks of the image [H,W,3], and a rim outside, from around it. A mask of
 * everything leaves the image as it is. */
void lint_swap_clear(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *room);

/* image [H,W,3] keeps what the window keeps; the rest is the donor's [H,W,3]. */
void lint_swap_blend(size_t h, size_t w, const uint8_t *window, const uint8_t *donor,
                     uint8_t *image);

#endif
