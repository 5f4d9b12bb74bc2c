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

/* A link there would lead what is kept, and what is thrown away, to a folder of its maker's choice. */
static int is_folder(const cache *c, const char *name, lint_err *e) {
    struct stat st;
    path p = pathf("%s/%s", c->dir, name);
    if (lstat(p.s, &st) < 0) return errno == ENOENT ? 0 : lint_fail_errno(e, "%s", p.s);
    return S_ISDIR(st.st_mode) ? 0 : lint_fail(e, "%s: a link or a file, not a folder", p.s);
}

static int lock_it(cache *c, int how, lint_err *e) {
    if (make_folders(c->dir, e) < 0 || is_folder(c, "objects", e) < 0 ||
        is_folder(c, "stages", e) < 0 || is_folder(c, "locks", e) < 0)
        return -1;
    path p = pathf("%s/lock", c->dir);
    c->lock = open_lock(p.s, O_CLOEXEC);
    if (c->lock >= 0 && flock(c->lock, how) == 0) return 0;
    return lint_fail_errno(e, "%s", p.s);
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

static int make_folder(const cache *c, const char *name, lint_err *e) {
    return make_folders(pathf("%s/%s", c->dir, name).s, e) < 0 ? -1 : is_folder(c, name, e);
}

static int make_folder_of_object(const cache *c, const char *hex, lint_err *e) {
    return make_folder(c, pathf("objects/%.2s", hex).s, e);
}

static int open_folder(int in, const char *name) {
    return openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_objects(const cache *c) {
    return open_folder(AT_FDCWD, pathf("%s/objects", c->dir).s);
}

static void throw_away(const cache *c, const char *hex) {
    int objects = open_objects(c);
    int dir = objects < 0 ? -1 : open_folder(objects, pathf("%.2s", hex).s);
    if (dir >= 0) unlinkat(dir, hex + 2, 0);
    if (dir >= 0) close(dir);
    if (objects >= 0) close(objects);
}

/* read_regular failed for want of a file there that this user may read, and not by a fault of the
 * system. */
static int is_none(int why) {
    return why == ENOENT || why == EACCES || why == ELOOP || why == ENXIO || why == EINVAL ||
           why == EFBIG;
}

/* --- in --------------------------------------------------------------------------------------- */

static int keep_file(cache *c, const char *p, const content_file *f, lint_err *e) {
    struct stat st;
    path to = object(c, f->hex);
    if (lstat(to.s, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size) return 0;
    if (make_folder_of_object(c, f->hex, e) < 0) return -1;
    return keep_regular(p, to.s, e);
}

int cache_keep(cache *c, const char *p, const content *of, lint_err *e) {
    if (of->kind == CONTENT_FILE) return keep_file(c, p, &of->file[0], e);
    for (size_t i = 0; i < of->n; i++)
        if (keep_file(c, pathf("%s/%s", p, of->file[i].rel).s, &of->file[i], e) < 0) return -1;
    char *list = content_list(of);
    if (!list) return lint_fail_mem(e, "a list of files");
    path to = object(c, of->hex);
    int err = make_folder_of_object(c, of->hex, e);
    if (!err) err = replace_by_text(to.s, list, 0, e);
    free(list);
    return err;
}

/* --- out -------------------------------------------------------------------------------------- */

/* The list of a folder: 1; 0 where it is not there, or not whole. */
static int read_list(const cache *c, const item *what, content *of, lint_err *e) {
    struct stat st;
    path p = object(c, what->hex);
    char *list = read_regular(p.s, LIST_MAX, &st);
    if (!list) return is_none(errno) ? 0 : lint_fail_errno(e, "%s", p.s);
    int err = content_read_list(of, list, e), good = !err && strcmp(of->hex, what->hex) == 0;
    if (!good) content_free(of);
    free(list);
    return err && e->system ? -1 : good;
}

static int has_object(const cache *c, const char *hex, lint_err *e) {
    struct stat st;
    path p = object(c, hex);
    if (lstat(p.s, &st) == 0 && (!S_ISREG(st.st_mode) || access(p.s, R_OK) == 0))
        return S_ISREG(st.st_mode);
    return is_none(errno) || errno == ENOTDIR ? 0 : lint_fail_errno(e, "%s", p.s);
}

int cache_has(const cache *c, const item *what, lint_err *e) {
    content of = {.kind = CONTENT_NONE};
    if (what->kind != CONTENT_FOLDER) return has_object(c, what->hex, e);
    int has = read_list(c, what, &of, e);
    for (size_t i = 0; i < of.n && has == 1; i++)
        has = has_object(c, of.file[i].hex, e);
    content_free(&of);
    return has;
}

/* The digests of files that were just taken out; 0 where one is not what it was, which goes. */
static int check(cache *c, const char *p, const content *want, content *got, lint_err *e) {
    hashes_forget(c->hashes, p);
    if (hashes_of(c->hashes, p, got, e) < 0) return -1;
    if (strcmp(got->hex, want->hex) == 0 && got->kind == want->kind) return 1;
    for (size_t i = 0; i < got->n && i < want->n; i++)
        if (strcmp(got->file[i].hex, want->file[i].hex) != 0) throw_away(c, want->file[i].hex);
    content_free(got);
    if (remove_all(p, e) < 0) return -1;
    return 0;
}

static int take_all(cache *c, const content *want, const char *p, lint_err *e) {
    for (size_t i = 0; i < want->n; i++) {
        const content_file *f = &want->file[i];
        path to = *f->rel ? pathf("%s/%s", p, f->rel) : pathf("%s", p);
        int has = has_object(c, f->hex, e);
        if (has != 1) return has;
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
    int done = what->kind == CONTENT_FOLDER ? read_list(c, what, &want, e) : 1;
    if (done != 1) return done;
    if (what->kind == CONTENT_FOLDER && make_folders(p, e) < 0) done = -1;
    if (done == 1) done = take_all(c, &want, p, e);
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

int cache_record(const cache *c, const char *key, char **text, const char **untrusted,
                 lint_err *e) {
    struct stat st;
    path p = record(c, key);
    *untrusted = NULL;
    *text = read_regular(p.s, RECORD_MAX, &st);
    if (!*text) return is_none(errno) ? 0 : lint_fail_errno(e, "%s", p.s);
    *untrusted = why_untrusted(c, &st);
    if (!*untrusted) return 1;
    free(*text);
    *text = NULL;
    return 0;
}

int cache_write_record(cache *c, const char *key, const char *text, lint_err *e) {
    /* Where modes cannot be set, CACHE_TRUST=anyone helps. */
    mode_t others = c->trust == CACHE_TRUST_GROUP ? S_IWOTH : S_IWGRP | S_IWOTH;
    if (make_folder(c, "stages", e) < 0) return -1;
    return replace_by_text(record(c, key).s, text, others, e);
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

/* So many digits of a digest, and no more. */
static int is_hex(const char *name, size_t n) {
    return strspn(name, "0123456789abcdef") == n && !name[n];
}

/* What a runner that was killed left beside a name of so many digits: .NAME.PID.N. */
static int is_temporary(const char *entry, size_t n) {
    long pid;
    if (entry[0] != '.' || strspn(entry + 1, "0123456789abcdef") != n) return 0;
    return lint_temporary_pid(entry + 1, pathf("%.*s", (int)n, entry + 1).s, &pid);
}

typedef struct records {
    used *v;
    size_t n, room;
} records;

static int add_record(records *list, int dir, const char *key, lint_err *e) {
    struct stat st;
    if (fstatat(dir, key, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : lint_fail_errno(e, "the record %s", key);
    used *more = lint_grow(list->v, list->n, &list->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "the cache's records");
    list->v = more;
    used *u = &list->v[list->n++];
    memcpy(u->key, key, sizeof u->key);
    u->last = st.st_mtim;
    return 0;
}

/* A stream of an open folder, which it closes; NULL with errno, and then the folder is closed, too. */
static DIR *entries(int dir) {
    DIR *d = dir < 0 ? NULL : fdopendir(dir);
    int why = errno;
    if (!d && dir >= 0) close(dir);
    errno = why;
    return d;
}

/* All records, the one used last first. Nobody writes one meanwhile: temporaries go. */
static int list_records(DIR *d, records *list, lint_err *e) {
    int err = 0;
    for (const char *name; !err && (name = next_name(d));) {
        if (is_hex(name, LINT_SHA256_HEX - 1))
            err = add_record(list, dirfd(d), name, e);
        else if (is_temporary(name, LINT_SHA256_HEX - 1))
            unlinkat(dirfd(d), name, 0);
    }
    if (!err && errno) err = lint_fail_errno(e, "the cache's records");
    if (list->n) qsort(list->v, list->n, sizeof *list->v, latest_first);
    return err;
}

/* A digest, and the first record that needs it, by its place among them. */
typedef struct wanted {
    char hex[LINT_SHA256_HEX];
    size_t record;
} wanted;

/* What the records that stay need. */
typedef struct needed {
    void *objects, *lists; /* that are there, and that were read: wanted, by tsearch */
    size_t record;         /* which is looked at; in the end, how many stay */
    uint64_t bytes, max;
} needed;

/* Of two wanted, or of a digest and one. */
static int by_hex(const void *a, const void *b) {
    return strcmp(a, b);
}

static int is_needed(const needed *k, const char *hex) {
    wanted *const *w = tfind(hex, &k->objects, by_hex);
    return w && (*w)->record < k->record;
}

static int add_wanted(void **tree, const char *hex, size_t record, lint_err *e) {
    wanted *w = malloc(sizeof *w);
    if (w) {
        *w = (wanted){.record = record};
        memcpy(w->hex, hex, sizeof w->hex);
        if (tsearch(w, tree, by_hex)) return 0;
    }
    free(w);
    return lint_fail_mem(e, "the cache's files");
}

static int need(needed *k, const cache *c, const char *hex, lint_err *e) {
    struct stat st;
    path p = object(c, hex);
    if (tfind(hex, &k->objects, by_hex)) return 0;
    if (lstat(p.s, &st) < 0)
        return errno == ENOENT || errno == EACCES ? 0 : lint_fail_errno(e, "%s", p.s);
    k->bytes += (uint64_t)st.st_size;
    return add_wanted(&k->objects, hex, k->record, e);
}

/* Each list is read once, however many outputs and records name it. */
static int need_listed(needed *k, const cache *c, const item *out, lint_err *e) {
    content of = {.kind = CONTENT_NONE};
    if (tfind(out->hex, &k->lists, by_hex)) return 0;
    if (add_wanted(&k->lists, out->hex, k->record, e) < 0) return -1;
    int err = read_list(c, out, &of, e) < 0 ? -1 : 0;
    for (size_t i = 0; i < of.n && !err && k->bytes <= k->max; i++)
        err = need(k, c, of.file[i].hex, e);
    content_free(&of);
    return err;
}

typedef enum { BROKEN, FITS, DOES_NOT_FIT } fit;

static int has_digests(const step *s) {
    for (size_t i = 0; i < s->out.n; i++)
        if (!*s->out.v[i].hex) return 0;
    return 1;
}

static int fit_in(needed *k, const cache *c, const step *s, fit *is, lint_err *e) {
    int err = 0;
    for (size_t i = 0; i < s->out.n && !err && k->bytes <= k->max; i++) {
        err = need(k, c, s->out.v[i].hex, e);
        if (!err && s->out.v[i].kind == CONTENT_FOLDER) err = need_listed(k, c, &s->out.v[i], e);
    }
    *is = k->bytes <= k->max ? FITS : DOES_NOT_FIT;
    return err;
}

/* What becomes of the record, whoever made it: it only tells which files stay. */
static int decide(needed *k, const cache *c, const char *key, fit *is, lint_err *e) {
    step s = {0};
    lint_err broken;
    struct stat st;
    path p = record(c, key);
    char *text = read_regular(p.s, RECORD_MAX, &st), *at = text;
    *is = BROKEN;
    if (!text) return is_none(errno) ? 0 : lint_fail_errno(e, "%s", p.s);
    int read = step_read(&s, &at, "", &broken);
    int err = read < 0 && broken.system ? lint_fail(e, "%s", broken.msg) : 0;
    if (read > 0 && has_digests(&s)) err = fit_in(k, c, &s, is, e);
    step_free(&s);
    free(text);
    return err;
}

/* The latest, until one does not fit; that and all before it go, and what is no record. */
static int choose_from(needed *k, const cache *c, DIR *stages, const records *list, lint_err *e) {
    fit is = FITS;
    for (size_t i = 0; i < list->n; i++) {
        if (is != DOES_NOT_FIT && decide(k, c, list->v[i].key, &is, e) < 0) return -1;
        if (is == FITS)
            k->record++;
        else
            unlinkat(dirfd(stages), list->v[i].key, 0);
    }
    return 0;
}

static int choose(needed *k, const cache *c, lint_err *e) {
    records list = {0};
    path p = pathf("%s/stages", c->dir);
    DIR *d = entries(open_folder(AT_FDCWD, p.s));
    if (!d) return errno == ENOENT ? 0 : lint_fail_errno(e, "%s", p.s);
    int err = list_records(d, &list, e);
    if (!err) err = choose_from(k, c, d, &list, e);
    closedir(d);
    free(list.v);
    return err;
}

/* An object, or what a runner that was killed left of one. */
typedef void object_fn(void *ctx, int dir, const char *name, const char *hex,
                       const struct stat *st);

static int each_in(int objects, const char *first, object_fn *fn, void *ctx, lint_err *e) {
    DIR *d = entries(open_folder(objects, first));
    /* What this user may not list stays. */
    if (!d && (errno == ENOENT || errno == EACCES)) return 0;
    for (const char *name; d && (name = next_name(d));) {
        struct stat st;
        size_t digits = LINT_SHA256_HEX - 1 - 2;
        if ((is_hex(name, digits) || is_temporary(name, digits)) &&
            fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            fn(ctx, dirfd(d), name, pathf("%s%s", first, name).s, &st);
    }
    int err = errno ? lint_fail_errno(e, "%s", first) : 0;
    if (d) closedir(d);
    return err;
}

static int each_object(const cache *c, object_fn *fn, void *ctx, lint_err *e) {
    DIR *d = entries(open_objects(c));
    int err = 0;
    if (!d && errno == ENOENT) return 0;
    for (const char *first; d && !err && (first = next_name(d));)
        if (is_hex(first, 2)) err = each_in(dirfd(d), first, fn, ctx, e);
    if (err)
        lint_err_prefix(e, "%s/objects/", c->dir);
    else if (errno)
        err = lint_fail_errno(e, "%s/objects", c->dir);
    if (d) closedir(d);
    return err;
}

static void add_size(void *ctx, int dir, const char *name, const char *hex, const struct stat *st) {
    (void)dir;
    (void)name;
    (void)hex;
    *(uint64_t *)ctx += (uint64_t)st->st_size;
}

typedef struct sweeping {
    needed *stay;
    uint64_t bytes;
    size_t files;
} sweeping;

static void sweep_out(void *ctx, int dir, const char *name, const char *hex,
                      const struct stat *st) {
    sweeping *s = ctx;
    if (is_needed(s->stay, hex) || unlinkat(dir, name, 0) < 0) return;
    s->files++;
    s->bytes += (uint64_t)st->st_size;
}

int cache_trim(cache *c, uint64_t max, size_t *files, uint64_t *bytes, lint_err *e) {
    uint64_t all = 0;
    *files = 0;
    *bytes = 0;
    if (each_object(c, add_size, &all, e) < 0) return -1;
    if (all <= max) return 0;
    if (lock_it(c, LOCK_EX, e) < 0) return -1;
    needed stay = {.max = max};
    int err = choose(&stay, c, e);
    sweeping s = {.stay = &stay};
    if (!err) err = each_object(c, sweep_out, &s, e);
    *files = s.files;
    *bytes = s.bytes;
    tdestroy(stay.objects, free);
    tdestroy(stay.lists, free);
    cache_close(c);
    return err;
}
