#define _GNU_SOURCE /* tdestroy */
#include "cache.h"

#include "base/atomic_output.h"
#include "base/grow.h"
#include "files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of what others may have written, at most so much is read: a list of some ten million files. */
#define LIST_MAX   ((size_t)1 << 30)
#define RECORD_MAX ((size_t)1 << 26)

static int lock_it(cache *c, int how, lint_err *e) {
    if (make_folders(c->dir, e) < 0) return -1;
    path p = pathf("%s/lock", c->dir);
    c->lock = open_lock(p.s, O_CLOEXEC);
    if (c->lock >= 0 && flock(c->lock, how) == 0) return 0;
    return lint_fail(e, "%s: %s", p.s, strerror(errno));
}

int cache_open(cache *c, lint_err *e) {
    return lock_it(c, LOCK_SH, e);
}

void cache_close(cache *c) {
    if (c->lock >= 0) close(c->lock);
    c->lock = -1;
}

static path object(const cache *c, const char *hex) {
    return pathf("%s/objects/%.2s/%s", c->dir, hex, hex + 2);
}

static path record(const cache *c, const char *key) {
    return pathf("%s/stages/%s", c->dir, key);
}

/* --- in --------------------------------------------------------------------------------------- */

static int keep_file(cache *c, const char *p, const content_file *f, lint_err *e) {
    struct stat st;
    path to = object(c, f->hex);
    if (lstat(to.s, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size) return 0;
    if (make_folders(folder_of(to.s).s, e) < 0) return -1;
    return keep_regular(p, to.s, e);
}

int cache_keep(cache *c, const char *p, const content *of, lint_err *e) {
    if (of->kind == CONTENT_FILE) return keep_file(c, p, &of->file[0], e);
    for (size_t i = 0; i < of->n; i++)
        if (keep_file(c, pathf("%s/%s", p, of->file[i].rel).s, &of->file[i], e) < 0) return -1;
    char *list = content_list(of);
    if (!list) return lint_fail_mem(e, "a list of files");
    path to = object(c, of->hex);
    int err = make_folders(folder_of(to.s).s, e);
    if (!err) err = write_text(to.s, list, e);
    free(list);
    return err;
}

/* --- out -------------------------------------------------------------------------------------- */

/* The list of a folder, if it is there and whole: 1. */
static int read_list(const cache *c, const item *what, content *of) {
    lint_err e;
    struct stat st;
    char *list = read_regular(object(c, what->hex).s, LIST_MAX, &st);
    if (!list) return 0;
    int good = content_read_list(of, list, &e) == 0 && strcmp(of->hex, what->hex) == 0;
    if (!good) content_free(of);
    free(list);
    return good;
}

static int has_object(const cache *c, const char *hex) {
    struct stat st;
    path p = object(c, hex);
    return lstat(p.s, &st) == 0 && S_ISREG(st.st_mode) && access(p.s, R_OK) == 0;
}

int cache_has(const cache *c, const item *what) {
    content of = {.kind = CONTENT_NONE};
    if (what->kind != CONTENT_FOLDER) return has_object(c, what->hex);
    int has = read_list(c, what, &of);
    for (size_t i = 0; i < of.n && has; i++)
        has = has_object(c, of.file[i].hex);
    content_free(&of);
    return has;
}

/* The digests of files that were just taken out; 0 where one is not what it was, which goes. */
static int check(cache *c, const char *p, const content *want, content *got, lint_err *e) {
    hashes_forget(c->hashes, p);
    if (hashes_of(c->hashes, p, got, e) < 0) return -1;
    if (strcmp(got->hex, want->hex) == 0 && got->kind == want->kind) return 1;
    for (size_t i = 0; i < got->n && i < want->n; i++)
        if (strcmp(got->file[i].hex, want->file[i].hex) != 0)
            unlink(object(c, want->file[i].hex).s);
    content_free(got);
    if (remove_all(p, e) < 0) return -1;
    return 0;
}

static int take_all(cache *c, const content *want, const char *p, lint_err *e) {
    for (size_t i = 0; i < want->n; i++) {
        const content_file *f = &want->file[i];
        path to = *f->rel ? pathf("%s/%s", p, f->rel) : pathf("%s", p);
        if (!has_object(c, f->hex)) return 0;
        if (make_folders(folder_of(to.s).s, e) < 0 ||
            take_regular(object(c, f->hex).s, to.s, e) < 0)
            return -1;
    }
    return 1;
}

int cache_take(cache *c, const item *what, const char *p, content *of, lint_err *e) {
    content want = {.kind = CONTENT_FILE, .n = 1};
    content_file one = {.rel = ""};
    memcpy(one.hex, what->hex, sizeof one.hex);
    memcpy(want.hex, what->hex, sizeof want.hex);
    want.file = &one;
    *of = (content){.kind = CONTENT_NONE};
    if (what->kind == CONTENT_FOLDER && !read_list(c, what, &want)) return 0;
    int done = what->kind == CONTENT_FOLDER ? make_folders(p, e) : 0;
    done = done < 0 ? -1 : take_all(c, &want, p, e);
    if (done == 1) done = check(c, p, &want, of, e);
    if (what->kind == CONTENT_FOLDER) content_free(&want);
    return done;
}

/* --- records ---------------------------------------------------------------------------------- */

static int is_my_group(gid_t group) {
    gid_t mine[1024];
    int n = getgroups(sizeof mine / sizeof *mine, mine);
    int is = group == getegid();
    for (int i = 0; i < n && !is; i++)
        is = group == mine[i];
    return is;
}

/* NULL where the record may be believed; else why not. */
static const char *why_untrusted(const cache *c, const struct stat *st) {
    struct stat folder;
    int mine = st->st_uid == geteuid();
    if (c->trust == CACHE_TRUST_ANYONE) return NULL;
    if (st->st_mode & S_IWOTH) return "everybody may write to it";
    if (c->trust == CACHE_TRUST_OWN) {
        if (!mine) return "it is another user's, and CACHE_TRUST is own";
        return st->st_mode & S_IWGRP ? "its group may write to it, and CACHE_TRUST is own" : NULL;
    }
    if (mine) return NULL;
    if (lstat(pathf("%s/stages", c->dir).s, &folder) < 0 || !S_ISDIR(folder.st_mode))
        return "its folder is none";
    if (folder.st_mode & S_IWOTH) return "everybody may write to its folder";
    if (!is_my_group(folder.st_gid)) return "its folder's group is not one of yours";
    return st->st_gid != folder.st_gid ? "it is not of its folder's group" : NULL;
}

char *cache_record(const cache *c, const char *key, const char **untrusted) {
    struct stat st;
    char *text = read_regular(record(c, key).s, RECORD_MAX, &st);
    const char *why = text ? why_untrusted(c, &st) : NULL;
    if (untrusted) *untrusted = why;
    if (!why) return text;
    free(text);
    return NULL;
}

int cache_write_record(cache *c, const char *key, const char *text, lint_err *e) {
    path p = record(c, key);
    if (make_folders(folder_of(p.s).s, e) < 0) return -1;
    lint_output *o = lint_output_open(p.s, e);
    if (!o) return -1;
    struct stat st;
    int fd = fileno(lint_output_file(o));
    mode_t others = c->trust == CACHE_TRUST_GROUP ? S_IWOTH : S_IWGRP | S_IWOTH;
    /* Where modes cannot be set, CACHE_TRUST=anyone helps. */
    if (fstat(fd, &st) == 0 && (st.st_mode & others))
        (void)!fchmod(fd, st.st_mode & 0777 & ~others);
    fputs(text, lint_output_file(o)); /* commit tells whether it could */
    return lint_output_commit(o, e);
}

void cache_used(const cache *c, const char *key) {
    utimensat(AT_FDCWD, record(c, key).s, NULL, AT_SYMLINK_NOFOLLOW);
}

/* --- throwing away ---------------------------------------------------------------------------- */

typedef struct used {
    char key[LINT_SHA256_HEX];
    struct timespec last;
} used;

static int latest_first(const void *a, const void *b) {
    const struct timespec *x = &((const used *)a)->last, *y = &((const used *)b)->last;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? 1 : -1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* All records, the one used last first; from malloc. */
static used *list_records(const cache *c, size_t *n, lint_err *e) {
    used *list = NULL;
    size_t room = 0;
    DIR *d = opendir(pathf("%s/stages", c->dir).s);
    *n = 0;
    for (struct dirent *f; d && (f = readdir(d));) {
        struct stat st;
        if (strlen(f->d_name) != LINT_SHA256_HEX - 1 || lstat(record(c, f->d_name).s, &st) < 0)
            continue;
        used *more = lint_grow(list, *n, &room, sizeof *more);
        if (!more) {
            lint_fail_mem(e, "the cache's records");
            free(list);
            closedir(d);
            return NULL;
        }
        list = more;
        used *u = &list[(*n)++];
        memcpy(u->key, f->d_name, sizeof u->key);
        u->last = st.st_mtim;
    }
    if (d) closedir(d);
    if (*n) qsort(list, *n, sizeof *list, latest_first);
    return list ? list : calloc(1, sizeof *list);
}

/* What the records that stay need. */
typedef struct needed {
    void *tree; /* of digests, by tsearch */
    uint64_t bytes, max;
} needed;

static int by_hex(const void *a, const void *b) {
    return strcmp(a, b);
}

static int is_needed(const needed *k, const char *hex) {
    return tfind(hex, &k->tree, by_hex) != NULL;
}

/* Digests of all files that the stage made. */
static int list_outputs(const cache *c, const step *s, items *list, lint_err *e) {
    for (size_t i = 0; i < s->out.n; i++) {
        content of = {.kind = CONTENT_NONE};
        int err = step_add_text(list, s->out.v[i].hex, e);
        if (!err && s->out.v[i].kind == CONTENT_FOLDER) read_list(c, &s->out.v[i], &of);
        for (size_t j = 0; j < of.n && !err; j++)
            err = step_add_text(list, of.file[j].hex, e);
        content_free(&of);
        if (err) return -1;
    }
    return 0;
}

static uint64_t size_of(const cache *c, const char *hex) {
    struct stat st;
    return lstat(object(c, hex).s, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* 1 if they fit; then they are needed. */
static int fit_in(needed *k, const cache *c, const items *list, lint_err *e) {
    uint64_t more = 0;
    for (size_t i = 0; i < list->n; i++)
        if (!is_needed(k, list->v[i].name)) more += size_of(c, list->v[i].name);
    if (more > k->max - k->bytes) return 0;
    k->bytes += more;
    for (size_t i = 0; i < list->n; i++) {
        if (is_needed(k, list->v[i].name)) continue;
        char *copy = strdup(list->v[i].name);
        if (copy && tsearch(copy, &k->tree, by_hex)) continue;
        free(copy);
        return lint_fail_mem(e, "the cache's files");
    }
    return 1;
}

/* 1 if the record stays. */
static int decide(needed *k, const cache *c, const char *key, lint_err *e) {
    step s = {0}, list = {0};
    lint_err broken;
    struct stat st;
    /* Whoever made it: it only tells which files stay. */
    char *text = read_regular(record(c, key).s, RECORD_MAX, &st), *at = text;
    int stays = 0;
    if (text && step_read(&s, &at, "", &broken) > 0)
        stays = list_outputs(c, &s, &list.with, e) < 0 ? -1 : fit_in(k, c, &list.with, e);
    step_free(&s);
    step_free(&list);
    free(text);
    return stays;
}

/* The latest, until one does not fit; that and all before it go. */
static int choose(needed *k, const cache *c, lint_err *e) {
    size_t n;
    used *list = list_records(c, &n, e);
    if (!list) return -1;
    int stays = 1;
    for (size_t i = 0; i < n && stays >= 0; i++) {
        if (stays) stays = decide(k, c, list[i].key, e);
        if (!stays) unlink(record(c, list[i].key).s);
    }
    free(list);
    return stays < 0 ? -1 : 0;
}

typedef void object_fn(void *ctx, const char *file, const char *hex, const struct stat *st);

static void each_object(const cache *c, object_fn *fn, void *ctx) {
    for (int i = 0; i < 256; i++) {
        path dir = pathf("%s/objects/%02x", c->dir, (unsigned)i);
        DIR *d = opendir(dir.s);
        for (struct dirent *f; d && (f = readdir(d));) {
            struct stat st;
            path p = pathf("%s/%s", dir.s, f->d_name);
            if (lstat(p.s, &st) == 0 && S_ISREG(st.st_mode))
                fn(ctx, p.s, pathf("%02x%s", (unsigned)i, f->d_name).s, &st);
        }
        if (d) closedir(d);
    }
}

static void add_size(void *ctx, const char *file, const char *hex, const struct stat *st) {
    (void)file;
    (void)hex;
    *(uint64_t *)ctx += (uint64_t)st->st_size;
}

typedef struct sweeping {
    needed *stay;
    uint64_t left, bytes;
    size_t files;
} sweeping;

static void sweep_out(void *ctx, const char *file, const char *hex, const struct stat *st) {
    sweeping *s = ctx;
    if (is_needed(s->stay, hex) || unlink(file) < 0) return;
    s->files++;
    s->bytes += (uint64_t)st->st_size;
}

int cache_trim(cache *c, uint64_t max, size_t *files, uint64_t *bytes, lint_err *e) {
    uint64_t all = 0;
    *files = 0;
    *bytes = 0;
    each_object(c, add_size, &all);
    if (all <= max) return 0;
    if (lock_it(c, LOCK_EX, e) < 0) return -1;
    needed stay = {.max = max};
    int err = choose(&stay, c, e);
    sweeping s = {.stay = &stay};
    if (!err) each_object(c, sweep_out, &s);
    *files = s.files;
    *bytes = s.bytes;
    tdestroy(stay.tree, free);
    cache_close(c);
    return err;
}
