// A block is elaborated for each call, with the dims of that call; one that nobody calls would
// never be looked at. This pass reads every body once, without values: it knows which names are
// bound and whether they are tensors or static. Its rules of scope are those of elaboration.

#include "check/definitions.h"

#include <algorithm>
#include <map>

#include "check/forms.h"
#include "check/scopes.h"
#include "check/unread.h"
#include "support/text.h"
#include "syntax/visit_parts.h"

namespace tdc::check {
namespace {

struct Name {
  SourceRange range;
  bool is_static = false;
};

struct BlockCall {
  const ast::Block* callee;
  SourceRange range;
};

class DefinitionCheck {
 public:
  DefinitionCheck(const FileScope& file, const ast::Block& block, Reporter& reporter)
      : block_(block), reporter_(reporter), scopes_(file) {}

  /// Checks the block.
  void run() {
    declare_arguments();
    check_results();
    const int errors = reporter_.error_count();
    check_body(block_.body);
    // A misspelt name is not used and a misplaced `return` does not return: that was said.
    if (reporter_.error_count() == errors) {
      if (!always_returns(block_.body))
        reporter_.report(block_.name.range, diag::missing_return, block_.name.text);
      const BodyReads reads = reads_of(block_.body);
      report_unused(reads.from_outside);
      unread_ = reads.unread;
    }
  }

  /// The blocks that it calls.
  [[nodiscard]] const std::vector<BlockCall>& calls() const { return calls_; }
  /// `BodyReads::unread`; nothing if the body has errors.
  [[nodiscard]] const std::vector<ast::Name>& unread() const { return unread_; }

 private:
  void declare_arguments() {
    for (const ast::Parameter& parameter : block_.parameters) {
      const ArgumentKind kind = argument_kind(parameter.type);
      if (!check_type_form(parameter.type, reporter_)) {
        define(parameter.name, false);
        continue;
      }
      if (block_.is_net && kind != ArgumentKind::tensor)
        reporter_.report(parameter.type.range, diag::net_static_input, parameter.name.text);
      define(parameter.name, kind != ArgumentKind::tensor);
      if (parameter.initial == nullptr) continue;
      if (kind == ArgumentKind::tensor)
        reporter_.report(parameter.initial->range, diag::tensor_default, parameter.name.text);
    }
    // Dims are bound by the shapes of all arguments before anything else is evaluated.
    for (const ast::Parameter& parameter : block_.parameters) {
      const ast::Shape* shape = shape_of(parameter.type);
      if (shape == nullptr) continue;
      for (const ast::Dimension& dimension : shape->dimensions) {
        const ast::Name* name = lone_name(dimension);
        if (name == nullptr || !scopes_.is_new_dim(name->text)) continue;
        scopes_.define_outermost(name->text, {name->range, true});
        dims_of_[parameter.name.text].push_back(name->text);
      }
    }
    for (const ast::Parameter& parameter : block_.parameters) {
      check_dimensions(parameter.type);
      if (parameter.initial != nullptr) check_expr(*parameter.initial);
    }
    used_.clear();  // a dim that stands in shapes only is not used
    for (const ast::Parameter& parameter : block_.parameters) {
      const ast::Shape* shape = shape_of(parameter.type);
      if (shape == nullptr) {
        if (parameter.initial != nullptr) check_expr(*parameter.initial);
        continue;
      }
      for (const ast::Dimension& dimension : shape->dimensions)
        if (dimension.size != nullptr && lone_name(dimension) == nullptr)
          check_expr(*dimension.size);
        else if (const ast::Name* name = lone_name(dimension))
          if (is_argument(name->text)) used_.insert(name->text);
    }
  }

  [[nodiscard]] bool is_argument(const std::string& name) const {
    return std::any_of(block_.parameters.begin(), block_.parameters.end(),
                       [&](const ast::Parameter& each) { return each.name.text == name; });
  }

