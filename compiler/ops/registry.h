#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"

namespace tdc::ops {

/// All families, in the order of their file names.
std::span<const OpFamily* const> all_families();
/// All ops, in the order of families and within them.
const std::vector<const OpDef*>& all_ops();

/// The op of this name, or null.
const OpDef* find_op(std::string_view name);
/// The op of this name, which exists.
const OpDef& op(std::string_view name);

// ---- what the signature says -------------------------------------------------------------------

struct Operand {
  std::string name;
  ir::DType dtype = ir::DType::f32;
  bool has_leading = false;  ///< starts with `..`
  bool is_optional = false;
  bool is_list = false;           ///< any number of tensors, at least one
  std::vector<std::string> dims;  ///< names or numbers, without `..`
};

struct Signature {
  std::vector<Operand> inputs;  ///< a list stands last
  std::vector<Operand> outputs;

  [[nodiscard]] bool has_list() const { return !inputs.empty() && inputs.back().is_list; }
  /// What an input of a call is: a list is all inputs from its place on.
  [[nodiscard]] const Operand& input(size_t index) const;
  /// Whether a call may have so many inputs, absent ones counted.
  [[nodiscard]] bool takes(size_t count) const;
};

/// The parsed signature of a registered op.
const Signature& signature(const OpDef& op);
/// Parses a signature text; asserts that it is well formed.
Signature parse_signature(std::string_view text);

/// The output types of a call, or what is wrong with it: first the number of operands and their
/// element types, then the record's own rule or the signature. Attributes are complete.
TypeResult infer_types(const OpDef& op, const Call& call);

/// Adds the defaults of attributes that are missing. Asserts that the others are given.
ir::Attributes complete_attributes(const OpDef& op, ir::Attributes attributes);

/// For a call in which `is_batched` tells which inputs depend on the sample: the index of the first
/// input that must not, or -1.
int first_unbatchable(const OpDef& op, const std::vector<bool>& is_batched);

/// Floating point operations of a call, and of a box of it: 2 per multiply-accumulate, 1 per output
/// element of anything else that computes.
int64_t flop(const OpDef& op, const Call& call);
int64_t flop(const OpDef& op, const Space& space, const Box& box);

/// Elements that the kernel copies to panels in a call for a box (`KernelDef::gathered`).
int64_t gathered_elements(const OpDef& op, const Space& space, const Box& box);

/// The call that a node is.
Call call_of(const ir::Graph& graph, const ir::Node& node);

}  // namespace tdc::ops
