#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/program.h"
#include "driver/options.h"
#include "io/array.h"

// The commands on weight files: `tdc weights show`, `diff`, `merge` and `fold`. What they compute
// is apart from the commands, which read, print and write.

namespace tdc::driver {

/// A table with a line per array (path, shape, dtype, count, minimum, maximum, Euclidean norm),
/// then per unread entry (path, dtype as the file calls it), one with the number of arrays, and one
/// per unread entry that says why. An array that is empty has neither minimum nor maximum; one that
/// holds a NaN has NaN for all three.
std::string weights_table(const io::ArrayFile& file);

/// What two arrays of one path have apart.
struct ArrayDifference {
  std::string path;
  /// Why they cannot be subtracted: `only in the first file`, another shape, no numbers; or empty.
  std::string mismatch;
  double largest = 0;   ///< of |a - b|; infinite if just one element of a pair is no number
  double relative = 0;  ///< |a - b| / |a|, Euclidean norms; infinite if only |a| is 0

  friend bool operator==(const ArrayDifference&, const ArrayDifference&) = default;
};

/// Compares arrays by name and as numbers (f32 1 equals f64 1, 0 equals -0, NaN equals NaN), unread
/// entries by name and content: a row for each that is not equal in both, in the order of `first`,
/// arrays before entries, then those that only `second` has.
std::vector<ArrayDifference> weights_differences(const io::ArrayFile& first,
                                                 const io::ArrayFile& second);

/// The weights of the same net without adapters that computes what `program`'s net computes with
/// `arrays`: W + alpha / rank * B A for every matrix that has an adapter, in double precision and
/// rounded to f32 once; other parameters and states as they are, in the order of the net. Asserts
/// that `arrays` has every parameter and state in its shape.
std::vector<io::Array> merge_adapters(const check::Program& program,
                                      std::span<const io::Array> arrays);

/// The commands; each gives the exit status.
int show_weights(const WeightsShowCommand& command);
int diff_weights(const WeightsDiffCommand& command);
int merge_weights(const WeightsMergeCommand& command);
int fold_weights(const WeightsFoldCommand& command);

}  // namespace tdc::driver
