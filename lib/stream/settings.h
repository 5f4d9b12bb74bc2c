/* settings: the options of a run, in order, for its log and its model.
 *
 * The list owns its names and values. Numbers have enough digits to read back as the same double.
 * Adding a setting returns no error: lint_settings_ok reports at the end whether memory ran out.
 *
 *     lint_settings s = {0};
 *     lint_settings_real(&s, "lr", 0.01);
 *     lint_settings_text(&s, "schedule", "cosine");
 *     lint_settings_comments(&s, log);              // # lr<TAB>0.01
 *     char *json = lint_settings_json(&s, &e);      // {"lr":0.01,"schedule":"cosine"}
 *     lint_settings_free(&s);
 */
#ifndef LINT_STREAM_SETTINGS_H
#define LINT_STREAM_SETTINGS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct lint_settings {
    struct lint_setting {
        char *key, *value;
        int number;
    } * v;
    size_t n, room;
    int failed;
} lint_settings;

void lint_settings_text(lint_settings *s, const char *key, const char *value);
void lint_settings_real(lint_settings *s, const char *key, double value); /* finite */
void lint_settings_whole(lint_settings *s, const char *key, uint64_t value);
/* Adds a hash as 16 digits. */
void lint_settings_hash(lint_settings *s, const char *key, uint64_t hash);

/* Adds the current values of a program's options under their names, except for options in the
 * NULL-terminated list `not`. Skips an option that was not given and has no default (NULL, NAN, an
 * empty list, or a 0 that no user could give). A list becomes one text, separated by blanks. */
struct lint_option;
void lint_settings_options(lint_settings *s, const struct lint_option *options,
                           const char *const * not );

int lint_settings_ok(const lint_settings *s, lint_err *e);
void lint_settings_free(lint_settings *s);

/* Writes the shortest text that reads back as v. */
void lint_shortest(char buf[32], double v);

/* Writes a line "# KEY<TAB>VALUE" for each setting. Control characters become `?`. */
void lint_settings_comments(const lint_settings *s, FILE *out);

/* Returns one JSON object, from malloc. A value that is not UTF-8 is an error. */
char *lint_settings_json(const lint_settings *s, lint_err *e);

#endif
