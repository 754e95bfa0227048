// Reads `explanations.txt`, whose first lines say what it looks like. That file is part of the
// compiler, so a mistake in it is an internal fault.

#include "diag/explanations.h"

#include <fmt/format.h>

#include "support/check.h"
#include "support/embedded_files.h"

namespace tdc {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

/// `-` lines and the `+` lines below them.
struct Change {
  std::string before, after;
};

/// An entry as it is written.
struct Entry {
  std::string code, text, program;
  std::vector<Change> changes;
};

/// Adds a line of a text of several.
void add_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

void read_line(Entry& entry, std::string_view line) {
  const std::string_view rest = line.size() > 2 ? line.substr(2) : std::string_view();
  if (line.starts_with("@ ")) {
    entry.program = rest;
  } else if (line.starts_with("- ")) {
    if (entry.changes.empty() || !entry.changes.back().after.empty()) entry.changes.emplace_back();
    add_line(entry.changes.back().before, rest);
  } else if (line.starts_with("+ ")) {
    TDC_CHECK(!entry.changes.empty(), "{}: `+` without `-`", entry.code);
    add_line(entry.changes.back().after, rest);
  } else if (!line.empty()) {
    entry.text += fmt::format("{}\n", line);
  }
}

std::vector<Entry> read_entries(std::string_view text) {
  std::vector<Entry> entries;
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with("== ")) {
      entries.push_back(
          {.code = std::string(line.substr(3)), .text = {}, .program = {}, .changes = {}});
      entries.back().program = entries.back().code;
    } else if (!entries.empty()) {
      read_line(entries.back(), line);
    }
  }
  return entries;
}

std::string changed(std::string program, const Entry& entry) {
  for (const Change& change : entry.changes) {
    const size_t at = program.find(change.before);
    TDC_CHECK(at != std::string::npos, "{}: no `{}` in the program", entry.code, change.before);
    TDC_CHECK(program.find(change.before, at + 1) == std::string::npos,
              "{}: more than one `{}` in the program", entry.code, change.before);
    program.replace(at, change.before.size(), change.after);
  }
  return program;
}

Explanation explanation_of(const Entry& entry) {
  Explanation result = {.code = entry.code, .text = entry.text, .wrong = {}, .right = {}};
  if (entry.changes.empty()) return result;
  result.wrong =
      without_expectations(embedded_text(fmt::format("tests/golden/errors/{}.td", entry.program)));
  result.right = changed(result.wrong, entry);
  return result;
}

}  // namespace

std::string without_expectations(std::string_view program) {
  std::string result;
  for (const std::string_view line : lines_of(program))
    if (!line.starts_with("// expect: ")) result += fmt::format("{}\n", line);
  return result;
}

const std::vector<Explanation>& explanations() {
  static const std::vector<Explanation> all = [] {
    std::vector<Explanation> result;
    for (const Entry& entry : read_entries(embedded_text("compiler/diag/explanations.txt")))
      result.push_back(explanation_of(entry));
    return result;
  }();
  return all;
}

}  // namespace tdc
