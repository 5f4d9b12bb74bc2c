/* synth_list: the files that lint-synth composes, by class or by place.
 *
 * A source is `NAME=DIR` for all pictures directly in a folder, or the path of a list: a
 * text file with one picture on each line, tab-separated fields, and comment lines that begin with
 * `#`:
 *
 *     objects:  class  path  [identity]
 *     places:   place  path  [train|test|-]  [x0,y0,x1,y1]
 *
 * A path in a list is relative to `root`, or to the list's folder if root is NULL. Pictures of one
 * individual have the same identity; without one, each file is a separate individual. The third
 * field of places reserves a photograph for training and validation or for the test. The fourth is
 * the part of it that shows the place, as fractions of its width and height.
 *
 *     lint_synth_list l = {0};
 *     lint_synth_list_add(&l, "water=photos/lakes", LINT_SYNTH_PLACES, NULL, &e);
 *     lint_synth_list_free(&l);
 */
#ifndef LINT_SYNTH_SYNTH_LIST_H
#define LINT_SYNTH_SYNTH_LIST_H

#include "base/err.h"
#include <stddef.h>

enum { LINT_SYNTH_OBJECTS, LINT_SYNTH_PLACES };

/* The part of the data set that a file is reserved for; TRAIN includes validation. */
typedef enum lint_side { LINT_SIDE_ANY, LINT_SIDE_TRAIN, LINT_SIDE_TEST } lint_side;

typedef struct lint_synth_file {
    char *path;
    char *name;     /* the path as written in the list; in a folder, the file's name */
    char *identity; /* as given in the list, else the file name without its ending */
    size_t group;   /* class or place: index into names */
    lint_side side;
    float part[4]; /* x0 y0 x1 y1, fractions */
} lint_synth_file;

typedef struct lint_synth_list {
    char **names; /* classes or places, in order of their first appearance */
    size_t n_names, names_room;
    lint_synth_file *files; /* files of a folder are sorted by name, as bytes */
    size_t n, room;
} lint_synth_list;

/* Adds a source. On error the list keeps what was added before. A folder without pictures, a list
 * without lines and an invalid line are errors. */
int lint_synth_list_add(lint_synth_list *l, const char *source, int kind, const char *root,
                        lint_err *e);
void lint_synth_list_free(lint_synth_list *l);

#endif
