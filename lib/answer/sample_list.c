#include "answer/sample_list.h"
#include "answer/predictor.h"
#include "base/grow.h"
#include "base/text.h"
#include "picture/evidence.h"
#include "stream/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct line {
    size_t number; /* from 1 */
    char *name;    /* NULL: none */
    int32_t truth, answer, place;
    double probability, inside, loss; /* NaN: not known */
} line;

struct lint_sample_list {
    line *v;
    size_t n, room;
    lint_names classes, places;
};

lint_sample_list *lint_sample_list_new(lint_err *e) {
    lint_sample_list *l = calloc(1, sizeof *l);
    if (!l) lint_fail_mem(e, "a list of samples");
    return l;
}

void lint_sample_list_free(lint_sample_list *l) {
    if (!l) return;
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].name);
    free(l->v);
    lint_names_free(&l->classes);
    lint_names_free(&l->places);
    free(l);
}

/* --- samples ---------------------------------------------------------------------------------- */

static double cross_entropy(const float *z, size_t K, size_t label) {
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < K; k++)
        largest = fmax(largest, (double)z[k]);
    for (size_t k = 0; k < K; k++)
        sum += exp((double)z[k] - largest);
    return log(sum) + largest - (double)z[label];
}

/* d, m [P]: room. */
static double inside(const lint_samples *s, size_t i, size_t label, double *d, double *m) {
    size_t P = s->cam_h * s->cam_w, pixels = s->h * s->w;
    const uint8_t *mask = s->mask + i * pixels;
    size_t object = 0;
    for (size_t k = 0; k < pixels && !object; k++)
        object = mask[k];
    if (!object) return NAN;
    lint_evidence(s->cam + i * s->k * P, s->k, P, label, d);
    lint_mask_cells(mask, s->h, s->w, m, s->cam_h, s->cam_w);
    return lint_evidence_share(d, m, P);
}

static int copy_name(line *to, const lint_samples *s, size_t i, lint_err *e) {
    if (!s->name) return 0;
    to->name = malloc(s->name_len + 1);
    if (!to->name) return lint_fail_mem(e, "names");
    lint_samples_name(s, i, to->name, s->name_len + 1);
    return 0;
}

static int add_line(lint_sample_list *l, const lint_samples *s, size_t i, double *room,
                    lint_err *e) {
    line *more = lint_grow(l->v, l->n, &l->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "a list of samples");
    l->v = more;
    line *v = &l->v[l->n];
    const float *z = s->logits + i * s->k;
    *v = (line){.number = l->n + 1,
                .truth = s->label ? s->label[i] : -1,
                .place = s->place ? s->place[i] : -1,
                .inside = NAN,
                .loss = NAN};
    v->answer = (int32_t)lint_predicted(z, s->k, &v->probability);
    if (v->truth >= 0) {
        v->loss = cross_entropy(z, s->k, (size_t)v->truth);
        if (room) v->inside = inside(s, i, (size_t)v->truth, room, room + s->cam_h * s->cam_w);
    }
    l->n++;
    return copy_name(v, s, i, e);
}

static int add_view(lint_sample_list *l, const lint_samples *s, lint_err *e) {
    double *room = NULL;
    if (!s->logits) return lint_fail(e, "no 'logits' (lint-cam MODEL adds them)");
    if (l->n == 0) {
        lint_names_free(&l->classes);
        lint_names_free(&l->places);
        if (lint_names_copy(&l->classes, &s->classes, e) < 0 ||
            lint_names_copy(&l->places, &s->places, e) < 0)
            return -1;
    }
    if (s->n && s->cam && s->mask) {
        room = malloc(2 * s->cam_h * s->cam_w * sizeof *room);
        if (!room) return lint_fail_mem(e, "maps");
    }
    int err = 0;
    for (size_t i = 0; !err && i < s->n; i++)
        err = add_line(l, s, i, room, e);
    free(room);
    return err;
}

int lint_sample_list_add(lint_sample_list *l, const lint_frame *f, lint_err *e) {
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = add_view(l, &s, e);
    lint_samples_free(&s);
    return err;
}

/* --- text ------------------------------------------------------------------------------------- */

static int by_loss(const void *a, const void *b) {
    const line *x = a, *y = b;
    double p = isnan(x->loss) ? -1 : x->loss, q = isnan(y->loss) ? -1 : y->loss;
    if (p != q) return p < q ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

static void put_name(const lint_names *names, int32_t i, const char *what, FILE *out) {
    char number[32];
    putc('\t', out);
    lint_text_escape(i < 0 ? "-" : lint_names_get(names, i, what, number), out);
}

static void put_number(double v, FILE *out) {
    if (isnan(v))
        fputs("\t-", out);
    else
        fprintf(out, "\t%.6g", v);
}

void lint_sample_list_write(lint_sample_list *l, FILE *out) {
    if (l->n) qsort(l->v, l->n, sizeof *l->v, by_loss);
    fputs("name\ttruth\tanswer\tprobability\tplace\tevidence_inside\tloss\n", out);
    for (size_t i = 0; i < l->n; i++) {
        const line *v = &l->v[i];
        if (v->name)
            lint_text_escape(v->name, out);
        else
            fprintf(out, "%zu", v->number);
        put_name(&l->classes, v->truth, "class", out);
        put_name(&l->classes, v->answer, "class", out);
        put_number(v->probability, out);
        put_name(&l->places, v->place, "place", out);
        put_number(v->inside, out);
        put_number(v->loss, out);
        putc('\n', out);
    }
}
