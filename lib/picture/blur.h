/* blur: a picture out of focus.
 *
 *     lint_blur(h, w, image, 0.1, line);
 *
 * Three running means one after the other, along rows and along columns: nearly a Gaussian, in time
 * that does not depend on its width. Beyond its edges a picture is its own mirror image. Integer
 * arithmetic, so the same on every machine.
 */
#ifndef LINT_PICTURE_BLUR_H
#define LINT_PICTURE_BLUR_H

#include <stddef.h>
#include <stdint.h>

/* Blurs image [H,W,3] in place; sigma is the standard deviation in shares of each side. line
 * [2 * max(H, W)] is scratch memory. */
void lint_blur(size_t h, size_t w, uint8_t *image, double sigma, uint32_t *line);

#endif
