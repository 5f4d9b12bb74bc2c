/* augment: one picture and its mask, turned, flipped, zoomed, moved, its surroundings swapped, its
 * colours changed, and made noisy, in this order.
 *
 * A lint_augment says what may happen, a lint_change what does happen to one sample; draw makes
 * the second from the first and a generator. All geometry is one affine map, so that a picture is
 * resampled once: bilinear for the picture, the nearest pixel for the mask (whose values mean
 * something). Beyond its edges a picture goes on as its own mirror image: black corners would be
 * a cue that something was turned. Positions are fixed point and the arithmetic is integer; a
 * change that only flips, or turns a square by quarter turns, moves pixels and alters none.
 *
 *     lint_augment a = LINT_AUGMENT_NONE;
 *     a.flip_h = 1, a.rotate = 15;
 *     lint_change c = lint_augment_draw(&a, seed, epoch, index);
 *     lint_change_image(&c, h, w, in, out);
 *     lint_change_mask(&c, h, w, mask, mask_out);
 *
 * Letters: N samples, H W height and width.
 */
#ifndef LINT_PICTURE_AUGMENT_H
#define LINT_PICTURE_AUGMENT_H

#include "base/err.h"
#include "base/rng.h"
#include "base/threads.h"
#include "picture/swap.h"
#include "stream/samples.h"
#include <stddef.h>
#include <stdint.h>

/* What may happen. Every range is drawn from uniformly. */
typedef struct lint_augment {
    int flip_h, flip_v; /* left-right, upside down; each with probability 1/2 */
    double rotate;      /* degrees, up to this much each way */
    double crop;       /* a window of crop..1 times each side, anywhere inside, fills the picture */
    double shift;      /* up to this share of each side, each way */
    double brightness; /* times 1 - brightness .. 1 + brightness */
    double noise;      /* Gaussian, of standard deviation 0..noise (1 is white) */
    double center;     /* the middle, of this share of each side, is all that is seen; 0 is 1 */
    double scale;      /* larger or smaller by a factor of up to 1 + scale */
    double hue;        /* degrees of the colour circle, up to this much each way */
    double saturation; /* times 1 - saturation .. 1 + saturation */
    double grey;       /* probability that all colour goes */
} lint_augment;

#define LINT_AUGMENT_NONE ((lint_augment){.crop = 1})

/* What happens to one sample. */
typedef struct lint_change {
    int flip_h, flip_v;
    double degrees;    /* clockwise as seen */
    double scale;      /* side of the window shown, as a share of the picture's; 1 is all of it */
    double dx, dy;     /* centre of the window, from the picture's centre, in shares of W and H */
    double gain;       /* every value is multiplied with it */
    double hue;        /* degrees that colours turn about the grey axis */
    double saturation; /* distance from grey is multiplied with it */
    double noise;      /* standard deviation, in shares of white */
    lint_rng rng;      /* the noise is drawn from here */
    lint_swap swap;    /* of the surroundings; drawn by the caller, who knows the donors */
} lint_change;

#define LINT_CHANGE_NONE ((lint_change){.scale = 1, .gain = 1, .saturation = 1})

/* Whether nothing can happen, so that pictures need not be touched. */
int lint_augment_is_none(const lint_augment *a);

/* Always draws the same numbers in the same order, whatever the ranges are: switching one thing
 * on leaves the others as they were. Nothing is swapped yet. */
lint_change lint_augment_draw(const lint_augment *a, uint64_t seed, uint64_t epoch, uint64_t index);

/* Writes the changed picture [H,W,3] or mask [H,W] to out; in and out must not overlap. Light and
 * noise leave masks alone. */
void lint_change_image(const lint_change *c, size_t h, size_t w, const uint8_t *in, uint8_t *out);
void lint_change_mask(const lint_change *c, size_t h, size_t w, const uint8_t *in, uint8_t *out);

/* The pictures that surroundings are taken from, and what is done to each before. */
typedef struct lint_donors {
    lint_swap_by by;
    const lint_change *change;                              /* [N] of the donor of each sample */
    const uint8_t *(*image)(const void *ctx, size_t donor); /* [H,W,3], of any alignment */
    const uint8_t *(*mask)(const void *ctx, size_t donor);  /* [H,W]; used by LINT_SWAP_MASK */
    const void *ctx;
} lint_donors;

/* Changes image and mask of sample i by change[i], for all N samples, in place. A sample whose
 * surroundings are swapped has no known place any more. donors may be NULL where nothing is
 * swapped; by mask, a sample whose mask marks nothing is not. */
int lint_augment_samples(lint_samples *s, const lint_change *change, const lint_donors *donors,
                         lint_threads *pool, lint_err *e);

#endif
