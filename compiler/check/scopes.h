#pragma once

// What names mean inside a body, for whoever walks over it: the check of definitions, which knows
// of each name only whether it is static, and elaboration, which has its value.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check/forms.h"
#include "check/library.h"
#include "check/reporter.h"
#include "check/value.h"
#include "support/text.h"
#include "syntax/ast.h"

namespace tdc::check {

/// The names of a body, innermost scope last, and behind them those of the file that it stands in.
/// `Entry` is what is known of a name; it has a member `is_static`.
template <typename Entry>
class Scopes {
 public:
  using Scope = std::map<std::string, Entry>;

  /// One scope, that of the arguments and of the body itself.
  explicit Scopes(const FileScope& file) : file_(&file), scopes_(1) {}

  [[nodiscard]] const FileScope& file() const { return *file_; }

  // ---- what a name means ----

  /// What a name stands for. At most one is set; none: nothing is called so.
  struct Meaning {
    Entry* local = nullptr;
    Found<ast::Let> let;
    std::optional<CallableValue> callable;
  };

  /// The body's own name, innermost scope first; null if there is none.
  Entry* find(const std::string& name) {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      if (const auto found = scope->find(name); found != scope->end()) return &found->second;
    return nullptr;
  }

  /// In an expression: a name of the body, then a `let`, which is marked as used, then what can be
  /// called (scope-1).
  Meaning read(const std::string& name) {
    if (Entry* local = find(name)) return {.local = local, .let = {}, .callable = {}};
    if (const auto let = lookup(*file_, &FileScope::lets, name)) {
      let.file->used_lets.insert(name);
      return {.local = nullptr, .let = let, .callable = {}};
    }
    return {.local = nullptr, .let = {}, .callable = find_callable(*file_, name)};
  }

  /// Before parentheses: a name of the body, then what can be called.
  Meaning callee(const std::string& name) {
    if (Entry* local = find(name)) return {.local = local, .let = {}, .callable = {}};
    return {.local = nullptr, .let = {}, .callable = find_callable(*file_, name)};
  }

  /// A name that stands alone in a shape is a new dim if nothing else has it (shape-1).
  [[nodiscard]] bool is_new_dim(const std::string& name) {
    return find(name) == nullptr && !lookup(*file_, &FileScope::lets, name);
  }

  /// Says that `read` found nothing, and what is near.
  void report_unknown(const ast::Name& name, Reporter& reporter) const {
    std::vector<std::string> candidates = visible_names(*file_, &FileScope::lets);
    for (const Scope& scope : scopes_)
      for (const auto& [known, entry] : scope) candidates.push_back(known);
    report_missing(diag::unknown_name, name, library_of_name(name.text), candidates, reporter);
  }

  // ---- what gives a name ----

  /// A name of a `let`, `param` or binder, in the innermost scope. Names are not given twice
  /// (scope-2): if there is one already, it stays and is returned; otherwise null.
  Entry* define(const std::string& name, Entry entry) {
    if (Entry* known = find(name)) return known;
    scopes_.back().emplace(name, std::move(entry));
    return nullptr;
  }

  /// An argument, or a dim that a shape binds: known in all of the body. The first one stays, as
  /// for `define`.
  void define_outermost(const std::string& name, Entry entry) {
    scopes_.front().emplace(name, std::move(entry));
  }

  /// `name = ...` binds a new name in the innermost scope, or rebinds the one that is there, in its
  /// own scope, unless that is static (scope-3). Gives the name's entry, and whether it is new.
  std::pair<Entry*, bool> bind(const std::string& name) {
    if (Entry* known = find(name)) return {known, false};
    return {&scopes_.back()[name], true};
  }

  // ---- nested bodies ----

  void open() { scopes_.emplace_back(); }
  /// The names of the scope that ends here.
  Scope close() {
    Scope inner = std::move(scopes_.back());
    scopes_.pop_back();
    return inner;
  }
  /// After an `if`, the names that all its branches bind are visible (scope-4): `branch` is a scope
  /// of one, closed, `names` are `names_after` of the `if`.
  void keep(Scope branch, const std::set<std::string>& names) {
    for (auto& [name, entry] : branch)
      if (names.contains(name)) scopes_.back().emplace(name, std::move(entry));
  }

 private:
  const FileScope* file_;
  std::vector<Scope> scopes_;
};

}  // namespace tdc::check
