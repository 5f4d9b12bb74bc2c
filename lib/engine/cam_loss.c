#include "engine/cam_loss.h"

#include <math.h>
#include <string.h>

void lint_prior_center(float *k, size_t h, size_t w, double sigma) {
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            double dy = ((double)y + 0.5) / (double)h - 0.5;
            double dx = ((double)x + 0.5) / (double)w - 0.5;
            k[y * w + x] = (float)-expm1(-(dx * dx + dy * dy) / (2 * sigma * sigma));
        }
}

/* Sum of the mask's rows over [y0, y1) x [x0, x1), edges counted by the part they cover. */
static double covered(const uint8_t *mask, size_t mw, double y0, double y1, double x0, double x1) {
    double sum = 0;
    for (size_t y = (size_t)y0; (double)y < y1; y++) {
        double hy = fmin((double)y + 1, y1) - fmax((double)y, y0);
        for (size_t x = (size_t)x0; (double)x < x1; x++)
            sum += hy * (fmin((double)x + 1, x1) - fmax((double)x, x0)) * mask[y * mw + x];
    }
    return sum;
}

static int is_whole(double v) {
    return v == (double)(size_t)v;
}

/* The same where the edges are whole: exact, and fast. */
static double covered_whole(const uint8_t *mask, size_t mw, size_t y0, size_t y1, size_t x0,
                            size_t x1) {
    uint64_t sum = 0;
    for (size_t y = y0; y < y1; y++) {
        uint32_t row = 0; /* LINT_SIDE_MAX * 255 fits */
        for (size_t x = x0; x < x1; x++)
            row += mask[y * mw + x];
        sum += row;
    }
    return (double)sum;
}

void lint_mask_shares(float *share, size_t h, size_t w, const uint8_t *mask, size_t mask_h,
                      size_t mask_w) {
    double sy = (double)mask_h / (double)h, sx = (double)mask_w / (double)w;
    int whole = is_whole(sy) && is_whole(sx);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            double y1 = y + 1 == h ? (double)mask_h : (double)(y + 1) * sy;
            double x1 = x + 1 == w ? (double)mask_w : (double)(x + 1) * sx;
            size_t hh = (size_t)sy, ww = (size_t)sx;
            double sum =
                whole ? covered_whole(mask, mask_w, y * hh, (y + 1) * hh, x * ww, (x + 1) * ww)
                      : covered(mask, mask_w, (double)y * sy, y1, (double)x * sx, x1);
            share[y * w + x] = (float)(sum / (255 * sy * sx));
        }
}

void lint_prior_mask(float *k, size_t h, size_t w, const uint8_t *mask, size_t mask_h,
                     size_t mask_w) {
    lint_mask_shares(k, h, w, mask, mask_h, mask_w);
    for (size_t i = 0; i < h * w; i++)
        k[i] = 1 - k[i];
}

void lint_cam_seed(lint_cam_loss loss, size_t classes, size_t label, float *seed) {
    int against = loss == LINT_CAM_ENERGY || loss == LINT_CAM_EMBEDDING;
    float other = against && classes > 1 ? -1.0f / (float)(classes - 1) : 0;
    for (size_t c = 0; c < classes; c++)
        seed[c] = c == label ? 1 : other;
}

/* mean (cost M)^2, cost being K or, for radial, K^2 = (1 - G)^2. */
static double squared(int radial, size_t n, const float *k, const float *map, float *d) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double cost = radial ? (double)k[i] * (double)k[i] : (double)k[i];
        double m = cost * (double)map[i];
        sum += m * m;
        if (d) d[i] = (float)(2 * m * cost / (double)n);
    }
    return sum / (double)n;
}

static double energy(size_t n, const float *k, const float *map, float *d) {
    const double tiny = 1e-12; /* a map of zeros costs nothing and has no gradient */
    double cost = 0, all = tiny;
    for (size_t i = 0; i < n; i++) {
        cost += (double)k[i] * fabs((double)map[i]);
        all += fabs((double)map[i]);
    }
    double share = cost / all;
    for (size_t i = 0; d && i < n; i++) {
        double sign = map[i] > 0 ? 1 : map[i] < 0 ? -1 : 0;
        d[i] = (float)(sign * ((double)k[i] - share) / all);
    }
    return share;
}

double lint_cam_value(lint_cam_loss loss, size_t n, const float *k, const float *map, float *d) {
    switch (loss) {
    case LINT_CAM_MSE:
    case LINT_CAM_RADIAL:
        return squared(loss == LINT_CAM_RADIAL, n, k, map, d);
    case LINT_CAM_ENERGY:
        return energy(n, k, map, d);
    case LINT_CAM_EMBEDDING: /* of a batch, in mask_encoder.c */
    case LINT_CAM_NONE:
        break;
    }
    if (d) memset(d, 0, n * sizeof *d);
    return 0;
}
