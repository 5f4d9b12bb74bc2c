/* text: makes text from files safe to show.
 *
 * Names in a stream may hold any bytes. Some would be commands to a terminal, and bytes that are
 * not UTF-8 would stop the drawing of a picture.
 *
 *     char shown[200];
 *     printf("%s\n", lint_text_clean(shown, sizeof shown, name));
 */
#ifndef LINT_BASE_TEXT_H
#define LINT_BASE_TEXT_H

#include <stddef.h>

/* Copies s to `to` [size > 0], with `?` for each control character and each byte that is not UTF-8.
 * Cuts a text that does not fit after a whole character. Returns `to`. */
char *lint_text_clean(char *to, size_t size, const char *s);

/* The number of characters in a UTF-8 text. */
size_t lint_text_length(const char *s);

/* An upper bound for the number of values in a JSON text: the number of its commas, colons and
 * brackets, even those inside strings. jansson needs up to 50 bytes of memory for a byte of JSON,
 * so the length alone is not a useful bound. */
size_t lint_json_values(const char *json, size_t len);

/* Removes the last character. */
void lint_text_drop_last(char *s);

#endif
