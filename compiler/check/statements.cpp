#include "check/statements.h"

#include <fmt/format.h>

#include <set>

#include "check/expressions.h"
#include "check/forms.h"
#include "check/parameters.h"
#include "check/shapes.h"

namespace tdc::check {
namespace {

void bind(Elaboration& in, const ast::Name& name, Value value) {
  const auto [binding, is_new] = in.frame->scopes.bind(name.text);
  if (is_new || !binding->is_static)
    binding->value = std::move(value);
  else
    binding->value = {};  // reported (scope-3)
}

void poison(Elaboration& in, const std::set<std::string>& names,
            const std::set<std::string>& new_names) {
  for (const std::string& name : names)
    if (Binding* known = in.frame->scopes.find(name); known != nullptr && !known->is_static)
      known->value = {};
  for (const std::string& name : new_names) in.frame->scopes.define(name, {});
}

void run(Elaboration& in, const ast::Let& let) {
  Value value = evaluate(in, *let.value);
  if (value.has_tensor()) {
    in.reporter.report(let.value->range, diag::let_tensor, let.name.text);
    value = {};
  }
  in.frame->scopes.define(let.name.text, {std::move(value), true});
}

void run(Elaboration& in, const ast::Require& require) {
  const Value condition = evaluate(in, *require.condition);
  if (condition.is_error()) return;
  const auto* holds = condition.get_if<bool>();
  if (holds == nullptr) return in.report_kind(require.condition->range, "a bool", condition);
  if (*holds) return;
  std::string message;
  if (require.message) {
    for (const auto& piece : require.message->pieces) {
      if (const auto* text = std::get_if<std::string>(&piece)) {
        message += *text;
      } else {
        const Value value = evaluate(in, *std::get<ast::ExprPtr>(piece));
        const auto* word = value.get_if<std::string>();
        message += word != nullptr ? *word : to_text(value);
      }
    }
  } else {
    message = fmt::format("`{}` does not hold", in.source(require.condition->range));
  }
  in.reporter.report(require.condition->range, diag::require, message);
  // What follows relies on the condition.
  in.frame->returned.emplace(in.frame->block->results.size());
}

void run(Elaboration& in, const ast::If& branches) {
  const std::set<std::string> visible = names_after(branches);
  const ast::Body* taken = branches.otherwise ? &*branches.otherwise : nullptr;
  for (const ast::If::Branch& branch : branches.branches) {
    const Value condition = evaluate(in, *branch.condition);
    const auto* is_taken = condition.get_if<bool>();
    if (is_taken == nullptr) {
      if (!condition.is_error()) in.report_kind(branch.condition->range, "a bool", condition);
      std::set<std::string> names;
      for (const ast::If::Branch& each : branches.branches) names.merge(assigned_names(each.body));
      if (branches.otherwise) names.merge(assigned_names(*branches.otherwise));
      poison(in, names, visible);
      // What follows may depend on a `return` that was not run.
      in.frame->returned.emplace(in.frame->block->results.size());
      return;
    }
    if (!*is_taken) continue;
    taken = &branch.body;
    break;
  }
  if (taken == nullptr) return;
  in.frame->scopes.open();
  run_body(in, *taken);
  in.frame->scopes.keep(in.frame->scopes.close(), visible);
}

/// The binders of one turn; false: the item does not have as many parts, which was reported.
bool bind_turn(Elaboration& in, const ast::Repeat& repeat, int64_t turn, const Value& item) {
  Scopes<Binding>& scopes = in.frame->scopes;
  if (repeat.index) scopes.define(repeat.index->text, {Value{turn}, true});
  const std::vector<ast::Name>& names = repeat.item.names;
  if (!repeat.item.is_tuple) {
    scopes.define(names.front().text, {item, !item.has_tensor()});
    return true;
  }
  const auto* tuple = item.get_if<TupleValue>();
  if (tuple == nullptr || tuple->items.size() != names.size()) {
    if (!item.is_error())
      in.report_kind(repeat.item.range, fmt::format("tuples of {}", names.size()), item);
    return false;
  }
  for (size_t i = 0; i < names.size(); ++i)
    scopes.define(names[i].text, {tuple->items[i], !tuple->items[i].has_tensor()});
  return true;
}

/// The nodes from `first_node` on were made in this turn.
void mark_turn(Elaboration& in, ir::Turn turn, size_t first_node) {
  IdVector<ir::NodeId, ir::Node>& nodes = in.builder.graph().nodes;
  for (size_t i = first_node; i < nodes.size(); ++i, ++turn.position) {
    std::vector<ir::Turn>& turns = nodes[{static_cast<uint32_t>(i)}].turns;
    turns.insert(turns.begin(), turn);
  }
}

void run(Elaboration& in, const ast::Repeat& repeat) {
  const Value values = evaluate(in, *repeat.values);
  const auto* range = values.get_if<RangeValue>();
  const auto* list = values.get_if<ListValue>();
  if (range == nullptr && list == nullptr) {
    if (!values.is_error()) in.report_kind(repeat.values->range, "a range or a list", values);
    poison(in, assigned_names(repeat.body), {});
    return;
  }
  const int64_t begin = range == nullptr ? 0 : range->begin;
  const int64_t end = range == nullptr ? static_cast<int64_t>(list->items.size()) : range->end;
  ++in.frame->repeat_depth;
  const ir::RepeatId id = in.net.module.repeats.push_back(repeat.values->range);
  for (int64_t turn = begin; turn < end; ++turn) {
    if (!in.budget.spend(repeat.values->range)) break;
    const int errors = in.reporter.error_count();
    const Value item = range == nullptr ? list->items[static_cast<size_t>(turn)] : Value{turn};
    in.frame->scopes.open();
    const bool is_bound = bind_turn(in, repeat, turn - begin, item);
    if (is_bound) {
      const size_t first_node = in.builder.graph().nodes.size();
      in.frame->scopes.open();
      run_body(in, repeat.body);
      in.frame->scopes.close();
      mark_turn(in, {.repeat = id, .turn = turn - begin}, first_node);
    }
    in.frame->scopes.close();
    if (!is_bound) break;
    // What is wrong in one turn is most likely wrong in the next; saying it once is enough.
    if (in.reporter.error_count() != errors || in.budget.is_exhausted()) {
      poison(in, assigned_names(repeat.body), {});
      break;
    }
  }
  --in.frame->repeat_depth;
}

void run(Elaboration& in, const ast::VariableDecl& variable) {
  declare_parameter(in, variable);
}

void run(Elaboration& in, const ast::Return& result) {
  std::vector<ArgumentValue> values;
  for (const ast::ExprPtr& value : result.values)
    values.push_back({std::nullopt, evaluate(in, *value), value->range});
  in.frame->returned = std::move(values);
}

void run(Elaboration& in, const ast::Update& update) {
  const Value value = evaluate(in, *update.value);
  const Binding* known = in.frame->scopes.find(update.name.text);
  const auto* read = known == nullptr ? nullptr : known->value.get_if<TensorValue>();
  const auto state = read == nullptr ? in.net.states.end() : in.net.states.find(read->id);
  if (state == in.net.states.end()) {
    // A name without a meaning, or with a wrong one, was reported.
    if (known != nullptr && !known->value.is_error())
      in.reporter.report(update.name.range, diag::update_of_no_state, update.name.text);
    return;
  }
  const auto* tensor = value.get_if<TensorValue>();
  const ir::Variable& variable = in.net.module.variables[state->second];
  if (tensor == nullptr || in.builder.type(tensor->id) != variable.type) {
    if (!value.is_error())
      in.reporter.report(update.value->range, diag::update_type, update.name.text,
                         ir::to_text(variable.type), describe(value, in.builder.graph()));
    return;
  }
  const auto [first, is_new] = in.net.updates.try_emplace(state->second, update.name.range);
  if (!is_new) {
    in.reporter.report(update.name.range, diag::updated_twice, variable.path)
        .highlight(first->second);
    return;
  }
  in.builder.write(state->second, tensor->id);
}

void run(Elaboration& in, const ast::Binding& binding) {
  const size_t count = binding.targets.size();
  if (count == 1) {
    // name-2: the only block call without `as` takes the variable's name. A block argument that is
    // an op in this call of the block calls no block.
    std::vector<const ast::Call*> unnamed;
    for (const ast::Call* call : calls_in(*binding.value)) {
      if (call->path) continue;
      const Scopes<Binding>::Meaning meaning = in.frame->scopes.callee(call->callee.text);
      std::optional<CallableValue> callable = meaning.callable;
      if (meaning.local != nullptr)
        if (const auto* argument = meaning.local->value.get_if<CallableValue>())
          callable = *argument;
      if (callable && callable->block != nullptr) unnamed.push_back(call);
    }
    in.frame->named_call = unnamed.size() == 1 ? unnamed.front() : nullptr;
    in.frame->binding_name = binding.targets.front().name.text;
  }
  const Value value = evaluate(in, *binding.value);
  in.frame->named_call = nullptr;

  std::vector<Value> items(count);
  const auto* tuple = value.get_if<TupleValue>();
  if (tuple != nullptr && tuple->items.size() == count && count > 1)
    items = tuple->items;
  else if (count == 1 && tuple == nullptr)
    items = {value};
  else if (!value.is_error())
    in.reporter.report(binding.value->range, diag::binding_count, static_cast<int64_t>(count),
                       describe(value, in.builder.graph()));
  for (size_t i = 0; i < count; ++i) {
    const ast::BindingTarget& target = binding.targets[i];
    Value& item = items[i];
    const auto* tensor = item.get_if<TensorValue>();
    const Binding* known = in.frame->scopes.find(target.name.text);
    if (known != nullptr && known->is_static) {
      in.reporter.count_again();  // scope-3: reported with the definition
      item = {};
    } else if (tensor == nullptr && !item.is_error()) {
      in.reporter.report(binding.value->range, diag::binding_static, target.name.text,
                         describe(item, in.builder.graph()));
      item = {};
    } else if (tensor != nullptr) {
      name_value(in, tensor->id, target.name.text);
      if (target.type && !check_shape(in, {.type = *target.type,
                                           .name = target.name.text,
                                           .place = target.type->range,
                                           .value = tensor->id,
                                           .written = binding.value->range}))
        item = {};
    }
    bind(in, target.name, item);
  }
}

void run(Elaboration& in, const ast::Statement& statement) {
  std::visit([&](const auto& kind) { run(in, kind); }, statement.kind);
}

}  // namespace

void name_value(Elaboration& in, ir::ValueId value, const std::string& name) {
  std::string& text = in.builder.graph().values[value].name;
  const std::string path = in.frame->place.path_of(name);
  // A call that took the variable's name has it for its own result.
  if (text.empty() && !in.paths.is_taken(path)) text = path;
}

void run_body(Elaboration& in, const ast::Body& body) {
  for (const ast::Statement& statement : body.statements) {
    if (!in.budget.spend(statement.range)) {
      poison(in, assigned_names(body), bound_names(body));
      return;
    }
    run(in, statement);
    if (in.frame->returned) return;
  }
}

}  // namespace tdc::check
