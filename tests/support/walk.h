/* walk: calls a function for each file of a folder.
 *
 *     assert_true(walk("tests/stream/bad", refuse) > 0);
 */
#ifndef LINT_WALK_H
#define LINT_WALK_H

#include <stddef.h>

typedef void visit(const char *folder, const char *path);

/* The number of entries visited; names that begin with a dot are left out. A folder that cannot be
 * opened fails the test (cmocka). */
size_t walk(const char *folder, visit *fn);

#endif
