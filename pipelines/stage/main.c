/* stage: runs a stage of a pipeline if its command, what it reads or its programs have changed.
 *
 * Make calls it for every stage, in order; it decides by content. `run` is given the lines of a
 * stage (step.h):
 *
 *     its outputs are what they were when it last ran so   nothing
 *     it once ran so, and the cache has what it made       put it there
 *     else                                                 run it in a sandbox, keep what it made
 *
 * Beside the outputs, in ROOT/.cache, lie what is known of files (index/), the stages as their
 * outputs are now (now/), and locks. Two processes never do one stage at once: the second waits,
 * and finds it done.
 */
#include "base/cli.h"
#include "base/folder.h"
#include "base/memstream.h"
#include "cache.h"
#include "engine/kernels/kernels.h"
#include "files.h"
#include "key.h"
#include "sandbox.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct {
    const char *root, *cache, *max, *facts;
    int trust, quiet, verbose;
} o = {.root = "", .max = "10G"};

static const lint_option options[] = {
    {"root", 0, LINT_OPT_STR, &o.root, "DIR",
     .help = "what stages make lies below this folder (this one)"},
    {"cache", 0, LINT_OPT_STR, &o.cache, "DIR", .help = "what they made before (ROOT/.cache)"},
    {"max", 0, LINT_OPT_STR, &o.max, "SIZE",
     .help = "the cache's largest size; K, M, G, T are powers of 1024 (10G)"},
    {"trust", 0, LINT_OPT_CHOICE, &o.trust, "WHOM", .choices = "own|group|anyone",
     .help =
         "whose records in the cache are believed: one's own, the folder's group's, anyone's who "
         "may write there (own); ROOT/.cache is as trusted as ROOT"},
    {"facts", 0, LINT_OPT_STR, &o.facts, "COMMAND",
     .help = "run: prints lines about this machine and build, for the record"},
    {"quiet", 'q', LINT_OPT_FLAG, &o.quiet, .help = "do not say what is run"},
    {"verbose", 'v', LINT_OPT_FLAG, &o.verbose, .help = "say how many files were read"},
    {0}};

static const lint_program program = {
    .name = "stage",
    .usage = "[options] run|status|lock|gc|kernels <STAGES",
    .purpose =
        "Runs stages of a pipeline, described on standard input, if what they depend on has "
        "changed. status tells what run would do, and why; lock prints the records of stages "
        "that have been run; gc makes the cache smaller; kernels says which instruction set lint's "
        "inner loops use here.",
    .options = options,
    .example = "  stage run 'stage a' 'run lint-show data/x.lts >data/y.txt' 'in data/x.lts' "
               "'out data/y.txt'\n",
    .operands = {1, -1},
};

typedef struct runner {
    path state, now; /* folders */
    path index;
    hashes hashes;
    cache cache;
} runner;

/* --- where things are ------------------------------------------------------------------------- */

static void runner_open(runner *r) {
    lint_err e;
    const char *slash = *o.root && o.root[strlen(o.root) - 1] != '/' ? "/" : "";
    r->state = pathf("%s%s.cache", o.root, slash);
    r->now = pathf("%s/now", r->state.s);
    r->index = pathf("%s/index", r->state.s);
    r->hashes = (hashes){.dir = r->index.s};
    r->cache = (cache){
        .dir = o.cache && *o.cache ? o.cache : r->state.s, .hashes = &r->hashes, .lock = -1};
    /* Whoever may write to ROOT may change what stages made there anyway. */
    r->cache.trust =
        strcmp(r->cache.dir, r->state.s) == 0 ? CACHE_TRUST_ANYONE : (cache_trust)o.trust;
    if (make_folders(r->state.s, &e) < 0 || cache_open(&r->cache, &e) < 0) lint_die(&e);
}

static void runner_close(runner *r) {
    if (o.verbose)
        fprintf(stderr, "stage: %zu files read, %" PRIu64 " bytes\n", r->hashes.files,
                r->hashes.bytes);
    cache_close(&r->cache);
    hashes_close(&r->hashes);
}

/* Waits until no other process holds that lock. It goes with the last process that has it open:
 * what a killed runner's command still does is waited for, too. */
