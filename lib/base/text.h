/* text: words from a file, made fit to be shown.
 *
 * Names in a stream may be any bytes. On a terminal some would be commands, and in a picture bytes
 * that are no UTF-8 would be the end of drawing.
 *
 *     char shown[200];
 *     printf("%s\n", lint_text_clean(shown, sizeof shown, name));
 */
#ifndef LINT_BASE_TEXT_H
#define LINT_BASE_TEXT_H

#include <stddef.h>

/* Copies s to `to` [size > 0], with `?` for each control character and each byte that is no
 * UTF-8; what does not fit is left out, by whole characters. Returns to. */
char *lint_text_clean(char *to, size_t size, const char *s);

/* Characters of a UTF-8 text. */
size_t lint_text_length(const char *s);

/* At least as many values as the JSON text holds: its commas, colons and brackets, even those in
 * texts. jansson takes up to 50 bytes of memory for a byte of JSON, so that the length alone does
 * not bound it. */
size_t lint_json_values(const char *json, size_t len);

/* Takes the last character off. */
void lint_text_drop_last(char *s);

#endif
