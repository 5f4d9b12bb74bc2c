/* synth_compose: data sets of cut-outs (pictures with alpha) pasted onto photographs of places.
 *
 * Class i belongs to place i. Training and test share as little as possible. Photographs of a place
 * are divided between them if it has at least two. A quarter of the individuals is held out for the
 * test if every class has at least `hold_at` of them; the share is the same for all classes, so
 * that none becomes harder than the others. Validation uses the individuals and places of training.
 *
 *     char *report = NULL;
 *     if (lint_synth_compose(&s, &plan, &objects, &places, 4, 192, 192, pool, &report, &e) < 0) ...
 *     lint_synth_write(&s, "data/birds", 192, 192, pool, NULL, NULL, &e);
 *     lint_synth_free(&s);
 */
#ifndef LINT_SYNTH_SYNTH_COMPOSE_H
#define LINT_SYNTH_SYNTH_COMPOSE_H

#include "synth/synth.h"
#include "synth/synth_list.h"

/* Plans and loads a composed set for pictures of w x h. s takes over the lists and frees them, even
 * on error. All files in use are decoded here and kept at about twice the size in which they
 * appear. *report, from malloc, is lines of text about what test and training share. */
int lint_synth_compose(lint_synth *s, const lint_synth_plan *plan, lint_synth_list *objects,
                       lint_synth_list *places, size_t hold_at, int w, int h, lint_threads *pool,
                       char **report, lint_err *e);

#endif
