/* Masks that are pictures: which one belongs to which picture. */
#include "base/text.h"
#include "source/source_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What programs put behind a picture's name. */
static const char *const WORD[] = {
    "mask",         "masks",         "seg",   "segmentation", "label",
    "labels",       "labelTrainIds", "gt",    "trimap",       "matte",
    "ground_truth", "groundtruth",   "alpha", "annotation",   NULL};

enum { EXACT, STEM, WHOLE_NAME, WITH_WORD, NO_FIT };

static size_t stem_of(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

static int begins(const char *name, const char *with, size_t n) {
    return strncmp(name, with, n) == 0;
}

/* Whether text [n] is a separator and one of the words. */
static int is_word(const char *text, size_t n) {
    if (n < 2 || !strchr("_-. ", *text)) return 0;
    for (int k = 0; WORD[k]; k++)
        if (strlen(WORD[k]) == n - 1 && strncasecmp(text + 1, WORD[k], n - 1) == 0) return 1;
    return 0;
}

/* How a file of masks/ fits a picture's name: the lower the better. */
static int fit_of(const char *mask, const char *picture) {
    size_t stem = stem_of(picture), end = stem_of(mask);
    if (!lint_source_is_picture(mask) || !begins(mask, picture, stem)) return NO_FIT;
    if (strcmp(mask, picture) == 0) return EXACT;
    if (end == stem) return STEM;
    if (end == strlen(picture) && begins(mask, picture, end)) return WHOLE_NAME;
    return end > stem && is_word(mask + stem, end - stem) ? WITH_WORD : NO_FIT;
}

/* A folder of masks, listed when a picture of another folder comes. */
typedef struct listed {
    char *folder;
    lint_names names; /* sorted */
} listed;

static int list_folder(const lint_source *s, listed *l, const char *path, lint_err *e) {
    const char *slash = strrchr(path, '/');
    char *folder =
        lint_text_format(e, "masks%s%.*s", slash ? "/" : "", slash ? (int)(slash - path) : 0, path);
    if (!folder) return -1;
    if (l->folder && strcmp(l->folder, folder) == 0) return free(folder), 0;
    free(l->folder);
    lint_names_free(&l->names);
    l->folder = folder;
    int there = lint_source_is_folder(s, folder, e);
    return there > 0 ? lint_source_list(s, folder, &l->names, e) : there;
}

/* The first name that does not stand before text [n]. */
static size_t first_from(const lint_names *names, const char *text, size_t n) {
    size_t at = 0, end = names->n;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (strncmp(names->v[middle], text, n) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* A PNG counts before other formats of the same name: a JPEG's edges are not sharp. */
static int is_png(const char *name) {
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".png") == 0;
}

/* The name in the folder that fits best, or NULL. */
static const char *best_fit(const lint_names *names, const char *picture) {
    const char *best = NULL;
    size_t stem = stem_of(picture);
    int fit = 2 * NO_FIT;
    for (size_t i = first_from(names, picture, stem);
         i < names->n && begins(names->v[i], picture, stem); i++) {
        int now = 2 * fit_of(names->v[i], picture) + !is_png(names->v[i]);
        if (fit_of(names->v[i], picture) == NO_FIT || now >= fit) continue;
        fit = now;
        best = names->v[i];
    }
    return best;
}

/* The mask of a picture, from malloc; NULL with *e set where there is none. */
static char *find_mask(const lint_source *s, listed *l, const char *path, lint_err *e) {
    const char *below = begins(path, "images/", 7) ? path + 7 : path;
    if (list_folder(s, l, below, e) < 0) return NULL;
    const char *slash = strrchr(below, '/'), *name = slash ? slash + 1 : below;
    const char *mask = best_fit(&l->names, name);
    if (mask) return lint_text_format(e, "%s/%s", l->folder, mask);
    lint_fail(e, "%s/%s: its mask %s/%s/%.*s.png is missing", s->root, path, s->root, l->folder,
              (int)stem_of(name), name);
    return NULL;
}

int lint_source_find_masks(lint_source *s, lint_err *e) {
    listed l = {0};
    int err = 0;
    s->masks = 1;
    for (size_t i = 0; i < s->n && !err; i++) {
        if (s->picture[i].mask) continue; /* beside it */
        s->picture[i].mask = find_mask(s, &l, s->picture[i].path, e);
        err = s->picture[i].mask ? 0 : -1;
    }
    free(l.folder);
    lint_names_free(&l.names);
    return err;
}

/* --- beside the pictures ---------------------------------------------------------------------- */

/* The length of a_mask.png's or a_mask_3.png's a, or 0. */
static size_t owner_of(const char *path) {
    const char *dot = strrchr(path, '.'), *at = dot;
    while (at && at > path && strchr("0123456789", at[-1]))
        at--;
    if (at && at < dot && at > path && at[-1] == '_') dot = at - 1;
    if (!dot || dot - path < 6 || strncasecmp(dot - 5, "_mask", 5) != 0) return 0;
    return dot[-6] == '/' ? 0 : (size_t)(dot - 5 - path);
}

/* The picture whose path without its ending is text [n], or s->n. Sorted by path. */
static size_t picture_of(const lint_source *s, const char *text, size_t n) {
    size_t at = 0, end = s->n;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (strncmp(s->picture[middle].path, text, n) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    for (; at < s->n && begins(s->picture[at].path, text, n); at++)
        if (s->picture[at].path[n] == '.' && !strchr(s->picture[at].path + n + 1, '.')) return at;
    return s->n;
}

/* Which pictures are masks of others: owner [n], s->n for none; owns [n]: whether it has one. */
static void find_owners(const lint_source *s, size_t *owner, char *owns) {
    for (size_t i = 0; i < s->n; i++) {
        size_t n = owner_of(s->picture[i].path);
        owner[i] = n ? picture_of(s, s->picture[i].path, n) : s->n;
        if (owner[i] < s->n) owns[owner[i]] = 1;
    }
}

/* One pair may be chance; half of all is how the folder is made. */
static int are_masks(const lint_source *s, const size_t *owner, const char *owns) {
    size_t owners = 0, pictures = 0;
    for (size_t i = 0; i < s->n; i++) {
        owners += owns[i] != 0;
        pictures += owner[i] == s->n;
    }
    return owners && 2 * owners >= pictures;
}

static int give_mask(lint_picture *p, const char *path, lint_err *e) {
    if (p->mask) return lint_names_push(&p->more_masks, path, strlen(path), e);
    return (p->mask = lint_join(path, "")) ? 0 : lint_fail_mem(e, "paths");
}

static int take_masks(lint_source *s, const size_t *owner, lint_err *e) {
    size_t left = 0;
    for (size_t i = 0; i < s->n; i++)
        if (owner[i] < s->n && give_mask(&s->picture[owner[i]], s->picture[i].path, e) < 0)
            return -1;
    for (size_t i = 0, n = s->n; i < n; i++) {
        if (owner[i] == n)
            s->picture[left++] = s->picture[i];
        else
            lint_picture_free(&s->picture[i]);
    }
    s->n = left;
    s->masks = 1;
    for (size_t i = 0; i < s->n; i++)
        if (!s->picture[i].mask)
            return lint_fail(e, "%s/%s: its mask %.*s_mask.png is missing", s->root,
                             s->picture[i].path, (int)stem_of(s->picture[i].path),
                             s->picture[i].path);
    return 0;
}

int lint_source_masks_beside(lint_source *s, lint_err *e) {
    size_t *owner = malloc((s->n + 1) * sizeof *owner);
    char *owns = calloc(s->n + 1, 1);
    int err = owner && owns ? 0 : lint_fail_mem(e, "the list of pictures");
    if (!err) find_owners(s, owner, owns);
    if (!err && are_masks(s, owner, owns)) err = take_masks(s, owner, e);
    free(owner);
    free(owns);
    return err;
}
