/* What MegaDetector writes. https://lila.science/megadetector-output-format */
#include "source/coco_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int lint_coco_is_detections(const json_t *root) {
    const json_t *images = json_object_get(root, "images"), *one = json_array_get(images, 0);
    return json_object_get(root, "detection_categories") != NULL ||
           (json_object_get(one, "file") && !json_object_get(one, "file_name"));
}

/* The confidence that the file advises. */
static double advised(const json_t *root) {
    const json_t *about = json_object_get(json_object_get(root, "info"), "detector_metadata"),
                 *least = json_object_get(about, "typical_detection_threshold");
    return json_is_number(least) ? json_number_value(least) : LINT_COCO_CONFIDENCE;
}

/* The share of the picture that a box covers, and a little for the box itself: the outlines of one
 * picture are bounded by both. */
static int count_box(entry *i, const double *box, lint_err *e) {
    double w = fmin(box[0] + box[2], 1) - fmax(box[0], 0);
    double h = fmin(box[1] + box[3], 1) - fmax(box[1], 0);
    i->work += (w > 0 && h > 0 ? w * h : 0) + 0.01;
    if (i->work <= LINT_COCO_TIMES) return 0;
    return lint_fail(e, "the boxes of %s cover more than %d times its pixels", i->file,
                     LINT_COCO_TIMES);
}

static int read_detection(lint_coco *c, size_t image, const json_t *root, const json_t *o,
                          lint_err *e) {
    const json_t *confidence = json_object_get(o, "conf");
    if (!json_is_number(confidence)) return lint_fail(e, "'conf': expected a number");
    if (!lint_coco_is_sure(c, confidence, advised(root))) return 0;
    const char *id = json_string_value(json_object_get(o, "category"));
    const char *name =
        !id ? NULL
            : json_string_value(json_object_get(json_object_get(root, "detection_categories"), id));
    outline box = {.image = image, .object = c->objects++, .category = -1, .kind = BOX, .n = 4};
    if ((name || id) && lint_coco_category(c, name ? name : id, &box.category, e) < 0) return -1;
    if (!(box.v = lint_coco_box(json_object_get(o, "bbox"), e)))
        return lint_err_prefix(e, "'bbox': ");
    double w = box.v[2], h = box.v[3];
    int empty = !(w > 0 && h > 0);
    if (!empty && count_box(&c->image[image], box.v, e) == 0) {
        c->boxes++;
        return lint_coco_add_outline(c, &box, e);
    }
    free(box.v);
    if (!empty) return -1;
    if (!c->skip) return lint_fail(e, "'bbox': %gx%g has no area", w, h);
    c->image[image].skipped = 1;
    c->skipped++;
    return 0;
}

static int read_image(lint_coco *c, size_t image, const json_t *root, const json_t *o,
                      lint_err *e) {
    const char *file = json_string_value(json_object_get(o, "file"));
    const json_t *failure = json_object_get(o, "failure"), *list = json_object_get(o, "detections");
    entry *i = &c->image[image];
    if (!file || !*file) return lint_fail(e, "'file': expected a text");
    if (!(i->file = lint_coco_file(file, e))) return -1;
    if (json_is_string(failure)) {
        i->failure = lint_coco_file(json_string_value(failure), e);
        return i->failure ? 0 : -1;
    }
    if (!json_is_array(list)) return lint_fail(e, "'detections': expected a list");
    for (size_t k = 0; k < json_array_size(list); k++)
        if (read_detection(c, image, root, json_array_get(list, k), e) < 0)
            return lint_err_prefix(e, "detections[%zu]: ", k);
    return 0;
}

int lint_coco_read_detections(lint_coco *c, const json_t *root, const char *below, lint_err *e) {
    const json_t *list = json_object_get(root, "images");
    if (!json_is_array(list)) return lint_fail(e, "'images': expected a list");
    size_t n = json_array_size(list);
    entry *image = lint_coco_more_images(c, n, e);
    if (!image) return -1;
    for (size_t i = 0; i < n; i++) {
        image[i] = (entry){.id = (json_int_t)i, .below = below, .shares = 1, .w = 1, .h = 1};
        c->images++;
        if (read_image(c, c->images - 1, root, json_array_get(list, i), e) < 0)
            return lint_err_prefix(e, "images[%zu]: ", i);
    }
    return 0;
}