static int hold(const char *p, const char *what, lint_err *e) {
    if (make_folders(folder_of(p).s, e) < 0) return -1;
    int fd = open_lock(p, 0);
    if (fd < 0) return lint_fail_errno(e, "%s", p);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (!o.quiet) fprintf(stderr, "%s: waiting for another process that is at it\n", what);
    while (flock(fd, LOCK_EX) < 0) {
        if (errno == EINTR) continue;
        lint_fail_errno(e, "%s", p);
        close(fd);
        return -1;
    }
    return fd;
}

/* --- what a stage depends on ------------------------------------------------------------------ */

static int digest(runner *r, item *i, lint_err *e) {
    content c;
    if (hashes_of(&r->hashes, i->real, &c, e) < 0) return -1;
    i->kind = c.kind;
    memcpy(i->hex, c.hex, sizeof i->hex);
    content_free(&c);
    return 0;
}

static int digest_inputs(runner *r, step *s, lint_err *e) {
    for (size_t i = 0; i < s->in.n + s->tool.n; i++) {
        item *it = i < s->in.n ? &s->in.v[i] : &s->tool.v[i - s->in.n];
        if (digest(r, it, e) < 0) return -1;
        if (it->kind == CONTENT_NONE) return lint_fail(e, "there is no %s", it->real);
    }
    return 0;
}

/* A step from a record: 1; 0 where the record is damaged. */
static int read_record(step *s, char *text, lint_err *e) {
    int got = step_read(s, &text, o.root, e);
    return got < 0 && !e->system ? 0 : got;
}

/* The record of the stage as its outputs are now: 1; 0 where there is none. */
static int read_now(const runner *r, const char *name, step *was, lint_err *e) {
    char key[LINT_SHA256_HEX];
    path p = pathf("%s/%s", r->now.s, name);
    char *text = read_text(p.s);
    if (!text) return lint_folder_is_missing() ? 0 : lint_fail_errno(e, "%s", p.s);
    int found = sscanf(text, "key %64[0-9a-f]", key) == 1 && strlen(key) == LINT_SHA256_HEX - 1;
    if (found) found = read_record(was, text, e);
    free(text);
    return found;
}

static int write_now(const runner *r, const char *name, const char *key, const char *record,
                     lint_err *e) {
    path p = pathf("%s/%s", r->now.s, name);
    size_t size = strlen(record) + 80;
    char *text = malloc(size), *is = read_text(p.s);
    int err = text ? 0 : lint_fail_mem(e, "a record");
    if (text) snprintf(text, size, "key %s\n%s", key, record);
    if (text && (!is || strcmp(is, text) != 0)) {
        err = make_folders(folder_of(p.s).s, e);
        if (!err) err = write_text(p.s, text, e);
    }
    free(text);
    free(is);
    return err;
}

/* 1 where the record is of that key, so that it tells neither more nor fewer outputs than were asked
 * for, and of each its digest. Else the step is freed. */
static int is_record_of(step *made, const char *key, lint_err *e) {
    char is[LINT_SHA256_HEX];
    int whole = 1;
    for (size_t i = 0; i < made->out.n; i++)
        if (!*made->out.v[i].hex) whole = 0;
    if (whole && step_key(made, is, e) < 0)
        whole = -1;
    else if (whole)
        whole = strcmp(is, key) == 0;
    if (whole != 1) step_free(made);
    return whole;
}

/* What the stage made when it ran with this key, by the cache's record: 1. */
static int read_cached(const runner *r, const step *s, const char *key, step *made, lint_err *e) {
    char *text;
    const char *untrusted;
    int found = cache_record(&r->cache, key, &text, &untrusted, e);
    if (found == 1) found = read_record(made, text, e);
    if (found == 1) found = is_record_of(made, key, e);
    if (untrusted && !o.quiet)
        fprintf(stderr, "%s: the cache's record is not used: %s\n", s->name, untrusted);
    free(text);
    return found;
}

/* The same by its outputs now, or else by the cache. */
static int read_made(const runner *r, const step *s, const char *key, step *made, lint_err *e) {
    int found = read_now(r, s->name, made, e);
    if (found == 1) found = is_record_of(made, key, e);
    return found ? found : read_cached(r, s, key, made, e);
}

/* --- its outputs ------------------------------------------------------------------------------ */

/* 1 where what is there is what was made. */
static int is_there(runner *r, const item *made, lint_err *e) {
    item now = *made;
    if (digest(r, &now, e) < 0) return -1;
    return now.kind == made->kind && strcmp(now.hex, made->hex) == 0;
}

