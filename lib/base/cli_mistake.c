/* What is wrong with an option that the parser does not know. */
#include "base/cli_parts.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 32 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment distance of a [n] and b [m], both shorter than NAME_ROOM: the fewest
 * insertions, deletions, replacements and swaps of neighbours that make b of a. */
static size_t distance(const char *a, size_t n, const char *b, size_t m) {
    size_t d[NAME_ROOM][NAME_ROOM];
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t best = least(d[i - 1][j], d[i][j - 1]) + 1;
            best = least(best, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    return d[n][m];
}

/* The i-th valid name, with the options of every program last; NULL if there are no more. */
static const char *name_at(const lint_program *p, size_t i) {
    static const char *const every[] = {"help", "version", NULL};
    size_t n = 0;
    for (const lint_option *o = p->options; o->name; o++)
        if (o->type != LINT_OPT_GROUP && n++ == i) return o->name;
    return every[i - n];
}

/* The name that `text` [len] was probably meant to be; NULL if none is near. One letter in three
 * may be wrong; a name that the text begins with is also near (--batch-size, --batch). */
static const char *nearest(const lint_program *p, const char *text, size_t len) {
    const char *found = NULL, *name;
    size_t best = len / 3 + 1;
    for (size_t i = 0; len < NAME_ROOM && (name = name_at(p, i)); i++) {
        size_t n = strlen(name), d = n < NAME_ROOM ? distance(text, len, name, n) : best;
        if (n >= 3 && n < len && strncmp(name, text, n) == 0) d = least(d, 1);
        if (d >= best) continue;
        best = d;
        found = name;
    }
    return found;
}

/* Writes "--a, --b or --c": the names that begin with `text` [len]. Returns how many. */
static size_t list_candidates(const lint_program *p, const char *text, size_t len, char *out,
                              size_t room) {
    const char *name, *last = NULL;
    size_t n = 0;
    int used = 0;
    *out = 0;
    for (size_t i = 0; (name = name_at(p, i)); i++) {
        if (strncmp(name, text, len) != 0) continue;
        if (last && (size_t)used < room)
            used += snprintf(out + used, room - (size_t)used, "%s--%s", n > 1 ? ", " : "", last);
        last = name;
        n++;
    }
    if (n > 1 && (size_t)used < room) snprintf(out + used, room - (size_t)used, " or --%s", last);
    return n;
}

_Noreturn void lint_cli_mistake(const lint_program *p, const char *word) {
    char list[512];
    const char *name = word + strspn(word, "-");
    size_t len = strcspn(name, "=");
    if (len && list_candidates(p, name, len, list, sizeof list) > 1)
        lint_usage("--%.*s is ambiguous: %s", (int)len, name, list);
    const char *meant = nearest(p, name, len);
    if (meant) lint_usage("unknown option --%.*s: did you mean --%s?", (int)len, name, meant);
    lint_usage("unknown option --%.*s", (int)len, name);
}
