#include "synth/synth.h"
#include "base/atomic_output.h"
#include "base/text.h"
#include "picture/image.h"
#include "synth/synth_animal.h"
#include "synth/synth_ground.h"
#include "synth/synth_sweep.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const split_names[LINT_SYNTH_SPLITS] = {"train", "val", "test"};

/* --- the plan --------------------------------------------------------------------------------- */

void lint_synth_deal(int *places, size_t count, int y, int n_places, double correlation) {
    size_t own = n_places > 1 ? (size_t)llround(correlation * (double)count) : count;
    for (size_t i = 0; i < count; i++) {
        if (i < own) {
            places[i] = y;
        } else {
            int other = (int)((i - own) % (size_t)(n_places - 1));
            places[i] = other < y ? other : other + 1;
        }
    }
}

enum { GREEN, BLUE, ODD, PLACES, KINDS_EACH = 3 };

static const char *const drawn_classes[] = {"leopard", "orca"};
static const char *const drawn_places[] = {"green", "blue", "odd"};
static const lint_ground kinds_of[PLACES][KINDS_EACH] = {
    [GREEN] = {LINT_GROUND_SAVANNA, LINT_GROUND_GRASS, LINT_GROUND_FOREST},
    [BLUE] = {LINT_GROUND_SEA, LINT_GROUND_SURF, LINT_GROUND_SKY},
    [ODD] = {LINT_GROUND_YELLOW, LINT_GROUND_DUSK, LINT_GROUND_AUTUMN},
};

static void add_class(lint_synth *s, int split, int y, int *places) {
    const lint_synth_plan *p = &s->plan;
    size_t count = p->count[split][y], used[PLACES] = {0}, first = s->n;
    if (split == LINT_SYNTH_TEST)
        lint_synth_deal(places, count, y, PLACES, 1.0 / PLACES);
    else
        lint_synth_deal(places, count, y, ODD, p->correlation[split]);
    for (size_t i = 0; i < count; i++) {
        int place = places[i];
        size_t index = s->n && s->items[s->n - 1].split == split ? s->items[s->n - 1].index + 1 : 0;
        s->items[first + i] = (lint_synth_item){
            .split = split,
            .y = y,
            .place = place,
            .index = index,
            .object = (size_t)y,
            .ground = kinds_of[place][used[place]++ % KINDS_EACH],
        };
        s->n++;
    }
}

static int paint_drawn(const lint_synth *s, lint_easel *e, const lint_synth_item *it,
                       lint_err *err) {
    static lint_animal_fn *const animals[] = {lint_draw_leopard, lint_draw_orca};
    const lint_synth_plan *p = &s->plan;
    lint_scene scene;
    float j = (float)p->jitter;
    lint_ground_paint(e, (lint_ground)it->ground, &scene);
    lint_spot at;
    at.x = .5f + lint_easel_range(e, -j, j);
    at.y = .5f + lint_easel_range(e, -j, j);
    at.size = lint_easel_range(e, (float)p->size_lo, (float)p->size_hi);
    animals[it->object](e, at);
    lint_ground_receive(e, &scene);
    return lint_easel_check(e, err);
}

int lint_synth_drawn(lint_synth *s, const lint_synth_plan *plan, lint_err *e) {
    *s = (lint_synth){.n_classes = 2, .n_places = PLACES, .plan = *plan, .paint = paint_drawn};
    size_t total = 0, most = 1;
    for (int split = 0; split < LINT_SYNTH_SPLITS; split++)
        for (int y = 0; y < 2; y++) {
            total += plan->count[split][y];
            if (plan->count[split][y] > most) most = plan->count[split][y];
        }
    s->classes = malloc(sizeof drawn_classes);
    s->places = malloc(sizeof drawn_places);
    s->grounds = malloc(LINT_GROUNDS * sizeof *s->grounds);
    s->items = malloc((total + 1) * sizeof *s->items);
    int *places = malloc(most * sizeof *places);
    if (!s->classes || !s->places || !s->grounds || !s->items || !places) {
        free(places);
        lint_synth_free(s);
        return lint_fail_mem(e, "the list of pictures");
    }
    memcpy(s->classes, drawn_classes, sizeof drawn_classes);
    memcpy(s->places, drawn_places, sizeof drawn_places);
    for (int g = 0; g < LINT_GROUNDS; g++)
        s->grounds[g] = lint_ground_name((lint_ground)g);
    for (int split = 0; split < LINT_SYNTH_SPLITS; split++)
        for (int y = 0; y < 2; y++)
            add_class(s, split, y, places);
    free(places);
    return 0;
}

