#define _GNU_SOURCE /* strchrnul */
#include "hashes.h"

#include "base/grow.h"
#include "base/memstream.h"
#include "files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A clock's tick: two changes of a file within one leave the same time stamp. The coarsest clock
 * that Linux stamps files with ticks every 10 ms. */
#define TICK_NS 20000000

void content_free(content *c) {
    for (size_t i = 0; i < c->n; i++)
        free(c->file[i].rel);
    free(c->file);
    *c = (content){.kind = CONTENT_NONE};
}

void hashes_close(hashes *h) {
    lint_threads_free(h->pool);
    h->pool = NULL;
}

static content_file *add(content *c, const char *rel, size_t length, lint_err *e) {
    content_file *more = lint_grow(c->file, c->n, &c->room, sizeof *more);
    if (!more) {
        lint_fail_mem(e, "a list of files");
        return NULL;
    }
    c->file = more;
    content_file *f = &c->file[c->n];
    *f = (content_file){.rel = strndup(rel, length)};
    if (!f->rel) {
        lint_fail_mem(e, "a list of files");
        return NULL;
    }
    c->n++;
    return f;
}

/* --- names in lists: a line holds one, whatever is in it -------------------------------------- */

static void put_name(FILE *f, const char *s) {
    for (; *s; s++) {
        if (*s == '\n')
            fputs("\\n", f);
        else if (*s == '\\')
            fputs("\\\\", f);
        else
            fputc(*s, f);
    }
    fputc('\n', f);
}

/* In place; returns the length. */
static size_t unescape(char *s) {
    char *to = s;
    for (const char *from = s; *from; from++) {
        if (*from == '\\' && from[1])
            from++, *to++ = *from == 'n' ? '\n' : *from;
        else
            *to++ = *from;
    }
    *to = 0;
    return (size_t)(to - s);
}

char *content_list(const content *c) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return NULL;
    for (size_t i = 0; i < c->n; i++) {
        fprintf(f, "%s ", c->file[i].hex);
        put_name(f, c->file[i].rel);
    }
    return lint_memstream_close(f, &text);
}

int content_read_list(content *c, const char *list, lint_err *e) {
    *c = (content){.kind = CONTENT_FOLDER};
    lint_sha256_of(list, c->hex);
    char *copy = strdup(list);
    if (!copy) return lint_fail_mem(e, "a list of files");
    int err = 0;
    for (char *line = copy, *next; *line && !err; line = next) {
        char *end = strchrnul(line, '\n');
        next = *end ? end + 1 : end;
        *end = 0;
        if (strspn(line, "0123456789abcdef") != LINT_SHA256_HEX - 1 ||
            line[LINT_SHA256_HEX - 1] != ' ') {
            err = lint_fail(e, "not a list of files");
            break;
        }
        char *rel = line + LINT_SHA256_HEX;
        size_t length = unescape(rel);
        if (!stays_inside(rel)) {
            err = lint_fail(e, "a list of files names '%s'", rel);
            break;
        }
        content_file *f = add(c, rel, length, e);
        if (f)
            memcpy(f->hex, line, LINT_SHA256_HEX - 1);
        else
            err = -1;
    }
    free(copy);
    if (err) content_free(c);
    return err;
}

/* --- what is there ---------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    return strcmp(((const content_file *)a)->rel, ((const content_file *)b)->rel);
}

static void note(content_file *f, const struct stat *st) {
    f->size = (uint64_t)st->st_size;
    f->inode = st->st_ino;
    f->changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* A folder on the walk, and the one that it was found in. */
typedef struct folder {
    char *rel; /* "" for the first */
    dev_t device;
    ino_t inode;
    size_t in; /* for the first, none: SIZE_MAX */
} folder;

typedef struct walk {
    const char *root;
    content *c;
    folder *v; /* found so far */
    size_t n, room;
} walk;

static path place(const char *root, const char *rel) {
    return *rel ? pathf("%s/%s", root, rel) : pathf("%s", root);
}

static int fail(lint_err *e, const char *p) {
    return lint_fail_errno(e, "%s", p);
}

static int add_folder(walk *w, const char *rel, const struct stat *st, size_t in, lint_err *e) {
    for (size_t i = in; i < w->n; i = w->v[i].in)
        if (w->v[i].device == st->st_dev && w->v[i].inode == st->st_ino)
            return lint_fail(e, "%s: a link to a folder that it lies in", place(w->root, rel).s);
    folder *more = lint_grow(w->v, w->n, &w->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "a list of folders");
    w->v = more;
    folder *f = &w->v[w->n];
    *f = (folder){.rel = strdup(rel), .device = st->st_dev, .inode = st->st_ino, .in = in};
    if (!f->rel) return lint_fail_mem(e, "a list of folders");
    w->n++;
    return 0;
}

/* What cannot be looked at for that reason is a link that leads nowhere, or where this user may not
 * look. */
static int leads_nowhere(const char *p, int why) {
    struct stat st;
    int nowhere = why == ENOENT || why == ENOTDIR || why == ELOOP || why == EACCES;
    return nowhere && lstat(p, &st) == 0 && S_ISLNK(st.st_mode);
}

