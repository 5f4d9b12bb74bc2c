/* state_dict: weights as people hold them, from a file or from several.
 *
 * Reads a safetensors file, such as a model of lint; a file of torch.save's (torch_file.h); or the
 * index of safetensors or torch.save's files that hold a part each (model.safetensors.index.json),
 * all in the index's folder. What a file is, its first bytes say, not its name.
 *
 *     lint_state_dict s;
 *     if (lint_state_dict_load(&s, "resnet18.pth", &e) < 0) ...
 *     const lint_tensor *w = lint_frame_find(&s.frame, "conv1.weight");
 *     lint_state_dict_free(&s);
 *
 * Files are mapped, and tensors lie where the files have them, unless they are not of one piece
 * there. Input that cannot be mapped, such as a pipe, is read as safetensors.
 */
#ifndef LINT_STREAM_STATE_DICT_H
#define LINT_STREAM_STATE_DICT_H

#include "stream/frame.h"

typedef struct lint_state_dict {
    lint_frame frame; /* tensors in canonical order, their data read-only; metadata of a model */
    struct lint_state_dict_part *part; /* the files, which own the tensors' data */
    size_t parts;
} lint_state_dict;

/* Messages begin with the file's name. A tensor that the index does not tell of, that is missing or
 * in two files is an error. On error there is nothing to free. */
int lint_state_dict_load(lint_state_dict *s, const char *path, lint_err *e);
void lint_state_dict_free(lint_state_dict *s);

#endif
