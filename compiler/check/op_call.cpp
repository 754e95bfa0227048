#include "check/op_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/expressions.h"
#include "check/index_limits.h"
#include "check/shapes.h"
#include "check/tensor_expressions.h"
#include "ops/registry.h"
#include "support/text.h"

namespace tdc::check {
namespace {

using ops::AttributeDef;
using ops::AttributeKind;

/// Attributes count in 32 bits, so that shape rules cannot overflow (limit-3).
std::optional<int64_t> small_integer(const Value& value) {
  const auto* integer = value.get_if<int64_t>();
  if (integer == nullptr || *integer > kElementLimit || *integer < -kElementLimit)
    return std::nullopt;
  return *integer;
}

std::optional<std::vector<int64_t>> small_integers(const Value& value) {
  const auto* list = value.get_if<ListValue>();
  const auto* tuple = value.get_if<TupleValue>();
  if (list == nullptr && tuple == nullptr) return std::nullopt;
  std::vector<int64_t> result;
  for (const Value& item : list != nullptr ? list->items : tuple->items) {
    const std::optional<int64_t> integer = small_integer(item);
    if (!integer) return std::nullopt;
    result.push_back(*integer);
  }
  return result;
}

std::string wanted_text(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::boolean:
      return "a bool";
    case AttributeKind::integer:
      return "an integer";
    case AttributeKind::real:
      return "a number";
    case AttributeKind::pair:
      return "an integer or a pair of them";
    case AttributeKind::axis:
      return "an axis, an integer";
    case AttributeKind::axes:
      return "an axis or a list of axes";
    case AttributeKind::integers:
      return "a list of integers";
  }
  return "a value";
}

struct Converted {
  std::optional<ir::AttributeValue> value;
  std::optional<Message> problem;  // if there is no value: what is wrong beyond the kind
};

/// The attribute as nodes hold it; `dims` are those of the first operand.
Converted convert_attribute(AttributeKind kind, const Value& value, const ir::Dims& dims) {
  const auto rank = static_cast<int64_t>(dims.size());
  switch (kind) {
    case AttributeKind::boolean:
      if (const auto* v = value.get_if<bool>()) return {*v, {}};
      break;
    case AttributeKind::integer:
      if (const auto v = small_integer(value)) return {*v, {}};
      break;
    case AttributeKind::real:
      if (value.is_number()) return {value.as_double(), {}};
      break;
    case AttributeKind::pair:
      if (const auto v = small_integer(value)) return {std::vector<int64_t>{*v, *v}, {}};
      if (const auto v = small_integers(value); v && v->size() == 2) return {*v, {}};
      break;
    case AttributeKind::integers:
      if (const auto v = small_integers(value)) return {*v, {}};
      break;
    case AttributeKind::axis:
    case AttributeKind::axes: {
      std::vector<int64_t> axes;
      if (const auto v = small_integer(value))
        axes = {*v};
      else if (const auto list = small_integers(value); list && kind == AttributeKind::axes)
        axes = *list;
      else
        break;
      std::set<int64_t> normalised;
      for (const int64_t axis : axes) {
        if (axis < -rank || axis >= rank)
          return {std::nullopt, make_message(diag::op_axis, ir::to_text(dims), axis)};
        if (!normalised.insert(axis < 0 ? axis : axis - rank).second)
          return {std::nullopt, make_message(diag::op_axis_twice, axis)};
      }
      if (kind == AttributeKind::axis) return {*normalised.begin(), {}};
      return {std::vector<int64_t>(normalised.begin(), normalised.end()), {}};
    }
  }
  return {};
}

/// The members of a list of tensors that is not empty; nullopt after a report.
std::optional<ir::ValueIds> tensors_of(Elaboration& in, const ArgumentValue& argument) {
  const std::string wanted = "a list of tensors";
  const auto* list = argument.value.get_if<ListValue>();
  if (list == nullptr || list->items.empty()) {
    in.report_kind(argument.range, wanted, argument.value);
    return std::nullopt;
  }
  ir::ValueIds members;
  for (const Value& item : list->items) {
    const auto* tensor = item.get_if<TensorValue>();
    if (tensor == nullptr) {
      if (!item.is_error()) in.report_kind(argument.range, wanted, item);
      return std::nullopt;
    }
    members.push_back(tensor->id);
  }
  return members;
}

}  // namespace

