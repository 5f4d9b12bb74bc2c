#include "picture/affinity.h"

#include <math.h>
#include <stdlib.h>

/* By mean IoU on orca-leopard and birds, seeds 100 and 101; see docs/masks.md. */
/* Units of Lab for a mean squared gradient e times as strong. */
#define ALL_WEIGHT   12.0f
#define INNER_WEIGHT 6.0f

/* Mean distance of two superpixels in a picture of usual contrast. */
#define USUAL_DISTANCE 25.0

static float *matrix(const lint_superpixels *s, lint_err *e) {
    float *d = malloc((size_t)s->n * (size_t)s->n * sizeof *d);
    if (!d) lint_fail_mem(e, "distances");
    return d;
}

static float texture_of(const struct lint_superpixel *p, lint_texture texture) {
    if (texture == LINT_TEXTURE_NONE) return 0;
    return texture == LINT_TEXTURE_ALL ? ALL_WEIGHT * p->texture : INNER_WEIGHT * p->inner_texture;
}

float *lint_color_distances(const lint_superpixels *s, lint_texture texture, lint_err *e) {
    float *d = matrix(s, e);
    for (int i = 0; i < s->n && d; i++)
        for (int j = 0; j < s->n; j++) {
            const struct lint_superpixel *p = &s->of[i], *q = &s->of[j];
            float sum = texture_of(p, texture) - texture_of(q, texture);
            sum *= sum;
            for (int k = 0; k < 3; k++)
                sum += (p->lab[k] - q->lab[k]) * (p->lab[k] - q->lab[k]);
            d[i * s->n + j] = sqrtf(sum);
        }
    return d;
}

float *lint_center_distances(const lint_superpixels *s, lint_err *e) {
    float *d = matrix(s, e);
    for (int i = 0; i < s->n && d; i++)
        for (int j = 0; j < s->n; j++) {
            float dx = s->of[i].x - s->of[j].x, dy = s->of[i].y - s->of[j].y;
            d[i * s->n + j] = sqrtf(dx * dx + dy * dy);
        }
    return d;
}

float lint_contrast(const float *d, int n) {
    double sum = 0;
    for (int i = 0; i < n * n; i++)
        sum += (double)d[i];
    return (float)(sum / ((double)n * n) / USUAL_DISTANCE);
}
