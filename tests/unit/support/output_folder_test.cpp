#include "support/output_folder.h"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>

#include "../temporary_folder.h"
#include "support/files.h"

namespace tdc {
namespace {

namespace fs = std::filesystem;

/// All files below `folder` with their bytes.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] =
          read_file(entry.path().string()).value();
  return files;
}

size_t entry_count(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

const std::vector<OutputFile> kFiles = {{"a.c", "int a;\n"},
                                        {"kernels/b.c", std::string("x\0y", 3)}};

TEST_CASE("an output folder holds the files and a marker, wherever it is") {
  const TemporaryFolder here;
  REQUIRE(write_output_folder(here / "out", kFiles).ok());
  REQUIRE(write_output_folder(here / "deep/er/out/", kFiles).ok());
  const std::map<std::string, std::string> files = contents(here / "out");
  CHECK(files.size() == 3);
  CHECK(files.at("a.c") == "int a;\n");
  CHECK(files.at("kernels/b.c") == std::string("x\0y", 3));
  CHECK(files.contains(std::string(kOutputMarker)));
  CHECK(contents(here / "deep/er/out") == files);
  CHECK(entry_count(here.path()) == 2);
}

TEST_CASE("an output folder is replaced as a whole, also when it was empty") {
  const TemporaryFolder here;
  fs::create_directory(here / "out");
  REQUIRE(write_output_folder(here / "out", kFiles).ok());
  fs::create_directories(here / "out/build/host");
  std::ofstream(here / "out/build/host/a.o") << "left over from make";
  REQUIRE(write_output_folder(here / "out", {{"c.c", ""}}).ok());
  CHECK(contents(here / "out").size() == 2);
  CHECK(contents(here / "out").contains("c.c"));
  CHECK(entry_count(here.path()) == 1);
}

TEST_CASE("a link to an output folder stays a link") {
  const TemporaryFolder here;
  REQUIRE(write_output_folder(here / "real", kFiles).ok());
  fs::create_directory_symlink(here / "real", here / "link");
  REQUIRE(write_output_folder(here / "link", {{"c.c", ""}}).ok());
  CHECK(fs::is_symlink(here / "link"));
  CHECK(contents(here / "real").contains("c.c"));
}

TEST_CASE("files that tdc did not write are not lost with its folder") {
  const TemporaryFolder here;
  REQUIRE(write_output_folder(here / "out", kFiles).ok());
  std::ofstream(here / "out/kernels/mine.c") << "a day's work";
  std::map<std::string, std::string> before = contents(here / "out");
  CHECK(
      write_output_folder(here / "out", {{"c.c", ""}}).failure() ==
      fail(
          "`{}` holds `kernels/mine.c`, not written by `tdc`, and would lose it; move it elsewhere",
          here / "out"));
  CHECK(contents(here / "out") == before);

  fs::create_symlink("nowhere", here / "out/link");
  CHECK(
      write_output_folder(here / "out", kFiles).failure() ==
      fail("`{}` holds `kernels/mine.c` and 1 more, not written by `tdc`, and would lose it; move "
           "it elsewhere",
           here / "out"));
  CHECK(entry_count(here.path()) == 1);
}

TEST_CASE("folders that tdc did not make are left alone") {
  const TemporaryFolder here;
  fs::create_directory(here / "mine");
  std::ofstream(here / "mine/thesis.tex") << "years of work";
  CHECK(write_output_folder(here / "mine", kFiles).failure() ==
        fail("`{}` exists and was not made by `tdc`; name another folder, or remove this one",
             here / "mine"));
  CHECK(contents(here / "mine").size() == 1);

  std::ofstream(here / "file") << "a file";
  CHECK(write_output_folder(here / "file", kFiles).failure() ==
        fail("`{}` is a file, not a folder", here / "file"));
  CHECK(entry_count(here.path()) == 2);

  CHECK(write_output_folder("/", kFiles).failure() ==
        fail("`/` holds the current folder and cannot be replaced; name a folder of its own"));
  CHECK(!write_output_folder(".", kFiles).ok());
}

TEST_CASE("a failure half-way leaves nothing behind and the old folder as it was") {
  const TemporaryFolder here;
  // The second file's name is longer than any file system allows.
  const std::vector<OutputFile> impossible = {{"a.c", "new"}, {std::string(300, 'x'), "new"}};
  CHECK(write_output_folder(here / "some/new/out", impossible).failure() ==
        fail("`{}` cannot be written: File name too long", here / "some/new/out"));
  CHECK(entry_count(here.path()) == 0);

  REQUIRE(write_output_folder(here / "out", kFiles).ok());
  const std::map<std::string, std::string> before = contents(here / "out");
  CHECK(!write_output_folder(here / "out", impossible).ok());
  CHECK(contents(here / "out") == before);
  CHECK(entry_count(here.path()) == 1);

  std::ofstream(here / "file") << "a file";
  CHECK(!write_output_folder(here / "file/out", kFiles).ok());
  CHECK(entry_count(here.path()) == 2);
}

volatile std::sig_atomic_t interrupts = 0;

TEST_CASE("signals get through again after an output folder is written") {
  const TemporaryFolder here;
  const auto before = std::signal(SIGINT, [](int) { interrupts = interrupts + 1; });
  REQUIRE(write_output_folder(here / "out", kFiles).ok());
  std::raise(SIGINT);
  std::signal(SIGINT, before);
  CHECK(interrupts == 1);
}

TEST_CASE("a file is written as a whole or not at all") {
  const TemporaryFolder here;
  REQUIRE(write_file_atomically(here / "f", "old").ok());
  REQUIRE(write_file_atomically(here / "f", std::string("n\0w", 3)).ok());
  CHECK(read_file(here / "f").value() == std::string("n\0w", 3));
  fs::create_directory(here / "folder");
  CHECK(!write_file_atomically(here / "folder", "x").ok());
  CHECK(write_file_atomically(here / "none/f", "x").failure() ==
        fail("`{}` cannot be written: No such file or directory", here / "none/f"));
  CHECK(entry_count(here.path()) == 2);
  CHECK(read_file(here / "folder").failure() ==
        fail("`{}` cannot be read: it is a folder", here / "folder"));
}

}  // namespace
}  // namespace tdc
