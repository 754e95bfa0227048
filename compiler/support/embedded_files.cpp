#include "support/embedded_files.h"

#include <algorithm>
#include <set>

#include "support/check.h"

namespace tdc {

const EmbeddedFile* find_embedded_file(std::string_view path) {
  const std::span<const EmbeddedFile> files = embedded_files();
  const auto at = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
  return at != files.end() && at->path == path ? &*at : nullptr;
}

std::string_view embedded_text(std::string_view path) {
  const EmbeddedFile* file = find_embedded_file(path);
  TDC_CHECK(file != nullptr, "no file {}", path);
  return file->text;
}

std::vector<std::string> known_platforms() {
  std::set<std::string> names = {"host"};
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(kPlatformsFolder)) continue;
    const std::string_view rest = file.path.substr(kPlatformsFolder.size());
    if (const size_t slash = rest.find('/'); slash != std::string_view::npos)
      names.emplace(rest.substr(0, slash));
  }
  return {names.begin(), names.end()};
}

}  // namespace tdc
