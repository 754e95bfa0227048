#include "unit/emit/compiled.h"

#include <doctest/doctest.h>

#include <optional>

#include "diag/render.h"

namespace tdc::test {

driver::Compilation compile(const std::string& text) {
  SourceFiles files;
  const FileId file = files.add("n.td", text);
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Compilation> result = driver::compile(
      files, file, {.file = "n.td"}, driver::DefaultDeploy::first_of_file, diagnostics, none);
  REQUIRE_MESSAGE(result.has_value(), render(diagnostics, files));
  return *std::move(result);
}

}  // namespace tdc::test
