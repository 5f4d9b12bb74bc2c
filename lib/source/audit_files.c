/* An audit as JSON, as a table and as a sheet. */
#include "base/json.h"
#include "base/text.h"
#include "picture/draw.h"
#include "source/audit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *number(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *count(size_t n) {
    return json_integer((json_int_t)n);
}

/* "#3" of the third object of its picture, or nothing. */
static const char *number_of(const lint_picture *p, char text[32]) {
    *text = 0;
    if (p->crop.number) snprintf(text, 32, "#%zu", p->crop.number);
    return text;
}

/* A path may not be UTF-8; then it is shown with question marks. */
static json_t *name_of(const lint_audit *a, size_t i) {
    char buf[4096 + 32], number[32];
    const lint_picture *p = &a->source->picture[i];
    lint_text_clean(buf, 4096, p->path);
    return json_string(strcat(buf, number_of(p, number)));
}

static json_t *list_of(const lint_audit *a, const lint_audit_list *l) {
    json_t *all = json_array();
    for (size_t j = 0; j < l->n; j++)
        json_array_append_new(all, name_of(a, l->v[j]));
    return all;
}

static json_t *pairs_of(const lint_audit *a, const lint_audit_pairs *l) {
    json_t *all = json_array();
    for (size_t j = 0; j < l->n; j++)
        json_array_append_new(all,
                              json_pack("[o, o]", name_of(a, l->v[j].a), name_of(a, l->v[j].b)));
    return all;
}

static json_t *classes_of(const lint_audit *a) {
    json_t *all = json_array();
    for (size_t k = 0; k < a->source->classes.n; k++) {
        size_t n = 0;
        for (size_t j = 0; j < a->readable.n; j++)
            n += (size_t)a->source->picture[a->readable.v[j]].label == k;
        json_array_append_new(
            all, json_pack("{s:s, s:o}", "name", a->source->classes.v[k], "pictures", count(n)));
    }
    return all;
}

static json_t *background_of(const lint_background *b) {
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict",
                     lint_background_verdict_name(b->verdict), "accuracy", number(b->accuracy),
                     "low", number(b->low), "high", number(b->high), "chance", number(b->chance),
                     "p", number(b->p), "permutations", count(b->permutations), "colour",
                     number(b->colour), "texture", number(b->texture), "center", number(b->center),
                     "agree", count(b->agree), "contradict", count(b->contradict), "least_series",
                     count(b->least));
}

static json_t *series_of(const lint_audit *a) {
    const lint_series_found *f = &a->series;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "series", count(f->series),
                     "pictures", count(f->pictures), "largest", count(f->largest), "copies",
                     count(f->copies), "near_copies", count(f->alike), "given", count(f->given),
                     "in_several_classes", count(f->mixed), "in_several_splits", count(a->parted));
}

static json_t *size_of(const lint_audit *a, size_t i) {
    if (!a->readable.n) return json_null();
    return json_pack("[i, i]", a->look[i].file.w, a->look[i].file.h);
}

int lint_audit_json(const lint_audit *a, FILE *out, lint_err *e) {
    json_t *sizes = json_pack("{s:o, s:o, s:o}", "smallest", size_of(a, a->smallest), "median",
                              size_of(a, a->median), "largest", size_of(a, a->largest));
    json_t *root = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pictures",
        count(a->readable.n), "classes", classes_of(a), "background", background_of(&a->background),
        "series", series_of(a), "sizes", sizes, "unreadable", list_of(a, &a->unreadable),
        "one_colour", list_of(a, &a->plain), "twelve_bit", list_of(a, &a->dark), "copies",
        pairs_of(a, &a->copies), "in_two_classes", pairs_of(a, &a->two_classes), "case_only",
        pairs_of(a, &a->case_only), "other_files", count(a->source->others));
    return lint_json_write(root, out, e);
}

/* --- table ------------------------------------------------------------------------------------ */

