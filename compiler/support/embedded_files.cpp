#include "support/embedded_files.h"

#include <algorithm>

namespace tdc {

const EmbeddedFile* find_embedded_file(std::string_view path) {
  const std::span<const EmbeddedFile> files = embedded_files();
  const auto at = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
  return at != files.end() && at->path == path ? &*at : nullptr;
}

}  // namespace tdc
