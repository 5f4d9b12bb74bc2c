#include "answer/gallery.h"
#include "answer/group_words.h"
#include "answer/predictor.h"
#include "base/standard_io.h"
#include "base/text.h"
#include "picture/heat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A tile's longer side is between these: the words under it need a hundred pixels or more, and a
 * sheet of 4 by 4 should fit on a screen. Small pictures show their pixels; those from SMOOTH_FROM on
 * would only look coarse. */
enum { TILE_LEAST = 128, TILE_MOST = 256, SMOOTH_FROM = 64 };

/* --- one sample -> a tile --------------------------------------------------------------------- */

static int enlarge(lint_image *out, const lint_image *in, int times, lint_err *e) {
    if (lint_image_new(out, in->w * times, in->h * times, 3, e) < 0) return -1;
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++) {
            size_t from = (size_t)(y / times) * (size_t)in->w + (size_t)(x / times);
            memcpy(out->px + 3 * ((size_t)y * (size_t)out->w + (size_t)x), in->px + 3 * from, 3);
        }
    return 0;
}

/* The picture at the size of a tile. */
static int scale(lint_image *out, const uint8_t *rgb, size_t h, size_t w, lint_err *e) {
    const lint_image in = {.w = (int)w, .h = (int)h, .c = 3, .px = (uint8_t *)rgb};
    int longer = in.w > in.h ? in.w : in.h;
    if (longer < SMOOTH_FROM) return enlarge(out, &in, (TILE_LEAST + longer - 1) / longer, e);
    double by = longer < TILE_LEAST ? 2 : longer > TILE_MOST ? (double)TILE_MOST / longer : 1;
    int tw = (int)lround(in.w * by), th = (int)lround(in.h * by);
    return lint_image_resize(out, &in, tw > 0 ? tw : 1, th > 0 ? th : 1, e);
}

static int lay_heat(lint_tile *t, const lint_samples *s, size_t i, size_t class, lint_err *e) {
    size_t n = (size_t)t->picture.h * (size_t)t->picture.w;
    float *heat = malloc(n * sizeof *heat);
    if (!heat) return lint_fail_mem(e, "heat");
    const float *cam = s->cam + i * s->k * s->cam_h * s->cam_w;
    int got = lint_heat_make(heat, (size_t)t->picture.h, (size_t)t->picture.w, cam, s->k, s->cam_h,
                             s->cam_w, class, e);
    if (got >= 0) lint_heat_lay(t->picture.px, heat, n);
    free(heat);
    t->heat = got >= 0;
    return got < 0 ? -1 : 0;
}

/* Writes beside the class in line i, or below the class where the text is long. Returns the next
 * line. */
static int write_place(lint_tile *t, const lint_samples *s, size_t sample, int i) {
    char buf[32];
    int like = lint_places_are_classes(&s->classes, &s->places);
    if (!s->place || s->place[sample] < 0) return i + 1;
    const char *place = lint_names_get(&s->places, s->place[sample], "place", buf);
    lint_place_words(like ? t->line[i + 1].left : t->line[i].right, LINT_TILE_TEXT, place, like);
    return like ? i + 2 : i + 1;
}

static int write_prediction(lint_tile *t, const lint_samples *s, size_t i, size_t *class,
                            lint_err *e) {
    char buf[32];
    double probability;
    const float *logits = s->logits + i * s->k;
    for (size_t c = 0; c < s->k; c++)
        if (!isfinite(logits[c])) return lint_fail(e, "'logits' are not finite");
    *class = lint_predicted(logits, s->k, &probability);
    const char *name = lint_names_get(&s->classes, (int32_t) * class, "class", buf);
    snprintf(t->line[0].left, LINT_TILE_TEXT, "%s", name);
    snprintf(t->line[0].right, LINT_TILE_TEXT, "%.2f", probability);
    if (s->label && s->label[i] >= 0) {
        t->mark = (size_t)s->label[i] == *class ? LINT_RIGHT : LINT_WRONG;
        snprintf(t->line[1].left, LINT_TILE_TEXT, "true: %s",
                 lint_names_get(&s->classes, s->label[i], "class", buf));
    }
    return 0;
}

static void write_label(lint_tile *t, const lint_samples *s, size_t i, size_t *class) {
    char buf[32];
    int32_t label = s->label ? s->label[i] : -1;
    if (label >= 0 && (!s->k || (size_t)label < s->k)) *class = (size_t)label;
    snprintf(t->line[0].left, LINT_TILE_TEXT, "%s",
             lint_names_get(&s->classes, label, "class", buf));
}