void lint_synth_free(lint_synth *s) {
    if (s->free_ctx) s->free_ctx(s->ctx);
    free(s->classes);
    free(s->places);
    free(s->grounds);
    free(s->items);
    *s = (lint_synth){0};
}

int lint_synth_render(const lint_synth *s, size_t item, lint_easel *e, uint8_t *rgb, uint8_t *mask,
                      lint_err *err) {
    const lint_synth_item *it = &s->items[item];
    lint_easel_begin(e, lint_rng_at(s->plan.seed, LINT_RNG_SYNTH, (uint64_t)it->split, it->index));
    if (s->paint(s, e, it, err) < 0) return -1;
    lint_scene_finish(e, rgb, mask);
    return 0;
}

/* --- the folder ------------------------------------------------------------------------------- */

/* The file of an item in a folder of the set, `images` or `masks`; relative to it without dir. */
static void item_name(char *buf, size_t size, const char *dir, const char *folder,
                      const lint_synth_item *it) {
    snprintf(buf, size, "%s%s%s/%s-%04zu.png", dir ? dir : "", dir ? "/" : "", folder,
             split_names[it->split], it->index);
}

typedef struct worker {
    lint_easel *easel;
    lint_image rgb, mask;
    char *path;
    lint_err err;
    size_t failed; /* the first item that failed, SIZE_MAX for none */
} worker;

typedef struct job {
    const lint_synth *s;
    const char *dir;
    size_t path_size, first;
    worker *workers;
} job;

/* Plain stdio is enough: the folder is renamed when it is complete, so its files need not be
 * atomic. */
static int save(const lint_image *im, const char *path, lint_err *e) {
    FILE *f = fopen(path, "wb");
    if (!f) return lint_fail_errno(e, "%s", path);
    int err = lint_image_write(im, f, e);
    if (err < 0) lint_err_prefix(e, "%s: ", path);
    if (fclose(f) != 0 && err == 0) err = lint_fail_errno(e, "%s", path);
    return err;
}

static void make_one(void *ctx, size_t part, int who) {
    job *j = ctx;
    worker *w = &j->workers[who];
    size_t i = j->first + part;
    const lint_synth_item *it = &j->s->items[i];
    if (w->failed < i) return;
    lint_err e;
    int bad = lint_synth_render(j->s, i, w->easel, w->rgb.px, w->mask.px, &e);
    if (bad == 0) {
        item_name(w->path, j->path_size, j->dir, "images", it);
        bad = save(&w->rgb, w->path, &e);
    }
    if (bad == 0) {
        item_name(w->path, j->path_size, j->dir, "masks", it);
        bad = save(&w->mask, w->path, &e);
    }
    if (bad < 0) {
        w->failed = i;
        w->err = e;
    }
}

static void free_workers(job *j, int n) {
    for (int i = 0; j->workers && i < n; i++) {
        worker *w = &j->workers[i];
        lint_easel_free(w->easel);
        lint_image_free(&w->rgb);
        lint_image_free(&w->mask);
        free(w->path);
    }
    free(j->workers);
}

