#include "support/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace tdc {

FileId SourceFiles::add(std::string name, std::string text) {
  std::vector<uint32_t> line_starts = {0};
  for (uint32_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') line_starts.push_back(i + 1);
  return files_.push_back(
      {.name = std::move(name), .text = std::move(text), .line_starts = std::move(line_starts)});
}

std::string_view SourceFiles::text(SourceRange range) const {
  return text(range.file).substr(range.begin, range.end - range.begin);
}

LineColumn SourceFiles::line_column(FileId file, uint32_t offset) const {
  const std::vector<uint32_t>& starts = files_[file].line_starts;
  const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
  const auto line = static_cast<uint32_t>(after - starts.begin());
  return {.line = line, .column = offset - starts[line - 1] + 1};
}

std::string_view SourceFiles::line_text(FileId file, uint32_t offset) const {
  const File& source = files_[file];
  const uint32_t start = source.line_starts[line_column(file, offset).line - 1];
  const std::string_view rest = std::string_view(source.text).substr(start);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string SourceFiles::describe(SourceRange range) const {
  if (!range.is_valid()) return "<built in>";
  const LineColumn at = line_column(range.file, range.begin);
  return fmt::format("{}:{}:{}", name(range.file), at.line, at.column);
}

}  // namespace tdc
