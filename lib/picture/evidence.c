#include "picture/evidence.h"

#include <math.h>

/* The part of pixel [i, i+1) that lies in [from, to). */
static double covered(size_t i, double from, double to) {
    double a = fmax((double)i, from), b = fmin((double)i + 1, to);
    return b > a ? b - a : 0;
}

static double cell_mean(const uint8_t *mask, size_t H, size_t W, double y0, double y1, double x0,
                        double x1) {
    double sum = 0;
    for (size_t y = (size_t)y0; y < H && (double)y < y1; y++) {
        double row = 0;
        for (size_t x = (size_t)x0; x < W && (double)x < x1; x++)
            row += covered(x, x0, x1) * mask[y * W + x];
        sum += covered(y, y0, y1) * row;
    }
    return fmin(sum / ((y1 - y0) * (x1 - x0) * 255), 1);
}

void lint_mask_cells(const uint8_t *mask, size_t H, size_t W, double *m, size_t h, size_t w) {
    for (size_t i = 0; i < h; i++)
        for (size_t j = 0; j < w; j++)
            m[i * w + j] = cell_mean(mask, H, W, (double)(i * H) / (double)h,
                                     (double)((i + 1) * H) / (double)h, (double)(j * W) / (double)w,
                                     (double)((j + 1) * W) / (double)w);
}

void lint_evidence(const float *cam, size_t K, size_t P, size_t label, double *d) {
    for (size_t p = 0; p < P; p++) {
        double others = 0;
        for (size_t k = 0; k < K; k++)
            if (k != label) others += (double)cam[k * P + p];
        d[p] = (double)cam[label * P + p] - (K > 1 ? others / (double)(K - 1) : 0);
    }
}

void lint_center_cells(double radius, double *m, size_t h, size_t w) {
    for (size_t i = 0; i < h; i++)
        for (size_t j = 0; j < w; j++) {
            double y = ((double)i + 0.5) / (double)h - 0.5;
            double x = ((double)j + 0.5) / (double)w - 0.5;
            m[i * w + j] = x * x + y * y <= radius * radius;
        }
}

double lint_evidence_share(const double *d, const double *m, size_t P) {
    double in = 0, all = 0;
    for (size_t p = 0; p < P; p++) {
        in += fabs(d[p]) * m[p];
        all += fabs(d[p]);
    }
    return all > 0 ? in / all : NAN;
}

static size_t argmax(const double *d, size_t P) {
    size_t best = 0;
    for (size_t p = 1; p < P; p++)
        if (d[p] > d[best]) best = p;
    return best;
}

int lint_points_at(const double *d, const double *m, size_t P) {
    size_t at = argmax(d, P);
    return d[at] > 0 && m[at] >= 0.5;
}

double lint_cells_iou(const double *d, const double *m, size_t P, double t) {
    double both = 0, either = 0, top = d[argmax(d, P)];
    for (size_t p = 0; p < P; p++) {
        int on = d[p] > 0 && d[p] >= t * top;
        both += on ? m[p] : 0;
        either += on ? 1 : m[p];
    }
    return either > 0 ? both / either : 0;
}
