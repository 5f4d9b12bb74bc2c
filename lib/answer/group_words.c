#include "answer/group_words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

int lint_places_are_classes(const lint_names *classes, const lint_names *places) {
    for (size_t i = 0; i < places->n; i++)
        if (lint_names_find(classes, places->v[i]) < 0) return 0;
    return places->n > 0;
}

/* By spelling: vowels, except those that are spoken as in "European", "unicorn" and "one". */
static const char *article(const char *word) {
    static const char *const consonants[] = {"eu", "uni", "use", "one"};
    for (size_t i = 0; i < sizeof consonants / sizeof *consonants; i++)
        if (strncasecmp(word, consonants[i], strlen(consonants[i])) == 0) return "a";
    return *word && strchr("aeiouAEIOU", *word) ? "an" : "a";
}

void lint_place_words(char *buf, size_t size, const char *place, int like) {
    if (like)
        snprintf(buf, size, "on %s %s-like background", article(place), place);
    else
        snprintf(buf, size, "on %s", place);
}

void lint_group_words(char *buf, size_t size, const char *class_name, const char *place, int like) {
    snprintf(buf, size, "%s", class_name);
    size_t at = strlen(buf);
    if (!place || at + 1 >= size) return;
    buf[at++] = ' ';
    lint_place_words(buf + at, size - at, place, like);
}