static int visit(walk *w, size_t in, const char *name, lint_err *e) {
    struct stat st;
    const char *above = w->v[in].rel;
    path rel = *above ? pathf("%s/%s", above, name) : pathf("%s", name);
    path p = place(w->root, rel.s);
    if (!rel.s[0] || !p.s[0]) return lint_fail(e, "%s: a path in it is too long", w->root);
    if (stat(p.s, &st) < 0) return leads_nowhere(p.s, errno) ? 0 : fail(e, p.s);
    if (S_ISDIR(st.st_mode)) return add_folder(w, rel.s, &st, in, e);
    if (!S_ISREG(st.st_mode)) return 0;
    content_file *to = add(w->c, rel.s, strlen(rel.s), e);
    if (!to) return -1;
    note(to, &st);
    return 0;
}

static int read_folder(walk *w, size_t at, lint_err *e) {
    path p = place(w->root, w->v[at].rel);
    DIR *d = opendir(p.s);
    if (!d) return fail(e, p.s);
    int err = 0;
    for (const char *name; !err && (name = next_name(d));)
        err = visit(w, at, name, e);
    if (!err && errno) err = fail(e, p.s);
    closedir(d);
    return err;
}

/* Not by fts, which takes a folder that the system fails to list for one that ends there. */
static int walk_folder(const char *p, const struct stat *st, content *c, lint_err *e) {
    walk w = {.root = p, .c = c};
    int err = add_folder(&w, "", st, SIZE_MAX, e);
    for (size_t i = 0; i < w.n && !err; i++)
        err = read_folder(&w, i, e);
    for (size_t i = 0; i < w.n; i++)
        free(w.v[i].rel);
    free(w.v);
    if (c->n) qsort(c->file, c->n, sizeof *c->file, by_name);
    return err;
}

