#pragma once

// What an op is: one record that answers every question a stage may ask. Passes ask the record and
// never compare an op's name; a pass that wants to name an op wants a new property here instead.
//
// A file `ops/<family>.cpp` defines `extern const OpFamily <family>_family`; the build lists the
// files, so adding an op edits nothing else.

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diag/message.h"
#include "ir/attributes.h"
#include "ir/ids.h"
#include "ir/types.h"
#include "ops/kernel.h"
#include "ops/shift.h"
#include "ops/tensor.h"

namespace tdc::ir {
struct Graph;
struct Node;
}  // namespace tdc::ir

namespace tdc::ops {

class Builder;
struct BatchContext;
class GradientContext;

// ---- what rules are asked about ----------------------------------------------------------------

/// One application of an op, as far as types go. Absent optional operands are `nullopt`.
struct Call {
  std::vector<std::optional<ir::TensorType>> inputs;
  std::vector<ir::TensorType> outputs;  ///< empty while they are being inferred
  ir::Attributes attributes;

  /// The type of an operand that is present.
  [[nodiscard]] const ir::TensorType& input(size_t index) const;
  [[nodiscard]] const ir::TensorType& output(size_t index) const { return outputs.at(index); }
};

/// Why types cannot be inferred: a message of the catalogue, for those who know the place.
struct TypeProblem {
  Message message;
  int operand = -1;       ///< which input to point at, or -1
  std::string attribute;  ///< which attribute to point at, or empty
};

using TypeResult = std::variant<std::vector<ir::TensorType>, TypeProblem>;

// ---- attributes --------------------------------------------------------------------------------

enum class AttributeKind : uint8_t {
  boolean,
  integer,
  real,
  pair,  ///< an integer or a pair in the source; always two integers in the node
  axis,  ///< any axis in the source; negative (from the end) in the node
  axes,  ///< an axis or a list in the source; negative and ascending in the node
  integers,
};

enum class Visibility : uint8_t {
  user,      ///< can be written in a `.td` file
  internal,  ///< made by the compiler only
};

struct AttributeDef {
  std::string_view name;
  AttributeKind kind;
  std::optional<ir::AttributeValue> default_value;
  std::string_view summary;
  Visibility visibility = Visibility::user;
};

// ---- batching ----------------------------------------------------------------------------------

/// Makes a node of the one-sample graph a node for a batch (`ops/rules.h`).
using BatchRule = ir::ValueIds (*)(const BatchContext&);

// ---- gradients ---------------------------------------------------------------------------------

/// Builds the gradient of one node (`ops/rules.h`).
using GradientRule = void (*)(GradientContext&);

/// Why an op has no gradient, in words for the user ("`accuracy` is a count").
struct NoGradient {
  std::string_view reason;
};

// ---- reference evaluation ----------------------------------------------------------------------

/// Operands of a reference evaluation. Outputs have their types set and are zero.
struct Evaluation {
  std::vector<const Tensor*> inputs;  ///< null where an optional operand is absent
  std::vector<Tensor*> outputs;
  const ir::Attributes& attributes;
  /// Of a piece, which has zeros for all that its box does not touch: what it touches of input 0.
  /// Only sums whose terms are something else than 0 there have to ask.
  std::optional<Region> touched = std::nullopt;

