/* superpixels: a picture as a few hundred patches that keep to its edges, and what is known of each.
 *
 * SLIC (Achanta et al., "SLIC Superpixels Compared to State-of-the-art Superpixel Methods", PAMI
 * 2012): k-means over colour and position that starts from a grid. The picture is first reduced to
 * LINT_SUPERPIXELS_SIDE on its longer side; a smaller one keeps its size. Colours are CIE Lab, whose
 * distances are those that people see.
 *
 *     lint_superpixels s = {0};
 *     if (lint_superpixels_make(&s, image, H, W, &e) < 0) ...
 *     for (int k = s.first[0]; k < s.first[1]; k++) use(s.neighbor[k]); // of superpixel 0
 *     lint_superpixels_free(&s);
 *
 * Letters: H W sides of the picture, h w those of the reduced one, n superpixels.
 */
#ifndef LINT_PICTURE_SUPERPIXELS_H
#define LINT_PICTURE_SUPERPIXELS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { LINT_SUPERPIXELS_SIDE = 96 };

typedef struct lint_superpixels {
    int h, w, n;
    int *at;                 /* [h,w] the superpixel of each pixel */
    struct lint_superpixel { /* [n] */
        float lab[3];        /* mean colour */
        float texture;       /* log of the mean squared gradient of brightness, contours included */
        float inner_texture; /* the same without the pixels that touch another superpixel */
        float x, y;          /* centre, in sides of the picture */
        float area;          /* pixels */
        uint8_t at_edge;     /* whether it touches the edge of the picture */
    } * of;
    int *first, *neighbor; /* neighbours of i: neighbor[first[i] .. first[i + 1] - 1], ascending */
    int *contour;          /* beside neighbor: how many pixels long the common contour is */
} lint_superpixels;

/* Makes s of the picture [H,W,3]; H and W are at least 1. What s held is not freed. On error it is
 * empty. */
int lint_superpixels_make(lint_superpixels *s, const uint8_t *image, size_t H, size_t W,
                          lint_err *e);
void lint_superpixels_free(lint_superpixels *s);

#endif
