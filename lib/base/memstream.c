#include "base/memstream.h"

#include <stdlib.h>

char *lint_memstream_close(FILE *f, char **text) {
    int whole = f && fflush(f) == 0 && !ferror(f);
    if (f && fclose(f) != 0) whole = 0;
    if (whole && *text) return *text;
    free(*text);
    *text = NULL;
    return NULL;
}
