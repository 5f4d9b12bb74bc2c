/* group_words: a group, which is a class at a place, in words.
 *
 * Places often have names of their own: "leopard on green". The places of lint-split --misleading
 * are the classes that backgrounds look like: "bird on a flower-like background". These words are
 * for readers; programs are given class and place apart.
 *
 *     char buf[99];
 *     int like = lint_places_are_classes(&s.classes, &s.places);
 *     lint_group_words(buf, sizeof buf, "bird", "flower", like);
 */
#ifndef LINT_ANSWER_GROUP_WORDS_H
#define LINT_ANSWER_GROUP_WORDS_H

#include "base/names.h"

/* Whether every place has the name of a class. False if there are no names of places. */
int lint_places_are_classes(const lint_names *classes, const lint_names *places);

/* Writes "on green", or, where places are classes (`like`), "on a flower-like background"; cut to
 * fit. */
void lint_place_words(char *buf, size_t size, const char *place, int like);

/* The same after the class. place may be NULL: the class alone. */
void lint_group_words(char *buf, size_t size, const char *class_name, const char *place, int like);

#endif
