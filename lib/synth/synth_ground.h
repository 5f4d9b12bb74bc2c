/* synth_ground: the places that lint-synth draws, with shadows and foreground for an object.
 *
 * A ground is painted first. After the object is drawn, its shadow and the foreground are added:
 * grass before the feet, water and foam over the submerged part, sand, mist. They depend only on
 * the ground and the object's outline, never on the kind of animal. Otherwise the edge of an object
 * would reveal its class.
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

/* The random choices for one picture's ground. */
typedef struct lint_scene {
    lint_ground ground;
    float horizon;    /* y as a fraction of the height; may lie outside */
    lint_rgb c[5];    /* colours; each ground defines their order */
    float p[4];       /* other parameters */
    uint32_t seed[4]; /* random seeds of the noise */
} lint_scene;

void lint_ground_paint(lint_easel *e, lint_ground g, lint_scene *s);

/* Paints shadow and foreground for the object on the easel, or nothing if there is no object. */
void lint_ground_receive(lint_easel *e, const lint_scene *s);

/* Combines ground, object and front, then adds effects of a camera: uneven light, colour cast,
 * softness, grain. rgb [h,w,3]; mask [h,w], 255 where the object is visible. */
void lint_scene_finish(lint_easel *e, uint8_t *rgb, uint8_t *mask);

#endif
