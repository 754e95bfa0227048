#include "support/leftovers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace tdc {
namespace {

namespace fs = std::filesystem;

bool is_working_name(std::string_view name, std::string_view prefix) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return name.size() == prefix.size() + kRandomLetters && name.starts_with(prefix) &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                     is_letter_or_digit);
}

}  // namespace

std::string working_name_pattern(const std::string& path) {
  return path + ".tdc-new-XXXXXX";
}

std::vector<std::string> working_name_prefixes(const fs::path& path) {
  // The second is that of a replaced folder where two cannot be exchanged.
  return {path.filename().string() + ".tdc-new-", path.filename().string() + ".tdc-old-"};
}

void for_each_leftover(const fs::path& folder, std::string_view prefix,
                       const std::function<void(const fs::path&)>& remove) {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error))
    if (is_working_name(entry->path().filename().string(), prefix)) found.push_back(entry->path());
  for (const fs::path& path : found) {
    const Descriptor leftover(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status = {};
    if (leftover.is_open() && fstat(leftover.number(), &status) == 0 &&
        status.st_uid == geteuid() && leftover.try_lock() && leftover.is_at(path.c_str()))
      remove(path);
  }
}

}  // namespace tdc
