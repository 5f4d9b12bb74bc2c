/* synth_ground: the places that lint-synth draws, and how each of them takes an object in.
 *
 * A ground is painted whole; then, knowing where the object ended up, it throws the object's
 * shadow and paints what lies before it: grass before the feet, water and foam over what is under
 * water, sand, mist. All of that follows from the ground and the object's outline alone, never from
 * which animal it is: else the edge of an object would tell its class.
 *
 *     lint_scene s;
 *     lint_ground_paint(e, LINT_GROUND_SEA, &s);
 *     lint_draw_orca(e, spot);
 *     lint_ground_receive(e, &s);
 *     lint_scene_finish(e, rgb, mask);
 */
#ifndef LINT_SYNTH_SYNTH_GROUND_H
#define LINT_SYNTH_SYNTH_GROUND_H

#include "synth/synth_paint.h"

typedef enum lint_ground {
    LINT_GROUND_SAVANNA,
    LINT_GROUND_GRASS,
    LINT_GROUND_FOREST,
    LINT_GROUND_SEA,
    LINT_GROUND_SURF,
    LINT_GROUND_SKY,
    LINT_GROUND_YELLOW,
    LINT_GROUND_DUSK,
    LINT_GROUND_AUTUMN,
    LINT_GROUNDS
} lint_ground;

const char *lint_ground_name(lint_ground g);

/* The choices made for one picture's ground. */
typedef struct lint_scene {
    lint_ground ground;
    float horizon;    /* y of it, fraction of the height; may lie outside */
    lint_rgb c[5];    /* the ground's colours, in its own order */
    float p[4];       /* its other numbers */
    uint32_t seed[4]; /* of its noise */
} lint_scene;

void lint_ground_paint(lint_easel *e, lint_ground g, lint_scene *s);

/* Shadow and foreground for the object on the easel; nothing where there is no object. */
void lint_ground_receive(lint_easel *e, const lint_scene *s);

/* Puts ground, object and front together, then what a camera adds: uneven light, colour cast,
 * softness, grain. rgb [h,w,3]; mask [h,w], 255 where the object is seen. */
void lint_scene_finish(lint_easel *e, uint8_t *rgb, uint8_t *mask);

#endif