static int put_in_place(runner *r, const char *from, const char *to, const content *c,
                        const char *old, lint_err *e) {
    if (make_folders(folder_of(to).s, e) < 0) return -1;
    /* A folder cannot be replaced by rename unless it is empty. */
    if (access(to, F_OK) == 0 && c->kind == CONTENT_FOLDER && move(to, old, e) < 0) return -1;
    if (move(from, to, e) < 0 || hashes_put(&r->hashes, to, c, e) < 0) return -1;
    return remove_all(old, e);
}

/* From the cache into place. 0: the cache has not got it. */
static int restore(runner *r, const item *made, const char *work, lint_err *e) {
    content c;
    path at = pathf("%s/restored", work), old = pathf("%s/old", work);
    if (remove_all(work, e) < 0 || make_folders(work, e) < 0) return -1;
    int done = cache_take(&r->cache, made, at.s, &c, e);
    if (done == 1 && put_in_place(r, at.s, made->real, &c, old.s, e) < 0) done = -1;
    hashes_forget(&r->hashes, at.s);
    content_free(&c);
    if (remove_all(work, e) < 0) return -1;
    return done;
}

/* 1 where all outputs are there or could be restored; says so. */
static int have_outputs(runner *r, const step *made, const char *name, const char *work,
                        lint_err *e) {
    size_t restored = 0;
    for (size_t i = 0; i < made->out.n; i++) {
        int there = is_there(r, &made->out.v[i], e);
        if (there < 0) return -1;
        if (there) continue;
        int done = restore(r, &made->out.v[i], work, e);
        if (done != 1) return done;
        restored++;
    }
    if (restored && !o.quiet) printf("%s: from the cache\n", name);
    return 1;
}

/* --- running it ------------------------------------------------------------------------------- */

static int add_facts(step *s, lint_err *e) {
    char *line = NULL;
    size_t size = 0;
    int err = 0;
    FILE *f = o.facts ? popen(o.facts, "r") : NULL;
    if (o.facts && !f) return lint_fail_errno(e, "%s", o.facts);
    while (f && !err && getline(&line, &size, f) > 0) {
        line[strcspn(line, "\n")] = 0;
        err = step_add_text(&s->fact, line, e);
    }
    free(line);
    if (f && pclose(f) != 0 && !err) err = lint_fail(e, "%s failed", o.facts);
    return err;
}

/* Digests of what it made, and what it made into the cache. */
static int keep_outputs(runner *r, step *s, const char *work, content *made, lint_err *e) {
    for (size_t i = 0; i < s->out.n; i++) {
        item *out = &s->out.v[i];
        path at = pathf("%s/%s", work, out->name);
        if (hashes_of(&r->hashes, at.s, &made[i], e) < 0) return -1;
        hashes_forget(&r->hashes, at.s);
        if (made[i].kind == CONTENT_NONE) return lint_fail(e, "did not make %s", out->name);
        if (cache_keep(&r->cache, at.s, &made[i], e) < 0) return -1;
        out->kind = made[i].kind;
        memcpy(out->hex, made[i].hex, sizeof out->hex);
    }
    return 0;
}

/* A record is true only if what was read, and the programs, are still what they were when the stage
 * began. */
static int same_inputs(runner *r, const step *s, lint_err *e) {
    for (size_t i = 0; i < s->in.n + s->tool.n; i++) {
        const item *it = i < s->in.n ? &s->in.v[i] : &s->tool.v[i - s->in.n];
        int there = is_there(r, it, e);
        if (there < 0) return -1;
        if (!there) return lint_fail(e, "%s changed while the stage ran; run it again", it->real);
    }
    return 0;
}

static int finish(runner *r, step *s, const char *key, const char *work, content *made,
                  lint_err *e) {
    if (same_inputs(r, s, e) < 0 || keep_outputs(r, s, work, made, e) < 0) return -1;
    char *record = step_text(s, e);
    int err = !record || cache_write_record(&r->cache, key, record, e) < 0;
    for (size_t i = 0; i < s->out.n && !err; i++)
        err = put_in_place(r, pathf("%s/%s", work, s->out.v[i].name).s, s->out.v[i].real, &made[i],
                           pathf("%s/.old", work).s, e);
    if (!err) err = write_now(r, s->name, key, record, e);
    free(record);
    return err ? -1 : remove_all(work, e);
}

/* The folder that the command runs in: the one that it was interrupted in, where it can go on from
 * that and would do the same; else a new one. */
