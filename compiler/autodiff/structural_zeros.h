#pragma once

#include "diag/diagnostic.h"
#include "ir/ir.h"

namespace tdc::autodiff {

/// Warns (learn-7) of trained variables whose gradient is zero whatever the numbers are: what is
/// added to them is taken away again before it reaches the loss, as a bias is by a batch norm or a
/// softmax behind it. Only what follows from shapes is found, within the first few hundred nodes
/// behind a variable.
void warn_of_structural_zeros(const ir::Module& module, const ir::Graph& sample,
                              Diagnostics& diagnostics);

}  // namespace tdc::autodiff
