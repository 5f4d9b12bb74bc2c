#include "engine/layers/precision.h"

const char *lint_precision_name(lint_precision p) {
    return p == LINT_PRECISION_BF16 ? "bf16" : "f32";
}