static int prepare(const step *s, const char *key, const char *work, lint_err *e) {
    path of = pathf("%s/.key", work);
    char *was = s->resumes ? read_text(of.s) : NULL;
    if (s->resumes && !was && !lint_folder_is_missing()) return lint_fail_errno(e, "%s", of.s);
    int same = was && strcmp(was, key) == 0;
    free(was);
    if (same) return 0;
    if (sandbox_make(work, s, e) < 0) return -1;
    return write_text(of.s, key, e);
}

/* Exit status of the command; -1 for what else may fail. */
static int execute(runner *r, step *s, const char *key, const char *work, lint_err *e) {
    if (add_facts(s, e) < 0 || prepare(s, key, work, e) < 0) return -1;
    if (!o.quiet) {
        printf("%s: %s\n", s->name, s->run);
        fflush(stdout);
    }
    cache_close(&r->cache); /* for others to make it smaller, in the minutes that a command takes */
    int status = sandbox_run(work, s, e);
    if (status < 0 || cache_open(&r->cache, e) < 0) return -1;
    if (status > 0) {
        fprintf(stderr, "%s: ended with status %d; what it made so far is in %s\n", s->name, status,
                work);
        return status;
    }
    content *made = calloc(s->out.n, sizeof *made);
    if (!made) return lint_fail_mem(e, "outputs");
    int err = finish(r, s, key, work, made, e);
    for (size_t i = 0; i < s->out.n; i++)
        content_free(&made[i]);
    free(made);
    return err;
}

/* With the lock of the stage. */
static int bring_up(runner *r, step *s, lint_err *e) {
    char key[LINT_SHA256_HEX];
    step made = {0};
    path work = pathf("%s/work/%s", r->state.s, s->name);
    if (digest_inputs(r, s, e) < 0 || step_key(s, key, e) < 0) return -1;
    /* Stages of one key in several places are done in one, and restored in the others. Locks are as
     * few as leaves hardly any two of a cluster's tasks to share one. */
    int lock = hold(pathf("%s/locks/%.4s", r->cache.dir, key).s, s->name, e);
    if (lock < 0) return -1;
    int have = read_made(r, s, key, &made, e);
    if (have == 1) have = have_outputs(r, &made, s->name, work.s, e);
    if (have == 1) {
        char *record = step_text(&made, e);
        have = record && write_now(r, s->name, key, record, e) == 0 ? 1 : -1;
        free(record);
        cache_used(&r->cache, key);
    }
    int status = have == 1 ? 0 : have < 0 ? -1 : execute(r, s, key, work.s, e);
    step_free(&made);
    close(lock);
    return status;
}

static uint64_t bytes_of(const char *text) {
    static const char units[] = "KMGT";
    char *end;
    double v = strtod(text, &end);
    const char *unit =
        isalpha((unsigned char)*end) ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit)
        for (v *= 1024; unit > units; unit--)
            v *= 1024;
    if (end == text || (*end && (!unit || end[1])) || !(v >= 0 && v < 1e18))
        lint_usage("'%s' is no size; such as 500M or 10G", text);
    return (uint64_t)v;
}

static void trim(runner *r, int say) {
    lint_err e;
    size_t files;
    uint64_t bytes;
    cache_close(&r->cache);
    if (cache_trim(&r->cache, bytes_of(o.max), &files, &bytes, &e) < 0) lint_die(&e);
    if (say)
        printf("%zu files thrown away, %.1f MB; at most %s stay\n", files, (double)bytes / 1e6,
               o.max);
}

