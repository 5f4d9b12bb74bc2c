/* netfile: the text of a network -> a chain of layers. Internal to the engine.
 *
 * One layer a line: `[NAME:] WORD ARGUMENTS`, # begins a comment. The line `cam` is no layer but a
 * mark: maps are read from the output of the layer before it.
 */
#ifndef LINT_NETFILE_H
#define LINT_NETFILE_H

#include "layer.h"

typedef struct lint_chain {
    lint_layer *layer;
    size_t count;
    size_t cam; /* layers before the mark; 0: no mark */
} lint_chain;

typedef struct lint_chain_options {
    size_t classes, batch;
    int trains, workers;
} lint_chain_options;

/* Messages begin with `name:line: `. On error the chain is left empty. */
int lint_chain_parse(lint_chain *c, const char *text, const char *name, const lint_chain_options *o,
                     lint_err *e);
void lint_chain_free(lint_chain *c);

#endif
