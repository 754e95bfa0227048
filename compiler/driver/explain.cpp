// The texts are those of the manual and of `diag/explanations.txt`, which lie in the binary.
// Messages of wrong programs are made by compiling them.

#include "driver/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "diag/diagnostic.h"
#include "diag/explanations.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/check.h"
#include "support/embedded_files.h"
#include "support/source.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

// ---- the reference of ops and layers ------------------------------------------------------------

/// A part of `reference.md`: "### `relu`" and what follows it.
struct Entry {
  std::string name;
  std::string_view text;
};

/// The entries below "## TITLE", in their order.
std::vector<Entry> entries_below(std::string_view title) {
  std::string_view text = embedded_text("grammar/reference.md");
  const size_t begin = text.find(fmt::format("\n## {}\n", title));
  TDC_CHECK(begin != std::string_view::npos, "no section {}", title);
  text.remove_prefix(begin + 1);
  text = text.substr(0, text.find("\n## "));
  constexpr std::string_view kHead = "\n### `";
  std::vector<Entry> entries;
  for (size_t at = text.find(kHead); at != std::string_view::npos;) {
    const size_t next = text.find(kHead, at + 1);
    const std::string_view entry = text.substr(at + 1, next - at - 1);
    const std::string_view name = entry.substr(kHead.size() - 1);
    entries.push_back({.name = std::string(name.substr(0, name.find('`'))), .text = entry});
    at = next;
  }
  return entries;
}

// ---- rules --------------------------------------------------------------------------------------

/// The item or the paragraph of the manual that gives a rule its label: up to the next item or an
/// empty line.
std::optional<std::string> rule_text(std::string_view label) {
  const std::string_view text = embedded_text("grammar/language.md");
  const size_t at = text.find(fmt::format("**{}**", label));
  if (at == std::string_view::npos) return std::nullopt;
  const size_t begin = text.rfind('\n', at) + 1;
  const size_t end = std::min(text.find("\n\n", at), text.find("\n- ", at));
  return std::string(text.substr(begin, end - begin)) + "\n";
}

/// The manual's items with a label that name a word of programs: `zeros(..)`, `freeze`.
std::string rules_naming(std::string_view word) {
  const std::string_view text = embedded_text("grammar/language.md");
  constexpr std::string_view kItem = "\n- **";
  std::string rules;
  for (size_t at = text.find(kItem); at != std::string_view::npos; at = text.find(kItem, at + 1)) {
    const size_t end = std::min(text.find("\n\n", at + 1), text.find("\n- ", at + 1));
    const std::string_view item = text.substr(at + 1, end - at - 1);
    const bool names_it = std::ranges::any_of(std::string_view("`( "), [&](char behind) {
      return item.find(fmt::format("`{}{}", word, behind)) != std::string_view::npos;
    });
    if (names_it) rules += fmt::format("{}\n", item);
  }
  return rules;
}

// ---- messages -----------------------------------------------------------------------------------

std::string indented(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    result += line == "\n" ? "\n" : fmt::format("    {}", line);
    at = end;
  }
  return result;
}

/// What the compiler says of a program.
std::string messages_of(const std::string& name, const std::string& program) {
  SourceFiles files;
  const FileId file = files.add(name, program);
  Diagnostics diagnostics;
  Dump none;
  static_cast<void>(compile(files, file, {}, DefaultDeploy::first_of_file, diagnostics, none));
  return render(diagnostics, files);
}

std::string message_text(const CatalogueEntry& entry, const Explanation& explanation) {
  std::string text = fmt::format("{}: {} [{}]\n\n{}", to_text(entry.severity), entry.text,
                                 entry.code, explanation.text);
  if (explanation.wrong.empty()) return text;
  return text + fmt::format("\nWrong:\n\n{}\n{}\nRight:\n\n{}", indented(explanation.wrong),
                            messages_of("wrong.td", explanation.wrong),
                            indented(explanation.right));
}

std::optional<std::string> message_text(std::string_view code) {
  const auto entry = std::ranges::find(catalogue(), code, &CatalogueEntry::code);
  const auto explanation = std::ranges::find(explanations(), code, &Explanation::code);
  if (entry == catalogue().end() || explanation == explanations().end()) return std::nullopt;
  return message_text(*entry, *explanation);
}

// ---- names --------------------------------------------------------------------------------------

constexpr std::string_view kSections[] = {"Ops", "Layers and losses"};

std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

std::vector<std::string> explained_codes() {
  std::vector<std::string> codes;
  for (const Explanation& each : explanations()) codes.push_back(each.code);
  return codes;
}

/// Names in lines of at most 100 columns.
std::string paragraph(const std::vector<std::string>& names) {
  constexpr size_t kColumns = 100;
  std::string text, line;
  for (const std::string& name : names) {
    if (line.size() + 1 + name.size() > kColumns) {
      text += line + "\n";
      line.clear();
    }
    line += line.empty() ? "  " + name : " " + name;
  }
  return text + line + "\n";
}

}  // namespace

std::string names_text() {
  std::string text =
      "`tdc explain NAME` explains one of these, a rule of the manual, such as shape-3, or a word "
      "of programs that a\nrule names, such as freeze.\n";
  for (const std::string_view section : kSections)
    text += fmt::format("\n{}\n{}", section, paragraph(names_of(entries_below(section))));
  return text + fmt::format("\nMessages\n{}", paragraph(explained_codes()));
}

std::optional<std::string> explanation_text(std::string_view name) {
  for (const std::string_view section : kSections) {
    const std::vector<Entry> entries = entries_below(section);
    const auto entry = std::ranges::find(entries, name, &Entry::name);
    if (entry != entries.end()) return std::string(entry->text);
  }
  if (std::optional<std::string> text = rule_text(name)) return text;
  const std::optional<std::string> message = message_text(name);
  const std::string rules = rules_naming(name);
  if (!message && rules.empty()) return std::nullopt;
  const bool are_both = message && !rules.empty();
  return message.value_or("") + (are_both ? "\nRules that name it:\n\n" : "") + rules;
}

std::string unknown_name_text(std::string_view name) {
  std::vector<std::string> known = explained_codes();
  for (const std::string_view section : kSections)
    std::ranges::copy(names_of(entries_below(section)), std::back_inserter(known));
  const std::optional<std::string> near = nearest(name, known);
  return fmt::format(
      "no op, layer, message, rule or word of programs is called `{}`; {}", name,
      near ? fmt::format("did you mean `{}`?", *near) : "`tdc explain` lists what there is");
}

}  // namespace tdc::driver
