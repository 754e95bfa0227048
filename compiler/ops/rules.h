#pragma once

// What the rules of records that build nodes are given: for batches and for gradients.

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/ir.h"
#include "ops/builder.h"
#include "ops/op.h"

namespace tdc::ops {

// ---- batching ----------------------------------------------------------------------------------

/// Rewrites a node of the one-sample graph for a batch. `inputs` are the node's operands in the
/// batched graph, some of them with a leading batch axis.
struct BatchContext {
  Builder& builder;
  const OpDef& op;
  const ir::Attributes& attributes;
  ir::ValueIds inputs;
  std::vector<ir::TensorType> output_types;  ///< of one sample
  int64_t batch;
  bool is_training = false;
};

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
  GradientContext(Builder& builder, ir::Node node, ir::ValueIds cotangents,
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
  /// sums over the batch. See `Builder::emit_reduced`.
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
  Builder& builder_;
  ir::Node node_;
  ir::ValueIds cotangents_;
  std::vector<bool> needed_;
  std::vector<std::optional<ir::ValueId>> gradients_;
};

}  // namespace tdc::ops
