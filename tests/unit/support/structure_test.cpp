// What the sources may include: the arrows between stages, and the doors of libraries.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "../temporary_folder.h"

namespace tdc {
namespace {

namespace fs = std::filesystem;
const fs::path kCompiler = fs::path(TDC_SOURCE_DIR) / "compiler";

/// What a file includes, as written between the quotes or brackets.
std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex include(R"(^#include [<"]([^>"]+)[>"])");
  std::vector<std::string> result;
  std::ifstream stream(file);
  REQUIRE(stream);
  for (std::string line; std::getline(stream, line);)
    if (std::smatch match; std::regex_search(line, match, include)) result.push_back(match[1]);
  return result;
}

std::vector<fs::path> sources_in(const fs::path& folder) {
  std::vector<fs::path> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
      result.push_back(entry.path());
  REQUIRE(!result.empty());
  return result;
}

/// Every header of ours, and of others, that including `header` brings.
void add_includes(const std::string& header, std::set<std::string>& seen) {
  if (!seen.insert(header).second || !fs::is_regular_file(kCompiler / header)) return;
  for (const std::string& each : includes_of(kCompiler / header)) add_includes(each, seen);
}

/// All that including `file` brings comes from none of `stages`.
void check_arrows(const fs::path& file, const std::vector<std::string>& stages) {
  std::set<std::string> seen;
  for (const std::string& include : includes_of(file)) add_includes(include, seen);
  CAPTURE(file.string());
  for (const std::string& include : seen)
    for (const std::string& stage : stages) {
      CAPTURE(include);
      CHECK_FALSE(include.starts_with(stage));
    }
}

TEST_CASE("structure: generated C and runs are made without the graph and the checked program") {
  for (const char* folder : {"emit", "runner"})
    for (const fs::path& file : sources_in(kCompiler / folder))
      check_arrows(file, {"ir/ir.h", "graph/", "check/", "syntax/"});
}

TEST_CASE("structure: check decides which adapters there are, and attaches none") {
  for (const fs::path& file : sources_in(kCompiler / "check"))
    check_arrows(file, {"lora/attach_adapters.h"});
}

TEST_CASE("structure: the build knows every folder as a layer, and refuses an include upwards") {
  const TemporaryFolder folder;
  const auto status = [&] {
    const std::string command =
        fmt::format("cmake -DFOLDER={} -P {} >/dev/null 2>&1", folder / "compiler",
                    (kCompiler / "layers.cmake").string());
    return std::system(command.c_str());
  };
  const auto write = [&](const char* name, const char* text) {
    const fs::path path = folder.path() / "compiler" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  };
  write("ops/add.cpp", "#include \"ir/ir.h\"\n");
  write("ir/ir.h", "#include \"support/ids.h\"\n");
  write("support/ids.h", "");
  CHECK(status() == 0);
  SUBCASE("up") {
    write("ir/ir.h", "#include \"ops/op.h\"\n");
  }
  SUBCASE("not listed") {
    write("odd/odd.h", "");
  }
  CHECK(status() != 0);
}

TEST_CASE("structure: ANTLR stays behind the door of the parser") {
  for (const fs::path& file : sources_in(kCompiler)) {
    if (file.parent_path().filename() == "antlr") continue;
    for (const std::string& include : includes_of(file)) {
      CAPTURE(file.string());
      CHECK_FALSE(include.starts_with("antlr4"));
      CHECK_FALSE(include.starts_with("Td"));
      if (include.starts_with("syntax/antlr/")) CHECK(file.filename() == "parse.cpp");
    }
  }
}

TEST_CASE("structure: the headers that all include bring no formatting library, ops no catalogue") {
  for (const char* header : {"support/ids.h", "support/source.h", "ir/ir.h", "ops/op.h"}) {
    std::set<std::string> seen;
    add_includes(header, seen);
    CAPTURE(header);
    CHECK(seen.size() > 1);
    CHECK_FALSE(seen.contains("fmt/format.h"));
    CHECK_FALSE(seen.contains("diag/diagnostics.def"));
  }
}

}  // namespace
}  // namespace tdc