Value emit_op(Elaboration& in, const ops::OpDef& op, ir::ValueIds inputs, ir::Attributes attributes,
              SourceRange range, const std::vector<SourceRange>& places,
              const std::map<std::string, SourceRange>& attribute_places) {
  if (!in.budget.spend(range)) return {};
  inputs.resize(std::max(inputs.size(), ops::signature(op).inputs.size()));
  ops::Call call = {.attributes = ops::complete_attributes(op, attributes)};
  call.inputs.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].is_valid()) call.inputs[i] = in.builder.type(inputs[i]);
  const ops::TypeResult types = ops::infer_types(op, call);
  if (const auto* problem = std::get_if<ops::TypeProblem>(&types)) {
    const auto place = attribute_places.find(problem->attribute);
    const auto operand = static_cast<size_t>(problem->operand);
    if (!problem->attribute.empty()) {
      in.reporter.report(place != attribute_places.end() ? place->second : range, problem->message);
    } else {
      const bool has_place = problem->operand >= 0 && operand < places.size();
      auto report = in.reporter.report(has_place ? places[operand] : range, problem->message);
      for (size_t i = 0; has_place && i < places.size(); ++i)
        if (i != operand) report.highlight(places[i]);
    }
    return {};
  }
  for (const ir::TensorType& type : std::get<std::vector<ir::TensorType>>(types))
    if (!check_limits(in, type.dims, range)) return {};
  in.builder.set_origin(range);
  const ir::ValueIds outputs =
      in.builder.emit_all(op.name, std::move(inputs), std::move(attributes));
  if (const auto classes = counted_result(op, call)) in.net.classes[outputs[0]] = *classes;
  if (outputs.size() == 1) return {TensorValue{outputs[0]}};
  TupleValue results = {std::vector<Value>(outputs.size())};
  for (size_t i = 0; i < outputs.size(); ++i) results.items[i].kind = TensorValue{outputs[i]};
  return {std::move(results)};
}

