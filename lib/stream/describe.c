#include "stream/describe.h"
#include "base/grow.h"
#include "base/json.h"
#include "base/memstream.h"
#include "base/text.h"
#include "stream/samples.h"
#include "stream/settings.h"

#include <inttypes.h>
#include <jansson.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* The most places that are columns of a table; with more, each class has a line for each place. */
enum { TABLE_PLACES = 8 };
/* Different tensors that a listing tells apart. */
enum { FORMS_MOST = 4096 };

/* A tensor as it comes in one or more frames. */
typedef struct form {
    char *name, *type; /* "image", "U8 [n,192,192,3]" */
    size_t frames;
    uint64_t values; /* of the first */
} form;

typedef struct group {
    int32_t label, place;
    uint64_t n;
} group;

typedef struct epoch {
    char *name;
    uint64_t n;
} epoch;

struct lint_describe {
    lint_frame first; /* metadata of the first frame, no tensors */
    lint_names classes, places;
    size_t frames, most; /* samples of the largest frame */
    uint64_t samples;
    size_t height, width; /* of the first pictures; 0: none */
    int of_samples, more_sizes;
    form **form;   /* as they come */
    void *by_name; /* the same, for tsearch */
    size_t forms, forms_room;
    size_t more_forms;           /* those beyond FORMS_MOST */
    group *group;                /* by label and place, but for the last few */
    size_t groups, sorted, room; /* sorted: those before the last few */
    epoch *epoch;                /* as they come */
    size_t epochs, epochs_room;
};

lint_describe *lint_describe_new(lint_err *e) {
    lint_describe *l = calloc(1, sizeof *l);
    if (!l) lint_fail_mem(e, "a listing");
    return l;
}

static int compare_forms(const void *a, const void *b) {
    const form *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->type, y->type);
}

static void free_form(form *f) {
    if (!f) return;
    free(f->name);
    free(f->type);
    free(f);
}

void lint_describe_free(lint_describe *l) {
    if (!l) return;
    for (size_t i = 0; i < l->forms; i++) {
        tdelete(l->form[i], &l->by_name, compare_forms);
        free_form(l->form[i]);
    }
    for (size_t i = 0; i < l->epochs; i++)
        free(l->epoch[i].name);
    free(l->form);
    free(l->group);
    free(l->epoch);
    lint_names_free(&l->classes);
    lint_names_free(&l->places);
    lint_frame_free(&l->first);
    free(l);
}

/* --- counting --------------------------------------------------------------------------------- */

/* "U8 [n,192,192,3]", from malloc; n for a first dimension that counts the samples. */
static char *type_of(const lint_tensor *t, size_t n) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return NULL;
    fprintf(f, "%s [", lint_dtype_name(t->dtype));
    for (size_t i = 0; i < t->rank; i++) {
        if (i) fputc(',', f);
        if (i == 0 && n && t->shape[0] == n)
            fputc('n', f);
        else
            fprintf(f, "%" PRIu64, t->shape[i]);
    }
    fputc(']', f);
    return lint_memstream_close(f, &text);
}

static form *new_form(const lint_tensor *t, size_t n, lint_err *e) {
    form *f = calloc(1, sizeof *f);
    if (f) {
        *f = (form){strdup(t->name), type_of(t, n), 1, t->bytes / lint_dtype_bytes(t->dtype)};
        if (f->name && f->type) return f;
    }
    free_form(f);
    lint_fail_mem(e, "a listing");
    return NULL;
}

/* Takes f over. */
static int keep_form(lint_describe *l, form *f, lint_err *e) {
    form **grown = lint_grow(l->form, l->forms, &l->forms_room, sizeof *grown);
    if (grown) l->form = grown;
    if (!grown || !tsearch(f, &l->by_name, compare_forms)) {
        free_form(f);
        return lint_fail_mem(e, "a listing");
    }
    l->form[l->forms++] = f;
    return 0;
}

static int add_form(lint_describe *l, const lint_tensor *t, size_t n, lint_err *e) {
    form *f = new_form(t, n, e);
    if (!f) return -1;
    form *const *known = tfind(f, &l->by_name, compare_forms);
    if (!known && (!l->frames || l->forms < FORMS_MOST)) return keep_form(l, f, e);
    if (known)
        (*known)->frames++;
    else
        l->more_forms++;
    free_form(f);
    return 0;
}

