/* net_file: the text of a network -> a chain of layers. Internal to the engine.
 *
 * One layer a line: `[NAME:] WORD ARGUMENTS`; # begins a comment. Each layer reads the output of
 * the one before. Four words are no layers:
 *
 *     cam              maps are read from the output of the layer before this line
 *     NAME: residual   begins a block that `add` ends
 *     NAME: block      begins one that `concat` or `scale` ends
 *     shortcut         the layers from here to the block's end read what the block read
 *
 * Parameters of a block's layers are called NAME.*; blocks may lie in blocks. The layer that ends a
 * block takes its last layer and the one before `shortcut` or, without a shortcut, what the block
 * read.
 */
#ifndef LINT_ENGINE_NET_FILE_H
#define LINT_ENGINE_NET_FILE_H

#include "engine/layers/layer.h"

/* A block that is open. */
typedef struct lint_chain_block {
    char name[LINT_LAYER_NAME]; /* with those of the blocks around it */
    int residual;               /* `add` ends it */
    size_t fork;                /* the layer that it reads */
    size_t branch;              /* with a shortcut: the last layer before it; 0: none */
    int line;
} lint_chain_block;

enum { LINT_CHAIN_BLOCKS = 8 };

typedef struct lint_chain {
    lint_layer *layer;
    size_t count, room;
    size_t cam; /* layers before the `cam` line; 0: there is none */
    lint_net_input input;
    /* While it is read: */
    lint_chain_block block[LINT_CHAIN_BLOCKS]; /* the innermost last */
    size_t blocks;
    size_t next; /* the layer that the next one reads */
    int line;
} lint_chain;

typedef struct lint_chain_options {
    size_t classes, batch;
    int trains;
    int tiles; /* convolutions before `cam` multiply bfloat16 by tiles (kernels.h) */
} lint_chain_options;

/* Messages begin with `name:line: `. On error the chain is left empty. */
int lint_chain_parse(lint_chain *c, const char *text, const char *name, const lint_chain_options *o,
                     lint_err *e);
void lint_chain_free(lint_chain *c);

#endif
