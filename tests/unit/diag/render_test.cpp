#include "diag/render.h"

#include <doctest/doctest.h>

#include "support/text.h"

namespace tdc {
namespace {

/// The range of `part`, which occurs once.
SourceRange find(const SourceFiles& files, FileId file, std::string_view part) {
  const size_t at = files.text(file).find(part);
  return {.file = file,
          .begin = static_cast<uint32_t>(at),
          .end = static_cast<uint32_t>(at + part.size())};
}

TEST_CASE("a message has its place, its line, its marks, its notes and its hint") {
  SourceFiles files;
  const FileId file = files.add("digits.td", "let w2 = 3\nh = matmul(x, abc)\n");
  Diagnostics diagnostics;
  diagnostics.report(find(files, file, "abc"), diag::reserved_word, "abc")
      .highlight(find(files, file, "matmul"))
      .note(find(files, file, "w2"), diag::note_opened_here, "w2")
      .hint(diag::hint_did_you_mean, "w2");
  CHECK(render(diagnostics, files) ==
        "digits.td:2:15: error: `abc` is a reserved word and names nothing [reserved-word]\n"
        "    2 | h = matmul(x, abc)\n"
        "      |     ~~~~~~    ^~~\n"
        "digits.td:1:5: note: `w2` opens here\n"
        "hint: did you mean `w2`?\n");
}

TEST_CASE("marks stand below their characters, behind tabs and letters of several bytes") {
  SourceFiles files;
  const FileId file = files.add("t.td", "\tx = \"\xC3\xA9\xC3\xA9\" + abc\n");
  Diagnostics diagnostics;
  diagnostics.report(find(files, file, "abc"), diag::reserved_word, "abc");
  CHECK(render(diagnostics, files)
            .ends_with("\tx = \"\xC3\xA9\xC3\xA9\" + abc\n"
                       "      | \t           ^~~\n"));
}

TEST_CASE("messages are shown in the order of their places, repetitions once") {
  SourceFiles files;
  const FileId file = files.add("t.td", "a b");
  Diagnostics diagnostics;
  diagnostics.report(find(files, file, "b"), diag::reserved_word, "b");
  diagnostics.report(find(files, file, "a"), diag::reserved_word, "a");
  diagnostics.report(find(files, file, "b"), diag::reserved_word, "b");
  const std::vector<Diagnostic> sorted = diagnostics.sorted();
  REQUIRE(sorted.size() == 2);
  CHECK(sorted[0].range == find(files, file, "a"));
  CHECK(diagnostics.error_count() == 3);
}

TEST_CASE("the nearest of several names") {
  CHECK(nearest("hiden", {"hint", "hidden"}) == "hidden");
  CHECK(nearest("KB", {"MiB", "KiB"}) == "KiB");
  CHECK(nearest("LINEAR", {"Linear"}) == "Linear");
  CHECK(nearest("x", {"rank", "alpha"}) == std::nullopt);
}

}  // namespace
}  // namespace tdc
