#pragma once

// All passes, in the order in which they run. They redirect uses; what nobody uses any more stays
// until `remove_dead`, the last one.

#include "ir/ir.h"

namespace tdc::opt {

/// Matrix products read a transposed operand where it lies:
///
///     t = transpose(w) axes=[1, 0]           t = transpose(w) axes=[1, 0]
///     y = matmul(x, t)                 ==>   y = matmul(x, w) transpose_b=true
///
/// Applies to ops with boolean attributes `transpose_a`, `transpose_b` for operands 0 and 1, when
/// the operand is a swap of the last two axes. Relies on nothing. Runs on the graph of one sample,
/// before `lora::attach_adapters` and before differentiation; the others run on entry points.
ir::Module fold_transpose(ir::Module module);

/// Drops calls that give their operand as it is, as the op's record says, and views that change no
/// shape:
///
///     m = mask(x) causal=false               m = mask(x) causal=false
///     y = softmax(m)                   ==>   y = softmax(x)
///
/// Relies on nothing.
ir::Module remove_identities(ir::Module module);

/// Reductions with fewer results than cores may be (the loss of one sample, the mean of an image)
/// are made by ops of which cores share the work, as the op's record says; with the same bits:
///
///     y = mse(x, t)                          l = squared_difference_lanes(x, t)
///                                      ==>   y = join_lanes(l) divisor=4096
///
///     z = max(x[4096])                       l = max(reshape(x)[8, 512]) axis=-1
///                                      ==>   z = max(l) axis=-1
///
/// Nothing happens where there are results enough, or few elements. Relies on nothing.
ir::Module spread(ir::Module module);

/// Computes equal things once: pure nodes with the same op, attributes, inputs and phase.
///
///     a = exp(x)   b = exp(x)                a = exp(x)   b = exp(x)
///     y = mul(a, b)                    ==>   y = mul(a, a)
///
/// Variables that are set to the same number each get it: a fill costs less than a copy. Relies on nothing.
ir::Module share_equal(ir::Module module);

/// Removes what no output and no variable write needs:
///
///     a = exp(x)                             y = relu(x)
///     y = relu(x)                      ==>
///
/// Nothing happens to graph inputs. Relies on nothing.
ir::Module remove_dead(ir::Module module);

}  // namespace tdc::opt