static int new_workers(job *j, int n, int w, int h, lint_err *e) {
    j->workers = calloc((size_t)n, sizeof *j->workers);
    if (!j->workers) return lint_fail_mem(e, "workers");
    for (int i = 0; i < n; i++) {
        worker *k = &j->workers[i];
        k->failed = SIZE_MAX;
        k->path = malloc(j->path_size);
        if (!k->path) return lint_fail_mem(e, "workers");
        k->easel = lint_easel_new(w, h, e);
        if (!k->easel || lint_image_new(&k->rgb, w, h, 3, e) < 0 ||
            lint_image_new(&k->mask, w, h, 1, e) < 0)
            return -1;
    }
    return 0;
}

/* The error of the earliest picture that failed, whichever thread met it. */
static int first_failure(const job *j, int n, lint_err *e) {
    size_t first = SIZE_MAX;
    for (int i = 0; i < n; i++)
        if (j->workers[i].failed < first) {
            first = j->workers[i].failed;
            *e = j->workers[i].err;
        }
    return first == SIZE_MAX ? 0 : -1;
}

static int write_pictures(const lint_synth *s, const char *dir, int w, int h, lint_threads *pool,
                          int (*step)(void *, size_t), void *step_ctx, lint_err *e) {
    enum { AT_ONCE = 64 }; /* pictures between two calls of the caller's `step` */
    int threads = lint_threads_count(pool);
    job j = {.s = s, .dir = dir, .path_size = strlen(dir) + 64};
    int err = new_workers(&j, threads, w, h, e);
    for (; err == 0 && j.first < s->n; j.first += AT_ONCE) {
        size_t left = s->n - j.first;
        lint_threads_run(pool, left < AT_ONCE ? left : AT_ONCE, make_one, &j);
        err = first_failure(&j, threads, e);
        if (step && err == 0 && step(step_ctx, left < AT_ONCE ? s->n : j.first + AT_ONCE))
            err = lint_fail(e, "%s: interrupted", dir);
    }
    free_workers(&j, threads);
    return err;
}

/* A CSV field: in quotes where it has to be. */
static void put_field(FILE *f, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"') putc('"', f);
        putc(*text, f);
    }
    putc('"', f);
}

static void put_metadata(const lint_synth *s, FILE *f) {
    char name[64];
    fputs("img_id,img_filename,y,split,place,place_filename\n", f);
    for (size_t i = 0; i < s->n; i++) {
        const lint_synth_item *it = &s->items[i];
        item_name(name, sizeof name, NULL, "images", it);
        fprintf(f, "%zu,%s,%d,%d,%d,", i + 1, name, it->y, it->split, it->place);
        put_field(f, s->grounds[it->ground]);
        putc('\n', f);
    }
}

static FILE *open_in(const char *dir, const char *name, char **path, lint_err *e) {
    *path = lint_text_format(e, "%s/%s", dir, name);
    if (!*path) return NULL;
    FILE *f = fopen(*path, "wb");
    if (!f) lint_fail_errno(e, "%s", *path);
    return f;
}

static int close_text(FILE *f, const char *path, lint_err *e) {
    int err = ferror(f);
    if (fclose(f) != 0 || err) return lint_fail(e, "%s: could not be written", path);
    return 0;
}

static int write_names(const char *dir, const char *file, const char **names, size_t n,
                       lint_err *e) {
    char *path = NULL;
    FILE *f = open_in(dir, file, &path, e);
    int err = f ? 0 : -1;
    for (size_t i = 0; f && i < n; i++)
        fprintf(f, "%s\n", names[i]);
    if (f) err = close_text(f, path, e);
    free(path);
    return err;
}

static int write_metadata(const lint_synth *s, const char *dir, lint_err *e) {
    char *path = NULL;
    FILE *f = open_in(dir, "metadata.csv", &path, e);
    int err = f ? 0 : -1;
    if (f) {
        put_metadata(s, f);
        err = close_text(f, path, e);
    }
    free(path);
    return err;
}