Value call_op(Elaboration& in, const CallContext& context, const ops::OpDef& op, SourceRange range,
              const ir::Attributes& fixed) {
  const ast::Name& callee = context.call.callee;
  const ops::Signature& signature = ops::signature(op);

  // Names in the order of positional arguments (op-3); what only the compiler sets is left out.
  struct Slot {
    std::string_view name;
    std::optional<size_t> operand;
    const AttributeDef* attribute = nullptr;
    const ArgumentValue* argument = nullptr;
  };
  std::vector<Slot> slots;
  for (size_t i = 0; i < signature.inputs.size(); ++i)
    if (static_cast<int>(i) != op.accumulator)
      slots.push_back({.name = signature.inputs[i].name, .operand = i});
  for (const AttributeDef& attribute : op.attributes)
    if (attribute.visibility == ops::Visibility::user && !fixed.has(attribute.name))
      slots.push_back({.name = attribute.name, .attribute = &attribute});

  const int errors = in.reporter.error_count();
  size_t next = 0;
  bool after_label = false;
  bool has_failed = false;
  for (const ArgumentValue& argument : context.arguments) {
    has_failed = has_failed || argument.value.has_error();
    Slot* slot = nullptr;
    if (argument.label) {
      after_label = true;
      const auto at = std::find_if(slots.begin(), slots.end(), [&](const Slot& each) {
        return each.name == argument.label->text;
      });
      if (at == slots.end()) {
        std::vector<std::string> candidates;
        for (const Slot& each : slots) candidates.emplace_back(each.name);
        in.reporter
            .report(argument.label->range, diag::unknown_argument, callee.text,
                    argument.label->text)
            .suggest(nearest(argument.label->text, candidates));
        continue;
      }
      slot = &*at;
    } else if (after_label) {
      in.reporter.report(argument.range, diag::positional_after_label);
      continue;
    } else {
      // A static argument skips operands that may be absent.
      while (next < slots.size() && slots[next].operand &&
             signature.inputs[*slots[next].operand].is_optional && !argument.value.has_tensor() &&
             !argument.value.has_error())
        ++next;
      if (next == slots.size()) {
        in.reporter.report(argument.range, diag::argument_count, callee.text,
                           fmt::format("at most {}", slots.size()),
                           static_cast<int64_t>(context.arguments.size()));
        break;
      }
      slot = &slots[next++];
    }
    if (slot->argument != nullptr) {
      in.reporter.report(argument.range, diag::argument_twice, std::string(slot->name))
          .highlight(slot->argument->range);
      continue;
    }
    slot->argument = &argument;
  }
  for (const Slot& slot : slots) {
    const bool is_needed = slot.operand ? !signature.inputs[*slot.operand].is_optional
                                        : !slot.attribute->default_value.has_value();
    if (slot.argument == nullptr && is_needed && in.reporter.error_count() == errors)
      in.reporter.report(callee.range, diag::missing_argument, callee.text, std::string(slot.name));
  }
  if (in.reporter.error_count() != errors || has_failed) return {};

  // Operands. A number beside a tensor becomes a scalar tensor.
  ir::ValueIds inputs(signature.inputs.size());
  std::vector<SourceRange> places(signature.inputs.size(), callee.range);
  const bool has_tensor = std::any_of(slots.begin(), slots.end(), [](const Slot& slot) {
    return slot.operand && slot.argument != nullptr && slot.argument->value.has_tensor();
  });
  for (const Slot& slot : slots) {
    if (!slot.operand || slot.argument == nullptr) continue;
    const Value* value = &slot.argument->value;
    places[*slot.operand] = slot.argument->range;
    if (signature.inputs[*slot.operand].is_list) {
      const std::optional<ir::ValueIds> members = tensors_of(in, *slot.argument);
      if (!members) return {};
      inputs.resize(*slot.operand);  // a list stands last
      inputs.insert(inputs.end(), members->begin(), members->end());
      places.resize(inputs.size(), slot.argument->range);
      continue;
    }
    const auto* tensor = value->get_if<TensorValue>();
    if (tensor == nullptr && !(has_tensor && value->is_number())) {
      in.report_kind(slot.argument->range, "a tensor", *value);
      return {};
    }
    if (tensor == nullptr && !is_f32(in, value->as_double(), slot.argument->range)) return {};
    in.builder.set_origin(slot.argument->range);
    inputs[*slot.operand] = tensor != nullptr ? tensor->id : constant(in, value->as_double());
  }

  ir::Attributes attributes = fixed;
  std::map<std::string, SourceRange> attribute_places;
  const ir::Dims first_dims =
      !inputs.empty() && inputs[0].is_valid() ? in.builder.type(inputs[0]).dims : ir::Dims{};
  for (const Slot& slot : slots) {
    if (slot.attribute == nullptr || slot.argument == nullptr) continue;
    Converted converted = convert_attribute(slot.attribute->kind, slot.argument->value, first_dims);
    if (!converted.value) {
      in.reporter.report(slot.argument->range,
                         converted.problem
                             ? *converted.problem
                             : make_message(diag::op_attribute, std::string(slot.name),
                                            wanted_text(slot.attribute->kind),
                                            describe(slot.argument->value, in.builder.graph())));
      return {};
    }
    if (slot.attribute->kind == AttributeKind::real &&
        !is_f32(in, slot.argument->value.as_double(), slot.argument->range))
      return {};
    attributes.set(slot.name, *std::move(converted.value));
    attribute_places[std::string(slot.name)] = slot.argument->range;
  }

  // A label of `class(n)` must not reach beyond what it is compared with or looks up (tensor-3).
  std::optional<size_t> label;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].is_valid() && in.net.classes.contains(inputs[i])) label = i;
  for (size_t i = 0; label && i < inputs.size(); ++i) {
    const std::vector<std::string>& dims = signature.input(i).dims;
    const size_t rank_of_dims = dims.size();
    if (!inputs[i].is_valid() || in.builder.type(inputs[i]).dims.size() < rank_of_dims) continue;
    for (size_t axis = 0; axis < rank_of_dims; ++axis) {
      const ir::Dims& actual = in.builder.type(inputs[i]).dims;
      const int64_t extent = actual[actual.size() - rank_of_dims + axis];
      const int64_t classes = in.net.classes.at(inputs[*label]);
      if (!is_counted_dim(dims[axis]) || extent == classes) continue;
      in.reporter
          .report(places[*label], diag::class_count, in.source(places[*label]), classes,
                  callee.text, extent)
          .highlight(places[i]);
      return {};
    }
  }

  return emit_op(in, op, inputs, attributes, range, places, attribute_places);
}

}  // namespace tdc::check
