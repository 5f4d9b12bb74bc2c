/* input_line: what a network takes, from the first line of its text.
 *
 *     input 192x192x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25    pictures: (byte / 255 - mean) / std
 *     input 24x24x1 mask                                     a mask: the share that is object
 *     input 7x7x512 features                                 what a backbone makes of a picture
 *     input features                                         the same, of the size that samples have
 *
 * The layer `input` is set up by it. Callers ask it what a network takes before they build it, or
 * how the pictures were normalised that a model has seen.
 *
 *     lint_net_input in;
 *     if (lint_net_input_of(text, &in) == 0 && in.mask) ...
 */
#ifndef LINT_ENGINE_LAYERS_INPUT_LINE_H
#define LINT_ENGINE_LAYERS_INPUT_LINE_H

#include <stddef.h>

typedef struct lint_net_input {
    size_t width, height, channels; /* all 0: `input features` without a size */
    int mask, features;             /* neither: pictures of three channels */
    double mean[3], std[3];         /* 0 and 1 where they are not given */
} lint_net_input;

/* From the words behind `input`; -1 if they are none of the above. */
int lint_net_input_words(char *const *word, size_t words, lint_net_input *in);

/* From a network's text; -1 if it does not begin with such a line, or memory runs out. lint_net_new
 * gives the error's message. */
int lint_net_input_of(const char *text, lint_net_input *in);

/* Whether both normalise pictures in the same way. */
int lint_net_input_alike(const lint_net_input *a, const lint_net_input *b);

#endif
