#include "check/block_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/definitions.h"
#include "check/expressions.h"
#include "check/forms.h"
#include "check/parameters.h"
#include "check/shapes.h"
#include "check/statements.h"
#include "support/text.h"

namespace tdc::check {
namespace {

/// Parameters in the order in which positional arguments fill them: tensors, then static ones
/// (call-1).
std::vector<size_t> positional_order(const ast::Block& block) {
  std::vector<size_t> order;
  for (const bool wants_tensors : {true, false})
    for (size_t i = 0; i < block.parameters.size(); ++i)
      if ((argument_kind(block.parameters[i].type) == ArgumentKind::tensor) == wants_tensors)
        order.push_back(i);
  return order;
}

std::string_view kind_text(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::tensor:
      return "a tensor";
    case ArgumentKind::dim:
      return "a dim";
    case ArgumentKind::integer:
      return "an integer";
    case ArgumentKind::real:
      return "a float";
    case ArgumentKind::boolean:
      return "a bool";
    case ArgumentKind::text:
      return "a string";
    case ArgumentKind::pair:
      return "an integer or a pair of them";
    case ArgumentKind::block:
      return "a block";
    case ArgumentKind::unknown:
      break;
  }
  return "a value";
}

struct BoundArguments {
  std::vector<const ArgumentValue*> by_parameter;  // null: the default, or reported
  bool is_complete = false;
};

BoundArguments match_arguments(Elaboration& in, const CallContext& context,
                               const ast::Block& block) {
  BoundArguments bound;
  bound.by_parameter.resize(block.parameters.size());
  const std::vector<size_t> order = positional_order(block);
  const int errors = in.reporter.error_count();
  size_t next = 0;
  bool after_label = false;
  for (const ArgumentValue& argument : context.arguments) {
    size_t index = 0;
    if (argument.label) {
      after_label = true;
      const auto at = std::find_if(
          block.parameters.begin(), block.parameters.end(),
          [&](const ast::Parameter& each) { return each.name.text == argument.label->text; });
      if (at == block.parameters.end()) {
        std::vector<std::string> candidates;
        for (const ast::Parameter& each : block.parameters) candidates.push_back(each.name.text);
        in.reporter
            .report(argument.label->range, diag::unknown_argument, block.name.text,
                    argument.label->text)
            .suggest(nearest(argument.label->text, candidates));
        continue;
      }
      index = static_cast<size_t>(at - block.parameters.begin());
    } else if (after_label) {
      in.reporter.report(argument.range, diag::positional_after_label);
      continue;
    } else if (next == order.size()) {
      in.reporter
          .report(argument.range, diag::argument_count, block.name.text,
                  fmt::format("{}", order.size()), static_cast<int64_t>(context.arguments.size()))
          .note(block.name.range, diag::note_declared_here, block.name.text);
      break;
    } else {
      index = order[next++];
    }
    if (bound.by_parameter[index] != nullptr) {
      in.reporter.report(argument.range, diag::argument_twice, block.parameters[index].name.text)
          .highlight(bound.by_parameter[index]->range);
      continue;
    }
    bound.by_parameter[index] = &argument;
  }
  for (size_t i = 0; i < block.parameters.size(); ++i) {
    const ast::Parameter& parameter = block.parameters[i];
    if (bound.by_parameter[i] != nullptr || parameter.initial != nullptr) continue;
    if (in.reporter.error_count() == errors)
      in.reporter
          .report(context.call.callee.range, diag::missing_argument, block.name.text,
                  parameter.name.text)
          .note(parameter.range, diag::note_declared_here, parameter.name.text);
  }
  bound.is_complete = in.reporter.error_count() == errors;
  return bound;
}

std::optional<Value> convert(Elaboration& in, const ast::Parameter& parameter, const Value& value,
                             SourceRange range) {
  if (value.has_error() || !check_type_form(parameter.type, in.reporter)) return std::nullopt;
  const ArgumentKind kind = argument_kind(parameter.type);
  const auto* integer = value.get_if<int64_t>();
  const auto is_dim = [](const Value& each) {
    const auto* dim = each.get_if<int64_t>();
    return dim != nullptr && *dim >= 0;
  };
  switch (kind) {
    case ArgumentKind::tensor:
      if (value.get_if<TensorValue>() != nullptr) return value;
      break;
    case ArgumentKind::dim:
      if (is_dim(value)) return value;
      break;
    case ArgumentKind::integer:
      if (integer != nullptr) return value;
      break;
    case ArgumentKind::real:
      if (value.is_number()) return Value{value.as_double()};
      break;
    case ArgumentKind::boolean:
      if (value.get_if<bool>() != nullptr) return value;
      break;
    case ArgumentKind::text:
      if (value.get_if<std::string>() != nullptr) return value;
      break;
    case ArgumentKind::pair:
      if (is_dim(value)) return Value{TupleValue{{value, value}}};
      if (const auto* tuple = value.get_if<TupleValue>();
          tuple != nullptr && tuple->items.size() == 2 && is_dim(tuple->items[0]) &&
          is_dim(tuple->items[1]))
        return value;
      break;
    case ArgumentKind::block:
      if (value.get_if<CallableValue>() != nullptr) return value;
      break;
    case ArgumentKind::unknown:
      return std::nullopt;
  }
  in.reporter
      .report(range, diag::argument_kind, parameter.name.text, std::string(kind_text(kind)),
              describe(value, in.builder.graph()))
      .note(parameter.range, diag::note_declared_here, parameter.name.text);
  return std::nullopt;
}

/// Where the parameters of the call belong, callers included (name-2 to name-4); false: reported.
bool place_call(Elaboration& in, const ast::Call& call, const ast::Block& block, CallPlace& place) {
  place.call = &call;
  place.origin = call.path ? call.path->range : call.callee.range;
  place.caller = &in.frame->place;
  place.call_depth = in.reporter.call_depth();
  std::string segment =
      call.callee.text == block.name.text ? snake_case(block.name.text) : call.callee.text;
  bool is_indexed = false;
  if (call.path) {
    const std::optional<std::string> text = path_text(in, *call.path);
    if (!text) return false;
    segment = *text;
    is_indexed = has_index(*call.path);
    place.is_shared = call.path->shared.has_value();
    if (place.is_shared && in.frame->repeat_depth == 0) {
      in.reporter.report(*call.path->shared, diag::shared_outside_repeat);
      return false;
    }
  } else if (in.frame->named_call == &call) {
    segment = in.frame->binding_name;
  }
  place.path = in.frame->place.path_of(segment);
  place.needs_index = in.frame->repeat_depth > 0 && !is_indexed && !place.is_shared;
  return true;
}

/// What is written, by the block's parameters; null: one of them does not convert, which was
/// reported.
std::optional<std::vector<Value>> convert_written(Elaboration& in, const ast::Block& block,
                                                  const BoundArguments& arguments) {
  std::vector<Value> values(block.parameters.size());
  bool is_sound = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const ArgumentValue* argument = arguments.by_parameter[i];
    if (argument == nullptr) continue;
    std::optional<Value> value = convert(in, block.parameters[i], argument->value, argument->range);
    is_sound = is_sound && value.has_value();
    if (value) values[i] = *std::move(value);
  }
  return is_sound ? std::optional(std::move(values)) : std::nullopt;
}

