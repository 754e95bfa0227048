// Which values of a body are never read. The body is walked backwards with the set of names whose
// value something behind reads: a binding takes its name out of it, an expression puts names in.
//
//     h = relu(x)      {x}      the name is not in the set behind the line: nothing reads this h
//     h = tanh(x)      {x}
//     return h         {h}
//
// Branches are walked from the same set, which a journal restores, and what any of them reads is
// read. The end of a turn of `repeat` may go on with any turn, so all that the body reads counts
// there as read. Where scopes hide a name, what is read of one name counts for all of that text:
// then a value may pass that nothing reads, and none is named that is.

#include "check/unread.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_set>
#include <utility>

#include "syntax/visit_parts.h"

namespace tdc::check {
namespace {

/// Calls `visit` for the name of everything that an expression, a type or a body reads.
class NameWalk {
 public:
  using Visit = std::function<void(const std::string&)>;
  explicit NameWalk(Visit visit) : visit_(std::move(visit)) {}

  void expr(const ast::Expr& expr) const {
    if (const auto* name = expr.get_if<ast::Name>()) visit_(name->text);
    if (const auto* call = expr.get_if<ast::Call>()) visit_(call->callee.text);
    if (const auto* pipe = expr.get_if<ast::Pipe>()) visit_(pipe->call.callee.text);
    ast::visit_parts(expr, [&](const ast::Expr& part) { this->expr(part); });
  }

  void type(const ast::Type& type) const {
    const auto* named = std::get_if<ast::NamedType>(&type.kind);
    if (named == nullptr) return;
    optional(named->argument);
    if (!named->shape) return;
    for (const ast::Dimension& dimension : named->shape->dimensions) optional(dimension.size);
  }

  void path(const std::optional<ast::CallPath>& path) const {
    if (!path) return;
    for (const auto& piece : path->pieces)
      if (const auto* index = std::get_if<ast::ExprPtr>(&piece)) expr(**index);
  }

  void message(const std::optional<ast::Message>& message) const {
    if (!message) return;
    for (const auto& piece : message->pieces)
      if (const auto* quoted = std::get_if<ast::ExprPtr>(&piece)) expr(**quoted);
  }

  void optional(const ast::ExprPtr& written) const {
    if (written != nullptr) expr(*written);
  }

  void body(const ast::Body& body) const {
    for (const ast::Statement& statement : body.statements)
      std::visit([&](const auto& kind) { walk(kind); }, statement.kind);
  }

 private:
  void walk(const ast::Let& let) const { expr(*let.value); }
  void walk(const ast::VariableDecl& variable) const {
    type(variable.type);
    path(variable.path);
    optional(variable.initial);
  }
  void walk(const ast::Require& require) const {
    expr(*require.condition);
    message(require.message);
  }
  void walk(const ast::If& branches) const {
    for (const ast::If::Branch& branch : branches.branches) {
      expr(*branch.condition);
      body(branch.body);
    }
    if (branches.otherwise) body(*branches.otherwise);
  }
  void walk(const ast::Repeat& repeat) const {
    expr(*repeat.values);
    body(repeat.body);
  }
  void walk(const ast::Return& result) const {
    for (const ast::ExprPtr& value : result.values) expr(*value);
  }
  void walk(const ast::Update& update) const {
    visit_(update.name.text);
    expr(*update.value);
  }
  void walk(const ast::Binding& binding) const {
    for (const ast::BindingTarget& target : binding.targets)
      if (target.type) type(*target.type);
    expr(*binding.value);
  }

  Visit visit_;
};

class BackwardWalk {
 public:
  BodyReads run(const ast::Body& body) {
    walk(body);
    BodyReads result;
    for (const std::string_view name : read_) result.from_outside.emplace(name);
    NameWalk([&](const std::string& name) { mentioned_.insert(name); }).body(body);
    std::sort(unread_.begin(), unread_.end(), [](const ast::Name* a, const ast::Name* b) {
      return a->range.begin < b->range.begin;
    });
    std::set<std::string_view> listed;
    for (const ast::Name* name : unread_) {
      const bool is_name_read = mentioned_.contains(name->text);
      if (is_name_read || listed.insert(name->text).second) result.unread.push_back(*name);
    }
    return result;
  }

