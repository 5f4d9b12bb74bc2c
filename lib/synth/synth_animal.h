/* synth_animal: the two animals that lint-synth draws, each in several poses.
 *
 * A function draws one animal onto the easel's object: its visible outline at the spot, pose, coat
 * and direction from the easel's random numbers. Nothing in it knows the ground. Poses that are cut
 * off below (an orca's head out of the water) end in a straight line, which whatever lies in front
 * of the object has to hide.
 *
 *     lint_draw_orca(e, spot);      // onto e->object
 */
#ifndef LINT_SYNTH_SYNTH_ANIMAL_H
#define LINT_SYNTH_SYNTH_ANIMAL_H

#include "synth/synth_paint.h"

typedef void lint_animal_fn(lint_easel *e, lint_spot at);

void lint_draw_leopard(lint_easel *e, lint_spot at);
void lint_draw_orca(lint_easel *e, lint_spot at);

#endif
