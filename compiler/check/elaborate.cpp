#include "check/elaborate.h"

#include "check/block_call.h"
#include "check/definitions.h"
#include "check/expressions.h"
#include "check/forms.h"
#include "check/parameters.h"
#include "check/shapes.h"
#include "check/statements.h"

namespace tdc::check {
namespace {

/// A declared input of the sample graph; an error: reported.
Value add_input(Elaboration& in, const ast::Name& name, const ast::Type& type, ir::InputKind kind) {
  const std::optional<ir::TensorType> concrete = concrete_type(in, type);
  if (!concrete) return {};
  const auto& named = std::get<ast::NamedType>(type.kind);
  const std::optional<int64_t> classes =
      named.argument == nullptr ? std::optional<int64_t>(0) : extent(in, *named.argument);
  if (!classes) return {};
  in.builder.set_origin(name.range);
  const ir::ValueId id = in.builder.add_input(name.text, kind, *concrete, false, *classes);
  if (*classes > 0) in.net.classes[id] = *classes;
  return {TensorValue{id}};
}

void define_inputs(Elaboration& in, const ast::Block& net) {
  for (const ast::Parameter& input : net.parameters) {
    Value value;  // of an input that is no tensor, which was reported with the definition
    if (check_type_form(input.type, in.reporter) &&
        argument_kind(input.type) == ArgumentKind::tensor)
      value = add_input(in, input.name, input.type, ir::InputKind::sample);
    else
      in.reporter.count_again();
    in.frame->scopes.define_outermost(input.name.text, {value});
    in.net.names[input.name.text] = value;
  }
}

void define_results(Elaboration& in, const ast::Block& net, const Value& results) {
  for (size_t i = 0; i < net.results.size(); ++i) {
    const auto* tuple = results.get_if<TupleValue>();
    const Value result = tuple == nullptr || tuple->items.size() != net.results.size()
                             ? (net.results.size() == 1 ? results : Value{})
                             : tuple->items[i];
    const std::string& name = net.results[i].name->text;
    in.net.names[name] = result;
    const auto* tensor = result.get_if<TensorValue>();
    if (tensor == nullptr) continue;
    name_value(in, tensor->id, name);
    in.builder.graph().outputs.push_back({name, ir::OutputKind::result, tensor->id});
  }
}

}  // namespace

ElaboratedNet elaborate_net(const ast::Block& block, const FileScope& file, const Library& library,
                            Reporter& reporter, const std::set<const ast::Block*>& recursive) {
  const int errors = reporter.error_count();
  ElaboratedNet net = {.net = &block, .file = &file};
  Elaboration in(library, reporter, recursive, net);
  Frame frame(file);
  frame.block = &block;
  in.frame = &frame;
  define_inputs(in, block);
  run_body(in, block.body);
  define_results(in, block, finish_call(in, frame, block));
  net.is_sound = reporter.error_count() == errors;
  return net;
}

void evaluate_lets(const std::vector<FileScope*>& files, const Library& library,
                   Reporter& reporter) {
  const std::set<const ast::Block*> none;
  for (FileScope* file : files) {
    ElaboratedNet no_net = {.file = file};
    OuterExpressions expressions(library, reporter, none, no_net);
    for (const ast::Declaration& declaration : file->tree.declarations) {
      const auto* let = std::get_if<ast::Let>(&declaration.kind);
      if (let == nullptr) continue;
      Value value = expressions.evaluate(*let->value);
      if (value.has_tensor()) {
        reporter.report(let->value->range, diag::let_tensor, let->name.text);
        value = {};
      }
      file->let_values.emplace(let->name.text, std::move(value));
    }
  }
}

OuterExpressions::OuterExpressions(const Library& library, Reporter& reporter,
                                   const std::set<const ast::Block*>& recursive, ElaboratedNet& net)
    : in_(library, reporter, recursive, net), frame_(*net.file) {
  frame_.place.is_outside = true;
  in_.frame = &frame_;
}

void OuterExpressions::define(const ast::Name& name, Value value) {
  frame_.scopes.define_outermost(name.text, {std::move(value)});
}

void OuterExpressions::poison(const ast::Name& name) {
  if (Binding* known = frame_.scopes.find(name.text)) known->value = {};
}

bool OuterExpressions::add_target(const ast::Name& name, const ast::Type& type) {
  Value value;
  if (argument_kind(type) == ArgumentKind::tensor)
    value = add_input(in_, name, type, ir::InputKind::target);
  else
    in_.reporter.report(type.range, diag::target_type, name.text);
  define(name, value);
  return !value.is_error();
}

Value OuterExpressions::evaluate(const ast::Expr& expr) {
  return check::evaluate(in_, expr);
}

std::optional<ir::Initializer> OuterExpressions::initializer(const ast::Expr& expr) {
  return check::initializer(in_, expr);
}

std::optional<double> OuterExpressions::static_number(const ast::Expr& expr) {
  return check::static_number(in_, expr);
}

bool OuterExpressions::is_f32(double number, SourceRange range) {
  return check::is_f32(in_, number, range);
}

}  // namespace tdc::check
