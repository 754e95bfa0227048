#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "diag/diagnostic.h"

namespace tdc::check {

/// One call on the way from the net to a mistake inside a block.
struct CallSite {
  std::string callee;
  SourceRange range;
};

/// Reports mistakes of the program. A block is elaborated once per call; what is wrong with it is
/// said for its first call only: the same code at the same place is reported once.
class Reporter {
 public:
  /// A message being built. Ends with a note for each call that led to the place, innermost first.
  class Report {
   public:
    Report(Reporter& reporter, Diagnostics::Report* report) : reporter_(reporter) {
      if (report != nullptr) report_.emplace(*report);
    }
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;
    ~Report() {
      if (!report_) return;
      for (size_t i = std::min(depth_, reporter_.call_sites_.size()); i-- > 0;)
        report_->note(reporter_.call_sites_[i].range, diag::note_in_call,
                      reporter_.call_sites_[i].callee);
    }

    Report& highlight(SourceRange range) {
      if (report_) report_->highlight(range);
      return *this;
    }
    template <typename... Args>
    Report& note(SourceRange range, const diag::Entry<Args...>& entry,
                 std::type_identity_t<Args>... args) {
      if (report_) report_->note(range, entry, std::move(args)...);
      return *this;
    }
    template <typename... Args>
    Report& hint(const diag::Entry<Args...>& entry, std::type_identity_t<Args>... args) {
      if (report_) report_->hint(entry, std::move(args)...);
      return *this;
    }
    /// The place is in the block that the first `depth` calls lead to, not in the innermost one.
    Report& at_call_depth(size_t depth) {
      depth_ = depth;
      return *this;
    }
    /// "did you mean `x`?", if there is something near.
    Report& suggest(const std::optional<std::string>& name) {
      return name ? hint(diag::hint_did_you_mean, *name) : *this;
    }

   private:
    Reporter& reporter_;
    std::optional<Diagnostics::Report> report_;  // null: this was said before
    size_t depth_ = SIZE_MAX;
  };

  explicit Reporter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  template <typename... Args>
  Report report(SourceRange range, const diag::Entry<Args...>& entry,
                std::type_identity_t<Args>... args) {
    return report(range, make_message(entry, std::move(args)...));
  }
  Report report(SourceRange range, const Message& message) {
    if (!reported_.emplace(range, std::string(message.id)).second) {
      if (message.severity == Severity::kError) ++repeated_errors_;
      return Report(*this, nullptr);
    }
    Diagnostics::Report added = diagnostics_.report(range, message);
    return Report(*this, &added);
  }

  /// The same for what one cause brings about in several places: only the first of them is said.
  template <typename... Args>
  Report report_once(const std::string& cause, SourceRange range, const diag::Entry<Args...>& entry,
                     std::type_identity_t<Args>... args) {
    if (first_places_.emplace(cause, range).first->second == range)
      return report(range, entry, std::move(args)...);
    count_again();
    return Report(*this, nullptr);
  }
  /// An error that was said elsewhere is one here, too.
  void count_again() { ++repeated_errors_; }

  void enter_call(CallSite site) { call_sites_.push_back(std::move(site)); }
  void leave_call() { call_sites_.pop_back(); }
  /// How many calls lead to what is being elaborated.
  [[nodiscard]] size_t call_depth() const { return call_sites_.size(); }

  /// Grows with every error, also with those that were said before: what was wrong in the check of
  /// a definition is wrong in each of its calls.
  [[nodiscard]] int error_count() const { return diagnostics_.error_count() + repeated_errors_; }

 private:
  Diagnostics& diagnostics_;
  std::set<std::pair<SourceRange, std::string>> reported_;
  std::map<std::string, SourceRange> first_places_;  // by cause
  std::vector<CallSite> call_sites_;
  int repeated_errors_ = 0;
};

}  // namespace tdc::check
