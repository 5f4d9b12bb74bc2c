/* synth_compose: a set of cut-outs (pictures with alpha) pasted onto photographs of places.
 *
 * Class i belongs to place i. What the test shows is kept from training where there is enough: test
 * photographs of places, always, where a place has two; individuals, where every class has at least
 * `hold_at` of them (a quarter is kept back, of every class alike, so that none becomes harder than
 * the others). Validation is like training: the same individuals and places.
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

/* Plans and loads a composed set for pictures of w x h; the lists pass into s, which frees them,
 * even on error. Every file that will be used is decoded here, and kept at about twice the size in
 * which it will appear. *report is lines of text, from malloc, on what test and training share. */
int lint_synth_compose(lint_synth *s, const lint_synth_plan *plan, lint_synth_list *objects,
                       lint_synth_list *places, size_t hold_at, int w, int h, lint_threads *pool,
                       char **report, lint_err *e);

#endif
