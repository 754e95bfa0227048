#pragma once

#include <optional>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "ir/ir.h"

namespace tdc::autodiff {

/// From the one-sample graph to one graph per function of the generated C:
///
///   infer       results of one sample
///   eval        loss and metrics of one sample
///   train_step  loss (mean over `batch`), backward and, with `accumulate 1`, the update
///   apply       with `accumulate` above 1: the update from the accumulators, which it clears
///
/// With `accumulate` above 1 every sum over the batch (`BatchSum`) continues an accumulator
/// variable from micro-batch to micro-batch, and what depends on such sums runs in `apply`. The sum
/// of three micro-batches of one is therefore the same chain of operations as that of one of three.
/// `eval`, `train_step` and `apply` exist only if the program has a `train` block.
///
/// Reports trained parameters that the loss does not depend on and ops without gradient.
std::optional<ir::Module> make_entry_points(const check::Program& program,
                                            Diagnostics& diagnostics);

}  // namespace tdc::autodiff
