#include "picture/typeface.h"
#include "base/folder.h"
#include "base/text.h"

#include <cairo-ft.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- where the file is ------------------------------------------------------------------------ */

static int visible(const struct dirent *d) {
    return d->d_name[0] != '.';
}

/* Not alphasort, which goes by the language. */
static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int search(const char *folder, const char *name, lint_folder_set *seen, char **found,
                  lint_err *e);

/* Takes path over. Returns as search. */
static int search_entry(char *path, const char *entry, const char *name, lint_folder_set *seen,
                        char **found, lint_err *e) {
    struct stat st;
    int got = 0;
    if (!path)
        got = -1;
    else if (stat(path, &st) < 0)
        got = lint_folder_is_missing() || errno == EACCES ? 0 : lint_fail_errno(e, "%s", path);
    else if (S_ISDIR(st.st_mode))
        got = search(path, name, seen, found, e);
    else if (S_ISREG(st.st_mode) && strcmp(entry, name) == 0)
        got = 1;
    if (got == 1 && !*found)
        *found = path;
    else
        free(path);
    return got;
}

/* Looks for a file `name` in a folder and those below it. Returns 1 with *found from malloc, 0 if
 * there is none, -1 after an error. What this user may not read holds no fonts. */
static int search(const char *folder, const char *name, lint_folder_set *seen, char **found,
                  lint_err *e) {
    struct stat st;
    struct dirent **entry;
    int got = 0, is_new = 1, n = stat(folder, &st);
    if (n == 0) is_new = lint_folder_set_add(seen, &st, e);
    if (is_new != 1) return is_new;
    if (n == 0) n = scandir(folder, &entry, visible, by_bytes);
    if (n < 0)
        return lint_folder_is_missing() || errno == EACCES ? 0 : lint_fail_errno(e, "%s", folder);
    for (int i = 0; i < n; i++) {
        if (got == 0) {
            char *path = lint_text_format(e, "%s/%s", folder, entry[i]->d_name);
            got = search_entry(path, entry[i]->d_name, name, seen, found, e);
        }
        free(entry[i]);
    }
    free(entry);
    return got;
}

/* The folders that may have fonts/, from malloc, separated by colons. */
static char *data_folders(lint_err *e) {
    const char *home = getenv("XDG_DATA_HOME"), *dirs = getenv("XDG_DATA_DIRS");
    const char *user = getenv("HOME");
    int own = home && *home, below = !own && user && *user;
    return lint_text_format(e, "%s%s:%s:/usr/local/share:/usr/share",
                            own     ? home
                            : below ? user
                                    : "",
                            below ? "/.local/share" : "", dirs ? dirs : "");
}

/* The path of the file, from malloc; NULL after an error. */
static char *find(const char *name, lint_err *e) {
    lint_folder_set seen = {0};
    char *folders = data_folders(e), *rest, *found = NULL;
    int got = folders ? 0 : -1;
    for (char *f = folders ? strtok_r(folders, ":", &rest) : NULL; f && got == 0;
         f = strtok_r(NULL, ":", &rest)) {
        char *fonts = *f == '/' ? lint_text_format(e, "%s/fonts", f) : NULL;
        if (fonts)
            got = search(fonts, name, &seen, &found, e);
        else if (*f == '/')
            got = -1;
        free(fonts);
    }
    free(folders);
    lint_folder_set_free(&seen);
    if (got == 0)
        lint_fail(
            e,
            "a sheet of pictures needs the font DejaVu Sans, and %s is not installed (Debian: "
            "fonts-dejavu-core)",
            name);
    return found;
}

/* --- for cairo -------------------------------------------------------------------------------- */

static int fail(lint_err *e, const char *path, FT_Error why) {
    if (why == FT_Err_Out_Of_Memory) return lint_fail_mem(e, "a font");
    return lint_fail(e, "%s: FreeType cannot read this font (error %d)", path, why);
}

/* Each face has a library of its own, which lives as long as cairo keeps the face, and takes it along. */
static void end(void *library) {
    FT_Done_FreeType(library);
}

static cairo_font_face_t *for_cairo(FT_Library library, FT_Face face, lint_err *e) {
    static const cairo_user_data_key_t key;
    cairo_font_face_t *f = cairo_ft_font_face_create_for_ft_face(face, 0);
    if (cairo_font_face_status(f) == CAIRO_STATUS_SUCCESS &&
        cairo_font_face_set_user_data(f, &key, library, end) == CAIRO_STATUS_SUCCESS)
        return f;
    cairo_font_face_destroy(f);
    lint_fail_mem(e, "a font");
    FT_Done_FreeType(library);
    return NULL;
}

static cairo_font_face_t *open_face(const char *name, lint_err *e) {
    FT_Library library;
    FT_Face face;
    char *path = find(name, e);
    if (!path) return NULL;
    errno = 0;
    FT_Error why = FT_Init_FreeType(&library);
    /* Without memory for one of its parts FreeType does without that part; malloc's word remains. */
    int lacks = errno == ENOMEM;
    if (!why && (why = lacks ? FT_Err_Out_Of_Memory : FT_New_Face(library, path, 0, &face)))
        FT_Done_FreeType(library);
    if (why) fail(e, path, why);
    free(path);
    return why ? NULL : for_cairo(library, face, e);
}

int lint_typeface_open(lint_typeface *t, lint_err *e) {
    t->plain = open_face("DejaVuSans.ttf", e);
    t->bold = t->plain ? open_face("DejaVuSans-Bold.ttf", e) : NULL;
    if (t->bold) return 0;
    lint_typeface_close(t);
    return -1;
}

void lint_typeface_close(lint_typeface *t) {
    if (t->plain) cairo_font_face_destroy(t->plain);
    if (t->bold) cairo_font_face_destroy(t->bold);
    *t = (lint_typeface){0};
}
