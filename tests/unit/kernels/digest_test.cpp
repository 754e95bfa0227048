#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace tdc::kernels {
namespace {

std::string output_of(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), count);
  REQUIRE_MESSAGE(pclose(pipe) == 0, command);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("all kernels have the same bits on the host and on an rv32 core, from both compilers") {
  std::vector<std::string> expected;
  std::istringstream paths(TDC_DIGEST_BUILDS);
  for (std::string path; std::getline(paths, path, ':');) {
    if (expected.empty()) {  // the host's, first
      expected = lines_of(output_of(path));
      CHECK(expected.size() > 200);
      continue;
    }
    const std::vector<std::string> lines = lines_of(output_of(TDC_QEMU_RISCV32 " " + path));
    REQUIRE(lines.size() == expected.size());
    for (size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(path);
      CHECK(lines[i] == expected[i]);
    }
  }
}

}  // namespace
}  // namespace tdc::kernels
