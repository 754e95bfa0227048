#include <fmt/format.h>

#include <algorithm>

#include "check/elaborate.h"
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

}  // namespace

Value Elaborator::call(const ast::Call& call, const ast::Expr* piped, SourceRange range) {
  const ast::Name& callee = call.callee;
  const Binding* local = find(callee.text);
  if (local == nullptr && callee.text == "params" && !parameter_counts_.empty() && piped == nullptr)
    return parameter_count(call);

  CallContext context = {call, {}};
  if (piped != nullptr) context.arguments.push_back({std::nullopt, evaluate(*piped), piped->range});
  for (const ast::Argument& argument : call.arguments)
    context.arguments.push_back({argument.label, evaluate(*argument.value), argument.value->range});

  std::optional<CallableValue> target;
  if (local != nullptr) {
    const Binding* known = find(callee.text);
    if (known->value.is_error()) return {};
    used_.insert(callee.text);
    const auto* callable = known->value.get_if<CallableValue>();
    if (callable == nullptr) {
      reporter_.report(callee.range, diag::not_callable, callee.text);
      return {};
    }
    target = *callable;
  } else {
    target = find_callable(*frame_->file, callee.text);
  }
  if (target && target->block != nullptr) return call_block(context, *target, range);

  const bool is_built_in = local == nullptr && !target && is_built_in_function(callee.text);
  if (!target && !is_built_in) {
    report_unknown_callable(*frame_->file, callee, reporter_);
    return {};
  }
  // Ops hold no parameters, so they have no path.
  if (call.path) {
    reporter_.report(call.path->range, diag::path_on_op, callee.text);
    return {};
  }
  if (is_built_in && callee.text == kRearrange) return rearrange(context);
  const bool has_tensor =
      std::any_of(context.arguments.begin(), context.arguments.end(),
                  [](const ArgumentValue& argument) { return argument.value.has_tensor(); });
  if (local == nullptr && is_static_function(callee.text) && !(has_tensor && target))
    return static_function(context);
  return call_op(context, *target->op, range);
}

Elaborator::BoundArguments Elaborator::match_arguments(const CallContext& context,
                                                       const ast::Block& block) {
  BoundArguments bound;
  bound.by_parameter.resize(block.parameters.size());
  const std::vector<size_t> order = positional_order(block);
  const int errors = reporter_.error_count();
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
        reporter_
            .report(argument.label->range, diag::unknown_argument, block.name.text,
                    argument.label->text)
            .suggest(nearest(argument.label->text, candidates));
        continue;
      }
      index = static_cast<size_t>(at - block.parameters.begin());
    } else if (after_label) {
      reporter_.report(argument.range, diag::positional_after_label);
      continue;
    } else if (next == order.size()) {
      reporter_
          .report(argument.range, diag::argument_count, block.name.text,
                  fmt::format("{}", order.size()), static_cast<int64_t>(context.arguments.size()))
          .note(block.name.range, diag::note_declared_here, block.name.text);
      break;
    } else {
      index = order[next++];
    }
    if (bound.by_parameter[index] != nullptr) {
      reporter_.report(argument.range, diag::argument_twice, block.parameters[index].name.text)
          .highlight(bound.by_parameter[index]->range);
      continue;
    }
    bound.by_parameter[index] = &argument;
  }
  for (size_t i = 0; i < block.parameters.size(); ++i) {
    const ast::Parameter& parameter = block.parameters[i];
    if (bound.by_parameter[i] != nullptr || parameter.initial != nullptr) continue;
    if (reporter_.error_count() == errors)
      reporter_
          .report(context.call.callee.range, diag::missing_argument, block.name.text,
                  parameter.name.text)
          .note(parameter.range, diag::note_declared_here, parameter.name.text);
  }
  bound.is_complete = reporter_.error_count() == errors;
  return bound;
}

std::optional<Value> Elaborator::convert(const ast::Parameter& parameter, const Value& value,
                                         SourceRange range) {
  if (value.has_error()) return std::nullopt;
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
  reporter_
      .report(range, diag::argument_kind, parameter.name.text, std::string(kind_text(kind)),
              describe(value, builder_.graph()))
      .note(parameter.range, diag::note_declared_here, parameter.name.text);
  return std::nullopt;
}