static int make_dir(const char *dir, const char *name, lint_err *e) {
    char *path = lint_text_format(e, "%s/%s", dir, name);
    if (!path) return -1;
    int err = mkdir(path, 0777);
    if (err) lint_fail_errno(e, "%s", path);
    free(path);
    return err;
}

/* Removes what write_all has made in dir, and dir. */
static void remove_all(const lint_synth *s, const char *dir) {
    static const char *const rest[] = {"metadata.csv", "classes.txt", "places.txt"};
    size_t size = strlen(dir) + 64;
    char *path = malloc(size);
    if (!path) return;
    for (size_t i = 0; i < s->n; i++) {
        item_name(path, size, dir, "images", &s->items[i]);
        unlink(path);
        item_name(path, size, dir, "masks", &s->items[i]);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        snprintf(path, size, "%s/%s", dir, rest[i]);
        unlink(path);
    }
    snprintf(path, size, "%s/images", dir);
    rmdir(path);
    snprintf(path, size, "%s/masks", dir);
    rmdir(path);
    rmdir(dir);
    free(path);
}

static int write_all(const lint_synth *s, const char *dir, int w, int h, lint_threads *pool,
                     int (*step)(void *, size_t), void *step_ctx, lint_err *e) {
    if (make_dir(dir, "images", e) < 0 || make_dir(dir, "masks", e) < 0) return -1;
    if (write_pictures(s, dir, w, h, pool, step, step_ctx, e) < 0) return -1;
    if (write_names(dir, "classes.txt", s->classes, s->n_classes, e) < 0) return -1;
    if (write_names(dir, "places.txt", s->places, s->n_places, e) < 0) return -1;
    return write_metadata(s, dir, e);
}

/* dir without its trailing slashes, from malloc. */
static char *plain_path(const char *dir) {
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    return strndup(dir, n);
}

/* The kernel takes the umask from mode 0777; mkdtemp would make 0700. */
static int make_folder(void *unused, const char *temp) {
    (void)unused;
    return mkdir(temp, 0777);
}

/* Makes a folder beside the one wanted and locks it; *lock is -1 where that cannot be. Returns its name,
 * from malloc; NULL and errno if it fails. */
static char *make_temporary(const char *to, int *lock) {
    int made;
    char *temp = lint_temporary_make(to, make_folder, NULL, &made);
    if (temp) *lock = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock >= 0) flock(*lock, LOCK_SH | LOCK_NB);
    return temp;
}

int lint_synth_write(const lint_synth *s, const char *dir, int w, int h, lint_threads *pool,
                     int (*step)(void *ctx, size_t done), void *step_ctx, lint_err *e) {
    if (w < 1 || h < 1 || w > LINT_SYNTH_MAX_SIDE || h > LINT_SYNTH_MAX_SIDE)
        return lint_fail(e, "pictures of %dx%d are too large: at most %d pixels on a side", w, h,
                         LINT_SYNTH_MAX_SIDE);
    char *to = plain_path(dir), *temp = NULL;
    int err = -1, lock = -1;
    if (!to) {
        lint_fail_mem(e, "a path");
        goto done;
    }
    /* Before the work: an empty folder may be replaced, anything else stays. */
    if (rmdir(to) < 0 && errno != ENOENT) {
        lint_fail(e, "%s: %s", dir,
                  errno == EEXIST || errno == ENOTEMPTY ? "exists and is not empty; remove it first"
                                                        : strerror(errno));
        goto done;
    }
    lint_synth_sweep(to);
    temp = make_temporary(to, &lock);
    if (!temp) {
        lint_fail_errno(e, "%s", dir);
        goto done;
    }
    err = write_all(s, temp, w, h, pool, step, step_ctx, e);
    if (err == 0 && rename(temp, to) < 0) err = lint_fail_errno(e, "%s", dir);
    if (err < 0) remove_all(s, temp);
    if (lock >= 0) close(lock);
done:
    free(to);
    free(temp);
    return err;
}
