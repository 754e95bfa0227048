#include "driver/platform.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "../temporary_folder.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/embedded_files.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

/// A net on a chip whose platform is `name`.
std::string program(const std::string& name) {
  return fmt::format(
      "tdl 1\n"
      "chip board {{\n"
      "  cores      1\n"
      "  platform   \"{}\"\n"
      "  memory     RAM, size: 256 KiB\n"
      "  tensors    RAM\n"
      "  constants  RAM\n"
      "  image      RAM\n"
      "}}\n"
      "net N(x: f32[3]) -> y: f32[] {{\n"
      "  return sum(x)\n"
      "}}\n"
      "deploy d on board {{}}\n",
      name);
}

void put(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  REQUIRE(write_file_atomically(path, text).ok());
}

struct Outcome {
  std::string messages;
  std::optional<Compilation> compilation;
};

Outcome compiled(const std::string& text, const std::string& platform,
                 const std::string& deploy = "d") {
  SourceFiles files;
  const FileId file = files.add("n.td", text);
  Diagnostics diagnostics;
  Dump none;
  CompileOptions options;
  options.deploy = deploy;
  options.platform = platform;
  Outcome outcome;
  outcome.compilation =
      compile(files, file, options, DefaultDeploy::first_of_file, diagnostics, none);
  outcome.messages = render(diagnostics, files);
  return outcome;
}

TEST_CASE("platform: a folder of the user becomes a part of the C project") {
  const TemporaryFolder folder;
  put(folder / "board/link.ld", "SECTIONS {}\n");
  put(folder / "board/start.S", "start\n");
  put(folder / "board/platform.c", "platform\n");
  put(folder / "board/chip.h", "chip\n");
  put(folder / "board/notes.txt", "notes\n");
  put(folder / "board/deeper/other.c", "other\n");
  for (const std::string& given : {folder / "board", folder / "board/", folder / "./board/."}) {
    const Outcome outcome = compiled(program("board"), given);
    REQUIRE_MESSAGE(outcome.compilation.has_value(), outcome.messages);
    std::vector<std::string> paths;
    for (const OutputFile& file : outcome.compilation->files)
      if (file.path.starts_with("runtime/rv32/board/")) paths.push_back(file.path);
    CHECK(paths ==
          std::vector<std::string>{"runtime/rv32/board/chip.h", "runtime/rv32/board/link.ld",
                                   "runtime/rv32/board/platform.c", "runtime/rv32/board/start.S"});
  }
}

TEST_CASE("platform: one that tdc brings needs no folder, and another one is not used") {
  const TemporaryFolder folder;
  put(folder / "board/link.ld", "");
  put(folder / "board/a.c", "");
  for (const std::string& known : known_platforms())
    CHECK(compiled(program(known), "").messages.empty());
  CHECK(known_platforms() == std::vector<std::string>{"host", "pulp_cluster", "qemu_user"});
  CHECK(compiled(program("board"), "").messages.find("[unknown-platform]") != std::string::npos);
  for (const Outcome& other : {compiled(program("other"), folder / "board"),
                               compiled(program("qemu_user"), folder / "board"),
                               compiled(program("board"), folder / "board", "host")}) {
    CHECK(!other.compilation.has_value());
    CHECK(other.messages.find("[platform-other]") != std::string::npos);
  }
}

TEST_CASE("platform: folders that cannot be one say why") {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& name) {
    const Outcome outcome = compiled(program("board"), folder / name);
    CHECK(!outcome.compilation.has_value());
    CHECK(outcome.messages.find("[platform-folder]") != std::string::npos);
    return outcome.messages;
  };
  CHECK(said("board").find("cannot be read: No such file or directory") != std::string::npos);
  put(folder / "board/a.c", "");
  CHECK(said("board").find("needs a `link.ld` and sources") != std::string::npos);
  put(folder / "board/link.ld", "");
  CHECK(compiled(program("board"), folder / "board").messages.empty());
  put(folder / "qemu_user/link.ld", "");
  CHECK(said("qemu_user").find("has the name of a platform that `tdc` brings") !=
        std::string::npos);
  put(folder / "$(shell touch x)/link.ld", "");
  CHECK(said("$(shell touch x)").find("its name takes letters") != std::string::npos);
  // A file name ends up in a rule of the makefile.
  put(folder / "board/$(shell touch x).c", "");
  CHECK(said("board").find("a file name there takes letters") != std::string::npos);
}

}  // namespace
}  // namespace tdc::driver
