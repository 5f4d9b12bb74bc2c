/* Objects as samples: a picture is listed once for each box. */
#include "base/text.h"
#include "source/source_parts.h"
#include "source/yolo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_BYTES = 1 << 20 };

/* The pictures as they become. */
typedef struct division {
    const lint_source *s;
    const lint_source_rules *rules;
    lint_source to;
    lint_names numbers;    /* what YOLO's classes 0, 1 and so on are called */
    lint_names categories; /* that were seen, where they are the classes */
} division;

/* data.yaml lies in SRC; classes.txt is what LabelImg writes into labels/, but it is no picture's. */
static int read_numbers(division *d, lint_err *e) {
    static const char *const file[] = {"data.yaml", "data.yml", "dataset.yaml"};
    int err = 0;
    for (size_t k = 0; k < sizeof file / sizeof *file && !d->numbers.n && !err; k++) {
        size_t len;
        char *text = NULL, *path = lint_source_path(d->s, file[k], e);
        int there = path ? lint_source_is_file(d->s, file[k], e) : -1;
        err = there < 0 ? -1 : 0;
        if (there > 0) err = lint_text_read(path, NAMES_BYTES, &text, &len, e);
        if (there > 0 && !err) err = lint_yolo_names(text, len, &d->numbers, e);
        if (err && path) lint_err_prefix(e, "%s: ", path);
        free(path);
        free(text);
    }
    return err;
}

/* What the object is called; it may be a number. */
static const char *category_of(const division *d, const lint_object *o) {
    if (d->s->labels != LINT_YOLO || !d->numbers.n) return o->category;
    unsigned long k = strtoul(o->category, NULL, 10);
    return k < d->numbers.n ? d->numbers.v[k] : NULL;
}

/* The label of an object: its picture's, or its category; -2: of no class that was asked for. */
static int label_of(division *d, const lint_picture *p, const lint_object *o, int32_t *label,
                    lint_err *e) {
    if (p->label >= 0) return *label = p->label, 0;
    const char *name = category_of(d, o);
    if (!name && o->category)
        return lint_fail(e, "class %s, but data.yaml names only %zu", o->category, d->numbers.n);
    if (!name) return lint_fail(e, "an object without a category, which would be its class");
    *label = lint_names_find(&d->categories, name);
    if (*label < 0 && d->rules->classes.n) return *label = -2, 0;
    if (*label >= 0) return 0;
    if (d->categories.n == LINT_COCO_CATEGORIES)
        return lint_fail(e, "more than %d categories", LINT_COCO_CATEGORIES);
    *label = (int32_t)d->categories.n;
    return lint_names_push(&d->categories, name, strlen(name), e);
}

static int add_object(division *d, const lint_picture *p, const lint_objects *o, size_t i,
                      lint_err *e) {
    int32_t label = -1;
    if (label_of(d, p, &o->v[i], &label, e) < 0) return -1;
    if (label == -2) return 0;
    if (lint_source_add(&d->to, lint_join(p->path, ""), label, p->split, e) < 0) return -1;
    lint_picture *to = &d->to.picture[d->to.n - 1];
    to->place = p->place;
    to->outline = p->outline;
    to->mask = p->mask ? lint_join(p->mask, "") : NULL;
    to->group = p->group ? lint_join(p->group, "") : NULL;
    if ((p->mask && !to->mask) || (p->group && !to->group)) return lint_fail_mem(e, "paths");
    to->crop = lint_crop_of(o, i);
    return 0;
}

/* A picture whose objects cannot be told stays, to be told with the unreadable ones, if they may be
 * skipped. */
static int keep_bad(division *d, const lint_picture *p, lint_err *e) {
    if (!d->rules->skip_bad || e->system) return lint_err_prefix(e, "%s/%s: ", d->s->root, p->path);
    if (lint_source_add(&d->to, lint_join(p->path, ""), p->label, p->split, e) < 0) return -1;
    lint_picture *to = &d->to.picture[d->to.n - 1];
    if (to->label < 0) to->label = 0; /* it is in no class, but its number shall be one */
    to->bad = strdup(e->msg);
    return to->bad ? 0 : lint_fail_mem(e, "the list of bad pictures");
}

static int divide_picture(division *d, size_t i, lint_err *e) {
    const lint_picture *p = &d->s->picture[i];
    lint_objects o = {0};
    size_t before = d->to.n;
    int err = lint_source_objects(d->s, p, &o, e);
    for (size_t k = 0; k < o.n && !err; k++)
        err = add_object(d, p, &o, k, e);
    lint_objects_free(&o);
    if (err) {
        while (d->to.n > before)
            lint_picture_free(&d->to.picture[--d->to.n]);
        return keep_bad(d, p, e);
    }
    d->to.without += d->to.n == before;
    return 0;
}

/* Classes by name, unless the user orders them. */
static int name_classes(division *d, lint_source *s, lint_err *e) {
    lint_names sorted;
    if (s->classes.n) return 0;
    if (lint_names_copy(&sorted, &d->categories, e) < 0) return -1;
    if (!d->rules->classes.n) lint_names_sort(&sorted);
    for (size_t i = 0; i < d->to.n; i++)
        if (!d->to.picture[i].bad)
            d->to.picture[i].label =
                lint_names_find(&sorted, d->categories.v[d->to.picture[i].label]);
    s->classes = sorted;
    return 0;
}

static void take_pictures(lint_source *s, lint_source *from) {
    for (size_t i = 0; i < s->n; i++)
        lint_picture_free(&s->picture[i]);
    free(s->picture);
    s->picture = from->picture;
    s->n = from->n;
    s->room = from->room;
    s->without = from->without;
    s->cropped = 1;
}

int lint_source_divide(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    division d = {.s = s, .rules = rules};
    if (!s->coco && !s->labels)
        return lint_fail(e, "%s: --crop-to-box has no effect here: there are no annotations",
                         s->root);
    int err = s->classes.n ? 0 : lint_names_copy(&d.categories, &rules->classes, e);
    if (!err && s->labels == LINT_YOLO) err = read_numbers(&d, e);
    for (size_t i = 0; i < s->n && !err; i++)
        err = divide_picture(&d, i, e);
    if (!err) err = name_classes(&d, s, e);
    if (!err)
        take_pictures(s, &d.to);
    else
        lint_source_free(&d.to);
    lint_names_free(&d.numbers);
    lint_names_free(&d.categories);
    return err;
}