// ---- shapes ------------------------------------------------------------------------------------

std::optional<int64_t> Elaborator::extent(const ast::Expr& expr) {
  const std::optional<int64_t> value = integer(expr);
  if (value && (*value < 1 || *value > kElementLimit)) {
    reporter_.report(expr.range, diag::extent, *value, kElementLimit);
    return std::nullopt;
  }
  return value;
}

std::optional<ir::TensorType> Elaborator::concrete_type(const ast::Type& type) {
  const auto& named = std::get<ast::NamedType>(type.kind);
  ir::TensorType result = {.dtype = named.name.text == "f32" ? ir::DType::f32 : ir::DType::i32};
  if (!named.shape) return result;
  for (const ast::Dimension& dimension : named.shape->dimensions) {
    if (dimension.size == nullptr) {
      reporter_.report(dimension.range, diag::shape_open);
      return std::nullopt;
    }
    const std::optional<int64_t> size = extent(*dimension.size);
    if (!size) return std::nullopt;
    result.dims.push_back(*size);
  }
  return check_limits(result.dims, named.shape->range) ? std::optional(result) : std::nullopt;
}

bool Elaborator::check_limits(const ir::Dims& dims, SourceRange range) {
  int64_t elements = 1;
  for (const int64_t extent : dims) {
    if (!__builtin_mul_overflow(elements, extent, &elements) && elements <= kElementLimit) continue;
    reporter_.report(range, diag::tensor_too_large, ir::to_text(dims), kElementLimit);
    return false;
  }
  if (dims.size() <= kAxisLimit) return true;
  reporter_.report(range, diag::not_yet,
                   fmt::format("a tensor of more than {} axes (this has shape {})", kAxisLimit,
                               ir::to_text(dims)));
  return false;
}

/// Rank and element type, and the dims that stand alone in the shape and are new: the shape binds
/// them (shape-1, shape-2). Extents are compared by `check_shape`, once all dims are known.
bool Elaborator::bind_shape(const Declared& declared, const ast::Block& block) {
  const auto& named = std::get<ast::NamedType>(declared.type.kind);
  const ir::TensorType& type = builder_.type(declared.value);
  const ir::DType dtype = named.name.text == "f32" ? ir::DType::f32 : ir::DType::i32;
  static const std::vector<ast::Dimension> none;
  const std::vector<ast::Dimension>& dims = named.shape ? named.shape->dimensions : none;
  const bool has_leading = !dims.empty() && dims.front().size == nullptr;
  const size_t written = dims.size() - (has_leading ? 1 : 0);
  if (type.dtype != dtype ||
      (has_leading ? type.dims.size() < written : type.dims.size() != written)) {
    reporter_
        .report(declared.written, diag::shape_kind, declared.name, source(declared.type.range),
                ir::to_text(type))
        .note(declared.place, diag::note_declared_here, declared.name);
    return false;
  }
  const size_t leading = type.dims.size() - written;
  if (has_leading && !frame_->leading) {
    frame_->leading =
        ir::Dims(type.dims.begin(), type.dims.begin() + static_cast<ptrdiff_t>(leading));
    frame_->leading_of = declared.name;
  }
  for (size_t i = 0; i < written; ++i) {
    const ast::Name* name = lone_name(dims[i + (has_leading ? 1 : 0)]);
    if (name == nullptr || find(name->text) != nullptr ||
        lookup(*frame_->file, &FileScope::lets, name->text))
      continue;
    const bool is_argument =
        std::any_of(block.parameters.begin(), block.parameters.end(),
                    [&](const ast::Parameter& each) { return each.name.text == name->text; });
    if (is_argument) continue;  // a static argument whose default is not evaluated yet
    frame_->scopes[0][name->text] = {Value{type.dims[leading + i]}, true};
  }
  return true;
}

