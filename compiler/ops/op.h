#pragma once

// What an op is: one record that answers every question a stage may ask. Passes ask the record and
// never compare an op's name; a pass that wants to name an op wants a new property here instead.
//
// A file `ops/<family>.cpp` defines `extern const OpFamily <family>_family`; the build lists the
// files, so adding an op edits nothing else.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diag/message.h"
#include "ir/builder.h"
#include "ir/ir.h"
#include "ops/kernel.h"
#include "ops/tensor.h"

namespace tdc::ops {

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
  text,
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

/// Rewrites a node of the one-sample graph for a batch. `inputs` are the node's operands in the
/// batched graph, some of them with a leading batch axis.
struct BatchContext {
  ir::Builder& builder;
  const OpDef& op;
  const ir::Attributes& attributes;
  ir::ValueIds inputs;
  std::vector<ir::TensorType> output_types;  ///< of one sample
  int64_t batch;
};

using BatchRule = ir::ValueIds (*)(const BatchContext&);

/// For ops whose signature has `..`: operands that have `..` get the batch as one more leading axis
/// (unbatched ones are broadcast first). An operand without `..` must not be batched; this is
/// checked by `is_batchable`.
ir::ValueIds batch_leading(const BatchContext& context);
/// For elementwise ops with trailing-aligned broadcasting.
ir::ValueIds batch_elementwise(const BatchContext& context);

// ---- gradients ---------------------------------------------------------------------------------

/// Builds the gradient of one node. Called with the cotangents of its outputs; gives a gradient for
/// each input that needs one.
class GradientContext {
 public:
  GradientContext(ir::Builder& builder, ir::Node node, ir::ValueIds cotangents,
                  std::vector<bool> needed)
      : builder_(builder),
        node_(std::move(node)),
        cotangents_(std::move(cotangents)),
        needed_(std::move(needed)),
        gradients_(node_.inputs.size()) {}

  [[nodiscard]] const ir::Node& node() const { return node_; }
  [[nodiscard]] const ir::Attributes& attributes() const { return node_.attributes; }
  [[nodiscard]] ir::ValueId input(size_t index) const { return node_.inputs.at(index); }
  [[nodiscard]] ir::ValueId output(size_t index = 0) const { return node_.outputs.at(index); }
  /// The cotangent of an output. Outputs without one (not used by the loss) are not valid ids;
  /// output 0 always has one for ops with one output.
  [[nodiscard]] ir::ValueId cotangent(size_t index = 0) const { return cotangents_.at(index); }
  [[nodiscard]] bool needs(size_t index) const { return needed_.at(index); }
  /// A copy: what is emitted later moves the graph's own.
  [[nodiscard]] ir::TensorType type(ir::ValueId value) const { return builder_.type(value); }
  [[nodiscard]] bool is_batched(ir::ValueId value) const { return builder_.is_batched(value); }

  ir::ValueId emit(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes = {}) {
    return builder_.emit(op, std::move(inputs), std::move(attributes));
  }
  ir::ValueIds emit_all(std::string_view op, ir::ValueIds inputs, ir::Attributes attributes = {}) {
    return builder_.emit_all(op, std::move(inputs), std::move(attributes));
  }
  /// For the last node of the gradient of an input that is not batched while the cotangent is:
  /// sums over the batch. See `ir::Builder::emit_reduced`.
  ir::ValueId emit_reduced(std::string_view op, ir::ValueIds inputs,
                           ir::Attributes attributes = {}) {
    return builder_.emit_reduced(op, std::move(inputs), std::move(attributes));
  }
  /// Sums `gradient` over the axes along which input `index` was broadcast (and over the batch, if
  /// the input is not batched), so that it has the input's type.
  ir::ValueId sum_to_input(ir::ValueId gradient, size_t index);

  void set(size_t index, ir::ValueId gradient) { gradients_.at(index) = gradient; }
  [[nodiscard]] const std::vector<std::optional<ir::ValueId>>& gradients() const {
    return gradients_;
  }

 private:
  ir::Builder& builder_;
  ir::Node node_;
  ir::ValueIds cotangents_;
  std::vector<bool> needed_;
  std::vector<std::optional<ir::ValueId>> gradients_;
};

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
  ir::ValueId (*branch)(ir::Builder&, const ir::Node&, ir::ValueId factor_a, ir::ValueId factor_b);
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
  /// `label:i32[..]`. `..` is any number of leading axes, the same wherever it stands.
  std::string_view signature;
  Visibility visibility = Visibility::user;
  std::vector<AttributeDef> attributes;
  /// Only where the signature cannot say it.
  TypeResult (*infer_types)(const Call&) = nullptr;

  BatchRule batch = nullptr;
  std::variant<NoGradient, GradientRule> gradient;
  void (*evaluate)(const Evaluation&) = nullptr;

  std::optional<Work> work;
  /// The iteration space of a call; none for views.
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
  /// The output is input 0 with its last axes permuted as `axes` says.
  bool is_permutation = false;
  /// One for each input that may be the matrix.
  std::vector<LowRank> low_rank;

  /// The C kernel; none for views.
  std::optional<KernelDef> kernel;

  std::vector<Sample> (*samples)() = nullptr;
  /// Largest allowed |kernel - evaluate| relative to the largest |evaluate| of the output.
  double kernel_tolerance = 1e-6;
};

struct OpFamily {
  std::string_view name;  ///< the name of the file
  std::vector<OpDef> ops;
};

}  // namespace tdc::ops
