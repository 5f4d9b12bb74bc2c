/* background: how much of the class the borders of the pictures give away, and which pictures have
 * the background of another class.
 *
 * A picture's place is the class whose borders its own border looks like, by a score that is fitted
 * without its series (ridge.h). Where borders say nothing of the class, places are right as often as
 * chance is. docs/audit.md explains the numbers and their limits.
 *
 *     char words[320];
 *     lint_background b;
 *     if (lint_background_test(pool, &source, look, seed, score, place, &b, &e) < 0) ...
 *     puts(lint_background_words(&b, words, sizeof words));
 */
#ifndef LINT_SOURCE_BACKGROUND_H
#define LINT_SOURCE_BACKGROUND_H

#include "base/threads.h"
#include "source/look.h"
#include "source/source.h"

typedef enum lint_background_verdict {
    LINT_GIVES_AWAY,
    LINT_NO_SIGN,
    LINT_TOO_FEW
} lint_background_verdict;

/* The rules: backgrounds give the class away if permuted labels do as well with probability
 * LINT_BACKGROUND_P or less, the interval lies above chance, and the accuracy has gone
 * LINT_BACKGROUND_EXCESS of the way from chance to 1. Otherwise there are too few pictures to tell if
 * a class has fewer than LINT_BACKGROUND_LEAST series (a picture alone counts as one), and no sign of
 * it if not. */
#define LINT_BACKGROUND_P      0.01
#define LINT_BACKGROUND_EXCESS 0.1
enum { LINT_BACKGROUND_LEAST = 10 };

/* Accuracies are means over classes of the share whose place is their class; NaN where fewer than two
 * classes have pictures. */
typedef struct lint_background {
    size_t pictures; /* that could be read */
    size_t least;    /* series of the class that has fewest */
    size_t count;    /* how many pictures they are worth, if those of a series count together */
    double accuracy, chance;
    double low, high; /* Wilson's interval for `count` pictures, 95 % */
    double p;         /* of permuted labels, whole series at a time */
    size_t permutations;
    double colour, texture;   /* accuracy by one half of a border's numbers */
    double center;            /* accuracy by the middle of the pictures instead */
    size_t agree, contradict; /* pictures whose place is their class, or another */
    lint_background_verdict verdict;
} lint_background;

/* look [n] of lint_decode_looks. Writes score [n,classes] of the border, and place [n], -1 for bad
 * pictures; either may be NULL. A second or two for 1000 pictures. */
int lint_background_test(lint_threads *pool, const lint_source *s, const lint_look *look,
                         uint64_t seed, double *score, int32_t *place, lint_background *b,
                         lint_err *e);

/* Only sets the place of every picture of s, and s->places to the classes. */
int lint_background_places(lint_threads *pool, lint_source *s, const lint_look *look, lint_err *e);

/* The class with the highest of score [classes]; own, if it is as high. */
int32_t lint_background_place(const double *score, size_t classes, int32_t own);

/* "gives-away", "no-sign" or "too-few". */
const char *lint_background_verdict_name(lint_background_verdict v);

/* The verdict as a clause: "the backgrounds give the class away: ...". Returns `to`. */
const char *lint_background_words(const lint_background *b, char *to, size_t size);

#endif
