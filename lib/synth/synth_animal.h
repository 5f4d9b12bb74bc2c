/* synth_animal: the two animals that lint-synth draws, each in several poses.
 *
 * A function draws one animal into the easel's object layer, with its visible outline at the spot.
 * The easel's random numbers determine pose, coat and direction. The ground has no influence. Poses
 * that are cut off below (an orca's head out of the water) end in a straight line, which the
 * foreground has to hide.
 *
 *     lint_draw_orca(e, spot);      // into e->object
 */
#ifndef LINT_SYNTH_SYNTH_ANIMAL_H
#define LINT_SYNTH_SYNTH_ANIMAL_H

#include "synth/synth_paint.h"

typedef void lint_animal_fn(lint_easel *e, lint_spot at);

void lint_draw_leopard(lint_easel *e, lint_spot at);
void lint_draw_orca(lint_easel *e, lint_spot at);

#endif