static int run(runner *r, char *text) {
    lint_err e;
    step s = {0};
    bytes_of(o.max);
    int got = step_read(&s, &text, o.root, &e);
    if (got == 0) lint_fail(&e, "no stage to run");
    if (got <= 0) lint_die(&e);
    path lock = pathf("%s/locks/now/%s", r->state.s, s.name);
    int status = step_look_into_command(&s, &e), fd = -1;
    if (!status) status = fd = hold(lock.s, s.name, &e);
    if (status >= 0) status = bring_up(r, &s, &e);
    if (fd >= 0) close(fd);
    if (status < 0) {
        lint_err_prefix(&e, "%s: ", s.name);
        lint_warn("%s", e.msg);
    }
    step_free(&s);
    if (!status) trim(r, 0);
    return status < 0 ? 1 : status;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* Outputs of stages before, as they will be: known, or made by a stage that has to run. */
typedef struct ahead {
    step made; /* .out: digest and kind, or no digest; .real names the stage */
} ahead;

static int look_ahead(ahead *a, const step *s, const step *made, lint_err *e) {
    for (size_t i = 0; i < s->out.n; i++) {
        if (step_add_text(&a->made.out, s->out.v[i].name, e) < 0) return -1;
        item *to = &a->made.out.v[a->made.out.n - 1];
        const item *from = made ? items_find(&made->out, s->out.v[i].name) : NULL;
        free(to->real);
        to->real = strdup(s->name);
        if (!to->real) return lint_fail_mem(e, "a stage");
        if (!from) continue;
        to->kind = from->kind;
        memcpy(to->hex, from->hex, sizeof to->hex);
    }
    return 0;
}

/* Digests of inputs as they will be; the stage that one waits for, or NULL. */
static int inputs_ahead(runner *r, step *s, const ahead *a, const char **waits, lint_err *e) {
    *waits = NULL;
    for (size_t i = 0; i < s->in.n + s->tool.n; i++) {
        item *it = i < s->in.n ? &s->in.v[i] : &s->tool.v[i - s->in.n];
        const item *will = i < s->in.n ? items_find(&a->made.out, it->name) : NULL;
        if (will) {
            it->kind = will->kind;
            memcpy(it->hex, will->hex, sizeof it->hex);
            if (!*will->hex) *waits = will->real;
        } else {
            if (digest(r, it, e) < 0) return -1;
            if (it->kind == CONTENT_NONE) return lint_fail(e, "there is no %s", it->real);
        }
    }
    return 0;
}

/* Words of one command that are not in the other, to tell what changed. */
static void print_new_words(const char *command, const char *other) {
    char *a = strdup(command), *b = strdup(other), *ra, *rb;
    char *w = a ? strtok_r(a, " ", &ra) : NULL, *v = b ? strtok_r(b, " ", &rb) : NULL;
    const char *before = NULL;
    for (int n = 0; w && n < 4;
         w = strtok_r(NULL, " ", &ra), v = v ? strtok_r(NULL, " ", &rb) : NULL) {
        if (!v || strcmp(w, v) != 0) {
            if (before && *before == '-' && *w != '-') printf(" %s", before);
            printf(" %s", w);
            n++;
        }
        before = w;
    }
    free(a);
    free(b);
}

static int print_changed(const char *what, const items *now, const items *was) {
    int n = 0;
    for (size_t i = 0; i < now->n; i++) {
        const item *old = items_find(was, now->v[i].name);
        if (old && strcmp(old->hex, now->v[i].hex) == 0) continue;
        printf("%s%s%s is %s", n++ ? ", " : "", what, now->v[i].name, old ? "another" : "new");
    }
    return n;
}

/* Texts that only one of the two has, without the last word, which is their value. */
static int print_changed_texts(const items *now, const items *was) {
    int n = 0;
    for (int gone = 0; gone < 2; gone++) {
        const items *these = gone ? was : now, *those = gone ? now : was;
        for (size_t i = 0; i < these->n; i++) {
            const char *text = these->v[i].name, *value = strrchr(text, ' ');
            size_t len = value ? (size_t)(value - text) : strlen(text);
            int other = 0;
            for (size_t k = 0; k < those->n; k++)
                other |= strncmp(those->v[k].name, text, len + 1) == 0;
            if (items_find(those, text) || (gone && other)) continue;
            printf("%s%.*s is %s", n++ ? ", " : "", (int)len, text,
                   gone    ? "gone"
                   : other ? "another"
                           : "new");
        }
    }
    return n;
}

static int print_why(const runner *r, const step *s, lint_err *e) {
    step was = {0};
    int known = read_now(r, s->name, &was, e);
    if (known < 0) return -1;
    printf("runs: ");
    if (!known) {
        printf("for the first time");
    } else if (strcmp(was.run, s->run) != 0) {
        printf("the command was");
        print_new_words(was.run, s->run);
        printf(", is");
        print_new_words(s->run, was.run);
    } else if (!print_changed("", &s->in, &was.in) && !print_changed("", &s->tool, &was.tool) &&
               !print_changed_texts(&s->with, &was.with)) {
        printf("its outputs are gone, or no longer what it made");
    }
    step_free(&was);
    return 0;
}

/* Prints what run would do; made is what it will have made, if that is known: 1. */
static int foretell(runner *r, step *s, const ahead *a, step *made, lint_err *e) {
    char key[LINT_SHA256_HEX];
    const char *waits;
    if (step_look_into_command(s, e) < 0 || inputs_ahead(r, s, a, &waits, e) < 0) return -1;
    printf("%-36s ", s->name);
    if (waits) {
        printf("runs after %s, unless that makes what it made before", waits);
        return 0;
    }
    if (step_key(s, key, e) < 0) return -1;
    int current = read_made(r, s, key, made, e), cached = current;
    if (current < 0) return -1;
    for (size_t i = 0; i < made->out.n && cached; i++) {
        int there = is_there(r, &made->out.v[i], e);
        if (there < 0) return -1;
        if (there) continue;
        current = 0;
        if ((cached = cache_has(&r->cache, &made->out.v[i], e)) < 0) return -1;
    }
    if (current || cached) {
        printf(current ? "done" : "is taken from the cache");
        return 1;
    }
    step_free(made);
    return print_why(r, s, e);
}

static int status_of_all(runner *r, char *text) {
    lint_err e;
    step s, made = {0};
    ahead a = {{0}};
    int got, known = 0;
    while ((got = step_read(&s, &text, o.root, &e)) > 0) {
        known = foretell(r, &s, &a, &made, &e);
        if (known < 0 || look_ahead(&a, &s, known ? &made : NULL, &e) < 0) break;
        printf("\n");
        step_free(&made);
        step_free(&s);
    }
    if (got) lint_die(&e);
    step_free(&a.made);
    return 0;
}

/* The records of stages as their outputs are, each with its facts; an error for one that has not
 * been run so. */
static int lock_all(runner *r, char *text) {
    lint_err e;
    step s, made = {0};
    char key[LINT_SHA256_HEX];
    int got;
    while ((got = step_read(&s, &text, o.root, &e)) > 0) {
        if (step_look_into_command(&s, &e) < 0 || digest_inputs(r, &s, &e) < 0 ||
            step_key(&s, key, &e) < 0)
            lint_die(&e);
        int there = read_made(r, &s, key, &made, &e);
        for (size_t i = 0; i < made.out.n && there == 1; i++)
            there = is_there(r, &made.out.v[i], &e);
        if (there < 0) lint_die(&e);
        if (!there) {
            lint_fail(&e, "%s: has not been run as it is now; `make status` tells more", s.name);
            lint_die(&e);
        }
        char *record = step_text(&made, &e);
        if (!record) lint_die(&e);
        fputs(record, stdout);
        free(record);
        step_free(&made);
        step_free(&s);
    }
    if (got) lint_die(&e);
    return 0;
}

/* The operands after the verb, a line each; from malloc. */
static char *join(char **lines) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    for (; f && *lines; lines++)
        fprintf(f, "%s\n", *lines);
    return lint_memstream_close(f, &text);
}

