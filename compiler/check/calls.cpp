#include "check/calls.h"

#include <algorithm>

#include "check/block_call.h"
#include "check/built_ins.h"
#include "check/expressions.h"
#include "check/forms.h"
#include "check/op_call.h"

namespace tdc::check {

Value evaluate_call(Elaboration& in, const ast::Call& call, const ast::Expr* piped,
                    SourceRange range) {
  const ast::Name& callee = call.callee;
  const Scopes<Binding>::Meaning meaning = in.frame->scopes.callee(callee.text);
  const Binding* local = meaning.local;
  if (local == nullptr && callee.text == "params" && !in.parameter_counts.empty() &&
      piped == nullptr)
    return parameter_count(in, call);

  const bool is_known = local != nullptr || meaning.callable || is_built_in_function(callee.text);
  if (!is_known && !in.parameter_counts.empty()) {
    // An assertion's words mean something to `params` only.
    report_unknown_callable(in.frame->scopes.file(), callee, in.reporter, {"params"});
    return {};
  }
  CallContext context = {call, {}};
  if (piped != nullptr)
    context.arguments.push_back({std::nullopt, evaluate(in, *piped), piped->range});
  for (const ast::Argument& argument : call.arguments)
    context.arguments.push_back(
        {argument.label, evaluate(in, *argument.value), argument.value->range});

  std::optional<CallableValue> target = meaning.callable;
  if (local != nullptr) {
    if (local->value.is_error()) return {};
    in.used_names.insert(callee.text);
    const auto* callable = local->value.get_if<CallableValue>();
    if (callable == nullptr) {
      in.reporter.report(callee.range, diag::not_callable, callee.text);
      return {};
    }
    target = *callable;
  }
  if (target && target->block != nullptr) return call_block(in, context, *target, range);

  if (!is_known) {
    report_unknown_callable(in.frame->scopes.file(), callee, in.reporter);
    return {};
  }
  const bool is_built_in = local == nullptr && !target;
  // Ops hold no parameters, so they have no path.
  if (call.path) {
    in.reporter.report(call.path->range, diag::path_on_op, callee.text);
    return {};
  }
  if (is_built_in && callee.text == kRearrange) return rearrange(in, context);
  if (is_built_in && fillings().contains(callee.text)) return filled(in, context, range);
  const bool has_tensor =
      std::any_of(context.arguments.begin(), context.arguments.end(),
                  [](const ArgumentValue& argument) { return argument.value.has_tensor(); });
  if (local == nullptr && is_static_function(callee.text) && !(has_tensor && target))
    return static_function(in, context);
  return call_op(in, context, *target->op, range);
}

}  // namespace tdc::check