  /// Names in the shape of an argument or a result; a result may bind a new dim (shape-4).
  void check_dimensions(const ast::Type& type, bool may_bind = false) {
    const ast::Shape* shape = shape_of(type);
    if (const auto* named = std::get_if<ast::NamedType>(&type.kind);
        named != nullptr && named->argument != nullptr)
      check_expr(*named->argument);
    if (shape == nullptr) return;
    for (const ast::Dimension& dimension : shape->dimensions) {
      if (dimension.size == nullptr) continue;
      const ast::Name* name = lone_name(dimension);
      if (may_bind && name != nullptr && scopes_.is_new_dim(name->text)) continue;
      check_expr(*dimension.size);
    }
  }

  void check_results() {
    std::map<std::string, SourceRange> names;
    for (const ast::Result& result : block_.results) {
      if (!check_type_form(result.type, reporter_)) continue;
      if (argument_kind(result.type) != ArgumentKind::tensor)
        reporter_.report(result.type.range, diag::static_result);
      // Only static arguments count as used by a result: its dims say nothing about the tensors.
      std::set<std::string> used = used_;
      check_dimensions(result.type, true);
      for (const std::string& name : used_)
        if (is_argument(name)) used.insert(name);
      used_ = std::move(used);
      if (!result.name) continue;
      const auto [first, is_new] = names.emplace(result.name->text, result.name->range);
      const Name* argument = block_.is_net ? scopes_.find(result.name->text) : nullptr;
      if (!is_new || argument != nullptr)
        reporter_.report(result.name->range, diag::duplicate_name, result.name->text)
            .note(is_new ? argument->range : first->second, diag::note_first_here,
                  result.name->text);
    }
  }

  /// scope-5
  void report_unused(const std::set<std::string>& read_before_bound) {
    for (const ast::Parameter& parameter : block_.parameters) {
      const auto& dims = dims_of_[parameter.name.text];
      const auto is_used = [&](const std::string& name) { return used_.contains(name); };
      const bool is_tensor = argument_kind(parameter.type) == ArgumentKind::tensor;
      const bool is_read = is_tensor ? read_before_bound.contains(parameter.name.text)
                                     : is_used(parameter.name.text);
      if (!is_read && std::none_of(dims.begin(), dims.end(), is_used))
        reporter_.report(parameter.name.range, diag::unused_argument, parameter.name.text);
    }
  }

  // ---- names ----

  void define(const ast::Name& name, bool is_static) {
    if (const Name* first = scopes_.define(name.text, {name.range, is_static}))
      reporter_.report(name.range, diag::duplicate_name, name.text)
          .note(first->range, diag::note_first_here, name.text);
  }

  void bind(const ast::Name& name) {
    const auto [known, is_new] = scopes_.bind(name.text);
    if (is_new) {
      known->range = name.range;
    } else if (known->is_static) {
      reporter_.report(name.range, diag::rebinds_static, name.text)
          .note(known->range, diag::note_first_here, name.text);
    }
  }

  // ---- statements ----

  void check_body(const ast::Body& body) {
    for (size_t i = 0; i < body.statements.size(); ++i) {
      const ast::Statement& statement = body.statements[i];
      check_statement(statement);
      if (std::holds_alternative<ast::Return>(statement.kind) && i + 1 < body.statements.size())
        reporter_.report(body.statements[i + 1].range, diag::unreachable);
    }
  }

  /// The names that the body leaves behind.
  Scopes<Name>::Scope check_nested(const ast::Body& body) {
    scopes_.open();
    check_body(body);
    return scopes_.close();
  }

  void check_statement(const ast::Statement& statement) {
    std::visit([&](const auto& kind) { check(kind); }, statement.kind);
  }

  void check(const ast::Let& let) {
    check_expr(*let.value);
    define(let.name, true);
  }

  void check(const ast::VariableDecl& variable) {
    if (check_type_form(variable.type, reporter_)) check_dimensions(variable.type);
    if (variable.path)
      ast::visit_parts(*variable.path, [&](const ast::Expr& index) { check_expr(index); });
    if (variable.initial != nullptr) check_initial(*variable.initial);
    define(variable.name, false);
  }

  void check_initial(const ast::Expr& initial) {
    const auto* name = initial.get_if<ast::Name>();
    const auto* call = initial.get_if<ast::Call>();
    if (call != nullptr) {
      name = &call->callee;
      for (const ast::Argument& argument : call->arguments) check_expr(*argument.value);
    }
    if (name == nullptr || !is_initializer(name->text))
      reporter_.report(initial.range, diag::initializer, join_words(initializers(), "or"))
          .suggest(name == nullptr ? std::nullopt : nearest(name->text, initializers()));
  }

