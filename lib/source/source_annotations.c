/* Files of outlines and boxes: which are read, and what they say of which picture. */
#include "source/source_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROBOFLOW "_annotations.coco.json"
enum { ANNOTATION_FILES_MAX = 16 };

static lint_coco *new_annotations(const lint_source_rules *rules, lint_err *e) {
    return lint_coco_new(rules->skip_bad, rules->least ? *rules->least : -1, e);
}

/* Reads the file that the user names. */
static int take_annotations(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    if (!(s->coco = new_annotations(rules, e))) return -1;
    if (lint_names_push(&s->annotations, rules->annotations, strlen(rules->annotations), e) < 0)
        return -1;
    s->annotations_given = 1;
    return lint_coco_add(s->coco, rules->annotations, "", e);
}

/* Reads a file, if it is there. */
static int add_annotations(lint_source *s, const char *file, const char *below,
                           const lint_source_rules *rules, lint_err *e) {
    int there = lint_source_is_file(s, file, e);
    if (there <= 0) return there;
    if (s->annotations.n == ANNOTATION_FILES_MAX)
        return lint_fail(e, "%s: more than %d files of annotations", s->root, ANNOTATION_FILES_MAX);
    if (!s->coco && !(s->coco = new_annotations(rules, e))) return -1;
    if (lint_names_push(&s->annotations, file, strlen(file), e) < 0) return -1;
    char *path = lint_source_path(s, file, e);
    int err = path ? lint_coco_add(s->coco, path, below, e) : -1;
    free(path);
    return err;
}

static int is_json(const char *name) {
    size_t n = strlen(name);
    return n > 5 && strcasecmp(name + n - 5, ".json") == 0;
}

static int is_result(const char *name) {
    return strcmp(name, "result.json") == 0;
}

/* As COCO has them beside captions_*.json. */
static int is_instances(const char *name) {
    return is_json(name) && strncmp(name, "instances_", 10) == 0;
}

/* train.json, val2017.json. */
static int is_of_split(const char *name) {
    char word[32];
    size_t n = is_json(name) ? strlen(name) - 5 : sizeof word;
    if (n >= sizeof word) return 0;
    memcpy(word, name, n);
    word[n] = 0;
    return lint_split_of_word(word) != LINT_UNSPLIT;
}

/* Of the names in annotations/ those to read: result.json, else the only one, else all
 * instances_*.json, else all whose names tell a split. */
static int choose_annotations(const lint_source *s, lint_names *names, lint_err *e) {
    static int (*const kind[])(const char *) = {is_result, is_json, is_instances, is_of_split};
    enum { KINDS = sizeof kind / sizeof *kind };
    size_t n[KINDS] = {0};
    int take = 0;
    for (size_t i = 0; i < names->n; i++)
        for (int k = 0; k < KINDS; k++)
            n[k] += (size_t)kind[k](names->v[i]);
    while (take < KINDS && (take == 1 ? n[1] > 1 : !n[take]))
        take++;
    if (take == KINDS)
        return lint_fail(e,
                         "%s/annotations: %zu JSON files, and none is called result.json or "
                         "instances_*.json; leave only the one to read",
                         s->root, n[1]);
    for (size_t i = 0; i < names->n; i++)
        if (!kind[take](names->v[i])) *names->v[i] = 0;
    return 0;
}

static int read_annotations(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    lint_names names;
    int there = lint_source_is_folder(s, "annotations", e);
    if (there <= 0) return there;
    if (lint_source_list(s, "annotations", &names, e) < 0) return -1;
    int err = choose_annotations(s, &names, e);
    for (size_t i = 0; i < names.n && !err; i++) {
        if (!*names.v[i]) continue;
        char *file = lint_join("annotations", names.v[i]);
        err = file ? add_annotations(s, file, "", rules, e) : lint_fail_mem(e, "paths");
        free(file);
    }
    lint_names_free(&names);
    return err;
}

/* A split's file tells of pictures in its folder only: each has an image 1.jpg. */
static int read_roboflow(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    lint_names names;
    int err = add_annotations(s, ROBOFLOW, "", rules, e);
    if (err || s->coco) return err;
    if (lint_source_list(s, "", &names, e) < 0) return -1;
    for (size_t i = 0; i < names.n && !err; i++) {
        if (lint_split_of_word(names.v[i]) == LINT_UNSPLIT) continue;
        char *file = lint_join(names.v[i], ROBOFLOW);
        err = file ? add_annotations(s, file, names.v[i], rules, e) : lint_fail_mem(e, "paths");
        free(file);
    }
    lint_names_free(&names);
    return err;
}

int lint_source_open_annotations(lint_source *s, int images, const lint_source_rules *rules,
                                 lint_err *e) {
    if (rules->annotations) return take_annotations(s, rules, e);
    int err = read_annotations(s, rules, e);
    if (!err && !s->coco && images) err = add_annotations(s, "result.json", "", rules, e);
    return err || s->coco ? err : read_roboflow(s, rules, e);
}

/* Puts the file before a message, or the folder if there are several. */
static void tell_annotations(const lint_source *s, lint_err *e) {
    if (s->annotations_given)
        lint_err_prefix(e, "%s: ", lint_source_annotations(s));
    else
        lint_err_prefix(e, s->annotations.n == 1 ? "%s/%s: " : "%s: %s: ", s->root,
                        lint_source_annotations(s));
}

int lint_source_find_outlines(lint_source *s, lint_err *e) {
    const char **path = calloc(s->n + 1, sizeof *path);
    long *image = calloc(s->n + 1, sizeof *image);
    int err = path && image ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < s->n && !err; i++)
        path[i] = s->picture[i].path;
    if (!err && (err = lint_coco_match(s->coco, s->n, path, image, e)) < 0) tell_annotations(s, e);
    for (size_t i = 0; i < s->n && !err; i++)
        s->picture[i].outline = image[i];
    s->masks = 1;
    free(path);
    free(image);
    return err;
}
