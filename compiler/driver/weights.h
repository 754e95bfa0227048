#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/program.h"
#include "driver/options.h"
#include "io/array.h"

// The commands on weight files: `tdc weights show`, `diff` and `merge`. What they compute is apart
// from the commands, which read, print and write.

namespace tdc::driver {

/// A table with a line per array (path, shape, dtype, count, minimum, maximum, Euclidean norm) and
/// one with their number. An array that is empty has neither minimum nor maximum; one that holds a
/// NaN has NaN for all three.
std::string weights_table(std::span<const io::Array> arrays);

/// What two arrays of one path have apart.
struct ArrayDifference {
  std::string path;
  /// Why they cannot be subtracted: `only in the first file`, another shape; or empty.
  std::string mismatch;
  double largest = 0;   ///< of |a - b|; infinite if just one element of a pair is no number
  double relative = 0;  ///< |a - b| / |a|, Euclidean norms; infinite if only |a| is 0

  friend bool operator==(const ArrayDifference&, const ArrayDifference&) = default;
};

/// Compares arrays by name and as numbers (f32 1 equals f64 1, 0 equals -0, NaN equals NaN): a row
/// for each that is not equal in both, in the order of `first`, then those that only `second` has.
std::vector<ArrayDifference> weights_differences(std::span<const io::Array> first,
                                                 std::span<const io::Array> second);

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

}  // namespace tdc::driver
