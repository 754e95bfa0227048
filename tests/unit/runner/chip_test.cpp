#include "runner/chip.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <optional>

namespace tdc::runner {
namespace {

/// Sets variables of the environment, or removes them, until the end of the test.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::optional<std::string>>& values) {
    for (const auto& [name, value] : values) {
      const char* before = std::getenv(name.c_str());
      before_[name] = before == nullptr ? std::nullopt : std::optional<std::string>(before);
      set(name, value);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) set(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name, const std::optional<std::string>& value) {
    if (value)
      setenv(name.c_str(), value->c_str(), 1);
    else
      unsetenv(name.c_str());
  }
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_CASE("chip build: every source and every tool is part of what it is built from") {
  const std::vector<EmbeddedFile> sources = {
      {.path = "kernels/matmul.c", .text = "a kernel"},
      {.path = "runtime/rv32/pulp_cluster/chip.h", .text = "registers"},
      {.path = "runtime/soc/dma.cpp", .text = "a part"},
      {.path = "runtime/soc/requirements.txt", .text = "package==1 --hash=sha256:12"}};
  const ChipTools tools = {.verilator = "Verilator 5", .compiler = "c++ 12", .cmake = "cmake 3"};
  const std::string text = describe_chip_build(sources, tools);
  CHECK(
      text.ends_with("\ncheckout   none\nverilator  Verilator 5\ncompiler   c++ 12\n"
                     "flags      \ncmake      cmake 3\n"));
  CHECK(describe_chip_build(sources, tools) == text);

  std::vector<EmbeddedFile> changed = sources;
  changed[0].text = "another kernel";  // not of the chip
  CHECK(describe_chip_build(changed, tools) == text);
  for (size_t file = 1; file < sources.size(); ++file) {
    changed = sources;
    changed[file].text = "something else";
    CHECK(describe_chip_build(changed, tools) != text);
  }
  changed = sources;
  changed[2].path = "runtime/soc/dma2.cpp";
  CHECK(describe_chip_build(changed, tools) != text);
  for (std::string ChipTools::* tool :
       {&ChipTools::verilator, &ChipTools::compiler, &ChipTools::cmake, &ChipTools::flags,
        &ChipTools::checkout}) {
    ChipTools other = tools;
    other.*tool = "something else";
    CHECK(describe_chip_build(sources, other) != text);
  }
}

TEST_CASE("cache folder: its own variable, then the standard's, then the home folder") {
  {
    const Environment environment(
        {{"TDC_CACHE", "/a"}, {"XDG_CACHE_HOME", "/b"}, {"HOME", "/home/c"}});
    CHECK(cache_folder().value() == "/a");
  }
  {
    const Environment environment(
        {{"TDC_CACHE", {}}, {"XDG_CACHE_HOME", "/b"}, {"HOME", "/home/c"}});
    CHECK(cache_folder().value() == "/b/tdc");
  }
  {
    // The standard says that a path that is not absolute does not count.
    const Environment environment(
        {{"TDC_CACHE", {}}, {"XDG_CACHE_HOME", "b"}, {"HOME", "/home/c"}});
    CHECK(cache_folder().value() == "/home/c/.cache/tdc");
  }
  const Environment environment({{"TDC_CACHE", {}}, {"XDG_CACHE_HOME", {}}, {"HOME", {}}});
  CHECK_FALSE(cache_folder().ok());
}

}  // namespace
}  // namespace tdc::runner
