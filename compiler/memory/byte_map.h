#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace tdc::memory {

/// Bytes [begin, end).
struct Interval {
  int64_t begin, end;
};

/// What stands in each byte, kept by runs. `Content::from(bytes)` is the content of the rest of a
/// run from that byte on.
template <typename Content>
class ByteMap {
 public:
  void assign(Interval interval, Content content) {
    if (interval.begin >= interval.end) return;
    split(interval.begin);
    split(interval.end);
    runs_.erase(runs_.lower_bound(interval.begin), runs_.lower_bound(interval.end));
    runs_.emplace(interval.begin, Run{interval.end, content});
  }

  /// Calls `visit(interval, content)` for consecutive parts of `interval`; the content is null
  /// where nothing was assigned.
  template <typename Visit>
  void visit(Interval interval, const Visit& visit) const {
    int64_t at = interval.begin;
    auto run = runs_.upper_bound(at);
    if (run != runs_.begin() && std::prev(run)->second.end > at) --run;
    while (at < interval.end) {
      if (run == runs_.end() || run->first >= interval.end) {
        visit(Interval{at, interval.end}, static_cast<const Content*>(nullptr));
        return;
      }
      if (run->first > at) visit(Interval{at, run->first}, static_cast<const Content*>(nullptr));
      const int64_t begin = std::max(at, run->first);
      const int64_t end = std::min(interval.end, run->second.end);
      const Content content = run->second.content.from(begin - run->first);
      visit(Interval{begin, end}, &content);
      at = end;
      ++run;
    }
  }

  void clear() { runs_.clear(); }

 private:
  struct Run {
    int64_t end;
    Content content;
  };

  void split(int64_t at) {
    auto run = runs_.upper_bound(at);
    if (run == runs_.begin()) return;
    --run;
    if (run->first == at || run->second.end <= at) return;
    runs_.emplace(at, Run{run->second.end, run->second.content.from(at - run->first)});
    run->second.end = at;
  }

  std::map<int64_t, Run> runs_;
};

}  // namespace tdc::memory
