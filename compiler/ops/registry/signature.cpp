// Signatures: `x:[.., n, k], label:i32[..], bias?:[m] -> y:[.., n, m]`. Parsed once per op; they
// give operand names to messages, element types to checks, and shapes where an op needs no rule of
// its own.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "diag/diagnostic.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "support/check.h"

namespace tdc::ops {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_outside_brackets(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (text[i] == ',' && depth == 0) {
      parts.push_back(trim(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  if (!trim(text.substr(start)).empty()) parts.push_back(trim(text.substr(start)));
  return parts;
}

Operand parse_operand(std::string_view text) {
  const size_t colon = text.find(':');
  TDC_CHECK(colon != std::string_view::npos, "`{}`", text);
  Operand operand;
  std::string_view name = trim(text.substr(0, colon));
  if (name.ends_with('?')) {
    operand.is_optional = true;
    name.remove_suffix(1);
  } else if (name.ends_with('*')) {
    operand.is_list = true;
    name.remove_suffix(1);
  }
  operand.name = name;
  std::string_view type = trim(text.substr(colon + 1));
  if (type.starts_with("i32")) {
    operand.dtype = ir::DType::i32;
    type.remove_prefix(3);
  }
  TDC_CHECK(type.starts_with('[') && type.ends_with(']'), "`{}`", text);
  for (const std::string_view dim : split_outside_brackets(type.substr(1, type.size() - 2))) {
    if (dim == "..") {
      TDC_CHECK(operand.dims.empty(), "`..` stands first in `{}`", text);
      operand.has_leading = true;
    } else {
      operand.dims.emplace_back(dim);
    }
  }
  return operand;
}

bool is_number(const std::string& dim) {
  return !dim.empty() && std::isdigit(static_cast<unsigned char>(dim.front()));
}

/// Dims bound so far, and by which operand.
struct Bindings {
  std::map<std::string, std::pair<int64_t, std::string>> dims;
  std::optional<std::pair<ir::Dims, std::string>> leading;
};

std::optional<TypeProblem> unify(const OpDef& op, const Operand& operand,
                                 const ir::TensorType& type, int index, Bindings& bindings) {
  const size_t rank = operand.dims.size();
  const bool fits = operand.has_leading ? type.dims.size() >= rank : type.dims.size() == rank;
  if (!fits)
    return TypeProblem{.message = make_message(
                           diag::op_axes, std::string(op.name),
                           fmt::format("{}{} {} for `{}`", operand.has_leading ? "at least " : "",
                                       rank, rank == 1 ? "axis" : "axes", operand.name),
                           ir::to_text(type.dims)),
                       .operand = index,
                       .attribute = {}};
  const size_t leading = type.dims.size() - rank;
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t extent = type.dims[leading + axis];
    const std::string& dim = operand.dims[axis];
    if (is_number(dim)) {
      if (extent != std::stoll(dim))
        return TypeProblem{
            .message = make_message(diag::op_axes, std::string(op.name),
                                    fmt::format("an extent of {} in `{}`", dim, operand.name),
                                    ir::to_text(type.dims)),
            .operand = index,
            .attribute = {}};
      continue;
    }
    const auto [bound, is_new] = bindings.dims.emplace(dim, std::pair(extent, operand.name));
    if (!is_new && bound->second.first != extent)
      return TypeProblem{
          .message = make_message(diag::op_extents, std::string(op.name), dim,
                                  fmt::format("{}", bound->second.first), bound->second.second,
                                  fmt::format("{}", extent), operand.name),
          .operand = index,
          .attribute = {}};
  }
  if (operand.has_leading) {
    const ir::Dims dims(type.dims.begin(), type.dims.begin() + static_cast<ptrdiff_t>(leading));
    if (!bindings.leading) {
      bindings.leading = {dims, operand.name};
    } else if (bindings.leading->first != dims) {
      return TypeProblem{
          .message = make_message(diag::op_extents, std::string(op.name), "..",
                                  ir::to_text(bindings.leading->first), bindings.leading->second,
                                  ir::to_text(dims), operand.name),
          .operand = index,
          .attribute = {}};
    }
  }
  return std::nullopt;
}

}  // namespace

const Operand& Signature::input(size_t index) const {
  return inputs.at(has_list() ? std::min(index, inputs.size() - 1) : index);
}

bool Signature::takes(size_t count) const {
  return has_list() ? count >= inputs.size() : count == inputs.size();
}

Signature parse_signature(std::string_view text) {
  const size_t arrow = text.find("->");
  TDC_CHECK(arrow != std::string_view::npos, "signature `{}` has no `->`", text);
  Signature result;
  for (const std::string_view operand : split_outside_brackets(text.substr(0, arrow))) {
    TDC_CHECK(!result.has_list(), "a list stands last in `{}`", text);
    result.inputs.push_back(parse_operand(operand));
  }
  for (const std::string_view operand : split_outside_brackets(text.substr(arrow + 2)))
    result.outputs.push_back(parse_operand(operand));
  return result;
}

const Signature& signature(const OpDef& op) {
  static const std::map<const OpDef*, Signature> signatures = [] {
    std::map<const OpDef*, Signature> result;
    for (const OpDef* each : all_ops()) result.emplace(each, parse_signature(each->signature));
    return result;
  }();
  return signatures.at(&op);
}

TypeResult infer_types(const OpDef& op, const Call& call) {
  const Signature& expected = signature(op);
  TDC_CHECK(expected.takes(call.inputs.size()), "`{}` with {} operands", op.name,
            call.inputs.size());
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const Operand& operand = expected.input(i);
    TDC_CHECK(call.inputs[i].has_value() || operand.is_optional, "`{}` without `{}`", op.name,
              operand.name);
    if (call.inputs[i] && call.inputs[i]->dtype != operand.dtype)
      return TypeProblem{.message = make_message(diag::op_dtype, std::string(op.name),
                                                 std::string(ir::to_text(operand.dtype)),
                                                 operand.name, ir::to_text(*call.inputs[i])),
                         .operand = static_cast<int>(i),
                         .attribute = {}};
  }
  if (op.infer_types != nullptr) return op.infer_types(call);

  Bindings bindings;  // what the shapes alone say (result-1)
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    if (!call.inputs[i]) continue;
    auto problem = unify(op, expected.input(i), *call.inputs[i], static_cast<int>(i), bindings);
    if (problem) return *std::move(problem);
  }
  std::vector<ir::TensorType> types;
  for (const Operand& output : expected.outputs) {
    ir::TensorType type = {.dtype = output.dtype, .dims = {}};
    if (output.has_leading) {
      TDC_CHECK(bindings.leading.has_value(), "`{}` has no input with `..`", op.name);
      type.dims = bindings.leading->first;
    }
    for (const std::string& dim : output.dims)
      type.dims.push_back(is_number(dim) ? std::stoll(dim) : bindings.dims.at(dim).first);
    types.push_back(std::move(type));
  }
  return types;
}

int first_unbatchable(const OpDef& op, const std::vector<bool>& is_batched) {
  if (op.batch != batch_leading && !op.is_of_sample) return -1;
  const Signature& operands = signature(op);
  for (size_t i = 0; i < is_batched.size(); ++i)
    if (is_batched[i] && !operands.input(i).has_leading) return static_cast<int>(i);
  return -1;
}

}  // namespace tdc::ops
