/* series: which pictures belong together: copies, near-copies, frames of one burst, one individual.
 *
 * Pictures of one series say the same thing twice. A split that parts them tests on what it has
 * trained on, and a score that leaves out only one of them is told by the others. Series come from
 * four facts: equal files; near-equal pictures (lint_look_alike); an expression that is matched with
 * names; the column `series` of metadata.csv. Each is transitive, and they are joined.
 *
 *     if (lint_series_by_name(&source, "burst([0-9]+)", &e) < 0) ...
 *     if (lint_series_find(pool, &source, look, &found, &e) < 0) ...
 *     size_t first = lint_source_first(&source, i);   // the same for all pictures of a series
 */
#ifndef LINT_SOURCE_SERIES_H
#define LINT_SOURCE_SERIES_H

#include "base/threads.h"
#include "source/look.h"
#include "source/source.h"

/* Counts. A series has two pictures or more. */
typedef struct lint_series_found {
    size_t series, pictures; /* series, and pictures in them */
    size_t largest;          /* pictures of the largest series */
    size_t copies;           /* pictures whose file equals an earlier one */
    size_t crops;            /* samples of a picture that has an earlier one */
    size_t alike;            /* pictures that are near an earlier one, but another file */
    size_t given;            /* pictures with a series that is given */
    size_t mixed;            /* series with pictures of several classes */
} lint_series_found;

/* Gives each picture whose path below the root matches a POSIX extended regular expression a series:
 * what the first group matched, or the whole match without groups. An error if the expression is
 * invalid or matches no picture. */
int lint_series_by_name(lint_source *s, const char *regex, lint_err *e);

/* Sets series of every picture of s. look [n] of lint_decode_looks, or NULL: given series only. Bad
 * pictures are alone. Each picture is compared with the 10,000 before it. Near-equal pictures form no
 * long chains: a series of more than 50 pictures and a twentieth of all grows only by what is near
 * its first picture too. */
int lint_series_find(lint_threads *pool, lint_source *s, const lint_look *look,
                     lint_series_found *found, lint_err *e);

#endif
