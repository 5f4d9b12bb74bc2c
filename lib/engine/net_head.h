/* net_head: a network's text taken apart at its `cam` line, and put together again.
 *
 * What stands before the line is the backbone, which makes features of a picture. The rest is the
 * head, a network by itself whose input is features. A head that was trained behind a backbone
 * joins it again to one network. Comments stay where they are.
 *
 *     char *head = lint_head_text(text, 7, 7, 512, &e);     // "input 7x7x512 features\n cam\n ..."
 *     char *sized = lint_head_fit(head, 7, 7, 512, &e);     // `input features` gets the size
 *     char *both = lint_head_join(text, head, &e);
 *
 * Texts that are returned come from malloc; NULL on error.
 */
#ifndef LINT_ENGINE_NET_HEAD_H
#define LINT_ENGINE_NET_HEAD_H

#include "base/err.h"
#include <stddef.h>

/* Bytes before the `cam` line; all of them without one. */
size_t lint_text_before_cam(const char *text);

/* The head of a network whose features are w x h cells of c channels. Error: no `cam` line. */
char *lint_head_text(const char *text, size_t w, size_t h, size_t c, lint_err *e);

/* The text with a size in its line `input features`; a copy where it has one already, or another
 * input. */
char *lint_head_fit(const char *text, size_t w, size_t h, size_t c, lint_err *e);

/* The backbone's text up to its `cam` line, then the head's from behind its input. Errors: the
 * backbone has no `cam` line; the head's input is not features. */
char *lint_head_join(const char *backbone, const char *head, lint_err *e);

#endif