void lint_audit_samples(const lint_audit *a, FILE *out) {
    const lint_source *s = a->source;
    fputs("name\tclass\tplace\tmargin\tseries\n", out);
    for (size_t j = 0; j < a->readable.n; j++) {
        size_t i = a->readable.v[j];
        const lint_picture *p = &s->picture[i];
        char number[32];
        lint_text_escape(p->path, out);
        fprintf(out, "%s\t", number_of(p, number));
        lint_text_escape(s->classes.v[p->label], out);
        fputc('\t', out);
        lint_text_escape(s->classes.v[a->place[i]], out);
        fprintf(out, "\t%.6g\t", a->margin[i]);
        lint_text_escape(p->series ? s->picture[lint_source_first(s, i)].path : "-", out);
        fputc('\n', out);
    }
}

/* --- sheet ------------------------------------------------------------------------------------ */

enum { TILE = 192, ACROSS = 5 };

/* The picture, or the object that is cut from it. */
static int read_picture(const lint_audit *a, const lint_picture *p, lint_image *im, lint_err *e) {
    lint_image whole = {0};
    lint_image_facts facts;
    int side = p->crop.number ? 0 : TILE;
    const lint_image_ask ask = {.c = 3, .rough_w = side, .rough_h = side, .regular = 1};
    char *full = lint_source_path(a->source, p->path, e);
    int err = full ? lint_image_read_as(&whole, full, &ask, &facts, e) : -1;
    if (!err && p->crop.number) {
        err = lint_crop_cut(&p->crop, a->margin_of_crops, &facts, &whole, im, e);
        lint_image_free(&whole);
    } else if (!err) {
        *im = whole;
    }
    if (full && err) lint_err_prefix(e, "%s: ", full);
    free(full);
    return err;
}

/* A picture at the size of a tile, with its file's name under it. */
static int make_tile(const lint_audit *a, size_t i, lint_tile *t, lint_err *e) {
    const lint_picture *p = &a->source->picture[i];
    const char *slash = strrchr(p->path, '/');
    char number[32];
    lint_image im = {0};
    int err = read_picture(a, p, &im, e);
    if (!err) {
        double by = (double)TILE / (im.w > im.h ? im.w : im.h);
        int w = (int)lround(im.w * by), h = (int)lround(im.h * by);
        err = lint_image_resize(&t->picture, &im, w > 0 ? w : 1, h > 0 ? h : 1, e);
    }
    lint_image_free(&im);
    snprintf(t->line[0].left, LINT_TILE_TEXT, "%s%s", slash ? slash + 1 : p->path,
             number_of(p, number));
    t->line[0].middle = 1;
    snprintf(t->line[1].left, LINT_TILE_TEXT, "%s", a->source->classes.v[p->label]);
    if (a->place[i] != p->label)
        snprintf(t->line[2].left, LINT_TILE_TEXT, "border like %s",
                 a->source->classes.v[a->place[i]]);
    return err;
}

int lint_audit_sheet(const lint_audit *a, lint_image *out, lint_err *e) {
    lint_tile tile[LINT_AUDIT_TILES];
    /* If no picture contradicts its class, those that come nearest. */
    size_t n = a->background.contradict ? a->background.contradict : ACROSS, made = 0;
    if (n > LINT_AUDIT_TILES) n = LINT_AUDIT_TILES;
    if (n > a->readable.n) n = a->readable.n;
    char note[96];
    memset(tile, 0, sizeof tile);
    int err = n ? 0 : lint_fail(e, "no picture to show");
    while (!err && made < n) {
        err = make_tile(a, a->readable.v[made], &tile[made], e);
        made++;
    }
    snprintf(note, sizeof note, "%zu of %zu; the largest margin first", a->background.contradict,
             a->background.pictures);
    const lint_block block = {a->background.contradict ? "Borders that look like another class's"
                                                       : "Borders nearest to another class's",
                              note, tile, n};
    if (!err) err = lint_sheet(out, &block, 1, ACROSS, NULL, e);
    for (size_t j = 0; j < made; j++)
        lint_image_free(&tile[j].picture);
    return err;
}
