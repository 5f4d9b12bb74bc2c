/* The table of one instruction set. */
#include "engine/kernels/kernels_parts.h"

#define TEXT_EXPANDED(A) #A
#define TEXT(A)          TEXT_EXPANDED(A)
#define TABLE            LINT_JOIN(lint_kernels_, LINT_SET, )
#define ENTRY(NAME)      .NAME = KERNEL(NAME),

extern const lint_kernels TABLE;

const lint_kernels TABLE = {.name = TEXT(LINT_SET), .panel = PANEL, KERNELS(ENTRY)};
