#include "picture/picture_list.h"
#include "base/folder.h"
#include "base/grow.h"
#include "base/text.h"
#include "picture/image.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Takes path over; NULL: memory ran out. */
static int push(lint_picture_list *l, char *path, lint_err *e) {
    char **more = path ? lint_grow(l->v, l->n, &l->room, sizeof *more) : NULL;
    if (!more) {
        free(path);
        return lint_fail_mem(e, "the list of pictures");
    }
    l->v = more;
    l->v[l->n++] = path;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of a folder's entries that are not hidden, sorted. */
static int list_entries(const char *folder, lint_picture_list *entries, lint_err *e) {
    DIR *d = opendir(folder);
    if (!d) return lint_fail_errno(e, "%s", folder);
    int err = 0;
    size_t n = strlen(folder);
    const char *slash = n && folder[n - 1] == '/' ? "" : "/";
    while (!err) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno) err = lint_fail_errno(e, "%s", folder);
        if (!entry) break;
        if (*entry->d_name != '.')
            err = push(entries, lint_text_format(e, "%s%s%s", folder, slash, entry->d_name), e);
    }
    closedir(d);
    if (entries->n) qsort(entries->v, entries->n, sizeof *entries->v, by_name);
    return err;
}

static int add_folder(lint_picture_list *l, const char *path, const struct stat *st,
                      lint_folder_set *seen, lint_err *e);

/* A picture's link that leads nowhere is added, so that reading it says so. */
static int add_entry(lint_picture_list *l, const char *path, lint_folder_set *seen, lint_err *e) {
    struct stat st;
    int there = stat(path, &st) == 0;
    if (!there && !lint_folder_is_missing()) return lint_fail_errno(e, "%s", path);
    if (there && S_ISDIR(st.st_mode)) return add_folder(l, path, &st, seen, e);
    if (!lint_image_named(path) || (there && !S_ISREG(st.st_mode))) return 0;
    return lint_picture_list_note(l, path, e);
}

static int add_folder(lint_picture_list *l, const char *path, const struct stat *st,
                      lint_folder_set *seen, lint_err *e) {
    lint_picture_list entries = {0};
    int is_new = lint_folder_set_add(seen, st, e);
    if (is_new != 1) return is_new;
    int err = list_entries(path, &entries, e);
    for (size_t i = 0; i < entries.n && !err; i++)
        err = add_entry(l, entries.v[i], seen, e);
    lint_picture_list_free(&entries);
    return err;
}

int lint_picture_list_note(lint_picture_list *l, const char *text, lint_err *e) {
    return push(l, lint_text_format(e, "%s", text), e);
}

int lint_picture_list_add(lint_picture_list *l, const char *path, lint_err *e) {
    struct stat st;
    size_t before = l->n;
    lint_folder_set seen = {0};
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) return lint_picture_list_note(l, path, e);
    int err = add_folder(l, path, &st, &seen, e);
    lint_folder_set_free(&seen);
    if (err) return -1;
    return l->n > before ? 0 : lint_fail(e, "%s: no picture in this folder", path);
}

void lint_picture_list_free(lint_picture_list *l) {
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (lint_picture_list){0};
}
