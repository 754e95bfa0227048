#include "check/elaborate.h"

#include <fmt/format.h>

#include "support/text.h"

namespace tdc::check {

Elaborator::Elaborator(const Library& library, Reporter& reporter,
                       const std::set<const ast::Block*>& recursive, ElaboratedNet& net)
    : library_(library),
      reporter_(reporter),
      recursive_(recursive),
      net_(net),
      builder_([&net]() -> ir::Graph& {
        if (net.module.graphs.empty()) net.module.graphs.push_back({.name = "sample"});
        return net.module.graphs.front();
      }()) {
  outer_.file = net.file;
  outer_.scopes.emplace_back();
  frame_ = &outer_;
}

void Elaborator::evaluate_lets(const std::vector<FileScope*>& files, const Library& library,
                               Reporter& reporter) {
  const std::set<const ast::Block*> none;
  for (FileScope* file : files) {
    ElaboratedNet no_net = {.file = file};
    Elaborator elaborator(library, reporter, none, no_net);
    for (const ast::Declaration& declaration : file->tree.declarations) {
      const auto* let = std::get_if<ast::Let>(&declaration.kind);
      if (let == nullptr) continue;
      Value value = elaborator.evaluate(*let->value);
      if (value.has_tensor()) {
        reporter.report(let->value->range, diag::let_tensor, let->name.text);
        value = {};
      }
      file->let_values.emplace(let->name.text, std::move(value));
    }
  }
}

void Elaborator::run_net() {
  const ast::Block& net = *net_.net;
  const int errors = reporter_.error_count();
  Frame frame;
  frame.file = net_.file;
  frame.block = &net;
  frame.scopes.emplace_back();
  frame_ = &frame;
  for (const ast::Parameter& input : net.parameters) {
    Value value;
    if (argument_kind(input.type) == ArgumentKind::tensor) {
      if (const std::optional<ir::TensorType> type = concrete_type(input.type)) {
        builder_.set_origin(input.name.range);
        const auto& named = std::get<ast::NamedType>(input.type.kind);
        const int64_t classes = named.argument == nullptr ? 0 : extent(*named.argument).value_or(0);
        const ir::ValueId id =
            builder_.add_input(input.name.text, ir::InputKind::sample, *type, false, classes);
        if (classes > 0) net_.classes[id] = classes;
        value = Value{TensorValue{id}};
      }
    }
    frame.scopes[0][input.name.text] = {value};
    net_.names[input.name.text] = value;
  }
  run_body(net.body);
  const Value results = finish_call(frame, net);
  for (size_t i = 0; i < net.results.size(); ++i) {
    const auto* tuple = results.get_if<TupleValue>();
    const Value result = tuple == nullptr || tuple->items.size() != net.results.size()
                             ? (net.results.size() == 1 ? results : Value{})
                             : tuple->items[i];
    const std::string& name = net.results[i].name->text;
    net_.names[name] = result;
    const auto* tensor = result.get_if<TensorValue>();
    if (tensor == nullptr) continue;
    name_value(tensor->id, name);
    builder_.graph().outputs.push_back({name, ir::OutputKind::result, tensor->id});
  }
  frame_ = &outer_;
  net_.is_sound = reporter_.error_count() == errors;
}

void Elaborator::define(const ast::Name& name, Value value) {
  outer_.scopes[0][name.text] = {std::move(value)};
}

bool Elaborator::add_target(const ast::Name& name, const ast::Type& type) {
  Value value;
  if (argument_kind(type) != ArgumentKind::tensor) {
    reporter_.report(type.range, diag::target_type, name.text);
  } else if (const std::optional<ir::TensorType> concrete = concrete_type(type)) {
    const auto& named = std::get<ast::NamedType>(type.kind);
    const std::optional<int64_t> classes =
        named.argument == nullptr ? std::optional<int64_t>(0) : extent(*named.argument);
    if (classes) {
      builder_.set_origin(name.range);
      const ir::ValueId id =
          builder_.add_input(name.text, ir::InputKind::target, *concrete, false, *classes);
      if (*classes > 0) net_.classes[id] = *classes;
      value = Value{TensorValue{id}};
    }
  }
  define(name, value);
  return !value.is_error();
}

Value Elaborator::evaluate_outside(const ast::Expr& expr) {
  frame_ = &outer_;
  return evaluate(expr);
}

// ---- scopes and limits -------------------------------------------------------------------------

std::string Elaborator::source(SourceRange range) const {
  return std::string(library_.sources().text(range));
}

Elaborator::Binding* Elaborator::find(const std::string& name) {
  for (auto scope = frame_->scopes.rbegin(); scope != frame_->scopes.rend(); ++scope)
    if (const auto found = scope->find(name); found != scope->end()) return &found->second;
  return nullptr;
}

bool Elaborator::spend(SourceRange range, int64_t amount) {
  if (is_exhausted_) return false;
  spent_ += amount;
  if (spent_ <= kExpansionLimit) return true;
  is_exhausted_ = true;
  reporter_.report(range, diag::expansion_limit, kExpansionLimit);
  return false;
}

void Elaborator::bind(const ast::Name& name, Value value) {
  if (Binding* known = find(name.text)) {
    known->value = known->is_static ? Value{} : std::move(value);  // reported (scope-3)
  } else {
    frame_->scopes.back()[name.text] = {std::move(value)};
  }
}

void Elaborator::poison(const std::set<std::string>& names,
                        const std::set<std::string>& new_names) {
  for (const std::string& name : names)
    if (Binding* known = find(name); known != nullptr && !known->is_static) known->value = {};
  for (const std::string& name : new_names)
    if (find(name) == nullptr) frame_->scopes.back()[name] = {};
}

void Elaborator::name_value(ir::ValueId value, const std::string& name) {
  std::string& text = builder_.graph().values[value].name;
  const std::string path = in_frame(name);
  // A call that took the variable's name has it for its own result.
  if (text.empty() && !claims_.contains(path)) text = path;
}

// ---- statements --------------------------------------------------------------------------------

void Elaborator::run_body(const ast::Body& body) {
  for (const ast::Statement& statement : body.statements) {
    if (!spend(statement.range)) {
      poison(assigned_names(body), bound_names(body));
      return;
    }
    run(statement);
    if (frame_->returned) return;
  }
}

void Elaborator::run(const ast::Statement& statement) {
  std::visit([&](const auto& kind) { run(kind); }, statement.kind);
}

void Elaborator::run(const ast::Let& let) {
  Value value = evaluate(*let.value);
  if (value.has_tensor()) {
    reporter_.report(let.value->range, diag::let_tensor, let.name.text);
    value = {};
  }
  if (find(let.name.text) == nullptr)
    frame_->scopes.back()[let.name.text] = {std::move(value), true};
}

void Elaborator::run(const ast::Require& require) {
  const Value condition = evaluate(*require.condition);
  if (condition.is_error()) return;
  const auto* holds = condition.get_if<bool>();
  if (holds == nullptr) return report_kind(require.condition->range, "a bool", condition);
  if (*holds) return;
  std::string message;
  if (require.message) {
    for (const auto& piece : require.message->pieces) {
      if (const auto* text = std::get_if<std::string>(&piece)) {
        message += *text;
      } else {
        const Value value = evaluate(*std::get<ast::ExprPtr>(piece));
        const auto* word = value.get_if<std::string>();
        message += word != nullptr ? *word : to_text(value);
      }
    }
  } else {
    message = fmt::format("`{}` does not hold", source(require.condition->range));
  }
  reporter_.report(require.condition->range, diag::require, message);
  // What follows relies on the condition.
  frame_->returned.emplace(frame_->block->results.size());
}

void Elaborator::run(const ast::If& branches) {
  const std::set<std::string> visible = names_after(branches);
  const ast::Body* taken = branches.otherwise ? &*branches.otherwise : nullptr;
  for (const ast::If::Branch& branch : branches.branches) {
    const Value condition = evaluate(*branch.condition);
    const auto* is_taken = condition.get_if<bool>();
    if (is_taken == nullptr) {
      if (!condition.is_error()) report_kind(branch.condition->range, "a bool", condition);
      std::set<std::string> names;
      for (const ast::If::Branch& each : branches.branches) names.merge(assigned_names(each.body));
      if (branches.otherwise) names.merge(assigned_names(*branches.otherwise));
      poison(names, visible);
      // What follows may depend on a `return` that was not run.
      frame_->returned.emplace(frame_->block->results.size());
      return;
    }
    if (!*is_taken) continue;
    taken = &branch.body;
    break;
  }
  if (taken == nullptr) return;
  frame_->scopes.emplace_back();
  run_body(*taken);
  Scope inner = std::move(frame_->scopes.back());
  frame_->scopes.pop_back();
  for (auto& [name, binding] : inner)
    if (visible.contains(name)) frame_->scopes.back().emplace(name, std::move(binding));
}

void Elaborator::run(const ast::Repeat& repeat) {
  const Value values = evaluate(*repeat.values);
  const auto* range = values.get_if<RangeValue>();
  const auto* list = values.get_if<ListValue>();
  if (range == nullptr && list == nullptr) {
    if (!values.is_error()) report_kind(repeat.values->range, "a range or a list", values);
    poison(assigned_names(repeat.body), {});
    return;
  }
  const int64_t begin = range == nullptr ? 0 : range->begin;
  const int64_t end = range == nullptr ? static_cast<int64_t>(list->items.size()) : range->end;
  ++frame_->repeat_depth;
  for (int64_t turn = begin; turn < end; ++turn) {
    if (!spend(repeat.values->range)) break;
    const int errors = reporter_.error_count();
    const Value item = range == nullptr ? list->items[static_cast<size_t>(turn)] : Value{turn};
    Scope binders;
    if (repeat.index) binders[repeat.index->text] = {Value{turn - begin}, true};
    if (!repeat.item.is_tuple) {
      binders[repeat.item.names.front().text] = {item, !item.has_tensor()};
    } else {
      const auto* tuple = item.get_if<TupleValue>();
      const size_t count = repeat.item.names.size();
      if (tuple == nullptr || tuple->items.size() != count) {
        if (!item.is_error())
          report_kind(repeat.item.range, fmt::format("tuples of {}", count), item);
        break;
      }
      for (size_t i = 0; i < count; ++i)
        binders[repeat.item.names[i].text] = {tuple->items[i], !tuple->items[i].has_tensor()};
    }
    frame_->scopes.push_back(std::move(binders));
    frame_->scopes.emplace_back();
    run_body(repeat.body);
    frame_->scopes.pop_back();
    frame_->scopes.pop_back();
    // What is wrong in one turn is most likely wrong in the next; saying it once is enough.
    if (reporter_.error_count() != errors || is_exhausted_) {
      poison(assigned_names(repeat.body), {});
      break;
    }
  }
  --frame_->repeat_depth;
}

void Elaborator::run(const ast::Return& result) {
  std::vector<ArgumentValue> values;
  for (const ast::ExprPtr& value : result.values)
    values.push_back({std::nullopt, evaluate(*value), value->range});
  frame_->returned = std::move(values);
}

void Elaborator::run(const ast::Update& update) {
  reporter_.report(update.name.range, diag::not_yet, "`update`");
}

void Elaborator::run(const ast::Binding& binding) {
  const size_t count = binding.targets.size();
  if (count == 1) {
    // name-2: the only block call without `as` takes the variable's name. A block argument that is
    // an op in this call of the block calls no block.
    std::vector<const ast::Call*> unnamed;
    for (const ast::Call* call : calls_in(*binding.value)) {
      if (call->path) continue;
      const Binding* local = find(call->callee.text);
      std::optional<CallableValue> callable;
      if (local == nullptr)
        callable = find_callable(*frame_->file, call->callee.text);
      else if (const auto* argument = local->value.get_if<CallableValue>())
        callable = *argument;
      if (callable && callable->block != nullptr) unnamed.push_back(call);
    }
    frame_->named_call = unnamed.size() == 1 ? unnamed.front() : nullptr;
    frame_->binding_name = binding.targets.front().name.text;
  }
  const Value value = evaluate(*binding.value);
  frame_->named_call = nullptr;

  std::vector<Value> items(count);
  const auto* tuple = value.get_if<TupleValue>();
  if (tuple != nullptr && tuple->items.size() == count && count > 1)
    items = tuple->items;
  else if (count == 1 && tuple == nullptr)
    items = {value};
  else if (!value.is_error())
    reporter_.report(binding.value->range, diag::binding_count, static_cast<int64_t>(count),
                     describe(value, builder_.graph()));
  for (size_t i = 0; i < count; ++i) {
    const ast::BindingTarget& target = binding.targets[i];
    Value& item = items[i];
    const auto* tensor = item.get_if<TensorValue>();
    if (tensor == nullptr && !item.is_error()) {
      reporter_.report(binding.value->range, diag::binding_static, target.name.text,
                       describe(item, builder_.graph()));
      item = {};
    } else if (tensor != nullptr) {
      name_value(tensor->id, target.name.text);
      if (target.type && !check_shape({.type = *target.type,
                                       .name = target.name.text,
                                       .place = target.type->range,
                                       .value = tensor->id,
                                       .written = binding.value->range}))
        item = {};
    }
    bind(target.name, item);
  }
}

}  // namespace tdc::check
