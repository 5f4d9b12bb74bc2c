/* synth: folders of pictures with a chosen spurious correlation between class and background.
 *
 * A set is a list of pictures to make, each with its split, class and place, and a function that
 * paints them: lint_synth_drawn draws leopards and orcas, lint_synth_compose pastes cut-outs onto
 * photographs. A picture is a function of (seed, split, index in the split) and of the lists, so
 * any number of threads writes the same bytes, and a longer training set does not change val and
 * test.
 *
 *     lint_synth s;
 *     lint_synth_plan plan = {.count = {{188, 89}, {60, 60}, {300, 300}}, ...};
 *     lint_synth_drawn(&s, &plan, &e);
 *     lint_synth_write(&s, "data/orca-leopard", 192, 192, pool, NULL, NULL, &e);
 *     lint_synth_free(&s);
 *
 * The folder: images/SPLIT-NNNN.png, masks/ with the same names (255 object, else 0), metadata.csv
 * with the columns of Waterbirds (img_id,img_filename,y,split,place,place_filename; file names
 * relative to the folder; split 0 train, 1 val, 2 test; y and place count from 0), and the names of
 * classes and places in classes.txt and places.txt, one on each line, in that order.
 */
#ifndef LINT_SYNTH_SYNTH_H
#define LINT_SYNTH_SYNTH_H

#include "base/threads.h"
#include "synth/synth_paint.h"
#include <stdio.h>

enum { LINT_SYNTH_TRAIN, LINT_SYNTH_VAL, LINT_SYNTH_TEST, LINT_SYNTH_SPLITS };

/* Limits for memory and for the length of file names. */
#define LINT_SYNTH_MAX_SIDE    2048
#define LINT_SYNTH_MAX_CLASSES 64
#define LINT_SYNTH_MAX_COUNT   1000000

typedef struct lint_synth_plan {
    uint64_t seed;
    size_t count[LINT_SYNTH_SPLITS][LINT_SYNTH_MAX_CLASSES]; /* pictures of each class */
    /* Share of a class's pictures that are in the place of their own class. The rest is divided
     * equally among the other places. Rounded to whole pictures for each class. */
    double correlation[LINT_SYNTH_SPLITS];
    double size_lo, size_hi; /* range of the object's size, as in lint_spot */
    double jitter;           /* largest distance of its centre from the picture's, as a fraction */
} lint_synth_plan;

typedef struct lint_synth_item {
    int split, y, place;
    size_t index;  /* within the split */
    size_t object; /* object and ground: indices that the painter defines */
    size_t ground;
} lint_synth_item;

typedef struct lint_synth lint_synth;

/* Paints ground, object and front of one picture, on an easel after lint_easel_begin. */
typedef int lint_synth_paint(const lint_synth *s, lint_easel *e, const lint_synth_item *it,
                             lint_err *err);

struct lint_synth {
    const char **classes, **places; /* names */
    size_t n_classes, n_places;
    const char **grounds; /* place_filename of each ground */
    lint_synth_item *items;
    size_t n;
    lint_synth_plan plan;
    lint_synth_paint *paint;
    void *ctx; /* data of the painter */
    void (*free_ctx)(void *ctx);
};

/* Leopards and orcas. The places are green for leopards (savanna, grass, forest), blue for orcas
 * (sea, surf, sky), and odd (yellow, dusk, autumn). odd appears only in the test split, where each
 * class is divided equally among all three places. correlation[TEST] is not used. */
int lint_synth_drawn(lint_synth *s, const lint_synth_plan *plan, lint_err *e);

void lint_synth_free(lint_synth *s);

/* Assigns places to `count` pictures of class y: places[i] is the place of picture i. */
void lint_synth_deal(int *places, size_t count, int y, int n_places, double correlation);

/* Makes the folder completely or not at all: it is filled under a temporary name beside `dir` and
 * then renamed. `dir` must be empty or not exist. `step` (may be NULL) is called with the number of
 * finished pictures; if it does not return 0, nothing is made, and that is an error. The pictures are w x h, at most LINT_SYNTH_MAX_SIDE on a side. */
int lint_synth_write(const lint_synth *s, const char *dir, int w, int h, lint_threads *pool,
                     int (*step)(void *ctx, size_t done), void *step_ctx, lint_err *e);

/* One picture, in memory: rgb [h,w,3], mask [h,w]. */
int lint_synth_render(const lint_synth *s, size_t item, lint_easel *e, uint8_t *rgb, uint8_t *mask,
                      lint_err *err);

#endif