static char *read_stages(char **lines) {
    lint_err e;
    char *text = *lines ? join(lines) : read_text("/dev/stdin");
    if (text) return text;
    lint_fail_errno(&e, "standard input");
    lint_die(&e);
}

static void print_kernels(void) {
    lint_err e;
    const lint_kernels *k = lint_kernels_pick(NULL, &e);
    printf("%s\n", k ? k->name : "none");
}

int main(int argc, char **argv) {
    signal(SIGCHLD, SIG_DFL); /* ignored, as a parent may leave it, no child would ever end */
    char **operands = lint_cli_parse(&program, argc, argv);
    static const char *const verbs[] = {"run", "status", "lock", "gc", "kernels"};
    enum { RUN, STATUS, LOCK, GC, KERNELS, VERBS };
    int verb = 0, status = 0;
    while (verb < VERBS && strcmp(operands[0], verbs[verb]) != 0)
        verb++;
    if (verb == VERBS) lint_usage("'%s' is not run, status, lock, gc or kernels", operands[0]);
    char *text = verb <= LOCK ? read_stages(operands + 1) : NULL;
    runner r;
    if (verb == KERNELS) {
        print_kernels();
    } else {
        runner_open(&r);
        if (verb == RUN) status = run(&r, text);
        if (verb == STATUS) status = status_of_all(&r, text);
        if (verb == LOCK) status = lock_all(&r, text);
        if (verb == GC) trim(&r, 1);
        runner_close(&r);
    }
    free(text);
    lint_close_stdout();
    return status;
}