  [[nodiscard]] const Tensor& input(size_t index) const { return *inputs.at(index); }
  [[nodiscard]] Tensor& output(size_t index) const { return *outputs.at(index); }
};

// ---- work --------------------------------------------------------------------------------------

/// How floating point operations are counted.
enum class Work : uint8_t {
  none,     ///< moves elements only
  outputs,  ///< 1 per output element
  points,   ///< 2 per point of the space, points on padding excepted: multiply-accumulates
};

// ---- low rank ----------------------------------------------------------------------------------

/// How a matrix-like operand takes a low-rank adapter (LoRA, Hu et al. 2021): y = op(x, W) becomes
/// op(x, W) + scale * B(A(x)).
struct LowRank {
  size_t operand;  ///< which input is the matrix
  /// (in, out) of the matrix as this call uses it, or nullopt if this call cannot take an adapter.
  std::optional<std::pair<int64_t, int64_t>> (*dims)(const Call&);
  /// The adapter's branch: from the node's inputs and the two factors, `factor_a` [rank, in] and
  /// `factor_b` [out, rank], to a value of the output's type, before scaling.
  ir::ValueId (*branch)(Builder&, const ir::Node&, ir::ValueId factor_a, ir::ValueId factor_b);
};

// ---- samples for tests -------------------------------------------------------------------------

/// Where random elements of an operand are drawn from: reals of [low, high), whole numbers of
/// [low, high) for `i32`.
struct Domain {
  double low = -2;
  double high = 2;
};

/// A call to test with: types, attributes, and the domain of each input.
struct Sample {
  std::vector<std::optional<ir::TensorType>> inputs;
  ir::Attributes attributes;
  std::vector<Domain> domains;  ///< one per input, or empty for the default domain
};

// ---- the record --------------------------------------------------------------------------------

struct OpDef {
  std::string_view name;
  std::string_view summary;
  /// Operand names, element types and shapes: `x:[.., n, k], w:[k, m], bias?:[m] -> y:[.., n, m]`,
  /// `label:i32[..]`, `xs*:[..]`. `..` is any number of leading axes, the same wherever it stands;
  /// `?` an operand that may be absent; `*` the last operand, a list of any length.
  std::string_view signature;
  Visibility visibility = Visibility::user;
  std::vector<AttributeDef> attributes;
  /// Only where the signature cannot say it.
  TypeResult (*infer_types)(const Call&) = nullptr;

  BatchRule batch = nullptr;
  /// Stands in graphs of one sample only: the batch rule puts others in its place, which depend on
  /// whether the batch is one of training.
  bool is_of_sample = false;
  /// Outputs of such an op that are the same for all samples, since in training they are taken over
  /// the batch.
  std::vector<size_t> of_batch = {};
  /// What is wrong with training on so many samples at a time; null: nothing ever.
  std::optional<Message> (*batch_problem)(const Call&, int64_t batch) = nullptr;
  std::variant<NoGradient, GradientRule> gradient;
  /// How output 0 moves when operands do; nullopt: it stays. Null: in no way that is known.
  std::optional<Shift> (*shift)(const Call&, const ShiftOperands&) = nullptr;
  void (*evaluate)(const Evaluation&) = nullptr;

  std::optional<Work> work;
  /// The iteration space of a call; none where there is no kernel.
  Space (*space)(const Call&) = nullptr;
  /// (input, output) pairs that may be the same memory: same type, and the kernel reads each
  /// element before, or when, it writes it.
  std::vector<std::pair<int, int>> in_place;
  /// The optional input whose sum the op continues (same type and memory as output 0), or -1. Every
  /// op that sums over the batch has one.
  int accumulator = -1;
  /// The output is input 0 under another shape: no kernel, no memory of its own.
  bool is_view = false;
  /// Whether a call gives input 0 as it is; null: never (views: if the shapes are equal).
  bool (*is_identity)(const Call&) = nullptr;
  /// The output is input 0, its elements `step` apart along `axis`, with `value` around them.
  bool is_padding = false;
  /// Output 0 is the sum of both inputs, broadcast.
  bool is_sum = false;
  /// Output 0 is (x - mean) / sqrt(variance + eps) weight + bias, its inputs in this order, all but
  /// x a number for each channel: the last axis but one of x.
  bool is_channel_norm = false;
  /// The output is input 0 with its last axes permuted as `axes` says.
  bool is_permutation = false;
  /// The value of output 0 made by several ops, of which more cores share the work, with the same
  /// bits; nullopt where that is not worth another launch. Null: never.
  std::optional<ir::ValueId> (*spread)(Builder&, const ir::Node&) = nullptr;
  /// One for each input that may be the matrix.
  std::vector<LowRank> low_rank;

  /// The C kernel; none for views and what stands in graphs of one sample only.
  std::optional<KernelDef> kernel;

  std::vector<Sample> (*samples)() = nullptr;
  /// Largest allowed |kernel - evaluate| relative to the largest |evaluate| of the output.
  double kernel_tolerance = 1e-6;

  [[nodiscard]] bool is_of_batch(size_t output) const {
    return std::find(of_batch.begin(), of_batch.end(), output) != of_batch.end();
  }
};

struct OpFamily {
  std::vector<OpDef> ops;
};

}  // namespace tdc::ops
