#include "support/objects.h"
#include "support/fuzz.h"

#include <stdlib.h>

void fuzz_objects(int err, lint_objects *o, const lint_err *e) {
    fuzz_told(err, e);
    for (size_t i = 0; !err && i < o->n; i++)
        if (!(o->v[i].box[2] > 0 && o->v[i].box[3] > 0)) abort();
    lint_objects_free(o);
}
