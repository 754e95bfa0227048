#pragma once

// The files of one compilation and what their names mean. A name is looked up in its own file, then
// in the files that it uses, the user's before the library's (scope-1); ops come last.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "check/reporter.h"
#include "check/value.h"
#include "support/source.h"
#include "support/text.h"
#include "syntax/ast.h"

namespace tdc::check {

/// One parsed file with the declarations it makes and the files it uses.
struct FileScope {
  ast::File tree;
  bool is_library = false;
  std::string folder;  // of a user's file, with a final `/` unless it is empty
  std::vector<const FileScope*> uses;

  std::map<std::string, const ast::Block*> blocks;  // nets too
  std::map<std::string, const ast::Chip*> chips;
  std::map<std::string, const ast::Train*> trains;
  std::map<std::string, const ast::Deploy*> deploys;
  std::map<std::string, const ast::Let*> lets;
  std::map<std::string, Value> let_values;  // filled by `evaluate_lets`, in order
  mutable std::set<std::string> used_lets;  // marked where a name turns out to be one of `lets`
};

/// A declaration with the file whose names it sees.
template <typename T>
struct Found {
  const T* declaration = nullptr;
  const FileScope* file = nullptr;
  explicit operator bool() const { return declaration != nullptr; }
};

/// Looks `name` up in one kind of declaration of `file` and of the files it uses.
template <typename T>
Found<T> lookup(const FileScope& file, std::map<std::string, const T*> FileScope::* kind,
                const std::string& name) {
  const auto in = [&](const FileScope& scope) -> Found<T> {
    const auto found = (scope.*kind).find(name);
    return found == (scope.*kind).end() ? Found<T>{} : Found<T>{found->second, &scope};
  };
  if (const auto found = in(file)) return found;
  for (const bool is_library : {false, true})
    for (const FileScope* used : file.uses)
      if (used->is_library == is_library)
        if (const auto found = in(*used)) return found;
  return {};
}

/// All names of one kind that `file` sees, for suggestions.
template <typename T>
std::vector<std::string> visible_names(const FileScope& file,
                                       std::map<std::string, const T*> FileScope::* kind) {
  std::vector<std::string> result;
  const auto add = [&](const FileScope& scope) {
    for (const auto& [name, declaration] : scope.*kind) result.push_back(name);
  };
  add(file);
  for (const FileScope* used : file.uses) add(*used);
  return result;
}

/// Reads files and the files they use.
class Library {
 public:
  Library(SourceFiles& sources, Diagnostics& diagnostics)
      : sources_(sources), diagnostics_(diagnostics), reporter_(diagnostics) {}

  /// Parses `file` and everything it uses. Null if `file` itself does not parse.
  const FileScope* load(FileId file);

  /// Whether all files could be read and parsed; otherwise what they declare is missing, which is
  /// nobody else's mistake.
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  /// All files that parse, used ones before their users where there is no cycle.
  [[nodiscard]] const std::vector<FileScope*>& files() const { return order_; }
  [[nodiscard]] const SourceFiles& sources() const { return sources_; }

 private:
  FileScope* load(FileId file, std::string key, bool is_library);
  void use(FileScope& scope, const ast::Use& use, SourceRange range);
  void collect(FileScope& scope);

  SourceFiles& sources_;
  Diagnostics& diagnostics_;
  Reporter reporter_;
  std::map<std::string, std::unique_ptr<FileScope>> by_key_;  // null: does not parse
  std::vector<FileScope*> order_;
  bool is_complete_ = true;
};

/// The library file that declares a block, a net or a `let` called `name`, as `use` writes it:
/// `std.nn`; or null.
std::optional<std::string> library_of_name(const std::string& name);
/// The same for a chip, and for a `train` block.
std::optional<std::string> library_of_chip(const std::string& name);
std::optional<std::string> library_of_train(const std::string& name);

/// Reports that nothing has a name, which would be in `library` or is near one of `known`. That a
/// `use` is missing is said once for a file, however many of the library's names it has.
template <typename Entry>
void report_missing(const Entry& entry, const ast::Name& name,
                    const std::optional<std::string>& library,
                    const std::vector<std::string>& known, Reporter& reporter) {
  if (library)
    reporter
        .report_once(std::to_string(name.range.file.index) + ": " + *library, name.range, entry,
                     name.text)
        .hint(diag::hint_use, name.text, *library);
  else
    reporter.report(name.range, entry, name.text).suggest(nearest(name.text, known));
}

}  // namespace tdc::check
