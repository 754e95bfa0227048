#pragma once

// All passes, in the order in which driver/pipeline.cpp runs them.

#include "ir/ir.h"

namespace tdc::opt {

/// Matrix products read a transposed operand where it lies:
///
///     t = transpose(w) axes=[1, 0]           y = matmul(x, w) transpose_b=true
///     y = matmul(x, t)                 ==>
///
/// Applies to ops with boolean attributes `transpose_a`, `transpose_b` for operands 0 and 1, when
/// the operand is a swap of the last two axes. The transpose stays for other users;
/// `remove_dead` takes it if there are none. Relies on nothing.
ir::Module fold_transpose(ir::Module module);

/// Drops calls that give their operand as it is, as the op's record says, and views that change no
/// shape:
///
///     m = mask(x) causal=false               y = softmax(x)
///     y = softmax(m)                   ==>
///
/// Relies on nothing.
ir::Module remove_identities(ir::Module module);

/// Removes what no output and no variable write needs:
///
///     a = exp(x)                             y = relu(x)
///     y = relu(x)                      ==>
///
/// Nothing happens to graph inputs. Relies on nothing.
ir::Module remove_dead(ir::Module module);

/// Computes equal things once: pure nodes with the same op, attributes, inputs and phase.
///
///     a = transpose(w)   b = transpose(w)    a = transpose(w)
///     y = f(a, b)                      ==>   y = f(a, a)
///
/// Clones made for recompute (`clone_of`) are left alone. Relies on nothing.
ir::Module share_equal(ir::Module module);

}  // namespace tdc::opt
