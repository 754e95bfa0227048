#include "check/built_ins.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/forms.h"
#include "check/op_call.h"
#include "check/rearrange.h"
#include "check/shapes.h"
#include "check/static_math.h"
#include "ops/registry.h"
#include "support/text.h"

namespace tdc::check {
namespace {

bool is_identity(const std::vector<int64_t>& axes) {
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<int64_t>(i)) return false;
  return true;
}

}  // namespace

Value rearrange(Elaboration& in, const CallContext& context) {
  const std::vector<ArgumentValue>& arguments = context.arguments;
  const auto* tensor = arguments.empty() ? nullptr : arguments[0].value.get_if<TensorValue>();
  const auto* pattern = arguments.size() < 2 ? nullptr : arguments[1].value.get_if<std::string>();
  std::map<std::string, int64_t> sizes;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArgumentValue& argument = arguments[i];
    if (argument.value.has_error()) return {};
    if (i < 2) continue;
    const auto* size = argument.value.get_if<int64_t>();
    if (!argument.label || size == nullptr || *size < 1) {
      in.reporter.report(argument.range, diag::rearrange_size);
      return {};
    }
    if (!sizes.emplace(argument.label->text, *size).second) {
      in.reporter.report(argument.label->range, diag::argument_twice, argument.label->text);
      return {};
    }
  }
  if (tensor == nullptr || pattern == nullptr || arguments[0].label || arguments[1].label) {
    in.reporter.report(context.call.callee.range, diag::rearrange_arguments);
    return {};
  }
  const ir::ValueId x = tensor->id;
  const auto planned = plan_rearrangement(*pattern, in.builder.type(x).dims, sizes);
  if (const auto* problem = std::get_if<RearrangeProblem>(&planned)) {
    // The piped value shifts arguments by one; the pattern is the first written string.
    SourceRange place = arguments[1].range;
    const size_t written = context.call.arguments.size() + 1 == arguments.size() ? 0 : 1;
    if (written < context.call.arguments.size())
      if (const auto* text = context.call.arguments[written].value->get_if<ast::String>())
        place = text->place(problem->begin, std::max(problem->end, problem->begin + 1));
    in.reporter.report(place, diag::rearrange, problem->text);
    return {};
  }
  const auto& plan = std::get<Rearrangement>(planned);
  in.builder.set_origin(context.call.range);
  ir::ValueId value = x;
  if (!is_identity(plan.axes)) {
    if (!check_limits(in, plan.split, context.call.range)) return {};
    if (plan.split != in.builder.type(value).dims)
      value = in.builder.emit("reshape", {value}, {{"dims", plan.split}});
    value = in.builder.emit("transpose", {value}, {{"axes", plan.axes}});
  }
  if (!check_limits(in, plan.merged, context.call.range)) return {};
  if (plan.merged != in.builder.type(value).dims)
    value = in.builder.emit("reshape", {value}, {{"dims", plan.merged}});
  return {TensorValue{value}};
}

Value filled(Elaboration& in, const CallContext& context, SourceRange range) {
  ir::Attributes fixed;
  if (const std::optional<double> number = fillings().at(context.call.callee.text))
    fixed.set("value", *number);
  return call_op(in, context, ops::op("constant"), range, fixed);
}

Value static_function(Elaboration& in, const CallContext& context) {
  const ast::Name& callee = context.call.callee;
  std::vector<Value> values;
  for (const ArgumentValue& argument : context.arguments) {
    if (argument.value.has_error()) return {};
    if (argument.label) {
      in.reporter.report(argument.label->range, diag::unknown_argument, callee.text,
                         argument.label->text);
      return {};
    }
    values.push_back(argument.value);
  }
  const int arity = static_arity(callee.text);
  const int count = static_cast<int>(values.size());
  if (arity >= 0 ? count != arity : count < 2) {
    in.reporter.report(callee.range, diag::argument_count, callee.text,
                       arity >= 0 ? fmt::format("{}", arity) : "2 or more", int64_t{count});
    return {};
  }
  const StaticResult result = static_call(callee.text, values);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  switch (std::get<StaticProblem>(result)) {
    case StaticProblem::zero:
      in.reporter.report(context.arguments.back().range, diag::division_by_zero, callee.text);
      break;
    case StaticProblem::kinds:
      for (const ArgumentValue& argument : context.arguments)
        if (!argument.value.is_number() ||
            (callee.text != "sqrt" && arity >= 0 && argument.value.get_if<int64_t>() == nullptr)) {
          in.report_kind(argument.range, arity == 2 ? "an integer" : "a number", argument.value);
          break;
        }
      break;
    default:
      in.reporter.report(context.call.range, diag::static_range, in.source(context.call.range));
  }
  return {};
}

Value parameter_count(Elaboration& in, const ast::Call& call) {
  std::vector<std::string> words;
  for (const auto& [word, count] : in.parameter_counts) words.push_back(word);
  const auto* word =
      call.arguments.size() == 1 ? call.arguments[0].value->get_if<ast::Name>() : nullptr;
  const auto count =
      word == nullptr ? in.parameter_counts.end() : in.parameter_counts.find(word->text);
  if (count != in.parameter_counts.end()) return {count->second};
  in.reporter
      .report(word == nullptr ? call.range : word->range, diag::params_word,
              join_words(words, "or"))
      .suggest(word == nullptr ? std::nullopt : nearest(word->text, words));
  return {};
}

}  // namespace tdc::check
