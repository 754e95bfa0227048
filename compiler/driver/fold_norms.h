#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/array.h"
#include "ir/ir.h"

// Norms over channels folded into the layer before them (Jacob et al. 2018, "Quantization and
// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 3.2). By running
// statistics a norm scales and moves each channel by numbers that only training changes, with
// s = weight / sqrt(variance + eps):
//
//     (L(x) + b - mean) s + bias = (s L)(x) + (bias + (b - mean) s)
//
// so that the layer L with scaled weights and another bias gives the same without the norm: what
// the library calls `statistics: "folded"`.

namespace tdc::driver {

/// A norm over channels, and the layer before it that its numbers go into.
struct FoldableNorm {
  std::string path;  ///< of the norm: that of its weight without the last name
  double epsilon = 0;
  ir::VariableId mean, variance, weight, bias;
  ir::VariableId layer_weight;
  std::optional<ir::VariableId> layer_bias;  ///< what is added to the layer's channels, if anything
  std::vector<int64_t> channels;  ///< the one that each element of the layer's weight makes
};

/// A norm that has to stay.
struct KeptNorm {
  std::string path;
  std::string reason;  ///< "its statistics are no states"
};

struct NormsOfNet {
  std::vector<FoldableNorm> foldable;
  std::vector<KeptNorm> kept;
};

/// The norms over channels of a net, in its order. Foldable is one whose weight and bias are
/// parameters and whose statistics are states, all of them its own, behind a convolution or a
/// product with a parameter, to which a bias may be added; nothing else reads any of these, nor
/// what lies between.
NormsOfNet norms_of(const ir::Module& module);

/// The weights of the net whose norms are `foldable` no more: the layer's weight times s; in the
/// norm's bias all that is added to a channel, and zeros in the layer's; each computed in double
/// precision and rounded to f32 once. The norm's weight and statistics are left out, all else is as
/// it was, in the order of the net. Asserts that `arrays` has every parameter and state in its
/// shape.
std::vector<io::Array> fold_norms(const ir::Module& module, std::span<const FoldableNorm> foldable,
                                  std::span<const io::Array> arrays);

}  // namespace tdc::driver
