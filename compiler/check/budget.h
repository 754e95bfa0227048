#pragma once

#include <cstdint>

#include "check/reporter.h"

namespace tdc::check {

/// Expressions and statements evaluated for one net, at most, and elements of the lists and tuples
/// that they give (limit-1).
inline constexpr int64_t kExpansionLimit = 1'000'000;
/// Calls and expressions inside each other, at most, all callers together (limit-2).
inline constexpr int kElaborationDepth = 1024;

/// What elaborating a net may take. A program of a few lines can ask for any amount of work; once a
/// limit is reached, which is reported, nothing more is done.
class Budget {
 public:
  explicit Budget(Reporter& reporter) : reporter_(reporter) {}

  /// Takes from what a net may expand to (limit-1); false: it is used up.
  bool spend(SourceRange range, int64_t amount = 1) {
    if (is_exhausted_) return false;
    spent_ += amount;
    if (spent_ <= kExpansionLimit) return true;
    is_exhausted_ = true;
    reporter_.report(range, diag::expansion_limit, kExpansionLimit);
    return false;
  }

  /// Goes one level deeper as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : budget_(budget) { ++budget_.depth_; }
    ~Level() { --budget_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& budget_;
  };
  /// Whether there are too many levels (limit-2); `range` stands on the innermost.
  bool is_too_deep(SourceRange range) {
    if (depth_ <= kElaborationDepth) return false;
    reporter_.report(range, diag::elaboration_depth, int64_t{kElaborationDepth});
    is_exhausted_ = true;
    return true;
  }

  [[nodiscard]] bool is_exhausted() const { return is_exhausted_; }

 private:
  Reporter& reporter_;
  int64_t spent_ = 0;
  int depth_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace tdc::check
