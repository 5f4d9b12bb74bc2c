#include "picture/fill.h"

/* A picture [h,w,3] whose pixels are known to a degree, 0 to 255: weight [h,w]. */
typedef struct level {
    size_t h, w, stride; /* stride: pixels from row to row */
    uint8_t *rgb, *weight;
} level;

/* Enough to bring any side that a picture may have to 1. */
enum { LEVELS_MAX = 17 };

size_t lint_fill_room(size_t h, size_t w) {
    size_t bytes = 0;
    while (h > 1 || w > 1) {
        h = (h + 1) / 2, w = (w + 1) / 2;
        bytes += 4 * h * w;
    }
    return bytes;
}

/* A pixel of the next level from the up to four under it, each counted as far as it is known. */
static void push_pixel(const level *from, size_t y, size_t x, uint8_t *rgb, uint8_t *weight) {
    unsigned sum[3] = {0}, all = 0;
    for (size_t i = 2 * y; i < 2 * y + 2 && i < from->h; i++)
        for (size_t j = 2 * x; j < 2 * x + 2 && j < from->w; j++) {
            unsigned known = from->weight[i * from->stride + j];
            for (int k = 0; k < 3; k++)
                sum[k] += known * from->rgb[(i * from->stride + j) * 3 + k];
            all += known;
        }
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)(all ? (sum[k] + all / 2) / all : 0);
    *weight = (uint8_t)(all < 255 ? all : 255);
}

static void push(const level *from, const level *to) {
    for (size_t y = 0; y < to->h; y++)
        for (size_t x = 0; x < to->w; x++)
            push_pixel(from, y, x, to->rgb + (y * to->stride + x) * 3,
                       to->weight + y * to->stride + x);
}

/* What a pixel lacks is interpolated bilinearly from the level above: in each direction the pixel's
 * own cell counts 3/4 and the nearest other 1/4. */
static void pull(const level *from, const level *to) {
    for (size_t i = 0; i < to->h; i++)
        for (size_t j = 0; j < to->w; j++) {
            unsigned known = to->weight[i * to->stride + j];
            if (known == 255) continue;
            size_t y = i / 2, x = j / 2;
            size_t v = i % 2 ? (y + 1 < from->h ? y + 1 : y) : (y ? y - 1 : y);
            size_t u = j % 2 ? (x + 1 < from->w ? x + 1 : x) : (x ? x - 1 : x);
            const uint8_t *a = from->rgb + (y * from->stride + x) * 3,
                          *b = from->rgb + (y * from->stride + u) * 3;
            const uint8_t *c = from->rgb + (v * from->stride + x) * 3,
                          *d = from->rgb + (v * from->stride + u) * 3;
            uint8_t *px = to->rgb + (i * to->stride + j) * 3;
            for (int k = 0; k < 3; k++) {
                unsigned above = (9u * a[k] + 3u * b[k] + 3u * c[k] + d[k] + 8) / 16;
                px[k] = (uint8_t)((known * px[k] + (255 - known) * above + 127) / 255);
            }
        }
}

void lint_fill(size_t h, size_t w, size_t stride, uint8_t *image, uint8_t *weight, uint8_t *room) {
    level l[LEVELS_MAX] = {{h, w, stride, image, weight}};
    int top = 0;
    while (l[top].h > 1 || l[top].w > 1) {
        size_t up_h = (l[top].h + 1) / 2, up_w = (l[top].w + 1) / 2;
        l[top + 1] = (level){up_h, up_w, up_w, room, room + 3 * up_h * up_w};
        room += 4 * up_h * up_w;
        push(&l[top], &l[top + 1]);
        top++;
    }
    for (; top > 0; top--)
        pull(&l[top], &l[top - 1]);
}
