/* synth_list: the files that lint-synth composes from, by class or by place.
 *
 * A source is `NAME=DIR`, every PNG and JPEG directly in a folder, or the path of a list: a text
 * file with one picture a line, fields apart by tabs, `#` beginning a comment line:
 *
 *     objects:  class  path  [identity]
 *     places:   place  path  [train|test|-]  [x0,y0,x1,y1]
 *
 * A path in a list is relative to `root`, or to the list's folder if root is NULL. An identity is
 * one individual seen in several pictures; without one each file is its own. The third field of
 * places keeps a photograph for one side (train serves validation too), the fourth names the part
 * of it that shows the place, in fractions of its width and height.
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

/* Which side of the data set a file serves. */
typedef enum lint_side { LINT_SIDE_ANY, LINT_SIDE_TRAIN, LINT_SIDE_TEST } lint_side;

typedef struct lint_synth_file {
    char *path;
    char *name;     /* the path as the list has it; of a folder the file's name */
    char *identity; /* file name without its ending, unless the list gives one */
    size_t group;   /* its class or place: index of names */
    lint_side side;
    float part[4]; /* x0 y0 x1 y1, fractions */
} lint_synth_file;

typedef struct lint_synth_list {
    char **names; /* classes or places, in order of their first appearance */
    size_t n_names, names_room;
    lint_synth_file *files; /* of a folder in order of their names' bytes */
    size_t n, room;
} lint_synth_list;

/* Adds a source; on error the list stays as far as it got. A folder without pictures, a list
 * without lines, and a line that cannot be read are errors. */
int lint_synth_list_add(lint_synth_list *l, const char *source, int kind, const char *root,
                        lint_err *e);
void lint_synth_list_free(lint_synth_list *l);

#endif
