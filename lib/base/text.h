/* text: makes text from files safe to show, and puts texts together.
 *
 * Names in a stream may hold any bytes. Some would be commands to a terminal, and bytes that are
 * not UTF-8 would stop the drawing of a picture.
 *
 *     char shown[200];
 *     printf("%s\n", lint_text_clean(shown, sizeof shown, name));
 */
#ifndef LINT_BASE_TEXT_H
#define LINT_BASE_TEXT_H

#include "base/err.h"

#include <stddef.h>
#include <stdio.h>

/* What printf would print, as a text from malloc; NULL where memory runs out, which *e then says.
 * `e` may be NULL. */
char *lint_text_format(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Reads all of a regular file (regular_file.h), at most `most` bytes (whole MiB): *text from malloc, with a 0
 * behind its *len bytes; NULL after an error. Messages do not name the path. */
int lint_text_read(const char *path, size_t most, char **text, size_t *len, lint_err *e);
/* The same for what the user names, which may be a pipe. */
int lint_text_read_given(const char *path, size_t most, char **text, size_t *len, lint_err *e);

/* Copies s to `to` [size > 0], with `?` for each byte of control characters and each that is not UTF-8.
 * Marks that turn the direction of the text behind them are control characters.
 * Cuts a text that does not fit after a whole character. Returns `to`. */
char *lint_text_clean(char *to, size_t size, const char *s);

/* Writes all of s as lint_text_clean would copy it. The caller checks ferror(out). */
void lint_text_put(const char *s, FILE *out);

/* Bytes of the control character at s, 0 where there is another: one of ASCII or C1, U+2028, U+2029, or a mark
 * that turns the direction of text. */
size_t lint_text_control(const char *s);

/* Writes s as a field of tab-separated text: a tab, newline, carriage return or backslash becomes \t,
 * \n, \r or \\, a byte that a terminal may obey, of another control character or of no character, \xHH; all
 * other bytes stay. The caller checks ferror(out). */
void lint_text_escape(const char *s, FILE *out);

/* The text behind the byte order mark of UTF-8, where it begins with one, as Windows' programs write it. */
const char *lint_text_behind_mark(const char *s);

/* The number of characters in a UTF-8 text. */
size_t lint_text_length(const char *s);

#define LINT_ELLIPSIS "\xe2\x80\xa6"

/* Copies s to `to` [size >= 8]. Where s has more than `most` characters, or does not fit, only its
 * first and last ones are copied, with an ellipsis between, which is one of at most `most`. */
void lint_text_middle(char *to, size_t size, const char *s, size_t most);

/* An upper bound for the number of values in a JSON text: the number of its commas, colons and
 * brackets, even those inside strings. jansson needs up to 50 bytes of memory for a byte of JSON,
 * so the length alone is not a useful bound. */
size_t lint_json_values(const char *json, size_t len);

/* Removes the last character. */
void lint_text_drop_last(char *s);

#endif
