/* Texts that tell of one picture each: labels/ beside images/, Annotations/ beside JPEGImages/, and XML
 * files beside the pictures. */
#include "base/folder.h"
#include "base/text.h"
#include "source/source_parts.h"
#include "source/voc.h"
#include "source/yolo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct pair {
    const char *images, *labels;
    lint_labels kind;
} PAIR[] = {{"images", "labels", LINT_YOLO},
            {"images", "annotations", LINT_VOC},
            {"images", "Annotations", LINT_VOC},
            {"JPEGImages", "Annotations", LINT_VOC},
            {"JPEGImages", "annotations", LINT_VOC}};
enum { PAIRS = sizeof PAIR / sizeof *PAIR };

/* Whether there is an XML file in the folder, or deeper, but for folders that were seen. */
static int holds_xml(const lint_source *s, const char *path, lint_folder_set *seen, lint_err *e) {
    lint_names names;
    struct stat st;
    int found = 0;
    char *full = lint_source_path(s, path, e);
    int err = !full ? -1 : stat(full, &st) < 0 ? lint_fail_errno(e, "%s", full) : 0;
    free(full);
    int is_new = err ? -1 : lint_folder_set_add(seen, &st, e);
    if (is_new != 1) return is_new;
    if (lint_source_list(s, path, &names, e) < 0) return -1;
    for (size_t i = 0; i < names.n && !found; i++)
        found = lint_source_is_xml(names.v[i]);
    for (size_t i = 0; i < names.n && !found; i++) {
        char *below = lint_join(path, names.v[i]);
        found = below ? lint_source_is_folder(s, below, e) : lint_fail_mem(e, "paths");
        if (found > 0) found = holds_xml(s, below, seen, e);
        free(below);
    }
    lint_names_free(&names);
    return found;
}

/* Whether the pair is there: 1, 0, or -1 and an error. */
static int has_pair(const lint_source *s, const struct pair *p, const char *images,
                    const char *labels, lint_err *e) {
    lint_folder_set seen = {0};
    int there = lint_source_is_folder(s, images, e);
    if (there > 0) there = lint_source_is_folder(s, labels, e);
    if (there > 0 && p->kind == LINT_VOC) there = holds_xml(s, labels, &seen, e);
    lint_folder_set_free(&seen);
    return there;
}

int lint_source_find_labels(const lint_source *s, const char *base, lint_labels *kind,
                            char **images, lint_err *e) {
    *images = NULL;
    *kind = LINT_NO_LABELS;
    for (int k = 0; k < PAIRS; k++) {
        char *path = lint_join(base, PAIR[k].images), *labels = lint_join(base, PAIR[k].labels);
        int there =
            path && labels ? has_pair(s, &PAIR[k], path, labels, e) : lint_fail_mem(e, "paths");
        free(labels);
        if (there > 0) {
            *images = path;
            *kind = PAIR[k].kind;
            return 0;
        }
        free(path);
        if (there < 0) return -1;
    }
    return 0;
}

/* --- paths ------------------------------------------------------------------------------------ */

/* Where the folder of that name stands in a path, or NULL. */
static const char *find_folder(const char *path, const char *name) {
    size_t n = strlen(name);
    for (const char *at = path; at; at = strchr(at, '/'), at = at ? at + 1 : NULL)
        if (strncmp(at, name, n) == 0 && at[n] == '/') return at;
    return NULL;
}

static size_t stem_of(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);
}

/* Annotations/a/b.xml, or Annotations/b.xml where only that is there. */
static char *path_in(const lint_source *s, const char *path, const char *at, const struct pair *p,
                     lint_err *e) {
    const char *below = at + strlen(p->images) + 1, *slash = strrchr(below, '/');
    const char *end = p->kind == LINT_YOLO ? ".txt" : ".xml";
    int before = (int)(at - path);
    char *text = lint_text_format(e, "%.*s%s/%.*s%s", before, path, p->labels, (int)stem_of(below),
                                  below, end);
    if (!text || p->kind == LINT_YOLO || !slash) return text;
    char *flat = lint_text_format(e, "%.*s%s/%.*s%s", before, path, p->labels,
                                  (int)stem_of(slash + 1), slash + 1, end);
    int there = flat ? lint_source_is_file(s, text, e) : -1;
    if (there == 0 && (there = lint_source_is_file(s, flat, e)) > 0) {
        char *none = text;
        text = flat;
        flat = none;
    }
    free(flat);
    if (there >= 0) return text;
    free(text);
    return NULL;
}

