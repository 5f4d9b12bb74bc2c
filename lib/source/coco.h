/* coco: outlines of objects as annotation tools write them, drawn as masks.
 *
 * A COCO file, such as Label Studio's export (annotations/result.json beside images/), is JSON:
 *
 *     {"images": [{"id": 0, "file_name": "images/3f9ac01b-orca.jpg", "width": 640, "height": 480}],
 *      "annotations": [{"image_id": 0, "segmentation": [[x, y, x, y, ...], ...]}]}
 *
 * Everything else in it is passed over: what is outlined is the object, whatever its category. A
 * segmentation is polygons, in pixels from the picture's upper left corner, or a run-length code
 * {"size": [h, w], "counts": ...}, counts a list or COCO's compressed text. The mask of a picture
 * is the union of all its outlines; a picture that is listed without any shows no object.
 *
 *     lint_coco *c = lint_coco_load("annotations/result.json", 0, &e);
 *     long image[2];
 *     lint_coco_match(c, 2, (const char *const[]){"orca/1.jpg", "orca/2.jpg"}, image, &e);
 *     if (image[0] >= 0) lint_coco_draw(c, image[0], w, h, mask, &e);
 *     lint_coco_free(c);
 *
 * A hostile file causes a message: it is at most LINT_COCO_BYTES long and of LINT_COCO_VALUES JSON
 * values; a picture's outlines are at most LINT_COCO_POINTS points, and cover what they are drawn
 * on, each counted for itself, at most LINT_COCO_TIMES. Format:
 * https://cocodataset.org/#format-data
 */
#ifndef LINT_SOURCE_COCO_H
#define LINT_SOURCE_COCO_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define LINT_COCO_BYTES  (256u << 20)
#define LINT_COCO_VALUES 10000000
#define LINT_COCO_POINTS 200000
#define LINT_COCO_TIMES  200

typedef struct lint_coco lint_coco;

/* Messages begin with the path. NULL on error. An annotation without an outline, as a bounding box
 * alone is, is an error; with `skip` it is passed over. */
lint_coco *lint_coco_load(const char *path, int skip, lint_err *e);
/* The same of len bytes of JSON; messages are without a place. */
lint_coco *lint_coco_parse(const char *json, size_t len, int skip, lint_err *e);
void lint_coco_free(lint_coco *c);

size_t lint_coco_skipped(const lint_coco *c); /* annotations passed over */

/* image [n] becomes the entry of each picture, -1 where there is none. Paths are of any folder: the
 * last part must be the same, but for the prefix that Label Studio puts before an upload (eight hex
 * digits and a -); of several entries, or several pictures, that would do, those that share more
 * folders from the end belong together. An error where that leaves a choice. */
int lint_coco_match(const lint_coco *c, size_t n, const char *const *path, long *image,
                    lint_err *e);

/* mask [h,w] becomes 255 on the objects of an entry, else 0. An error if the entry is of a picture
 * of another size, or if all its annotations were passed over. */
int lint_coco_draw(const lint_coco *c, long image, int w, int h, uint8_t *mask, lint_err *e);

/* Sets the pixels of mask [h,w] whose centres lie in the polygon (nonzero winding) to 255; xy holds
 * x and y of each point, finite and within a million. Pixel (0, 0) has its centre at (0.5, 0.5).
 */
int lint_polygon_fill(uint8_t *mask, int w, int h, const double *xy, size_t points, lint_err *e);

#endif
