#include "check/library.h"

#include <fmt/format.h>

#include <filesystem>

#include "support/check.h"
#include "support/embedded_files.h"
#include "support/files.h"
#include "support/text.h"
#include "syntax/parse.h"

namespace tdc::check {
namespace {

constexpr std::string_view kLibraryFolder = "stdlib/";
constexpr std::string_view kSourceSuffix = ".td";

/// The names after `std.` of the library's files.
std::vector<std::string> library_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : embedded_files()) {
    std::string_view path = file.path;
    if (!path.starts_with(kLibraryFolder) || !path.ends_with(kSourceSuffix)) continue;
    path.remove_prefix(kLibraryFolder.size());
    path.remove_suffix(kSourceSuffix.size());
    names.push_back("std." + std::string(path));
  }
  return names;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

std::string library_path(std::string_view name) {
  return fmt::format("{}{}{}", kLibraryFolder, name.substr(name.find('.') + 1), kSourceSuffix);
}

/// The library's declarations of some kinds by name, with the file that has them.
template <typename... Kinds>
std::map<std::string, std::string> library_declarations() {
  std::map<std::string, std::string> result;
  for (const std::string& name : library_names()) {
    SourceFiles sources;
    Diagnostics none;
    const FileId file = sources.add(name, std::string(embedded_text(library_path(name))));
    const std::optional<ast::File> tree = parse(sources, file, none);
    TDC_CHECK(tree.has_value(), "`{}` does not parse", name);
    for (const ast::Declaration& declaration : tree->declarations)
      (
          [&] {
            if (const auto* each = std::get_if<Kinds>(&declaration.kind))
              result.emplace(each->name.text, name);
          }(),
          ...);
  }
  return result;
}

std::optional<std::string> find_in(const std::map<std::string, std::string>& declarations,
                                   const std::string& name) {
  const auto found = declarations.find(name);
  return found == declarations.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<std::string> library_of_name(const std::string& name) {
  static const std::map<std::string, std::string> names =
      library_declarations<ast::Block, ast::Let>();
  return find_in(names, name);
}

std::optional<std::string> library_of_chip(const std::string& name) {
  static const std::map<std::string, std::string> chips = library_declarations<ast::Chip>();
  return find_in(chips, name);
}

std::optional<std::string> library_of_train(const std::string& name) {
  static const std::map<std::string, std::string> trains = library_declarations<ast::Train>();
  return find_in(trains, name);
}

const FileScope* Library::load(FileId file) {
  const std::string& name = sources_.name(file);
  return load(file, std::filesystem::path(name).lexically_normal().string(), false);
}

FileScope* Library::load(FileId file, std::string key, bool is_library) {
  std::unique_ptr<FileScope>& slot = by_key_[std::move(key)];
  std::optional<ast::File> tree = parse(sources_, file, diagnostics_);
  if (!tree) {
    is_complete_ = false;
    return nullptr;
  }
  slot = std::make_unique<FileScope>();
  FileScope& scope = *slot;
  scope.tree = *std::move(tree);
  scope.is_library = is_library;
  if (!is_library) scope.folder = folder_of(sources_.name(file));
  for (const ast::Declaration& declaration : scope.tree.declarations)
    if (const auto* item = std::get_if<ast::Use>(&declaration.kind))
      use(scope, *item, declaration.range);
  collect(scope);
  order_.push_back(&scope);
  return &scope;
}

void Library::use(FileScope& scope, const ast::Use& use, SourceRange range) {
  std::string key;
  std::string text;
  bool is_library = false;
  if (const auto* file = std::get_if<ast::String>(&use.what)) {
    key = std::filesystem::path(scope.folder + file->value).lexically_normal().string();
    range = file->range;
    if (!by_key_.contains(key)) {
      Result<std::string> bytes = read_file(key);
      if (!bytes.ok()) {
        reporter_.report(range, diag::use_unreadable, bytes.failure().messages.front());
        is_complete_ = false;
        return;
      }
      text = std::move(bytes.value());
    }
  } else {
    for (const ast::Name& name : std::get<std::vector<ast::Name>>(use.what))
      key += (key.empty() ? "" : ".") + name.text;
    const std::vector<ast::Name>& segments = std::get<std::vector<ast::Name>>(use.what);
    range = {range.file, segments.front().range.begin, segments.back().range.end};
    is_library = true;
    const EmbeddedFile* embedded =
        key.starts_with("std.") ? find_embedded_file(library_path(key)) : nullptr;
    if (embedded == nullptr) {
      reporter_.report(range, diag::use_unknown, key, join_words(library_names(), "and"))
          .suggest(nearest(key, library_names()));
      is_complete_ = false;
      return;
    }
    text = embedded->text;
  }
  const auto known = by_key_.find(key);
  const FileScope* used = known != by_key_.end()
                              ? known->second.get()
                              : load(sources_.add(key, std::move(text)), key, is_library);
  if (used == nullptr || used == &scope) return;
  scope.uses.push_back(used);
}

void Library::collect(FileScope& scope) {
  // Blocks, nets and lets share one namespace, since all of them stand in expressions.
  std::map<std::string, SourceRange> expression_names, chips, trains, deploys;
  const auto add = [&](std::map<std::string, SourceRange>& seen, const ast::Name& name) {
    const auto [first, is_new] = seen.emplace(name.text, name.range);
    if (!is_new)
      reporter_.report(name.range, diag::duplicate_name, name.text)
          .note(first->second, diag::note_first_here, name.text);
    return is_new;
  };
  for (const ast::Declaration& declaration : scope.tree.declarations) {
    if (const auto* block = std::get_if<ast::Block>(&declaration.kind)) {
      if (add(expression_names, block->name)) scope.blocks.emplace(block->name.text, block);
    } else if (const auto* let = std::get_if<ast::Let>(&declaration.kind)) {
      if (add(expression_names, let->name)) scope.lets.emplace(let->name.text, let);
    } else if (const auto* chip = std::get_if<ast::Chip>(&declaration.kind)) {
      if (add(chips, chip->name)) scope.chips.emplace(chip->name.text, chip);
    } else if (const auto* train = std::get_if<ast::Train>(&declaration.kind)) {
      if (add(trains, train->name)) scope.trains.emplace(train->name.text, train);
    } else if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind)) {
      if (add(deploys, deploy->name)) scope.deploys.emplace(deploy->name.text, deploy);
    }
  }
}

}  // namespace tdc::check
