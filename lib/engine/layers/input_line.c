#define _POSIX_C_SOURCE 200809L /* strtok_r */
#include "engine/layers/input_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 16384, CHANNELS_MAX = 65536, WORDS_MAX = 16 };

static int parse_triple(char *const *word, size_t words, double v[3]) {
    if (words < 3) return -1;
    for (size_t i = 0; i < 3; i++) {
        char *end;
        v[i] = strtod(word[i], &end);
        if (end == word[i] || *end || !(v[i] > -1e6 && v[i] < 1e6)) return -1;
    }
    return 0;
}

static int parse_size(char *const *word, size_t words, lint_net_input *in) {
    unsigned w, h, c;
    char tail;
    if (words < 1 || sscanf(word[0], "%5ux%5ux%5u%c", &w, &h, &c, &tail) != 3) return -1;
    if (w < 1 || h < 1 || w > SIDE_MAX || h > SIDE_MAX) return -1;
    in->width = w;
    in->height = h;
    in->channels = c;
    in->mask = words == 2 && strcmp(word[1], "mask") == 0;
    in->features = words == 2 && strcmp(word[1], "features") == 0;
    if (in->features) return c >= 1 && c <= CHANNELS_MAX ? 0 : -1;
    return c == (in->mask ? 1 : 3) ? 0 : -1;
}

int lint_net_input_words(char *const *word, size_t words, lint_net_input *in) {
    *in = (lint_net_input){.std = {1, 1, 1}};
    in->features = words == 1 && strcmp(word[0], "features") == 0;
    if (in->features) return 0;
    if (parse_size(word, words, in) < 0) return -1;
    for (size_t i = 1; i < words && !in->mask && !in->features; i += 4) {
        int is_std = strcmp(word[i], "std") == 0;
        if (!is_std && strcmp(word[i], "mean") != 0) return -1;
        if (parse_triple(word + i + 1, words - i - 1, is_std ? in->std : in->mean) < 0) return -1;
    }
    return 0;
}

/* The words of a line, comment aside; it is cut into them. */
static size_t split(char *line, char *word[WORDS_MAX]) {
    size_t n = 0;
    char *save = NULL;
    line[strcspn(line, "#")] = 0;
    for (char *w = strtok_r(line, " \t\r", &save); w && n < WORDS_MAX;
         w = strtok_r(NULL, " \t\r", &save))
        word[n++] = w;
    return n;
}

int lint_net_input_of(const char *text, lint_net_input *in) {
    char *word[WORDS_MAX], *copy = malloc(strlen(text) + 1);
    size_t words = 0, name;
    if (!copy) return -1;
    strcpy(copy, text);
    for (char *line = copy, *next; line && !words; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        words = split(line, word);
    }
    name = words && word[0][strlen(word[0]) - 1] == ':'; /* a layer may be given a name */
    int err = words < 1 + name || strcmp(word[name], "input") != 0
                  ? -1
                  : lint_net_input_words(word + name + 1, words - name - 1, in);
    free(copy);
    return err;
}

int lint_net_input_alike(const lint_net_input *a, const lint_net_input *b) {
    for (int c = 0; c < 3; c++)
        if (a->mean[c] != b->mean[c] || a->std[c] != b->std[c]) return 0;
    return a->mask == b->mask && a->features == b->features;
}