  void check(const ast::Require& require) {
    check_expr(*require.condition);
    if (!require.message) return;
    for (const auto& piece : require.message->pieces)
      if (const auto* quoted = std::get_if<ast::ExprPtr>(&piece)) check_expr(**quoted);
  }

  void check(const ast::If& branches) {
    std::vector<Scopes<Name>::Scope> closed;
    for (const ast::If::Branch& branch : branches.branches) {
      check_expr(*branch.condition);
      closed.push_back(check_nested(branch.body));
    }
    if (branches.otherwise) closed.push_back(check_nested(*branches.otherwise));
    const std::set<std::string> visible = names_after(branches);
    for (Scopes<Name>::Scope& scope : closed) scopes_.keep(std::move(scope), visible);
  }

  void check(const ast::Repeat& repeat) {
    check_expr(*repeat.values);
    scopes_.open();
    if (repeat.index) define(*repeat.index, true);
    for (const ast::Name& name : repeat.item.names) define(name, true);
    ++repeat_depth_;
    check_nested(repeat.body);
    --repeat_depth_;
    scopes_.close();
  }

  void check(const ast::Return& result) {
    for (const ast::ExprPtr& value : result.values) check_expr(*value);
    if (repeat_depth_ > 0)
      reporter_.report(result.values.front()->range, diag::return_in_repeat);
    else if (result.values.size() != block_.results.size())
      reporter_.report(result.values.front()->range, diag::return_count,
                       static_cast<int64_t>(block_.results.size()),
                       static_cast<int64_t>(result.values.size()));
  }

  void check(const ast::Update& update) {
    check_expr(*update.value);
    use(update.name);
  }

  void check(const ast::Binding& binding) {
    check_expr(*binding.value);
    for (const ast::BindingTarget& target : binding.targets) {
      if (target.type && check_type_form(*target.type, reporter_)) check_dimensions(*target.type);
      bind(target.name);
    }
  }

  // ---- expressions ----

  void use(const ast::Name& name) {
    used_.insert(name.text);
    const Scopes<Name>::Meaning meaning = scopes_.read(name.text);
    if (meaning.local == nullptr && !meaning.let && !meaning.callable)
      scopes_.report_unknown(name, reporter_);
  }

  void check_callee(const ast::Name& callee) {
    const Scopes<Name>::Meaning meaning = scopes_.callee(callee.text);
    if (meaning.local != nullptr) {
      used_.insert(callee.text);
      if (!meaning.local->is_static)
        reporter_.report(callee.range, diag::not_callable, callee.text)
            .note(meaning.local->range, diag::note_first_here, callee.text);
      return;
    }
    if (!meaning.callable && is_built_in_function(callee.text)) return;
    if (!meaning.callable)
      report_unknown_callable(scopes_.file(), callee, reporter_);
    else if (meaning.callable->block != nullptr && meaning.callable->block->is_net)
      reporter_.report(callee.range, diag::net_called, callee.text);
    else if (meaning.callable->block != nullptr)
      calls_.push_back({meaning.callable->block, callee.range});
  }

  void check_expr(const ast::Expr& expr) {
    const auto check_part = [&](const ast::Expr& part) { check_expr(part); };
    if (const auto* name = expr.get_if<ast::Name>()) use(*name);
    if (const auto* call = expr.get_if<ast::Call>()) check_callee(call->callee);
    if (const auto* pipe = expr.get_if<ast::Pipe>()) {
      check_expr(*pipe->value);
      check_callee(pipe->call.callee);
      return ast::visit_parts(pipe->call, check_part);
    }
    ast::visit_parts(expr, check_part);
  }

  const ast::Block& block_;
  Reporter& reporter_;
  Scopes<Name> scopes_;
  std::set<std::string> used_;
  std::map<std::string, std::vector<std::string>> dims_of_;  // dims first bound by an argument
  std::vector<BlockCall> calls_;
  std::vector<ast::Name> unread_;
  int repeat_depth_ = 0;
};

/// Finds the calls that close a circle (block-5). Deep chains are as deep as there are blocks, so
/// the search keeps its own stack.
class RecursionCheck {
 public:
  using CallGraph = std::map<const ast::Block*, std::vector<BlockCall>>;

