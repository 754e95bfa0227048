#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/ids.h"

namespace tdc {

using FileId = Id<struct FileTag>;

/// A half-open range of bytes in one source file. Default: no place (built by the compiler).
struct SourceRange {
  FileId file;
  uint32_t begin = 0;
  uint32_t end = 0;

  [[nodiscard]] bool is_valid() const { return file.is_valid(); }
  friend auto operator<=>(const SourceRange&, const SourceRange&) = default;
};

/// Line and column, both from 1; the column counts bytes.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
  friend auto operator<=>(const LineColumn&, const LineColumn&) = default;
};

/// All texts of one compilation. Names are as the user wrote them, `std.nn` for the library.
class SourceFiles {
 public:
  FileId add(std::string name, std::string text);

  [[nodiscard]] const std::string& name(FileId file) const { return files_[file].name; }
  [[nodiscard]] std::string_view text(FileId file) const { return files_[file].text; }
  [[nodiscard]] std::string_view text(SourceRange range) const;
  [[nodiscard]] LineColumn line_column(FileId file, uint32_t offset) const;
  /// The line that holds `offset`, without its newline.
  [[nodiscard]] std::string_view line_text(FileId file, uint32_t offset) const;
  /// `name:line:column` of the range's start, or "<built in>".
  [[nodiscard]] std::string describe(SourceRange range) const;

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<uint32_t> line_starts;
  };
  IdVector<FileId, File> files_;
};

}  // namespace tdc
