#pragma once

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "check/check.h"
#include "check/library.h"
#include "diag/render.h"
#include "driver/pipeline.h"

namespace tdc::check {

/// A program in memory, checked, with its graph of one sample; or what was said about it.
struct Checked {
  SourceFiles sources;
  Diagnostics diagnostics;
  std::optional<Program> program;

  [[nodiscard]] std::string messages() const { return render(diagnostics, sources); }
};

inline Checked check_source(std::string text, const Selection& selection = {},
                            const std::string& name = "test.td") {
  Checked result;
  const FileId file = result.sources.add(name, std::move(text));
  Library library(result.sources, result.diagnostics);
  const FileScope* main = library.load(file);
  if (!library.is_complete()) return result;
  std::optional<CheckedFile> checked = check_file(library, *main, selection, result.diagnostics);
  if (!checked) return result;
  result.program = std::move(checked->programs[checked->selected_program]);
  driver::Dump none;
  driver::finish_sample_graph(*result.program, none);
  return result;
}

/// A file of the source tree as text.
inline std::string read_source_file(const std::string& path) {
  std::ifstream file(std::string(TDC_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tdc::check
