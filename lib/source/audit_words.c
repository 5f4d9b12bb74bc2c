/* The sentences of an audit. */
#include "base/memstream.h"
#include "base/text.h"
#include "source/audit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 79, SHOWN = 3, NAME = 200 };

/* What a sample is. */
static const char *noun(const lint_audit *a) {
    return a->source->cropped ? "object" : "picture";
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

static const char *path(const lint_audit *a, size_t i, char buf[NAME]) {
    return lint_text_clean(buf, NAME, a->source->picture[i].path);
}

static const char *class_of(const lint_audit *a, size_t k, char buf[NAME]) {
    return lint_text_clean(buf, NAME, a->source->classes.v[k]);
}

static void put_list(const lint_audit *a, const lint_audit_list *l, const char *text, FILE *out) {
    char buf[NAME];
    if (!l->n) return;
    fprintf(out, "%zu picture%s %s (", l->n, plural(l->n), text);
    for (size_t j = 0; j < l->n && j < SHOWN; j++)
        fprintf(out, "%s%s", j ? ", " : "", path(a, l->v[j], buf));
    fprintf(out, "%s).\n", l->n > SHOWN ? ", …" : "");
}

static void put_pairs(const lint_audit *a, const lint_audit_pairs *l, const char *one,
                      const char *more, FILE *out) {
    char buf[NAME];
    if (!l->n) return;
    fprintf(out, "%zu %s (", l->n, l->n == 1 ? one : more);
    for (size_t j = 0; j < l->n && j < SHOWN; j++) {
        fprintf(out, "%s%s = ", j ? ", " : "", path(a, l->v[j].a, buf));
        fputs(path(a, l->v[j].b, buf), out);
    }
    fprintf(out, "%s).\n", l->n > SHOWN ? ", …" : "");
}

/* --- backgrounds ------------------------------------------------------------------------------ */

static void put_parts(const lint_background *b, FILE *out) {
    if (isnan(b->accuracy)) return;
    fprintf(
        out,
        "By their colour alone, borders tell it of %.0f %%; by their texture alone, of %.0f %%. "
        "The middle of the pictures, of the same area, tells it of %.0f %%.\n",
        100 * b->colour, 100 * b->texture, 100 * b->center);
}

/* The classes most often taken for each other. */
static void put_contradictions(const lint_audit *a, FILE *out) {
    char buf[NAME];
    size_t classes = a->source->classes.n, most = 0, own = 0, other = 0;
    const lint_background *b = &a->background;
    if (b->verdict != LINT_GIVES_AWAY) return;
    for (size_t k = 0; k < classes; k++)
        for (size_t p = 0; p < classes; p++) {
            size_t n = 0;
            for (size_t j = 0; j < a->readable.n; j++) {
                size_t i = a->readable.v[j];
                n += (size_t)a->source->picture[i].label == k && (size_t)a->place[i] == p;
            }
            if (k == p || n <= most) continue;
            most = n;
            own = k;
            other = p;
        }
    if (!most) {
        fputs("No picture contradicts that.\n", out);
        return;
    }
    fprintf(out, "%zu of %zu pictures contradict%s that: %s border looks like another class's",
            b->contradict, b->pictures, b->contradict == 1 ? "s" : "",
            b->contradict == 1 ? "its" : "their");
    fprintf(out, ", most often '%s' like", class_of(a, own, buf));
    fprintf(out, " '%s' (%zu)", class_of(a, other, buf), most);
    fputs(".\n", out);
}

static void put_background(const lint_audit *a, FILE *out) {
    char words[320];
    const lint_background *b = &a->background;
    lint_background_words(b, words, sizeof words);
    fprintf(out, "%c%s.\n", *words - 'a' + 'A', words + 1);
    put_parts(b, out);
    put_contradictions(a, out);
}

/* --- what is there ---------------------------------------------------------------------------- */

static void put_classes(const lint_audit *a, FILE *out) {
    char buf[NAME];
    size_t classes = a->source->classes.n;
    fprintf(out, "%zu %s%s in %zu classes: ", a->readable.n, noun(a), plural(a->readable.n),
            classes);
    for (size_t k = 0; k < classes; k++) {
        size_t n = 0;
        for (size_t j = 0; j < a->readable.n; j++)
            n += (size_t)a->source->picture[a->readable.v[j]].label == k;
        if (k < 12) fprintf(out, "%s%s %zu", k ? ", " : "", class_of(a, k, buf), n);
    }
    fprintf(out, "%s.\n", classes > 12 ? ", …" : "");
}

static void put_sizes(const lint_audit *a, FILE *out) {
    if (!a->readable.n) return;
    const lint_image_facts *s = &a->look[a->smallest].file, *m = &a->look[a->median].file,
                           *l = &a->look[a->largest].file;
    if (s->w == l->w && s->h == l->h)
        fprintf(out, "The smallest and the largest have %dx%d pixels.\n", s->w, s->h);
    else
        fprintf(out, "Sizes from %dx%d to %dx%d pixels, %dx%d in the median.\n", s->w, s->h, l->w,
                l->h, m->w, m->h);
}

static void put_series(const lint_audit *a, FILE *out) {
    const lint_series_found *f = &a->series;
    if (!f->series) return;
    fprintf(out, "%zu %ss belong to %zu series (", f->pictures, noun(a), f->series);
    if (f->crops) fprintf(out, "of one picture: %zu, ", f->crops);
    fprintf(out,
            "copies: %zu, near-copies: %zu, given: %zu); the largest has %zu. A series counts as "
            "one, and lint-split keeps it in one split.\n",
            f->copies, f->alike, f->given, f->largest);
    if (f->mixed)
        fprintf(out, "%zu series ha%s %ss of several classes.\n", f->mixed,
                f->mixed == 1 ? "s" : "ve", noun(a));
    if (a->parted)
        fprintf(out,
                "%zu series lie%s in several of the folder's own splits, so a test would repeat "
                "what was trained on.\n",
                a->parted, a->parted == 1 ? "s" : "");
}

static void put_faults(const lint_audit *a, FILE *out) {
    char buf[NAME];
    put_list(a, &a->unreadable, "cannot be read", out);
    put_list(a, &a->plain, "of nearly one colour", out);
    put_list(a, &a->dark, "with 12-bit values in 16-bit samples, which look black", out);
    put_pairs(a, &a->two_classes, "file is in two classes", "files are in two classes", out);
    put_pairs(a, &a->copies, "file is there twice", "files are copies of another", out);
    put_pairs(a, &a->case_only, "name differs from another only in case",
              "names differ from another only in case", out);
    if (a->source->others)
        fprintf(out, "%zu other file%s left out: not a picture, or not in a class folder (%s%s).\n",
                a->source->others, plural(a->source->others),
                a->source->other ? lint_text_clean(buf, NAME, a->source->other) : "?",
                a->source->others > 1 ? ", …" : "");
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Prints a sentence in lines; those after the first are indented. */
static void wrap(const char *text, FILE *out) {
    size_t column = 0;
    while (*text) {
        size_t bytes = strcspn(text, " \n");
        char word[1024];
        snprintf(word, sizeof word, "%.*s", (int)bytes, text);
        size_t width = lint_text_length(word);
        if (column && column + 1 + width > WIDTH) {
            fputs("\n  ", out);
            column = 2;
        } else if (column) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += width;
        text += bytes;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
        }
        if (*text) text++;
    }
}

int lint_audit_print(const lint_audit *a, FILE *out, lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (f) {
        put_background(a, f);
        put_classes(a, f);
        put_sizes(a, f);
        put_series(a, f);
        put_faults(a, f);
    }
    if (!lint_memstream_close(f, &text)) return lint_fail_mem(e, "sentences");
    wrap(text, out);
    free(text);
    return 0;
}
