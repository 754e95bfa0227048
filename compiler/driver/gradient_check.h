#pragma once

// `tdc gradcheck`: gradients as the compiler derives them against central differences.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "driver/options.h"
#include "graph/interpret.h"
#include "ir/ir.h"
#include "support/source.h"

namespace tdc::driver {

/// What was seen of one trained tensor.
struct CheckedGradient {
  std::string path;
  int64_t points = 0;  ///< derivatives that were compared
  int64_t kinks = 0;   ///< others, at which the loss has no derivative
  double scale = 0;    ///< the largest derivative
  double error = 0;    ///< the largest distance of a gradient from a derivative, relative to that
                       ///< scale, or to what rounding of the loss leaves of a gradient of zeros
  bool is_right = true;
};

/// The losses of a batch, each weighted by an element of the input `kCotangent`, as last output.
/// `sample` is the graph of one sample.
inline constexpr std::string_view kCotangent = "the cotangent";
ir::Graph weighted_loss(const ir::Module& module, const ir::Graph& sample, int64_t batch);

/// Compares the gradients of the sum of a graph's last output with central differences in double
/// precision at `at`: of each trained variable in a random direction, at the element with the
/// largest gradient, and at elements drawn at random, `points` in all.
///
/// Where a step does not agree, smaller ones are tried. Where the slopes to both sides do not come
/// together with them, the loss has a kink or a jump: such points are counted apart. Nullopt: an op
/// has no gradient, which was reported.
std::optional<std::vector<CheckedGradient>> check_gradients(const ir::Module& module,
                                                            ir::Graph graph,
                                                            const graph::InterpreterInputs& at,
                                                            int64_t points, uint64_t seed,
                                                            Diagnostics& diagnostics);

/// The table, worst first, and a line that sums it up.
std::string gradients_text(std::vector<CheckedGradient> gradients);

/// All of it for a file, at random inputs: up to four samples at a time. Initial values are those
/// of a run, but trained tensors of equal elements are moved at random. Nullopt after a report.
std::optional<std::vector<CheckedGradient>> check_file_gradients(SourceFiles& files, FileId file,
                                                                 const GradcheckCommand& command,
                                                                 Diagnostics& diagnostics);

}  // namespace tdc::driver