/* images/a/b.jpg has labels/a/b.txt, and train/images/a/b.jpg has train/labels/a/b.txt. */
static char *label_path(const lint_source *s, const char *path, lint_err *e) {
    if (s->beside) return lint_text_format(e, "%.*s.xml", (int)stem_of(path), path);
    for (int k = 0; k < PAIRS; k++) {
        const char *at = PAIR[k].kind == s->labels ? find_folder(path, PAIR[k].images) : NULL;
        if (!at) continue;
        char *labels = lint_text_format(e, "%.*s%s", (int)(at - path), path, PAIR[k].labels);
        int there = labels ? lint_source_is_folder(s, labels, e) : -1;
        free(labels);
        if (there) return there < 0 ? NULL : path_in(s, path, at, &PAIR[k], e);
    }
    lint_fail(e, s->labels == LINT_YOLO ? "not in a folder images/, beside labels/"
                                        : "not in a folder JPEGImages/, beside Annotations/");
    return NULL;
}

int lint_source_label_paths(lint_source *s, lint_err *e) {
    s->masks = 1;
    for (size_t i = 0; i < s->n; i++)
        if (!(s->picture[i].mask = label_path(s, s->picture[i].path, e)))
            return lint_err_prefix(e, "%s/%s: ", s->root, s->picture[i].path);
    return 0;
}

int lint_source_use_beside(lint_source *s, lint_err *e) {
    int used = 0;
    if (!s->texts) return 0;
    for (size_t i = 0; i < s->n && !used; i++) {
        const char *path = s->picture[i].path;
        char *xml = lint_text_format(e, "%.*s.xml", (int)stem_of(path), path);
        used = xml ? lint_source_is_file(s, xml, e) : -1;
        free(xml);
    }
    if (used > 0) {
        s->labels = LINT_VOC;
        s->beside = 1;
    } else {
        if (!s->other) s->other = s->text, s->text = NULL;
        s->others += s->texts;
    }
    return used < 0 ? -1 : 0;
}

/* --- objects ---------------------------------------------------------------------------------- */

/* Opening a FIFO would wait for a writer, possibly for ever. */
int lint_source_text(const lint_source *s, const lint_picture *p, char **text, size_t *len,
                     lint_err *e) {
    struct stat st;
    char *full = lint_source_path(s, p->mask, e);
    int err = full ? 0 : -1;
    if (!err && stat(full, &st) < 0 && errno == ENOENT)
        err = lint_fail(
            e, s->labels == LINT_YOLO ? "%s (an empty file says that there is no object)" : "%s",
            strerror(ENOENT));
    else if (!err && stat(full, &st) == 0 && !S_ISREG(st.st_mode))
        err = lint_fail(e, "is not a regular file");
    if (!err)
        err = lint_text_read(full, s->labels == LINT_YOLO ? LINT_YOLO_BYTES : LINT_VOC_BYTES, text,
                             len, e);
    free(full);
    return err;
}

int lint_source_objects(const lint_source *s, const lint_picture *p, lint_objects *to,
                        lint_err *e) {
    char *text = NULL;
    size_t len;
    if (s->coco) {
        if (p->outline < 0) return lint_fail(e, "not listed in %s", lint_source_annotations(s));
        return lint_coco_objects(s->coco, p->outline, to, e);
    }
    int err = lint_source_text(s, p, &text, &len, e);
    if (!err)
        err = s->labels == LINT_YOLO ? lint_yolo_objects(text, len, s->least, to, e)
                                     : lint_voc_read(text, len, to, e);
    free(text);
    return err ? lint_err_prefix(e, "%s: ", p->mask) : 0;
}