 private:
  /// A name that went in or out of `read_`.
  struct Change {
    std::string_view name;
    bool is_read;
  };

  void walk(const ast::Body& body) {
    for (auto statement = body.statements.rbegin(); statement != body.statements.rend();
         ++statement)
      std::visit([&](const auto& kind) { walk(kind); }, statement->kind);
  }

  void walk(const ast::Let& let) {
    bind(let.name);
    read(*let.value);
  }
  void walk(const ast::VariableDecl& variable) {
    set(variable.name.text, false);
    reads_.type(variable.type);
    reads_.path(variable.path);
    reads_.optional(variable.initial);
  }
  void walk(const ast::Require& require) {
    reads_.message(require.message);
    read(*require.condition);
  }
  void walk(const ast::Return& result) {
    for (const ast::ExprPtr& value : result.values) read(*value);
  }
  void walk(const ast::Update& update) {
    set(update.name.text, true);
    read(*update.value);
  }
  void walk(const ast::Binding& binding) {
    for (auto target = binding.targets.rbegin(); target != binding.targets.rend(); ++target)
      bind(target->name);
    for (const ast::BindingTarget& target : binding.targets)
      if (target.type) reads_.type(*target.type);
    read(*binding.value);
  }

  void walk(const ast::If& branches) {
    const size_t count = branches.branches.size() + (branches.otherwise ? 1 : 0);
    std::map<std::string_view, size_t> taken_out;  // by how many branches
    std::vector<std::string_view> put_in;
    const auto branch = [&](const ast::Body& body) {
      const size_t begin = journal_.size();
      walk(body);
      for (const auto& [name, is_read] : changes_since(begin)) {
        if (is_read)
          put_in.push_back(name);
        else
          ++taken_out[name];
        restore(name, !is_read);
      }
      journal_.resize(begin);
    };
    for (const ast::If::Branch& each : branches.branches) branch(each.body);
    if (branches.otherwise) {
      branch(*branches.otherwise);
      for (const auto& [name, branches_out] : taken_out)
        if (branches_out == count) set(name, false);
    }
    for (const std::string_view name : put_in) set(name, true);
    for (const ast::If::Branch& each : branches.branches) read(*each.condition);
  }

  void walk(const ast::Repeat& repeat) {
    const size_t begin = journal_.size();
    reads_.body(repeat.body);
    walk(repeat.body);
    // There may be no turn: what is read behind is read before as well.
    for (const auto& [name, is_read] : changes_since(begin))
      if (!is_read) set(name, true);
    read(*repeat.values);
  }

  /// Names that are in the set and were not when the journal had `begin` entries, or the other way
  /// round, with what they are now.
  std::map<std::string_view, bool> changes_since(size_t begin) const {
    std::map<std::string_view, bool> changes;  // first what they were: the first change tells
    for (size_t i = begin; i < journal_.size(); ++i)
      changes.emplace(journal_[i].name, !journal_[i].is_read);
    for (auto each = changes.begin(); each != changes.end();) {
      const bool is_read = read_.contains(each->first);
      if (is_read == each->second) {
        each = changes.erase(each);
      } else {
        each->second = is_read;
        ++each;
      }
    }
    return changes;
  }

  void bind(const ast::Name& name) {
    if (!read_.contains(name.text) && !name.text.starts_with('_')) unread_.push_back(&name);
    set(name.text, false);
  }

  void read(const ast::Expr& expr) { reads_.expr(expr); }

  void set(std::string_view name, bool is_read) {
    if (restore(name, is_read)) journal_.push_back({name, is_read});
  }
  /// Whether that is a change.
  bool restore(std::string_view name, bool is_read) {
    return is_read ? read_.insert(name).second : read_.erase(name) > 0;
  }

  const NameWalk reads_{[this](const std::string& name) { set(name, true); }};
  std::unordered_set<std::string_view> read_;  // by what stands behind
  std::vector<Change> journal_;
  std::vector<const ast::Name*> unread_;
  std::unordered_set<std::string_view> mentioned_;
};

}  // namespace

BodyReads reads_of(const ast::Body& body) {
  return BackwardWalk().run(body);
}

}  // namespace tdc::check
