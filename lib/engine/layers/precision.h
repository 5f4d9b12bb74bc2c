/* precision: what the products of a network's convolutions are computed in.
 *
 * f32: floats. bf16: both factors are rounded to bfloat16 (8 bits of mantissa, a float's exponent),
 * products are exact and their sums floats. Weights, activations in memory, batch norms, dense
 * layers, losses, maps and the optimiser are floats in both, as is everything behind `cam`. What a
 * pooled batch norm reads again in its backward pass is kept as bfloat16.
 *
 *     if (lint_net_set_precision(net, LINT_PRECISION_BF16, &e) < 0) return -1;
 *     printf("%s\n", lint_precision_name(lint_net_precision(net)));    // bf16
 */
#ifndef LINT_ENGINE_LAYERS_PRECISION_H
#define LINT_ENGINE_LAYERS_PRECISION_H

/* In the order of the choices of LINT_OPTION_PRECISION (base/cli.h). */
typedef enum lint_precision { LINT_PRECISION_F32, LINT_PRECISION_BF16 } lint_precision;

/* "f32" or "bf16". */
const char *lint_precision_name(lint_precision p);

#endif
