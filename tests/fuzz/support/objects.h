/* objects: boxes that a reader of annotations made.
 *
 *     lint_objects o = {0};
 *     fuzz_objects(lint_voc_read(text, n, &o, &e), &o, &e);
 */
#ifndef FUZZ_OBJECTS_H
#define FUZZ_OBJECTS_H

#include "source/object.h"

/* Aborts unless each has an area, or there is an error with a line. Frees them. */
void fuzz_objects(int err, lint_objects *o, const lint_err *e);

#endif
