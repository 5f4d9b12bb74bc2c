/* torch_file: the tensors of a file that torch.save wrote, such as a .pth or .pt. Nothing in it is
 * executed.
 *
 * Knows a state dict (a dict of tensors by name), or a checkpoint: a dict with such a dict as its
 * `state_dict` or `model` beside numbers, texts, lists and dicts. Reads both of PyTorch's formats: a
 * zip archive (since version 1.6), and what came before, a few pickles with the data behind them,
 * in which many of torchvision's files still are.
 *
 * Tensors keep their dtypes. A tensor that lies in the file as one piece is not copied: its data
 * points into the bytes. Others (transposed, sliced, not aligned) are copied by their strides. What
 * tensors share is shared, and of the file only the chosen dict's tensors are read.
 *
 *     lint_torch_file t;
 *     if (lint_torch_file_read(&t, bytes, n, &e) < 0) ...
 *     const lint_tensor *w = lint_frame_find(&t.frame, "conv1.weight");
 *     lint_torch_file_free(&t);
 *
 * Nothing in the file is trusted: a tensor that reaches outside its storage, or has more elements
 * than it, is an error, and copies may take no more than LINT_TORCH_COPIES times the file.
 */
#ifndef LINT_STREAM_TORCH_FILE_H
#define LINT_STREAM_TORCH_FILE_H

#include "stream/frame.h"

enum { LINT_TORCH_COPIES = 4 };

typedef struct lint_torch_file {
    lint_frame frame; /* tensors alone, in canonical order; read-only */
    const unsigned char *bytes;
    size_t size;
} lint_torch_file;

/* Whether the bytes [n] begin as a file that lint_torch_file_read has something to say of, such as
 * a pickle or a tar archive that it does not read. */
int lint_torch_file_is(const unsigned char *bytes, size_t n);

/* Reads the bytes [n], which must outlive the tensors. Errors are sentences without a file name;
 * where it helps, they say how the file is converted. On error there is nothing to free. */
int lint_torch_file_read(lint_torch_file *t, const unsigned char *bytes, size_t n, lint_err *e);
void lint_torch_file_free(lint_torch_file *t);

#endif
