/* typeface: DejaVu Sans for cairo, from the system's folders of fonts.
 *
 *     lint_typeface type;
 *     if (lint_typeface_open(&type, &e) < 0) ...
 *     cairo_set_font_face(cr, type.bold);
 *     lint_typeface_close(&type);
 *
 * The files are looked for by name. fontconfig, which cairo would ask, takes any other font where
 * DejaVu Sans is missing or memory runs out, so that pictures differ from machine to machine.
 */
#ifndef LINT_PICTURE_TYPEFACE_H
#define LINT_PICTURE_TYPEFACE_H

#include "base/err.h"
#include <cairo.h>

typedef struct lint_typeface {
    cairo_font_face_t *plain, *bold;
} lint_typeface;

/* Opens DejaVuSans.ttf and DejaVuSans-Bold.ttf. They lie in or below fonts/ in one of the folders
 * of the XDG Base Directory Specification: $XDG_DATA_HOME, those of $XDG_DATA_DIRS,
 * /usr/local/share and /usr/share. The first one in that order is taken. Where there is none, the
 * error names the package; after an error there is nothing to close. */
int lint_typeface_open(lint_typeface *t, lint_err *e);

/* cairo may keep the files open until lint_draw_end. */
void lint_typeface_close(lint_typeface *t);

#endif
