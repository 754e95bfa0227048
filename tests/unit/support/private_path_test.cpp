#include "support/private_path.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "../temporary_folder.h"
#include "support/files.h"

namespace tdc {
namespace {

namespace fs = std::filesystem;

std::string message(const std::string& path) {
  const Result<Done> result = check_private(path);
  return result.ok() ? "" : result.failure().messages.front();
}

TEST_CASE("private paths: nobody else may write on the way") {
  const TemporaryFolder folder;
  const std::string root = fs::canonical(folder.path()).string();
  fs::create_directories(root + "/a/b");
  REQUIRE(write_file_atomically(root + "/a/b/file", "x").ok());
  REQUIRE(chmod((root + "/a/b/file").c_str(), 0755) == 0);
  for (const char* part : {"/a", "/a/b"}) REQUIRE(chmod((root + part).c_str(), 0755) == 0);
  const std::string file = root + "/a/b/file";
  CHECK(message(file) == "");
  CHECK(message(root + "/a/b/not_there/yet") == "");
  CHECK(message(root + "/a/./b//../b/file") == "");

  for (const std::string& part : {root + "/a", root + "/a/b", file}) {
    CAPTURE(part);
    REQUIRE(chmod(part.c_str(), 0757) == 0);
    CHECK(message(file) == fmt::format("others may write to `{}` (mode 0757)", part));
    REQUIRE(chmod(part.c_str(), 0755) == 0);
  }
  // Below a folder like /tmp everybody's files are their own; a file is not made so by the bit.
  REQUIRE(chmod((root + "/a").c_str(), 01777) == 0);
  CHECK(message(file) == "");
  REQUIRE(chmod(file.c_str(), 01757) == 0);
  CHECK(message(file) == fmt::format("others may write to `{}` (mode 1757)", file));
}

TEST_CASE("private paths: links are followed, and looked at on both sides") {
  const TemporaryFolder folder;
  const std::string root = fs::canonical(folder.path()).string();
  fs::create_directories(root + "/open/inside");
  fs::create_directories(root + "/ours");
  REQUIRE(chmod((root + "/open").c_str(), 0777) == 0);
  fs::create_symlink("../open/inside", root + "/ours/link");
  fs::create_symlink(root + "/ours", root + "/absolute");
  fs::create_symlink("round", root + "/round");
  CHECK(message(root + "/ours") == "");
  CHECK(message(root + "/absolute/x") == "");
  CHECK(message(root + "/ours/link/file") ==
        fmt::format("others may write to `{}/open` (mode 0777)", root));
  CHECK(message(root + "/absolute/link/file") ==
        fmt::format("others may write to `{}/open` (mode 0777)", root));
  CHECK(message(root + "/round/x") == fmt::format("`{}/round` cannot be followed", root));
}

TEST_CASE("private paths: what belongs to somebody else is not private") {
  if (geteuid() != 0) return;  // nobody else can give files away
  constexpr uid_t kSomebody = 54321;
  const TemporaryFolder folder;
  const std::string root = fs::canonical(folder.path()).string();
  fs::create_directories(root + "/a/b");
  REQUIRE(chown((root + "/a").c_str(), kSomebody, 0) == 0);
  CHECK(message(root + "/a/b") == fmt::format("`{}/a` belongs to user 54321", root));
  fs::create_directories(root + "/c");
  fs::create_symlink("c", root + "/link");
  REQUIRE(lchown((root + "/link").c_str(), kSomebody, 0) == 0);
  CHECK(message(root + "/link") == fmt::format("`{}/link` belongs to user 54321", root));
  // A group of others may write.
  REQUIRE(chown((root + "/c").c_str(), 0, kSomebody) == 0);
  REQUIRE(chmod((root + "/c").c_str(), 0775) == 0);
  CHECK(message(root + "/c") == fmt::format("others may write to `{}/c` (mode 0775)", root));
}

}  // namespace
}  // namespace tdc
