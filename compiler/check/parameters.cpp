#include "check/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "check/definitions.h"
#include "check/expressions.h"
#include "check/forms.h"
#include "check/shapes.h"
#include "support/text.h"

namespace tdc::check {
namespace {

/// name-1
const std::string& initializer_argument(const std::string& function) {
  static const std::map<std::string, std::string> names = {{"constant", "value"},
                                                           {"kaiming_uniform", "fan_in"},
                                                           {"normal", "std"},
                                                           {"uniform", "bound"}};
  return names.at(function);
}

}  // namespace

bool has_index(const ast::CallPath& path) {
  return std::any_of(path.pieces.begin(), path.pieces.end(),
                     [](const auto& piece) { return std::holds_alternative<ast::ExprPtr>(piece); });
}

std::optional<std::string> path_text(Elaboration& in, const ast::CallPath& path) {
  std::string text;
  for (const auto& piece : path.pieces) {
    if (!text.empty()) text += ".";
    if (const auto* name = std::get_if<ast::Name>(&piece)) {
      text += name->text;
      continue;
    }
    const ast::Expr& expr = *std::get<ast::ExprPtr>(piece);
    const Value value = evaluate(in, expr);
    const auto* index = value.get_if<int64_t>();
    if (index == nullptr || *index < 0) {
      if (!value.has_error())
        in.report_kind(expr.range, "an index, an integer that is not negative,", value);
      return std::nullopt;
    }
    text += fmt::format("{}", *index);
  }
  return text;
}

void declare_parameter(Elaboration& in, const ast::VariableDecl& variable) {
  const std::string& name = variable.name.text;
  const auto give = [&](Value value) { in.frame->scopes.define(name, {std::move(value)}); };
  // A state is no parameter but for its path (name-5).
  const bool is_state = variable.word == ast::VariableWord::kState;
  if (!check_type_form(variable.type, in.reporter)) return give({});
  if (std::get<ast::NamedType>(variable.type.kind).name.text != "f32") {
    in.reporter.report(variable.type.range, diag::parameter_type, name);
    return give({});
  }
  const std::optional<ir::TensorType> type = concrete_type(in, variable.type);
  std::optional<std::string> segment = name;
  if (variable.path) segment = path_text(in, *variable.path);
  std::optional<ir::Initializer> init;
  if (variable.initial == nullptr)
    in.reporter.report(variable.name.range, diag::parameter_without_value, name);
  else
    init = initializer(in, *variable.initial);
  if (!type || !segment || !init || !in.paths.claim_calls(in.frame->place, variable.name.range))
    return give({});

  const std::string path = in.frame->place.path_of(*segment);
  if (in.frame->place.is_repetition) {
    if (const std::optional<ir::VariableId> known = in.paths.find_parameter(path)) {
      const ir::TensorType& first = in.net.module.variables[*known].type;
      if (first == *type) return give({TensorValue{in.builder.read(in.net.module, *known)}});
      in.reporter.report(variable.type.range, diag::shared_shape, path, ir::to_text(first.dims),
                         ir::to_text(type->dims));
      in.frame->place.has_failed = true;
      return give({});
    }
  }
  const SourceRange place = variable.path ? variable.path->range : variable.name.range;
  if (in.frame->repeat_depth > 0 && (!variable.path || !has_index(*variable.path))) {
    in.reporter.report(place, diag::path_in_repeat, path).hint(diag::hint_index);
    return give({});
  }
  const ir::VariableId id{static_cast<uint32_t>(in.net.module.variables.size())};
  if (!in.paths.claim_parameter(path, place, id)) return give({});
  in.net.module.variables.push_back(
      {.path = path,
       .type = *type,
       .kind = is_state ? ir::VariableKind::state : ir::VariableKind::parameter,
       .init = *init,
       .origin = variable.name.range});
  const ir::ValueId value = in.builder.read(in.net.module, id);
  if (is_state) in.net.states.emplace(value, id);
  CallPlace& call = in.frame->place;
  if (call.call != nullptr && !is_state) {
    if (!call.record) {
      call.record = in.net.calls.size();
      in.net.calls.push_back({.path = call.path, .origin = call.origin, .parameters = {}});
    }
    in.net.calls[*call.record].parameters.push_back(id);
  }
  give({TensorValue{value}});
}

std::optional<ir::Initializer> initializer(Elaboration& in, const ast::Expr& expr) {
  using Kind = ir::Initializer::Kind;
  const auto* call = expr.get_if<ast::Call>();
  const auto* name = call != nullptr ? &call->callee : expr.get_if<ast::Name>();
  if (name == nullptr || !is_initializer(name->text) || (call != nullptr && call->path)) {
    in.reporter.report(expr.range, diag::initializer, join_words(initializers(), "or"))
        .suggest(name == nullptr ? std::nullopt : nearest(name->text, initializers()));
    return std::nullopt;
  }
  const std::string& function = name->text;
  const size_t count = call == nullptr ? 0 : call->arguments.size();
  if (function == "zeros" || function == "ones") {
    if (count == 0) return ir::Initializer{Kind::constant, function == "ones" ? 1.0 : 0.0};
    in.reporter.report(expr.range, diag::argument_count, function, "0",
                       static_cast<int64_t>(count));
    return std::nullopt;
  }
  const std::string& wanted = initializer_argument(function);
  if (count != 1) {
    in.reporter.report(name->range, diag::initializer_argument, function, wanted);
    return std::nullopt;
  }
  const ast::Argument& argument = call->arguments.front();
  if (argument.label && argument.label->text != wanted) {
    in.reporter
        .report(argument.label->range, diag::unknown_argument, function, argument.label->text)
        .suggest(wanted);
    return std::nullopt;
  }
  const std::optional<double> number = static_number(in, *argument.value);
  if (!number) return std::nullopt;
  if (function == "constant") {
    if (!is_f32(in, *number, argument.value->range)) return std::nullopt;
    return ir::Initializer{Kind::constant, *number};
  }
  if (*number <= 0) {
    in.reporter.report(argument.value->range, diag::initializer_range, wanted);
    return std::nullopt;
  }
  if (function == "normal") {
    constexpr double kFarthest = 8;  // no element is more deviations away
    if (!is_f32(in, *number * kFarthest, argument.value->range)) return std::nullopt;
    return ir::Initializer{Kind::normal, *number};
  }
  // With PyTorch's a = sqrt(5): sqrt(6 / ((1 + a^2) fan_in)) = 1 / sqrt(fan_in).
  const double bound = function == "uniform" ? *number : 1 / std::sqrt(*number);
  if (!is_f32(in, bound, argument.value->range)) return std::nullopt;
  return ir::Initializer{Kind::uniform, bound};
}

}  // namespace tdc::check