/// All extents that are written, once every dim and default is known (shape-3).
bool Elaborator::check_shape(const Declared& declared) {
  if (!bind_shape(declared, *frame_->block)) return false;
  const auto& named = std::get<ast::NamedType>(declared.type.kind);
  if (!named.shape) return true;
  const ir::TensorType& type = builder_.type(declared.value);
  const std::vector<ast::Dimension>& dims = named.shape->dimensions;
  size_t axis = 0;
  for (const ast::Dimension& dimension : dims) {
    if (dimension.size == nullptr) {
      const size_t leading = type.dims.size() - (dims.size() - 1);
      const ir::Dims actual(type.dims.begin(), type.dims.begin() + static_cast<ptrdiff_t>(leading));
      if (actual != *frame_->leading) {
        reporter_
            .report(declared.written, diag::shape_leading_axes, declared.name,
                    ir::to_text(*frame_->leading), frame_->leading_of, ir::to_text(type.dims))
            .note(declared.place, diag::note_declared_here, declared.name);
        return false;
      }
      axis = leading;
      continue;
    }
    const std::optional<int64_t> expected = integer(*dimension.size);
    if (!expected) return false;
    if (type.dims[axis] != *expected) {
      const std::string dim = source(dimension.range);
      const std::string resolved =
          dim == fmt::format("{}", *expected) ? "" : fmt::format(" with {} = {}", dim, *expected);
      reporter_
          .report(declared.written, diag::shape_extent, declared.name, source(declared.type.range),
                  resolved, ir::to_text(type.dims))
          .note(declared.place, diag::note_declared_here, declared.name);
      return false;
    }
    ++axis;
  }
  return true;
}

// ---- paths -------------------------------------------------------------------------------------

std::string Elaborator::in_frame(const std::string& segment) const {
  return frame_->path.empty() ? segment : frame_->path + "." + segment;
}

bool Elaborator::has_index(const ast::CallPath& path) {
  return std::any_of(path.pieces.begin(), path.pieces.end(),
                     [](const auto& piece) { return std::holds_alternative<ast::ExprPtr>(piece); });
}

std::optional<std::string> Elaborator::path_text(const ast::CallPath& path) {
  std::string text;
  for (const auto& piece : path.pieces) {
    if (!text.empty()) text += ".";
    if (const auto* name = std::get_if<ast::Name>(&piece)) {
      text += name->text;
      continue;
    }
    const ast::Expr& expr = *std::get<ast::ExprPtr>(piece);
    const Value value = evaluate(expr);
    const auto* index = value.get_if<int64_t>();
    if (index == nullptr || *index < 0) {
      if (!value.has_error())
        report_kind(expr.range, "an index, an integer that is not negative,", value);
      return std::nullopt;
    }
    text += fmt::format("{}", *index);
  }
  return text;
}

// ---- the call ----------------------------------------------------------------------------------