static void write_name(lint_tile *t, int line, const char *name) {
    lint_text_middle(t->line[line].left, LINT_TILE_TEXT, name, LINT_TILE_TEXT);
    t->line[line].middle = 1;
}

static int write_sample_name(lint_tile *t, const lint_samples *s, size_t i, int line, lint_err *e) {
    char *name = s->name ? malloc(s->name_len + 1) : NULL;
    if (s->name && !name) return lint_fail_mem(e, "a name");
    if (!name) return 0;
    lint_samples_name(s, i, name, s->name_len + 1);
    if (*name) write_name(t, line, name);
    free(name);
    return 0;
}

int lint_tile_make(lint_tile *t, const lint_samples *s, size_t i, lint_err *e) {
    size_t class = SIZE_MAX;
    *t = (lint_tile){0};
    if (!s->image) return lint_fail(e, "no 'image' to draw");
    if (!s->h || !s->w) return lint_fail(e, "pictures of no size");
    int asked = s->logits && s->k;
    if (asked) {
        if (write_prediction(t, s, i, &class, e) < 0) return -1;
    } else {
        write_label(t, s, i, &class);
    }
    if (write_sample_name(t, s, i, write_place(t, s, i, asked ? 1 : 0), e) < 0) return -1;
    if (scale(&t->picture, s->image + i * s->h * s->w * 3, s->h, s->w, e) < 0) return -1;
    if (!s->cam || !s->cam_h || !s->cam_w || class == SIZE_MAX) return 0;
    if (lay_heat(t, s, i, class, e) == 0) return 0;
    lint_image_free(&t->picture);
    return -1;
}

/* --- pictures of their own -------------------------------------------------------------------- */

/* After the tile's other words, unless the sample has a name, which is there. */
static void add_name(lint_tile *t, const lint_samples *s, const char *name) {
    int i = 1;
    if (s->name || !name) return;
    while (i + 1 < LINT_TILE_LINES && (*t->line[i].left || *t->line[i].right))
        i++;
    write_name(t, i, name);
}

int lint_gallery_save_one(const char *path, const lint_samples *s, size_t i, const char *name,
                          lint_err *e) {
    lint_tile t;
    lint_image im = {0};
    const lint_block b = {.tile = &t, .n = 1};
    if (lint_tile_make(&t, s, i, e) < 0) return lint_err_prefix(e, "%s: sample %zu: ", path, i);
    add_name(&t, s, name);
    int err = lint_sheet(&im, &b, 1, 1, NULL, e);
    if (!err) err = lint_image_save(&im, path, e);
    lint_image_free(&im);
    lint_image_free(&t.picture);
    return err;
}

