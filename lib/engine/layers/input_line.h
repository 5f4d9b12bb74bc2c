/* input_line: what a network takes, as its text says in its first line.
 *
 *     input 192x192x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25    pictures: (byte / 255 - mean) / std
 *     input 24x24x1 mask                                     a mask: the share that is object
 *
 * The layer `input` is set up by it; others ask it what kind a network is before they build it, or
 * what the weights in a model were trained to see.
 *
 *     lint_net_input in;
 *     if (lint_net_input_of(text, &in) == 0 && in.mask) ...
 */
#ifndef LINT_ENGINE_LAYERS_INPUT_LINE_H
#define LINT_ENGINE_LAYERS_INPUT_LINE_H

#include <stddef.h>

typedef struct lint_net_input {
    size_t width, height;
    int mask;               /* else pictures of three channels */
    double mean[3], std[3]; /* 0 and 1 where they are not given */
} lint_net_input;

/* From the words behind `input`; -1 where they are not such. */
int lint_net_input_words(char *const *word, size_t words, lint_net_input *in);

/* From a network's text; -1 where it does not begin with such a line (or memory ran out).
 * lint_net_new says what is wrong with it. */
int lint_net_input_of(const char *text, lint_net_input *in);

/* Whether both bring pictures to the same numbers. */
int lint_net_input_alike(const lint_net_input *a, const lint_net_input *b);

#endif