Value Elaborator::call_block(const CallContext& context, const CallableValue& callee,
                             SourceRange range) {
  const ast::Call& call = context.call;
  const ast::Block& block = *callee.block;
  if (block.is_net) {
    reporter_.report(call.callee.range, diag::net_called, block.name.text);
    return {};
  }
  const BoundArguments arguments = match_arguments(context, block);
  if (!arguments.is_complete || recursive_.contains(&block)) return {};
  // A block argument may lead back to a block that is being elaborated.
  for (const Frame* frame = frame_; frame != nullptr; frame = frame->caller) {
    if (frame->block != &block) continue;
    reporter_.report(call.callee.range, diag::recursion, block.name.text);
    return {};
  }

  Frame frame;
  frame.file = callee.file;
  frame.block = &block;
  frame.call = &call;
  frame.origin = call.path ? call.path->range : call.callee.range;
  frame.caller = frame_;
  frame.call_depth = reporter_.call_depth();
  frame.first_value = static_cast<uint32_t>(builder_.graph().values.size());
  std::string segment =
      call.callee.text == block.name.text ? snake_case(block.name.text) : call.callee.text;
  bool is_indexed = false;
  if (call.path) {
    const std::optional<std::string> text = path_text(*call.path);
    if (!text) return {};
    segment = *text;
    is_indexed = has_index(*call.path);
    frame.is_shared = call.path->shared.has_value();
    if (frame.is_shared && frame_->repeat_depth == 0) {
      reporter_.report(*call.path->shared, diag::shared_outside_repeat);
      return {};
    }
  } else if (frame_->named_call == &call) {
    segment = frame_->binding_name;
  }
  frame.path = in_frame(segment);
  frame.needs_index = frame_->repeat_depth > 0 && !is_indexed && !frame.is_shared;
  frame.scopes.emplace_back();

  // Written arguments first, then dims, then defaults (which may use dims), then all extents.
  bool is_sound = true;
  for (size_t i = 0; i < block.parameters.size(); ++i) {
    const ArgumentValue* argument = arguments.by_parameter[i];
    if (argument == nullptr) continue;
    const ast::Parameter& parameter = block.parameters[i];
    std::optional<Value> value = convert(parameter, argument->value, argument->range);
    is_sound = is_sound && value.has_value();
    if (!value) continue;
    const bool is_static = value->get_if<TensorValue>() == nullptr;
    frame.scopes[0][parameter.name.text] = {*std::move(value), is_static};
  }
  if (!is_sound) return {};
  Frame* const caller = frame_;
  frame_ = &frame;
  const auto declared = [&](size_t i) {
    const ast::Parameter& parameter = block.parameters[i];
    const Binding& binding = frame.scopes[0].at(parameter.name.text);
    return Declared{.type = parameter.type,
                    .name = parameter.name.text,
                    .place = parameter.range,
                    .value = binding.value.get_if<TensorValue>()->id,
                    .written = arguments.by_parameter[i]->range};
  };
  const auto is_tensor = [&](size_t i) {
    return argument_kind(block.parameters[i].type) == ArgumentKind::tensor;
  };
  for (size_t i = 0; i < block.parameters.size(); ++i)
    if (is_tensor(i)) is_sound = bind_shape(declared(i), block) && is_sound;
  for (size_t i = 0; i < block.parameters.size() && is_sound; ++i) {
    const ast::Parameter& parameter = block.parameters[i];
    if (arguments.by_parameter[i] != nullptr) continue;
    const std::optional<Value> value =
        convert(parameter, evaluate(*parameter.initial), parameter.initial->range);
    is_sound = value.has_value();
    if (value) frame.scopes[0][parameter.name.text] = {*value, true};
  }
  for (size_t i = 0; i < block.parameters.size() && is_sound; ++i)
    if (is_tensor(i)) is_sound = check_shape(declared(i));

  Value result;
  const int errors = reporter_.error_count();
  if (is_sound) {
    reporter_.enter_call({block.name.text, range});
    ++depth_;
    run_body(block.body);
    result = finish_call(frame, block);
    --depth_;
    reporter_.leave_call();
  }
  frame_ = caller;
  const bool is_whole = is_sound && reporter_.error_count() == errors && !is_exhausted_;
  if (call.path && is_whole && !frame.is_claimed) {
    reporter_.report(call.path->range, diag::path_on_op, block.name.text);
    return {};
  }
  return result;
}

Value Elaborator::finish_call(Frame& frame, const ast::Block& block) {
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
      if (!value.has_error()) report_kind(returned.range, "a tensor", value);
      value = {};
    } else if (argument_kind(result.type) == ArgumentKind::tensor) {
      const std::string name =
          result.name ? result.name->text : fmt::format("the result of {}", block.name.text);
      if (!check_shape({.type = result.type,
                        .name = name,
                        .place = result.range,
                        .value = tensor->id,
                        .written = returned.range}))
        value = {};
    }
    // What a call with parameters computes goes by the call's path in traces.
    if (tensor != nullptr && frame.is_claimed && tensor->id.index >= frame.first_value)
      builder_.graph().values[tensor->id].name =
          block.results.size() == 1
              ? frame.path
              : fmt::format("{}.{}", frame.path,
                            result.name ? result.name->text : fmt::format("{}", i));
    results.items.push_back(std::move(value));
  }
  return results.items.size() == 1 ? results.items.front() : Value{std::move(results)};
}

}  // namespace tdc::check
