/* voc: reads the boxes of a picture from the XML that LabelImg and other programs write, in the
 * format of the Pascal VOC challenges.
 *
 *     <annotation><size><width>640</width><height>480</height></size>
 *       <object><name>orca</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>320</xmax>
 *         <ymax>240</ymax></bndbox></object></annotation>
 *
 * The first pixel is 1, and xmax and ymax are the last pixels in the box, as the challenge's
 * documents say. Everything else is ignored; of an object's parts, the box of the whole counts.
 *
 *     lint_objects o = {0};
 *     if (lint_voc_read(xml, len, &o, &e) < 0) ...
 *
 * A hostile file only causes an error message: entities are refused, elements lie at most
 * LINT_VOC_DEPTH deep. Format:
 * http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
 */
#ifndef LINT_SOURCE_VOC_H
#define LINT_SOURCE_VOC_H

#include "source/object.h"

#define LINT_VOC_BYTES (8u << 20)
#define LINT_VOC_DEPTH 64

/* Adds the objects of xml [len] to an empty `to`, in pixels. Messages name the line. After an error
 * `to` can only be freed. */
int lint_voc_read(const char *xml, size_t len, lint_objects *to, lint_err *e);

#endif
