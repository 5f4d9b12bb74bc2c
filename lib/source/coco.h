/* coco: draws masks from the outlines of objects that annotation tools write.
 *
 * A COCO file, such as Label Studio's export (annotations/result.json beside images/), is JSON:
 *
 *     {"images": [{"id": 0, "file_name": "images/3f9ac01b-orca.jpg", "width": 640, "height": 480}],
 *      "annotations": [{"image_id": 0, "segmentation": [[x, y, x, y, ...], ...]}]}
 *
 * All other members are ignored: everything outlined is the object, whatever its category. A
 * segmentation is polygons, in pixels from the picture's upper left corner, or a run-length code
 * {"size": [h, w], "counts": ...}, where counts is a list or COCO's compressed text. The mask of a
 * picture is the union of all its outlines. A picture listed without outlines shows no object.
 *
 *     lint_coco *c = lint_coco_load("annotations/result.json", 0, &e);
 *     long image[2];
 *     lint_coco_match(c, 2, (const char *const[]){"orca/1.jpg", "orca/2.jpg"}, image, &e);
 *     if (image[0] >= 0) lint_coco_draw(c, image[0], w, h, mask, &e);
 *     lint_coco_free(c);
 *
 * A hostile file only causes an error message. Limits: a file has at most LINT_COCO_BYTES bytes and
 * LINT_COCO_VALUES JSON values; the outlines of one picture have at most LINT_COCO_POINTS points,
 * and their areas add up to at most LINT_COCO_TIMES the picture's. Format:
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

/* Reads a file. Messages begin with the path. NULL on error. An annotation without an outline, such
 * as a bounding box alone, is an error, or is skipped if `skip`. */
lint_coco *lint_coco_load(const char *path, int skip, lint_err *e);
/* The same from len bytes of JSON; messages name no path. */
lint_coco *lint_coco_parse(const char *json, size_t len, int skip, lint_err *e);
void lint_coco_free(lint_coco *c);

size_t lint_coco_skipped(const lint_coco *c); /* annotations skipped */

/* Sets image [n] to the entry of each picture, or -1 if there is none. Entry and picture must have
 * the same file name, apart from the prefix that Label Studio adds to an upload (eight hex digits
 * and a -). Their folders may differ. If several entries or pictures have the same file name, those
 * that share more folders at the end of their paths are matched. It is an error if that does not
 * decide. */
int lint_coco_match(const lint_coco *c, size_t n, const char *const *path, long *image,
                    lint_err *e);

/* Sets mask [h,w] to 255 on the objects of an entry and to 0 elsewhere. It is an error if the entry
 * gives another picture size, or if all its annotations were skipped. */
int lint_coco_draw(const lint_coco *c, long image, int w, int h, uint8_t *mask, lint_err *e);

/* Sets to 255 the pixels of mask [h,w] whose centres lie in the polygon (nonzero winding). xy holds
 * x and y of each point, finite and within a million. The centre of pixel (0, 0) is (0.5, 0.5). */
int lint_polygon_fill(uint8_t *mask, int w, int h, const double *xy, size_t points, lint_err *e);

#endif
