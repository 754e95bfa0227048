// Golden tests of `tdc report`: what it prints and how it ends.
//
//   report/NAME.td         the program
//   report/NAME.expected   standard output, then behind a line each standard error and the status
//
// TDC_UPDATE_GOLDEN=1 rewrites the .expected files.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "../unit/temporary_folder.h"
#include "driver/commands.h"
#include "support/files.h"

namespace tdc {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(TDC_SOURCE_DIR) / "tests/golden/report";

/// While it lives, standard output and standard error go into two files.
class Redirected {
 public:
  Redirected(const std::string& output, const std::string& errors) {
    const std::array<std::string, 2> paths = {output, errors};
    for (size_t i = 0; i < 2; ++i) {
      const int file = open(paths[i].c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      kept_[i] = dup(STDOUT_FILENO + static_cast<int>(i));
      dup2(file, STDOUT_FILENO + static_cast<int>(i));
      close(file);
    }
  }
  ~Redirected() {
    for (size_t i = 0; i < 2; ++i) {
      dup2(kept_[i], STDOUT_FILENO + static_cast<int>(i));
      close(kept_[i]);
    }
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  std::array<int, 2> kept_ = {};
};

/// All that the command does, for a file of the current folder.
std::string reported(const std::string& name) {
  const TemporaryFolder folder;
  int status = 0;
  {
    const Redirected redirected(folder / "output", folder / "errors");
    status = driver::execute(driver::ReportCommand{.compile = {.file = name}});
  }
  return fmt::format("{}---- standard error\n{}---- status {}\n",
                     read_file(folder / "output").value(), read_file(folder / "errors").value(),
                     status);
}

TEST_CASE("golden: reports, also of what does not fit") {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(kFolder);
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::directory_iterator("."))
    if (entry.path().extension() == ".td") cases.push_back(entry.path().filename());
  std::sort(cases.begin(), cases.end());
  CHECK(cases.size() == 2);
  for (std::filesystem::path path : cases) {
    INFO(path.string());
    const std::string actual = reported(path.string());
    path.replace_extension(".expected");
    if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr)
      CHECK(write_file_atomically(path.string(), actual).ok());
    CHECK(read_file(path.string()).value() == actual);
  }
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace tdc
