/* coco: outlines and boxes of objects, as annotation tools and MegaDetector write them.
 *
 * A COCO file, such as Label Studio's export (annotations/result.json beside images/), is JSON:
 *
 *     {"images": [{"id": 0, "file_name": "images/3f9ac01b-orca.jpg", "width": 640, "height": 480}],
 *      "annotations": [{"image_id": 0, "segmentation": [[x, y, x, y, ...], ...]},
 *                      {"image_id": 0, "bbox": [x, y, width, height]}]}
 *
 * Everything outlined is the object, whatever its category. A
 * segmentation is polygons, in pixels from the picture's upper left corner, or a run-length code
 * {"size": [h, w], "counts": ...}, where counts is a list or COCO's compressed text. Without one,
 * the box counts (outline.h). The mask of a picture is the union of all its outlines and boxes. A
 * picture listed without annotations shows no object.
 *
 * MegaDetector's JSON is read likewise. Its boxes are shares of width and height, and those of little
 * confidence do not count:
 *
 *     {"images": [{"file": "a/1.jpg", "detections": [{"category": "1", "conf": 0.93,
 *                                                     "bbox": [x, y, width, height]}]}],
 *      "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"}}
 *
 *     lint_coco *c = lint_coco_new(0, -1, &e);
 *     if (lint_coco_add(c, "annotations/result.json", "", &e) < 0) ...
 *     long image[2];
 *     lint_coco_match(c, 2, (const char *const[]){"orca/1.jpg", "orca/2.jpg"}, image, &e);
 *     if (image[0] >= 0) lint_coco_draw(c, image[0], LINT_BOX_ELLIPSE, w, h, mask, &e);
 *     lint_coco_free(c);
 *
 * A hostile file only causes an error message. Limits: a file has at most LINT_COCO_BYTES bytes and
 * LINT_COCO_VALUES JSON values; the outlines of one picture have at most LINT_COCO_POINTS points,
 * and their areas add up to at most LINT_COCO_TIMES the picture's. Format:
 * https://cocodataset.org/#format-data and
 * https://lila.science/megadetector-output-format
 */
#ifndef LINT_SOURCE_COCO_H
#define LINT_SOURCE_COCO_H

#include "source/object.h"

#define LINT_COCO_BYTES  (256u << 20)
#define LINT_COCO_VALUES 10000000
#define LINT_COCO_POINTS 200000
#define LINT_COCO_TIMES  200

#define LINT_COCO_CATEGORIES 10000

/* The confidence that a detection needs where neither the user nor the file says another: what
 * MegaDetector 5 advises. */
#define LINT_COCO_CONFIDENCE 0.2

typedef struct lint_coco lint_coco;

/* No files yet. An annotation without an outline and a box, a polygon of fewer than three points
 * and a box without area are errors, or are skipped if `skip`. Annotations that have a confidence
 * ("conf" or "score") below `least` do not count. With least < 0, all of COCO's count, and of
 * MegaDetector's those that the file advises. */
lint_coco *lint_coco_new(int skip, double least, lint_err *e);
/* Reads a file, whose pictures lie in the folder `below`, or anywhere if it is "". Messages begin
 * with the path. After an error c can only be freed. */
int lint_coco_add(lint_coco *c, const char *path, const char *below, lint_err *e);
/* One file from len bytes of JSON; messages name no path. NULL on error. */
lint_coco *lint_coco_parse(const char *json, size_t len, int skip, lint_err *e);
void lint_coco_free(lint_coco *c);

size_t lint_coco_skipped(const lint_coco *c);    /* annotations skipped */
size_t lint_coco_degenerate(const lint_coco *c); /* polygons skipped */
size_t lint_coco_boxes(const lint_coco *c);      /* annotations that are boxes */
size_t lint_coco_scored(const lint_coco *c);     /* annotations that have a confidence */
size_t lint_coco_unsure(const lint_coco *c);     /* those of them that do not count */

/* Sets image [n] to the entry of each picture, or -1 if there is none. Entry and picture must have
 * the same file name, apart from the prefix that Label Studio adds to an upload (eight hex digits
 * and a -). Their folders may differ. If several entries or pictures have the same file name, those
 * that share more folders at the end of their paths are matched. It is an error if that does not
 * decide. */
int lint_coco_match(const lint_coco *c, size_t n, const char *const *path, long *image,
                    lint_err *e);

/* The size of the picture that was annotated; 0 and 0 where the file does not say. */
void lint_coco_size(const lint_coco *c, long image, int *w, int *h);

/* Adds the objects of an entry to an empty `to`: for each annotation the smallest box round its
 * outlines. Errors as those of lint_coco_draw. */
int lint_coco_objects(const lint_coco *c, long image, lint_objects *to, lint_err *e);

/* Sets mask [h,w] to 255 on the objects of an entry and to 0 elsewhere; its boxes become `shape`.
 * It is an error if the entry gives another picture size, if all its annotations were skipped,
 * and if the detector could not read the picture. */
int lint_coco_draw(const lint_coco *c, long image, lint_box_shape shape, int w, int h,
                   uint8_t *mask, lint_err *e);

#endif
