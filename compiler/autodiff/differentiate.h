#pragma once

#include <map>
#include <optional>
#include <vector>

#include "diag/diagnostic.h"
#include "ir/ir.h"

namespace tdc::autodiff {

/// A sum over the batch: where a value that all samples share (a parameter, or something computed
/// from parameters alone) enters what depends on the sample. Contributions of its uses are one
/// chain, continued from use to use in order of uses.
struct BatchSum {
  ir::ValueId shared;  ///< the value whose gradient this is
  ir::ValueId total;   ///< the output of the last node of the chain
  ir::ValueId first;   ///< the output of the first: its accumulator operand is free
};

struct Gradients {
  /// For each trained variable that the loss depends on, its gradient summed over the batch.
  std::map<ir::VariableId, ir::ValueId> of_variable;
  std::vector<BatchSum> batch_sums;  ///< in order of first use
};

/// Appends the backward pass to a batched graph: reverse mode from the records' gradient rules,
/// seeded with 1 for each sample's loss, so that gradients are sums over samples.
///
/// Only what trained variables need is built. Gradients of a value with several uses are added in
/// order of uses (forward order), as explicit nodes; gradients of shared values continue one chain.
/// An op without a gradient on the way is reported at its place, and nullopt returned.
std::optional<Gradients> differentiate(const ir::Module& module, ir::Graph& graph, ir::ValueId loss,
                                       Diagnostics& diagnostics);

}  // namespace tdc::autodiff