static int compare_groups(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Where among the sorted groups that one is, or would be. */
static size_t group_at(const lint_describe *l, int32_t label, int32_t place) {
    group want = {label, place, 0};
    size_t low = 0, high = l->sorted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_groups(&l->group[middle], &want) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Sorts the last few in, those of one label and place joined. */
static void sort_groups(lint_describe *l) {
    size_t n = 0;
    if (l->sorted == l->groups) return;
    qsort(l->group, l->groups, sizeof *l->group, compare_groups);
    for (size_t i = 1; i < l->groups; i++) {
        if (compare_groups(&l->group[n], &l->group[i]) == 0)
            l->group[n].n += l->group[i].n;
        else
            l->group[++n] = l->group[i];
    }
    l->groups = l->sorted = n + 1;
}

/* New groups are appended behind the sorted ones, and all are sorted once there are as many new
 * ones. Keeping them sorted would move all of them for each new one. */
static int add_group(lint_describe *l, int32_t label, int32_t place, lint_err *e) {
    enum { FEW = 256 };
    size_t at = group_at(l, label, place);
    group one = {label, place, 1};
    if (at < l->sorted && compare_groups(&l->group[at], &one) == 0) {
        l->group[at].n++;
        return 0;
    }
    if (l->groups - l->sorted >= FEW + l->sorted) {
        sort_groups(l);
        return add_group(l, label, place, e);
    }
    group *grown = lint_grow(l->group, l->groups, &l->room, sizeof *grown);
    if (!grown) return lint_fail_mem(e, "a listing");
    l->group = grown;
    l->group[l->groups++] = one;
    return 0;
}

static int add_epoch(lint_describe *l, const char *name, uint64_t n, lint_err *e) {
    if (l->epochs && strcmp(l->epoch[l->epochs - 1].name, name) == 0) {
        l->epoch[l->epochs - 1].n += n;
        return 0;
    }
    epoch *grown = lint_grow(l->epoch, l->epochs, &l->epochs_room, sizeof *grown);
    char *copy = strdup(name);
    if (grown) l->epoch = grown;
    if (!grown || !copy) {
        free(copy);
        return lint_fail_mem(e, "a listing");
    }
    l->epoch[l->epochs++] = (epoch){copy, n};
    return 0;
}

static int same_text(const char *a, const char *b) {
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static int check_agrees(const lint_describe *l, const lint_frame *f, lint_err *e) {
    static const char *const keys[] = {"kind", "classes", "places"};
    for (size_t i = 0; l->frames && i < sizeof keys / sizeof *keys; i++)
        if (!same_text(lint_frame_meta(&l->first, keys[i]), lint_frame_meta(f, keys[i])))
            return lint_fail(e, "'%s' differs from the first frame", keys[i]);
    return 0;
}

static int add_samples(lint_describe *l, const lint_samples *s, const lint_frame *f, lint_err *e) {
    const char *pass = lint_frame_meta(f, "epoch");
    l->samples += s->n;
    if (s->n > l->most) l->most = s->n;
    if (s->image && !l->height) {
        l->height = s->h;
        l->width = s->w;
    }
    if (s->image && (s->h != l->height || s->w != l->width)) l->more_sizes = 1;
    for (size_t i = 0; i < s->n; i++)
        if (add_group(l, s->label ? s->label[i] : -1, s->place ? s->place[i] : -1, e) < 0)
            return -1;
    return pass ? add_epoch(l, pass, s->n, e) : 0;
}

static int is_samples(const lint_frame *f) {
    const char *kind = lint_frame_meta(f, "kind");
    if (kind) return strcmp(kind, "samples") == 0 || strcmp(kind, "predictions") == 0;
    return lint_frame_find(f, "image") != NULL;
}

static int keep_metadata(lint_describe *l, const lint_frame *f, lint_err *e) {
    if (lint_frame_copy_meta(&l->first, f, e) < 0) return -1;
    /* Models have class names too. In a file that is not lint's, "classes" may be anything. */
    if (lint_names_parse(&l->classes, lint_frame_meta(f, "classes"), e) < 0)
        return lint_frame_meta(f, "lint") ? -1 : 0;
    return 0;
}

int lint_describe_add(lint_describe *l, const lint_frame *f, lint_err *e) {
    lint_samples s = {0};
    int samples = is_samples(f);
    if (check_agrees(l, f, e) < 0) return -1;
    if (samples && lint_samples_view(f, &s, e) < 0) return -1;
    int err = l->frames ? 0 : keep_metadata(l, f, e);
    if (!err && !l->frames) err = lint_names_copy(&l->places, &s.places, e);
    if (samples) l->of_samples = 1;
    if (!err && samples) err = add_samples(l, &s, f, e);
    for (size_t i = 0; !err && i < f->count; i++)
        err = add_form(l, &f->tensors[i], samples ? s.n : 0, e);
    l->frames++;
    lint_samples_free(&s);
    return err ? -1 : 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

enum { SHOWN = 400, INDENT = 13 };

/* The first word of a part, then its text. */
static void head(FILE *out, const char *word) {
    fprintf(out, "  %-*s", INDENT - 2, word);
}

static void put(FILE *out, const char *s) {
    char shown[SHOWN];
    fputs(lint_text_clean(shown, sizeof shown, s), out);
    if (strlen(shown) + 4 >= SHOWN && strlen(s) > strlen(shown)) fputs("...", out);
}

static void put_padded(FILE *out, const char *s, size_t width) {
    char shown[SHOWN];
    size_t n = lint_text_length(lint_text_clean(shown, sizeof shown, s));
    fprintf(out, "%s%*s", shown, n < width ? (int)(width - n) : 0, "");
}

static size_t shown_length(const char *s) {
    char shown[SHOWN];
    return lint_text_length(lint_text_clean(shown, sizeof shown, s));
}

static void write_names(FILE *out, const lint_names *n) {
    for (size_t i = 0; i < n->n; i++) {
        if (i) fputs(", ", out);
        put(out, n->v[i]);
    }
}

static void write_forms(const lint_describe *l, const char *word, int count_values, FILE *out) {
    size_t name = 0, type = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < l->forms; i++) {
        size_t n = shown_length(l->form[i]->name), t = strlen(l->form[i]->type);
        if (n > name) name = n;
        if (t > type) type = t;
        total += l->form[i]->values;
    }
    for (size_t i = 0; i < l->forms; i++) {
        const form *f = l->form[i];
        head(out, i ? "" : word);
        put_padded(out, f->name, name);
        if (count_values)
            fprintf(out, "  %-*s  %10" PRIu64, (int)type, f->type, f->values);
        else
            fprintf(out, "  %s", f->type);
        if (f->frames < l->frames) fprintf(out, "  in %zu of the frames", f->frames);
        fputc('\n', out);
    }
    if (l->more_forms) fprintf(out, "%*sand others\n", INDENT, "");
    if (count_values && l->forms > 1)
        fprintf(out, "%*s%-*s  %10" PRIu64 "\n", INDENT, "", (int)(name + 2 + type), "total",
                total);
}

static const char *class_name(const lint_describe *l, int32_t i, char buf[32]) {
    return lint_names_get(&l->classes, i, "class", buf);
}

static const char *place_name(const lint_describe *l, int32_t i, char buf[32]) {
    return lint_names_get(&l->places, i, "place", buf);
}

/* Samples of a class (or all, with any_label) at a place (or all). */
static uint64_t count(const lint_describe *l, int any_label, int32_t label, int any_place,
                      int32_t place) {
    uint64_t n = 0;
    for (size_t i = any_label ? 0 : group_at(l, label, INT32_MIN);
         i < l->groups && (any_label || l->group[i].label == label); i++)
        if (any_place || l->group[i].place == place) n += l->group[i].n;
    return n;
}

static int compare_values(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The values that occur or have a name, -1 last: every class, or every place. From malloc. */
static int32_t *values(const lint_describe *l, int places, size_t *n) {
    size_t named = places ? l->places.n : l->classes.n, all = named;
    int unknown = 0;
    int32_t *v = malloc((named + l->groups + 1) * sizeof *v);
    for (size_t i = 0; v && i < named; i++)
        v[i] = (int32_t)i;
    for (size_t i = 0; v && i < l->groups; i++) {
        int32_t at = places ? l->group[i].place : l->group[i].label;
        unknown |= at < 0;
        if (at >= 0 && (size_t)at >= named) v[all++] = at;
    }
    *n = named;
    if (v && all > named) qsort(v + named, all - named, sizeof *v, compare_values);
    for (size_t i = named; v && i < all; i++)
        if (i == named || v[i] != v[*n - 1]) v[(*n)++] = v[i];
    if (v && unknown) v[(*n)++] = -1;
    return v;
}

typedef struct axes {
    int32_t *label, *place;
    size_t labels, places, class_width;
} axes;

static void write_table(const lint_describe *l, const axes *a, FILE *out) {
    char buf[32];
    int table = a->places > 1 || (a->places == 1 && a->place[0] >= 0);
    if (table) {
        head(out, "classes");
        put_padded(out, "", a->class_width);
        for (size_t p = 0; p < a->places; p++) {
            const char *name = place_name(l, a->place[p], buf);
            size_t n = shown_length(name);
            fprintf(out, "  %*s", n < 8 ? (int)(8 - n) : 0, "");
            put(out, name);
        }
        fputs("       all\n", out);
    }
    for (size_t c = 0; c < a->labels; c++) {
        head(out, table || c ? "" : "classes");
        put_padded(out, class_name(l, a->label[c], buf), a->class_width);
        for (size_t p = 0; table && p < a->places; p++) {
            size_t n = shown_length(place_name(l, a->place[p], buf));
            fprintf(out, "  %*" PRIu64, (int)(n > 8 ? n : 8),
                    count(l, 0, a->label[c], 0, a->place[p]));
        }
        fprintf(out, "  %8" PRIu64 "\n", count(l, 0, a->label[c], 1, 0));
    }
    if (!table) return;
    head(out, "");
    put_padded(out, "all", a->class_width);
    for (size_t p = 0; p < a->places; p++) {
        size_t n = shown_length(place_name(l, a->place[p], buf));
        fprintf(out, "  %*" PRIu64, (int)(n > 8 ? n : 8), count(l, 1, 0, 0, a->place[p]));
    }
    fprintf(out, "  %8" PRIu64 "\n", count(l, 1, 0, 1, 0));
}

/* More places than fit beside each other. */
static void write_lines(const lint_describe *l, const axes *a, FILE *out) {
    char buf[32];
    for (size_t i = 0; i < l->groups; i++) {
        head(out, i ? "" : "classes");
        put_padded(out, class_name(l, l->group[i].label, buf), a->class_width);
        fprintf(out, "  %8" PRIu64 "  ", l->group[i].n);
        put(out, place_name(l, l->group[i].place, buf));
        fputc('\n', out);
    }
}

static void write_groups(const lint_describe *l, FILE *out) {
    char buf[32];
    axes a = {0};
    a.label = values(l, 0, &a.labels);
    a.place = values(l, 1, &a.places);
    for (size_t c = 0; c < a.labels; c++) {
        size_t n = shown_length(class_name(l, a.label[c], buf));
        if (n > a.class_width) a.class_width = n;
    }
    if (a.class_width < 3) a.class_width = 3;
    if (a.label && a.place && a.places <= TABLE_PLACES)
        write_table(l, &a, out);
    else
        write_lines(l, &a, out);
    free(a.label);
    free(a.place);
}

/* Passes in a row that are of one size are one line. */
static void write_epochs(const lint_describe *l, FILE *out) {
    for (size_t i = 0; i < l->epochs;) {
        size_t end = i + 1;
        while (end < l->epochs && l->epoch[end].n == l->epoch[i].n)
            end++;
        head(out, i ? "" : "epochs");
        put(out, l->epoch[i].name);
        if (end - i > 1) {
            fputs(" to ", out);
            put(out, l->epoch[end - 1].name);
        }
        fprintf(out, ": %" PRIu64 " samples%s\n", l->epoch[i].n, end - i > 1 ? " each" : "");
        i = end;
    }
}

/* Metadata that no other line tells. */
static void write_metadata(const lint_describe *l, const char *const *told, FILE *out) {
    const char *word = "metadata";
    for (size_t i = 0; i < l->first.metas; i++) {
        int skip = 0;
        for (const char *const *t = told; *t && !skip; t++)
            skip = strcmp(l->first.meta[i].key, *t) == 0;
        if (skip) continue;
        head(out, word);
        put(out, l->first.meta[i].key);
        fputs(": ", out);
        put(out, l->first.meta[i].value);
        fputc('\n', out);
        word = "";
    }
}

static void write_samples(const lint_describe *l, FILE *out) {
    static const char *const told[] = {"lint", "kind", "classes", "places", "split", "epoch", NULL};
    const char *kind = lint_frame_meta(&l->first, "kind");
    const char *split = lint_frame_meta(&l->first, "split");
    head(out, "kind");
    put(out, kind ? kind : "samples (assumed)");
    if (split) {
        fputs(", split ", out);
        put(out, split);
    }
    fputc('\n', out);
    head(out, "samples");
    fprintf(out, "%" PRIu64 ", in %zu frame%s", l->samples, l->frames, l->frames == 1 ? "" : "s");
    if (l->frames > 1) fprintf(out, " of up to %zu", l->most);
    fputc('\n', out);
    if (l->height) {
        head(out, "pictures");
        fprintf(out, "%zux%zu%s\n", l->width, l->height, l->more_sizes ? " and other sizes" : "");
    }
    write_forms(l, "tensors", 0, out);
    if (l->groups || l->classes.n) write_groups(l, out);
    write_epochs(l, out);
    write_metadata(l, told, out);
}

static void write_net(const char *text, FILE *out) {
    const char *word = "network";
    while (*text) {
        size_t n = strcspn(text, "\n");
        char line[2 * SHOWN]; /* put shows less */
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line), text);
        head(out, word);
        put(out, line);
        fputc('\n', out);
        word = "";
        text += n + (text[n] == '\n');
    }
}

static void put_value(FILE *out, const json_t *v) {
    char number[32];
    if (json_is_string(v)) {
        put(out, json_string_value(v));
    } else if (json_is_real(v)) {
        lint_shortest(number, json_real_value(v));
        put(out, number);
    } else {
        /* The caller looks at ferror(out). */
        lint_json_dump(v, out, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

/* The settings of the run that made a model: an object of numbers and texts. */
static void write_training(const char *json, FILE *out) {
    json_t *run = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *value;
    const char *key, *word = "training";
    json_object_foreach(run, key, value) {
        head(out, word);
        put_padded(out, key, 16);
        fputs("  ", out);
        put_value(out, value);
        fputc('\n', out);
        word = "";
    }
    if (!json_is_object(run)) {
        head(out, word);
        put(out, json);
        fputc('\n', out);
    }
    json_decref(run);
}

static void write_model(const lint_describe *l, FILE *out) {
    static const char *const told[] = {"lint", "kind", "classes", "net", "train", NULL};
    const char *net = lint_frame_meta(&l->first, "net");
    const char *train = lint_frame_meta(&l->first, "train");
    head(out, "kind");
    fputs("model\n", out);
    head(out, "classes");
    write_names(out, &l->classes);
    fputc('\n', out);
    if (net) write_net(net, out);
    write_forms(l, "parameters", 1, out);
    if (train) write_training(train, out);
    write_metadata(l, told, out);
}

static void write_other(const lint_describe *l, FILE *out) {
    static const char *const told[] = {"lint", "kind", NULL};
    const char *kind = lint_frame_meta(&l->first, "kind");
    head(out, "kind");
    put(out, kind ? kind : "not one of lint's (a safetensors file)");
    fputc('\n', out);
    if (l->frames > 1) {
        head(out, "frames");
        fprintf(out, "%zu\n", l->frames);
    }
    write_forms(l, "tensors", 1, out);
    write_metadata(l, told, out);
}

void lint_describe_write(lint_describe *l, const char *name, FILE *out) {
    sort_groups(l);
    const char *kind = lint_frame_meta(&l->first, "kind");
    put(out, name);
    fputc('\n', out);
    if (!l->frames)
        fputs("  empty: no frames\n", out);
    else if (kind && strcmp(kind, "model") == 0)
        write_model(l, out);
    else if (l->of_samples)
        write_samples(l, out);
    else
        write_other(l, out);
}
