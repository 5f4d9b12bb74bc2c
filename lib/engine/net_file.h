/* net_file: the text of a network -> a chain of layers. Internal to the engine.
 *
 * One layer a line: `[NAME:] WORD ARGUMENTS`; # begins a comment. Each layer reads the output of
 * the one before. Three words are no layers:
 *
 *     cam              maps are read from the output of the layer before this line
 *     NAME: residual   begins a block: parameters of its layers are called NAME.*
 *     shortcut         the layers from here to `add` read what the block read
 *
 * `add` ends the block: the sum of its last layer and its shortcut or, without a shortcut, of its
 * last layer and what the block read.
 */
#ifndef LINT_ENGINE_NET_FILE_H
#define LINT_ENGINE_NET_FILE_H

#include "engine/layers/layer.h"

typedef struct lint_chain {
    lint_layer *layer;
    size_t count, room;
    size_t cam; /* layers before the `cam` line; 0: there is none */
    lint_net_input input;
    /* While it is read: */
    char block[48]; /* name of the block that is open; "" : none */
    size_t fork;    /* the layer that the block reads */
    size_t branch;  /* with a shortcut: the last layer before it; 0: none */
    size_t next;    /* the layer that the next one reads */
} lint_chain;

typedef struct lint_chain_options {
    size_t classes, batch;
    int trains;
} lint_chain_options;

/* Messages begin with `name:line: `. On error the chain is left empty. */
int lint_chain_parse(lint_chain *c, const char *text, const char *name, const lint_chain_options *o,
                     lint_err *e);
void lint_chain_free(lint_chain *c);

#endif