/// Gives the parameters of the current frame's block their values: what is written first, then
/// dims, then defaults (which may use dims), then all extents. False: reported.
bool define_arguments(Elaboration& in, const std::vector<Value>& written,
                      const BoundArguments& arguments) {
  const ast::Block& block = *in.frame->block;
  Scopes<Binding>& scopes = in.frame->scopes;
  std::vector<Declared> tensors;
  for (size_t i = 0; i < written.size(); ++i) {
    const ast::Parameter& parameter = block.parameters[i];
    const ArgumentValue* argument = arguments.by_parameter[i];
    if (argument == nullptr) continue;
    const auto* tensor = written[i].get_if<TensorValue>();
    scopes.define_outermost(parameter.name.text, {written[i], tensor == nullptr});
    if (tensor == nullptr) continue;
    tensors.push_back({.type = parameter.type,
                       .name = parameter.name.text,
                       .place = parameter.range,
                       .value = tensor->id,
                       .written = argument->range});
  }
  bool is_sound = true;
  for (const Declared& tensor : tensors) is_sound = bind_shape(in, tensor, block) && is_sound;
  for (size_t i = 0; i < written.size() && is_sound; ++i) {
    const ast::Parameter& parameter = block.parameters[i];
    if (arguments.by_parameter[i] != nullptr) continue;
    // A default of a tensor was reported with the definition.
    if (argument_kind(parameter.type) == ArgumentKind::tensor) return false;
    const std::optional<Value> value =
        convert(in, parameter, evaluate(in, *parameter.initial), parameter.initial->range);
    is_sound = value.has_value();
    if (value) scopes.define_outermost(parameter.name.text, {*value, true});
  }
  for (size_t i = 0; i < tensors.size() && is_sound; ++i) is_sound = check_shape(in, tensors[i]);
  return is_sound;
}

