#pragma once

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "check/check.h"
#include "diag/render.h"

namespace tdc::check {

/// A program in memory, checked; or what was said about it.
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
  result.program = check(result.sources, file, selection, result.diagnostics);
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