static int list_what_is_there(const char *p, content *c, lint_err *e) {
    struct stat st;
    *c = (content){.kind = CONTENT_NONE};
    if (stat(p, &st) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail(e, p);
    if (S_ISDIR(st.st_mode)) {
        c->kind = CONTENT_FOLDER;
        return walk_folder(p, &st, c, e);
    }
    if (!S_ISREG(st.st_mode)) return lint_fail(e, "%s: neither a file nor a folder", p);
    c->kind = CONTENT_FILE;
    content_file *f = add(c, "", 0, e);
    if (!f) return -1;
    note(f, &st);
    return 0;
}

/* --- the index -------------------------------------------------------------------------------- */

/* A file for each path, by a hash of it (FNV-1a, 64 bits); the path stands in its first line, so
 * that of two with one hash each only forgets the other. */
static path index_file(const hashes *h, const char *p) {
    uint64_t x = 0xcbf29ce484222325;
    for (const unsigned char *s = (const unsigned char *)p; *s; s++)
        x = (x ^ *s) * 0x100000001b3;
    return pathf("%s/%016" PRIx64, h->dir, x);
}

/* Takes a line of the index off `at`: name and digest. 0 at the end, or of what is no index. */
static int next_known(char **at, content_file *f) {
    char *line = *at, *end = strchr(line, '\n');
    int used = 0;
    *f = (content_file){0};
    if (!end) return 0;
    *end = 0;
    *at = end + 1;
    if (sscanf(line, "%64[0-9a-f] %" SCNu64 " %" SCNd64 " %" SCNu64 "%n", f->hex, &f->size,
               &f->changed, &f->inode, &used) != 4 ||
        strlen(f->hex) != LINT_SHA256_HEX - 1 || line[used] != ' ')
        return 0;
    f->rel = line + used + 1;
    unescape(f->rel);
    return 1;
}

/* Digests of those files that are as the index knows them. Both are sorted by name. */
static void take_known(content *c, char *text, const char *p) {
    char *end = strchr(text, '\n');
    if (!end) return;
    *end = 0;
    unescape(text);
    if (strcmp(text, p) != 0) return;
    char *at = end + 1;
    content_file known;
    size_t i = 0;
    while (next_known(&at, &known)) {
        while (i < c->n && strcmp(c->file[i].rel, known.rel) < 0)
            i++;
        if (i == c->n) return;
        content_file *f = &c->file[i];
        if (strcmp(f->rel, known.rel) == 0 && f->size == known.size &&
            f->changed == known.changed && f->inode == known.inode)
            memcpy(f->hex, known.hex, sizeof f->hex);
    }
}

static int write_index(const hashes *h, const char *p, const content *c, lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return lint_fail_mem(e, "the index");
    put_name(f, p);
    for (size_t i = 0; i < c->n; i++) {
        const content_file *k = &c->file[i];
        if (k->unread) continue; /* permission can be given without a change of the rest */
        fprintf(f, "%s %" PRIu64 " %" PRId64 " %" PRIu64 " ", k->hex, k->size, k->changed,
                k->inode);
        put_name(f, k->rel);
    }
    int err = lint_memstream_close(f, &text) ? 0 : lint_fail_mem(e, "the index");
    if (!err) err = make_folders(h->dir, e);
    if (!err) err = write_text(index_file(h, p).s, text, e);
    free(text);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct reading {
    const char *root;
    content *c;
    size_t *which; /* of its files are read */
    int *why;      /* errno of each; 0: read */
} reading;

static int digest_file(const char *p, content_file *f) {
    static const size_t AT_A_TIME = 1 << 16;
    int fd = open(p, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    unsigned char *buf = malloc(AT_A_TIME);
    ssize_t n = -1;
    lint_sha256 s;
    lint_sha256_start(&s);
    if (buf)
        while ((n = read(fd, buf, AT_A_TIME)) > 0)
            lint_sha256_add(&s, buf, (size_t)n);
    int why = n < 0 ? errno : 0;
    struct stat st;
    content_file now = *f;
    if (!why && fstat(fd, &st) == 0) note(&now, &st);
    if (!why && (now.size != f->size || now.changed != f->changed || now.inode != f->inode))
        why = EBUSY;
    free(buf);
    close(fd);
    lint_sha256_end(&s, f->hex);
    return why;
}

static void read_one(void *ctx, size_t part, int worker) {
    reading *r = ctx;
    content_file *f = &r->c->file[r->which[part]];
    (void)worker;
    r->why[part] = digest_file(place(r->root, f->rel).s, f);
}

/* A file whose last change lies within the tick that is running may yet change unseen. */
static void let_it_tick(const content *c, const size_t *which, size_t n) {
    struct timespec now, wait = {.tv_nsec = TICK_NS};
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    for (size_t i = 0; i < n; i++) {
        int64_t age = ns - c->file[which[i]].changed;
        if (age >= TICK_NS || age < 0) continue;
        nanosleep(&wait, NULL);
        return;
    }
}

static int read_files(hashes *h, reading *r, size_t n, lint_err *e) {
    if (!h->pool && n > 1) h->pool = lint_threads_new(0, e);
    if (!h->pool && n > 1) return -1;
    let_it_tick(r->c, r->which, n);
    if (n > 1)
        lint_threads_run(h->pool, n, read_one, r);
    else
        read_one(r, 0, 0);
    for (size_t i = 0; i < n; i++) {
        content_file *f = &r->c->file[r->which[i]];
        f->unread = r->why[i] == EACCES && r->c->kind == CONTENT_FOLDER;
        if (f->unread) {
            lint_sha256_of("may not be read", f->hex);
            continue;
        }
        if (r->why[i])
            return lint_fail(e, "%s: %s", place(r->root, f->rel).s,
                             r->why[i] == EBUSY ? "changed while it was read"
                                                : strerror(r->why[i]));
        h->files++;
        h->bytes += f->size;
    }
    return 0;
}

static int read_unknown(hashes *h, const char *p, content *c, size_t *read, lint_err *e) {
    reading r = {p, c, calloc(c->n + 1, sizeof *r.which), calloc(c->n + 1, sizeof *r.why)};
    int err = r.which && r.why ? 0 : lint_fail_mem(e, "a list of files");
    size_t n = 0;
    for (size_t i = 0; i < c->n && !err; i++)
        if (!c->file[i].hex[0]) r.which[n++] = i;
    if (n && !err) err = read_files(h, &r, n, e);
    *read = n;
    free(r.which);
    free(r.why);
    return err;
}

static int whole(content *c, lint_err *e) {
    if (c->kind == CONTENT_FILE) memcpy(c->hex, c->file[0].hex, sizeof c->hex);
    if (c->kind != CONTENT_FOLDER) return 0;
    char *list = content_list(c);
    if (!list) return lint_fail_mem(e, "a list of files");
    lint_sha256_of(list, c->hex);
    free(list);
    return 0;
}

int hashes_of(hashes *h, const char *p, content *c, lint_err *e) {
    size_t read = 0, known = 0;
    int err = list_what_is_there(p, c, e);
    char *text = err || c->kind == CONTENT_NONE ? NULL : read_text(index_file(h, p).s);
    if (text) {
        for (char *s = text; (s = strchr(s, '\n')); s++)
            known++;
        take_known(c, text, p);
    }
    free(text);
    if (!err) err = read_unknown(h, p, c, &read, e);
    if (!err) err = whole(c, e);
    /* known counts the line of the path too. */
    if (!err && c->kind != CONTENT_NONE && (read || known != c->n + 1))
        err = write_index(h, p, c, e);
    if (err) content_free(c);
    return err;
}

int hashes_put(hashes *h, const char *p, const content *c, lint_err *e) {
    content now = *c;
    now.file = calloc(c->n + 1, sizeof *now.file);
    if (!now.file) return lint_fail_mem(e, "a list of files");
    int err = 0;
    for (size_t i = 0; i < c->n && !err; i++) {
        struct stat st;
        now.file[i] = c->file[i];
        path at = place(p, c->file[i].rel);
        if (stat(at.s, &st) < 0)
            err = fail(e, at.s);
        else
            note(&now.file[i], &st);
    }
    if (!err) err = write_index(h, p, &now, e);
    free(now.file);
    return err;
}

void hashes_forget(const hashes *h, const char *p) {
    unlink(index_file(h, p).s);
}