/// A block argument may lead back to a block that is being elaborated.
bool is_entered(const Elaboration& in, const ast::Block& block) {
  for (const Frame* frame = in.frame; frame != nullptr; frame = frame->caller)
    if (frame->block == &block) return true;
  return false;
}

}  // namespace

Value call_block(Elaboration& in, const CallContext& context, const CallableValue& callee,
                 SourceRange range) {
  const ast::Call& call = context.call;
  const ast::Block& block = *callee.block;
  if (block.is_net) {
    in.reporter.report(call.callee.range, diag::net_called, block.name.text);
    return {};
  }
  const BoundArguments arguments = match_arguments(in, context, block);
  if (!arguments.is_complete) return {};
  if (in.recursive.contains(&block)) {
    in.reporter.count_again();
    return {};
  }
  if (is_entered(in, block)) {
    in.reporter.report(call.callee.range, diag::recursion, block.name.text);
    return {};
  }
  Frame frame(*callee.file);
  frame.block = &block;
  frame.caller = in.frame;
  frame.first_value = static_cast<uint32_t>(in.builder.graph().values.size());
  if (!place_call(in, call, block, frame.place)) return {};
  const std::optional<std::vector<Value>> written = convert_written(in, block, arguments);
  if (!written) return {};

  in.frame = &frame;
  Value result;
  const bool is_sound = define_arguments(in, *written, arguments);
  const int errors = in.reporter.error_count();
  if (is_sound) {
    const Budget::Level level(in.budget);
    in.reporter.enter_call({block.name.text, range});
    run_body(in, block.body);
    result = finish_call(in, frame, block);
    in.reporter.leave_call();
  }
  in.frame = frame.caller;
  const bool is_whole =
      is_sound && in.reporter.error_count() == errors && !in.budget.is_exhausted();
  if (call.path && is_whole && !frame.place.is_claimed) {
    in.reporter.report(call.path->range, diag::path_on_op, block.name.text);
    return {};
  }
  return result;
}

Value finish_call(Elaboration& in, Frame& frame, const ast::Block& block) {
  if (!frame.returned || frame.returned->size() != block.results.size()) {
    // A body that returns nothing was reported when its definition was checked.
    return {};
  }
  TupleValue results;
  for (size_t i = 0; i < block.results.size(); ++i) {
    const ast::Result& result = block.results[i];
    const ArgumentValue& returned = (*frame.returned)[i];
    Value value = returned.value;
    const auto* tensor = value.get_if<TensorValue>();
    if (tensor == nullptr) {
      if (!value.has_error()) in.report_kind(returned.range, "a tensor", value);
      value = {};
    } else if (argument_kind(result.type) == ArgumentKind::tensor) {
      const std::string name =
          result.name ? result.name->text : fmt::format("the result of {}", block.name.text);
      if (!check_shape(in, {.type = result.type,
                            .name = name,
                            .place = result.range,
                            .value = tensor->id,
                            .written = returned.range}))
        value = {};
    }
    // What a call with parameters computes goes by the call's path in traces.
    if (tensor != nullptr && frame.place.is_claimed && tensor->id.index >= frame.first_value)
      in.builder.graph().values[tensor->id].name =
          block.results.size() == 1
              ? frame.place.path
              : fmt::format("{}.{}", frame.place.path,
                            result.name ? result.name->text : fmt::format("{}", i));
    results.items.push_back(std::move(value));
  }
  return results.items.size() == 1 ? results.items.front() : Value{std::move(results)};
}

}  // namespace tdc::check
