#include "support/private_path.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include "support/check.h"

// Whoever may write to a folder may put another file under any name in it, and whoever owns a
// symbolic link there may turn it elsewhere. So the way is gone part by part, through links as the
// system goes, and each part is looked at.

namespace tdc {
namespace {

constexpr int kMaximumLinks = 40;  // as the system's own

/// The parts of a path from left to right, blanks and `.` left out.
std::deque<std::string> parts_of(const std::string& path) {
  std::deque<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

/// Whether the group has the user's name and no other member, as Debian gives one to each user.
bool is_own_group(gid_t group) {
  const passwd* user = getpwuid(geteuid());
  if (user == nullptr || user->pw_gid != group) return false;
  const std::string name = user->pw_name;
  const struct group* found = getgrgid(group);
  if (found == nullptr || name != found->gr_name) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member)
    if (name != *member) return false;
  return true;
}

std::string user_name(uid_t user) {
  const passwd* found = getpwuid(user);
  return found == nullptr ? fmt::format("user {}", user) : std::string(found->pw_name);
}

Result<Done> check_place(const std::string& path, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return fail("`{}` belongs to {}", path, user_name(status.st_uid));
  if (S_ISLNK(status.st_mode) || (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0))
    return Done{};
  const bool is_group_trusted = (status.st_mode & S_IWGRP) == 0 || is_own_group(status.st_gid);
  if ((status.st_mode & S_IWOTH) != 0 || !is_group_trusted)
    return fail("others may write to `{}` (mode {:04o})", path, status.st_mode & 07777U);
  return Done{};
}

}  // namespace

Result<Done> check_private(const std::string& path) {
  TDC_CHECK(path.starts_with('/'), "`{}` is not absolute", path);
  std::deque<std::string> ahead = parts_of(path);
  std::string at = "/";
  int links = 0;
  while (true) {
    struct stat status = {};
    if (lstat(at.c_str(), &status) != 0) {
      if (errno == ENOENT) return Done{};
      return fail("`{}` cannot be looked at: {}", at, std::strerror(errno));
    }
    if (Result<Done> place = check_place(at, status); !place.ok()) return place;
    if (S_ISLNK(status.st_mode)) {
      std::array<char, 4096> target;
      const ssize_t bytes = readlink(at.c_str(), target.data(), target.size());
      if (bytes < 0 || static_cast<size_t>(bytes) == target.size() || ++links > kMaximumLinks)
        return fail("`{}` cannot be followed", at);
      const std::string text(target.data(), static_cast<size_t>(bytes));
      const std::deque<std::string> parts = parts_of(text);
      ahead.insert(ahead.begin(), parts.begin(), parts.end());
      at = text.starts_with('/') ? "/" : at.substr(0, std::max<size_t>(at.rfind('/'), 1));
      continue;
    }
    if (ahead.empty()) return Done{};
    const std::string part = ahead.front();
    ahead.pop_front();
    if (part == "..")
      at = at.substr(0, std::max<size_t>(at.rfind('/'), 1));
    else
      at += (at == "/" ? "" : "/") + part;
  }
}

}  // namespace tdc