int lint_gallery_folder(const char *path, lint_err *e) {
    struct stat st;
    if (mkdir(path, 0777) == 0) return 0;
    int why = errno;
    if (why == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return 0;
    return lint_fail(e, "%s: %s", path, strerror(why == EEXIST ? ENOTDIR : why));
}

/* --- a stream -> the tiles chosen ------------------------------------------------------------- */

struct lint_gallery {
    lint_pick pick;
    lint_tile *tile;    /* by slot */
    lint_tile *ordered; /* shallow copies, as shown */
    size_t *order;
    char note[96];
};

lint_gallery *lint_gallery_new(lint_pick_how how, size_t max, uint64_t seed, lint_err *e) {
    lint_gallery *g = calloc(1, sizeof *g);
    if (g && lint_pick_new(&g->pick, how, max, seed, e) == 0) {
        g->tile = calloc(max + 1, sizeof *g->tile);
        g->ordered = calloc(max + 1, sizeof *g->ordered);
        g->order = calloc(max + 1, sizeof *g->order);
        if (g->tile && g->ordered && g->order) return g;
    }
    lint_gallery_free(g);
    lint_fail_mem(e, "a gallery");
    return NULL;
}

void lint_gallery_free(lint_gallery *g) {
    if (!g) return;
    for (size_t i = 0; g->tile && i < g->pick.n; i++)
        lint_image_free(&g->tile[i].picture);
    lint_pick_free(&g->pick);
    free(g->tile);
    free(g->ordered);
    free(g->order);
    free(g);
}

/* How sure a wrong answer is, as the log-odds of the predicted class: near 1, probabilities can no
 * longer be told apart, but log-odds can. */
static double mistake(const lint_samples *s, size_t i) {
    const float *z = s->logits + i * s->k;
    size_t predicted = lint_predicted(z, s->k, NULL);
    double others = 0;
    if (s->label[i] < 0 || (size_t)s->label[i] == predicted) return LINT_PICK_RIGHT;
    for (size_t c = 0; c < s->k; c++)
        if (c != predicted) others += exp((double)z[c] - (double)z[predicted]);
    return -log(others);
}

/* Whether answers can be told right from wrong; to pick mistakes, they must. */
static int check_answers(const lint_gallery *g, const lint_samples *s, lint_err *e) {
    if (g->pick.how != LINT_PICK_WORST) return 0;
    if (!s->logits)
        return lint_fail(e, "no 'logits' to find mistakes in (lint-cam MODEL adds them)");
    if (!s->label) return lint_fail(e, "no 'label' to find mistakes with");
    for (size_t i = 0; i < s->n * s->k; i++)
        if (!isfinite(s->logits[i]))
            return lint_fail(e, "sample %zu: 'logits' are not finite", i / s->k);
    return 0;
}

int lint_gallery_add(lint_gallery *g, const lint_samples *s, lint_err *e) {
    int worst = g->pick.how == LINT_PICK_WORST;
    if (check_answers(g, s, e) < 0) return -1;
    for (size_t i = 0; i < s->n; i++) {
        long slot =
            lint_pick_offer(&g->pick, s->label ? s->label[i] : -1, s->place ? s->place[i] : -1,
                            worst ? mistake(s, i) : LINT_PICK_RIGHT);
        if (slot < 0) continue;
        lint_image_free(&g->tile[slot].picture);
        if (lint_tile_make(&g->tile[slot], s, i, e) < 0)
            return lint_err_prefix(e, "sample %zu: ", i);
    }
    return 0;
}

lint_block lint_gallery_block(lint_gallery *g, const char *title) {
    size_t right = 0, known = 0;
    lint_pick_order(&g->pick, g->order);
    for (size_t i = 0; i < g->pick.n; i++) {
        g->ordered[i] = g->tile[g->order[i]];
        right += g->ordered[i].mark == LINT_RIGHT;
        known += g->ordered[i].mark != LINT_UNMARKED;
    }
    *g->note = 0;
    if (g->pick.how == LINT_PICK_WORST && !g->pick.n)
        snprintf(g->note, sizeof g->note, "no mistakes in %llu",
                 (unsigned long long)g->pick.offered);
    else if (g->pick.how == LINT_PICK_WORST)
        snprintf(g->note, sizeof g->note, "the most confident of %llu mistakes in %llu",
                 (unsigned long long)g->pick.mistakes, (unsigned long long)g->pick.offered);
    else if (known)
        snprintf(g->note, sizeof g->note, "%zu of these %zu right", right, known);
    return (lint_block){.title = title, .note = g->note, .tile = g->ordered, .n = g->pick.n};
}

/* --- names ------------------------------------------------------------------------------------ */

static int ends_with(const char *s, size_t n, const char *tail) {
    size_t t = strlen(tail);
    return n > t && strncmp(s + n - t, tail, t) == 0;
}

void lint_gallery_title(char *buf, size_t size, const char *model, const char *split) {
    const char *tail = ".safetensors", *name = strrchr(model, '/');
    name = name ? name + 1 : model;
    if (strcmp(name, "model.safetensors") == 0 && name - model > 1) {
        const char *end = name - 1; /* the folder's name says more */
        for (name = end; name > model && name[-1] != '/'; name--) {
        }
        snprintf(buf, size, "%.*s", (int)(end - name), name);
    } else if (lint_is_stdio(model)) {
        snprintf(buf, size, "%s", lint_input_name(model));
    } else {
        size_t n = strlen(name);
        if (ends_with(name, n, tail)) n -= strlen(tail);
        snprintf(buf, size, "%.*s", (int)n, name);
    }
    size_t at = strlen(buf);
    if (split && *split) snprintf(buf + at, size - at, ": %s", split);
}

static int plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || (c & 0x80);
}

void lint_gallery_file(char buf[LINT_GALLERY_FILE], size_t number, const char *name) {
    static const char *const tails[] = {".png", ".PNG", ".jpg", ".JPG", ".jpeg", ".JPEG"};
    enum { NAME_MOST = 90 };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (ends_with(name, n, tails[i])) {
            n -= strlen(tails[i]);
            break;
        }
    const char *from = n > NAME_MOST ? name + n - NAME_MOST : name; /* the end tells more */
    while (from < name + n && (*from & 0xc0) == 0x80)
        from++; /* no half characters */
    int at = snprintf(buf, LINT_GALLERY_FILE, "%05zu%s", number, from < name + n ? "-" : "");
    for (; from < name + n; from++)
        buf[at++] = plain(*from) ? *from : '_';
    memcpy(buf + at, ".png", 5);
}
