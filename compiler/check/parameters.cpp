#include <cmath>

#include "check/elaborate.h"
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

std::optional<ir::VariableId> Elaborator::find_variable(const std::string& path) const {
  for (const ir::VariableId id : net_.module.variables.ids())
    if (net_.module.variables[id].path == path) return id;
  return std::nullopt;
}

void Elaborator::report_duplicate(const std::string& path, const Claim& first, SourceRange second,
                                  size_t call_depth) {
  reporter_.report(second, diag::duplicate_path, path)
      .at_call_depth(call_depth)
      .note(first.origin, diag::note_first_here, path)
      .hint(diag::hint_path);
}

bool Elaborator::claim(Frame& frame) {
  frame.is_claimed = true;
  if (frame.caller != nullptr && frame.caller->is_repetition) {
    frame.is_repetition = true;
    return true;
  }
  if (frame.needs_index) {
    reporter_.report(frame.origin, diag::path_in_repeat, frame.path)
        .at_call_depth(frame.call_depth)
        .hint(diag::hint_index);
    return false;
  }
  const auto [claim, is_new] = claims_.emplace(frame.path, Claim{frame.origin, frame.call});
  if (is_new) return true;
  if (frame.is_shared && claim->second.call == frame.call) {
    frame.is_repetition = true;
    return true;
  }
  report_duplicate(frame.path, claim->second, frame.origin, frame.call_depth);
  return false;
}

/// Enters the paths of the call that declares a parameter and of its callers, outermost first:
/// calls that hold none have no path (name-4).
bool Elaborator::claim_calls(Frame& frame, SourceRange origin) {
  if (frame.caller != nullptr && !claim_calls(*frame.caller, frame.origin)) return false;
  if (frame.block == nullptr) {
    reporter_.report(origin, diag::parameter_outside_net).at_call_depth(0);
    return false;
  }
  if (frame.call == nullptr) return true;
  if (!frame.is_claimed) frame.has_failed = !claim(frame);
  return !frame.has_failed;
}

void Elaborator::run(const ast::VariableDecl& variable) {
  const std::string& name = variable.name.text;
  const auto give = [&](Value value) {
    if (find(name) == nullptr) frame_->scopes.back()[name] = {std::move(value)};
  };
  if (variable.word == ast::VariableWord::kState) {
    reporter_.report(variable.name.range, diag::not_yet, "`state`");
    return give({});
  }
  const auto* named = std::get_if<ast::NamedType>(&variable.type.kind);
  if (named == nullptr || named->name.text != "f32" || !named->shape) {
    // A malformed type was reported with the definition.
    if (argument_kind(variable.type) != ArgumentKind::unknown)
      reporter_.report(variable.type.range, diag::parameter_type, name);
    return give({});
  }
  const std::optional<ir::TensorType> type = concrete_type(variable.type);
  std::optional<std::string> segment = name;
  if (variable.path) segment = path_text(*variable.path);
  std::optional<ir::Initializer> init;
  if (variable.initial == nullptr)
    reporter_.report(variable.name.range, diag::parameter_without_value, name);
  else
    init = initializer(*variable.initial);
  if (!type || !segment || !init || !claim_calls(*frame_, variable.name.range)) return give({});

  const std::string path = in_frame(*segment);
  if (frame_->is_repetition) {
    if (const std::optional<ir::VariableId> known = find_variable(path)) {
      const ir::TensorType& first = net_.module.variables[*known].type;
      if (first == *type) return give({TensorValue{builder_.read(net_.module, *known)}});
      reporter_.report(variable.type.range, diag::shared_shape, path, ir::to_text(first.dims),
                       ir::to_text(type->dims));
      frame_->has_failed = true;
      return give({});
    }
  }
  const SourceRange place = variable.path ? variable.path->range : variable.name.range;
  if (frame_->repeat_depth > 0 && (!variable.path || !has_index(*variable.path))) {
    reporter_.report(place, diag::path_in_repeat, path).hint(diag::hint_index);
    return give({});
  }
  const auto [claim, is_new] = claims_.emplace(path, Claim{place});
  if (!is_new) {
    report_duplicate(path, claim->second, place, reporter_.call_depth());
    return give({});
  }
  const ir::VariableId id = net_.module.variables.push_back(
      {.path = path, .type = *type, .init = *init, .origin = variable.name.range});
  if (frame_->call != nullptr) {
    if (!frame_->record) {
      frame_->record = net_.calls.size();
      net_.calls.push_back({.path = frame_->path, .origin = frame_->origin});
    }
    net_.calls[*frame_->record].parameters.push_back(id);
  }
  give({TensorValue{builder_.read(net_.module, id)}});
}

std::optional<ir::Initializer> Elaborator::initializer(const ast::Expr& expr) {
  using Kind = ir::Initializer::Kind;
  const auto* call = expr.get_if<ast::Call>();
  const auto* name = call != nullptr ? &call->callee : expr.get_if<ast::Name>();
  if (name == nullptr || !is_initializer(name->text) || (call != nullptr && call->path)) {
    reporter_.report(expr.range, diag::initializer, join_words(initializers(), "or"))
        .suggest(name == nullptr ? std::nullopt : nearest(name->text, initializers()));
    return std::nullopt;
  }
  const std::string& function = name->text;
  const size_t count = call == nullptr ? 0 : call->arguments.size();
  if (function == "zeros" || function == "ones") {
    if (count == 0) return ir::Initializer{Kind::constant, function == "ones" ? 1.0 : 0.0};
    reporter_.report(expr.range, diag::argument_count, function, "0", static_cast<int64_t>(count));
    return std::nullopt;
  }
  const std::string& wanted = initializer_argument(function);
  if (count != 1) {
    reporter_.report(name->range, diag::initializer_argument, function, wanted);
    return std::nullopt;
  }
  const ast::Argument& argument = call->arguments.front();
  if (argument.label && argument.label->text != wanted) {
    reporter_.report(argument.label->range, diag::unknown_argument, function, argument.label->text)
        .suggest(wanted);
    return std::nullopt;
  }
  const std::optional<double> number = static_number(*argument.value);
  if (!number) return std::nullopt;
  if (function == "constant") {
    if (!is_f32(*number, argument.value->range)) return std::nullopt;
    return ir::Initializer{Kind::constant, *number};
  }
  if (*number <= 0) {
    reporter_.report(argument.value->range, diag::initializer_range, wanted);
    return std::nullopt;
  }
  if (function == "normal") {
    constexpr double kFarthest = 8;  // no element is more deviations away
    if (!is_f32(*number * kFarthest, argument.value->range)) return std::nullopt;
    return ir::Initializer{Kind::normal, *number};
  }
  // With PyTorch's a = sqrt(5): sqrt(6 / ((1 + a^2) fan_in)) = 1 / sqrt(fan_in).
  const double bound = function == "uniform" ? *number : 1 / std::sqrt(*number);
  if (!is_f32(bound, argument.value->range)) return std::nullopt;
  return ir::Initializer{Kind::uniform, bound};
}

}  // namespace tdc::check
