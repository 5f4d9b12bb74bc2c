/* tidy: what clang-tidy cannot see from one file alone: that failing returns -1. `make lint` puts it
 * before each file. */
#include "base/err.h"

#define lint_fail(...)     ((void)(lint_fail)(__VA_ARGS__), -1)
#define lint_fail_mem(...) ((void)(lint_fail_mem)(__VA_ARGS__), -1)