  RecursionCheck(const CallGraph& graph, Reporter& reporter) : graph_(graph), reporter_(reporter) {}

  void visit(const ast::Block* root) {
    struct Entry {
      const ast::Block* block;
      size_t next = 0;
    };
    if (state_[root] != State::kNew) return;
    std::vector<Entry> stack = {{root}};
    state_[root] = State::kOpen;
    while (!stack.empty()) {
      Entry& top = stack.back();
      const auto calls = graph_.find(top.block);
      if (calls == graph_.end() || top.next == calls->second.size()) {
        state_[top.block] = State::kDone;
        stack.pop_back();
        continue;
      }
      const BlockCall& call = calls->second[top.next++];
      State& state = state_[call.callee];
      if (state == State::kNew) {
        state = State::kOpen;
        stack.push_back({call.callee});
      } else if (state == State::kOpen) {
        reporter_.report(call.range, diag::recursion, call.callee->name.text);
        for (auto entry = stack.rbegin(); entry != stack.rend(); ++entry) {
          recursive_.insert(entry->block);
          if (entry->block == call.callee) break;
        }
      }
    }
  }

  [[nodiscard]] const std::set<const ast::Block*>& recursive() const { return recursive_; }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };
  const CallGraph& graph_;
  Reporter& reporter_;
  std::map<const ast::Block*, State> state_;
  std::set<const ast::Block*> recursive_;
};

}  // namespace

bool check_type_form(const ast::Type& type, Reporter& reporter) {
  const auto* named = std::get_if<ast::NamedType>(&type.kind);
  if (std::holds_alternative<ast::TupleType>(type.kind)) {
    reporter.report(type.range, diag::not_yet, "a tuple as type of an argument");
    return false;
  }
  if (named == nullptr) {
    reporter.report(type.range, diag::not_yet, "the type of a block argument's arguments")
        .hint(diag::hint_block_type);
    return false;
  }
  const std::string& word = named->name.text;
  if (word == "f16" || word == "bf16") {
    reporter.report(named->name.range, diag::not_yet, "`" + word + "`");
    return false;
  }
  const ArgumentKind kind = argument_kind(type);
  if (kind == ArgumentKind::unknown) {
    reporter.report(named->name.range, diag::unknown_type, word)
        .suggest(nearest(word, type_words()));
    return false;
  }
  const bool is_tensor = kind == ArgumentKind::tensor;
  if (is_tensor && word != "class" && !named->shape) {
    reporter.report(named->name.range, diag::type_without_shape, word);
    return false;
  }
  if ((word == "class") != (named->argument != nullptr)) {
    reporter.report(named->name.range, diag::type_argument, word,
                    word == "class" ? "takes the number of classes, `class(10)`"
                                    : "takes nothing in parentheses");
    return false;
  }
  if (!is_tensor && named->shape) {
    reporter.report(named->shape->range, diag::static_shape, word);
    return false;
  }
  if (!named->shape) return true;
  for (size_t i = 1; i < named->shape->dimensions.size(); ++i) {
    if (named->shape->dimensions[i].size != nullptr) continue;
    reporter.report(named->shape->dimensions[i].range, diag::shape_leading);
    return false;
  }
  return true;
}

Definitions check_definitions(const std::vector<FileScope*>& files, Reporter& reporter) {
  Definitions result;
  RecursionCheck::CallGraph graph;
  std::vector<const ast::Block*> order;
  for (const FileScope* file : files) {
    for (const ast::Declaration& declaration : file->tree.declarations) {
      const auto* block = std::get_if<ast::Block>(&declaration.kind);
      if (block == nullptr) continue;
      DefinitionCheck check(*file, *block, reporter);
      check.run();
      graph[block] = check.calls();
      result.unread.insert(result.unread.end(), check.unread().begin(), check.unread().end());
      order.push_back(block);
    }
  }
  RecursionCheck recursion(graph, reporter);
  for (const ast::Block* block : order) recursion.visit(block);
  result.recursive = recursion.recursive();
  return result;
}

}  // namespace tdc::check
