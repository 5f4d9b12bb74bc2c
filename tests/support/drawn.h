/* drawn: folders of pictures that are drawn as numbers, to test what is said of backgrounds.
 *
 * A place is a mean border: colours and textures. Each series is one scene at one place, and its
 * pictures are nearly equal. Middles say nothing.
 *
 *     drawn_folder f = drawn_make(&(drawn_spec){.classes = 3, .n = 30, .agree = 0.9}, seed);
 *     lint_background_test(pool, &f.source, f.look, seed, NULL, NULL, &b, &e);
 *     drawn_free(&f);
 */
#ifndef TESTS_SUPPORT_DRAWN_H
#define TESTS_SUPPORT_DRAWN_H

#include "source/look.h"
#include "source/source.h"

typedef struct drawn_spec {
    int classes, n; /* n pictures of each class ... */
    int first;      /* ... but this many of the first; 0: n */
    int places;     /* 0: as many as classes */
    int series;     /* up to so many pictures of one scene, 1 or more */
    double agree;   /* share of scenes at the place of their class; < 0: class and place are
                       independent, and some places are commoner than others */
} drawn_spec;

typedef struct drawn_folder {
    lint_source source;
    lint_look *look;
} drawn_folder;

/* Ends the test where memory runs out. */
drawn_folder drawn_make(const drawn_spec *spec, uint64_t seed);
void drawn_free(drawn_folder *f);

/* Of the 200 folders that docs/audit.md reports, number i: 2 to 5 classes; 30, 60, 100 or 300 pictures
 * a class; series or not; 0 to 99 independent, 100 to 199 agreeing in 85 to 100 %. */
enum { DRAWN_FOLDERS = 200 };
drawn_spec drawn_number(int i);

#endif
