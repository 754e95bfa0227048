#pragma once

// Messages to the user. Their texts are entries of `diagnostics.def`; a stage reports one with
//
//   diagnostics.report(range, diag::matmul_inner_dim, 784, 128)
//       .highlight(weight_range)
//       .note(declaration_range, diag::note_shape_of, "w2", "[128, 10]")
//       .hint(diag::hint_did_you_mean, "w3");
//
// Number and types of the arguments are checked when the compiler is compiled; so is that the text
// names exactly as many arguments as the entry declares.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "diag/message.h"
#include "support/source.h"
#include "support/units.h"

namespace tdc {

namespace diag {

using Text = std::string;
using Integer = int64_t;
using Float = double;

/// The number of different `{names}` in a text. Evaluated while compiling only.
consteval size_t count_names(std::string_view text) {
  std::array<std::string_view, 16> seen;
  size_t count = 0;
  while (true) {
    const size_t open = text.find('{');
    if (open == std::string_view::npos) return count;
    if (text.substr(open).starts_with("{{")) {
      text.remove_prefix(open + 2);
      continue;
    }
    text.remove_prefix(open + 1);
    const std::string_view name = text.substr(0, text.find('}'));
    bool is_new = true;
    for (size_t i = 0; i < count; ++i) is_new = is_new && seen[i] != name;
    if (is_new) seen[count++] = name;
  }
}

/// An entry of the catalogue. `{name}` in the text stands for an argument: the first name for the
/// first argument, the next new name for the second; `{{` and `}}` are braces.
template <typename... Args>
struct Entry {
  Severity severity;
  std::string_view id;  // `matmul_inner_dim`; the code the user sees has hyphens
  std::string_view text;

  consteval Entry(Severity severity_, std::string_view id_, std::string_view text_)
      : severity(severity_), id(id_), text(text_) {
    if (count_names(text_) != sizeof...(Args))
      throw "names in the text and arguments differ in number";
  }
};

#define TDC_MESSAGE(severity, id, text, ...) \
  inline constexpr Entry<__VA_ARGS__> id{Severity::severity, #id, text};
#include "diag/diagnostics.def"
#undef TDC_MESSAGE

}  // namespace diag

/// A message for somebody else to report: see `Message`.
template <typename... Args>
Message make_message(const diag::Entry<Args...>& entry, std::type_identity_t<Args>... args) {
  return {.severity = entry.severity,
          .id = entry.id,
          .text = entry.text,
          .arguments = {MessageArgument(std::move(args))...}};
}

/// A place and a text: the main part of a diagnostic, or a note.
struct DiagnosticNote {
  SourceRange range;
  std::string text;
  friend bool operator==(const DiagnosticNote&, const DiagnosticNote&) = default;
};

/// One message with everything that belongs to it.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;  // `matmul-inner-dim`
  SourceRange range;
  std::string text;
  std::vector<SourceRange> highlights;  // further places, underlined if on the line of `range`
  std::vector<DiagnosticNote> notes;
  std::string hint;  // empty: none
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// What can be reported: the catalogue as data, in its order.
struct CatalogueEntry {
  Severity severity;
  std::string code;
  std::string_view text;
};
const std::vector<CatalogueEntry>& catalogue();

/// Collects the messages of all stages.
class Diagnostics {
 public:
  /// Adds to the message just reported. Valid until the next report.
  class Report {
   public:
    Report& highlight(SourceRange range);
    template <typename... Args>
    Report& note(SourceRange range, const diag::Entry<Args...>& entry,
                 std::type_identity_t<Args>... args) {
      return add_note(range, make_message(entry, std::move(args)...));
    }
    template <typename... Args>
    Report& hint(const diag::Entry<Args...>& entry, std::type_identity_t<Args>... args) {
      return add_hint(make_message(entry, std::move(args)...));
    }

   private:
    friend class Diagnostics;
    explicit Report(Diagnostic& diagnostic) : diagnostic_(diagnostic) {}
    Report& add_note(SourceRange range, const Message& message);
    Report& add_hint(const Message& message);
    Diagnostic& diagnostic_;
  };

  /// Reports an error, a warning, or a note that is a message of its own at `range`.
  template <typename... Args>
  Report report(SourceRange range, const diag::Entry<Args...>& entry,
                std::type_identity_t<Args>... args) {
    return report(range, make_message(entry, std::move(args)...));
  }
  Report report(SourceRange range, const Message& message);

  /// Adds a message that was reported elsewhere.
  void add(Diagnostic diagnostic);

  [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
  [[nodiscard]] int error_count() const { return error_count_; }
  /// All messages in the order of files and places, exact repetitions left out.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;
  /// All messages as reported.
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
  int error_count_ = 0;
};

}  // namespace tdc
