/* Which entry of a file means which picture: by the names. Declared in coco.h. */
#include "source/coco_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A name without what Label Studio puts before it. */
static const char *without_prefix(const char *name) {
    for (int i = 0; i < 8; i++)
        if (!isxdigit((unsigned char)name[i])) return name;
    return name[8] == '-' && name[9] ? name + 9 : name;
}

static int compare_names(const char *a, const char *b) {
    return strcmp(without_prefix(last_part(a)), without_prefix(last_part(b)));
}

/* How well a picture's path fits an entry's; 0: not at all. A name that is the same with its prefix
 * counts for more than any folder. */
static size_t likeness(const char *path, const entry *i) {
    enum { SAME_NAME = 1 << 20 };
    const char *file = i->file;
    size_t below = strlen(i->below);
    if (below && (strncmp(path, i->below, below) != 0 || path[below] != '/')) return 0;
    const char *a = last_part(path), *b = last_part(file);
    size_t score = strcmp(a, b) == 0 ? SAME_NAME : strcmp(a, without_prefix(b)) == 0 ? 1 : 0;
    while (score && a > path && b > file && a[-1] == '/' && b[-1] == '/') {
        const char *x = a - 1, *y = b - 1;
        while (x > path && x[-1] != '/')
            x--;
        while (y > file && y[-1] != '/')
            y--;
        if (a - 1 - x != b - 1 - y || memcmp(x, y, (size_t)(a - 1 - x)) != 0) break;
        score++;
        a = x;
        b = y;
    }
    return score;
}

/* The first entry, in the order by name, whose name is not before the path's. */
static size_t first_like(const lint_coco *c, const char *path) {
    size_t at = 0, end = c->images;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (compare_names(c->image[c->by_name[middle]].file, path) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* Whether the entry at this place of the order by name has the path's name. */
static int is_like(const lint_coco *c, size_t at, const char *path) {
    return at < c->images && compare_names(c->image[c->by_name[at]].file, path) == 0;
}

/* How well the entries fit that fit best. */
static size_t best_score(const lint_coco *c, const char *path) {
    size_t best = 0;
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t now = likeness(path, &c->image[c->by_name[at]]);
        if (now > best) best = now;
    }
    return best;
}

/* Raises what each of those entries has seen so far. */
static void claim(const lint_coco *c, const char *path, size_t score, size_t *most) {
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t k = c->by_name[at];
        if (likeness(path, &c->image[k]) == score && score > most[k]) most[k] = score;
    }
}

/* Of those entries the one that no other picture fits better, or -1. */
static int best_entry(const lint_coco *c, const char *path, size_t score, const size_t *most,
                      long *best, lint_err *e) {
    *best = -1;
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t k = c->by_name[at];
        if (!score || likeness(path, &c->image[k]) != score || most[k] > score) continue;
        if (*best >= 0)
            return lint_fail(e, "annotations of '%s' fit both %s and %s", path,
                             c->image[*best].file, c->image[k].file);
        *best = (long)k;
    }
    return 0;
}

/* All pictures are compared before any gets its entry, so that their order does not matter: two
 * that fit an entry equally well are no conflict if a third fits it better. */
int lint_coco_match(const lint_coco *c, size_t n, const char *const *path, long *image,
                    lint_err *e) {
    size_t *score = calloc(n + 1, sizeof *score), *most = calloc(c->images + 1, sizeof *most),
           *owner = calloc(c->images + 1, sizeof *owner); /* counted from 1 */
    int err = score && most && owner ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < n && !err; i++) {
        score[i] = best_score(c, path[i]);
        if (score[i]) claim(c, path[i], score[i], most);
    }
    for (size_t i = 0; i < n && !err; i++) {
        err = best_entry(c, path[i], score[i], most, &image[i], e);
        if (err || image[i] < 0) continue;
        size_t k = (size_t)image[i];
        if (owner[k])
            err = lint_fail(e, "'%s' fits both %s and %s", c->image[k].file, path[owner[k] - 1],
                            path[i]);
        owner[k] = i + 1;
    }
    free(score);
    free(most);
    free(owner);
    return err;
}

/* --- in order --------------------------------------------------------------------------------- */

/* Order by name: an insertion of each into a sorted list would be slow, and qsort has no context,
 * so pairs are sorted. */
typedef struct named {
    const char *file;
    size_t image;
} named;

static int by_name(const void *a, const void *b) {
    const named *x = a, *y = b;
    int order = compare_names(x->file, y->file);
    return order ? order : (x->image > y->image) - (x->image < y->image);
}

int lint_coco_sort_names(lint_coco *c, lint_err *e) {
    named *list = calloc(c->images + 1, sizeof *list);
    free(c->by_name);
    c->by_name = calloc(c->images + 1, sizeof *c->by_name);
    int err = list && c->by_name ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < c->images && !err; i++)
        list[i] = (named){c->image[i].file, i};
    if (!err && c->images) qsort(list, c->images, sizeof *list, by_name);
    for (size_t i = 0; i < c->images && !err; i++)
        c->by_name[i] = list[i].image;
    free(list);
    return err;
}
