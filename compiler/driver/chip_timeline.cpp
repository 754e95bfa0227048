#include "driver/chip_timeline.h"

#include <charconv>
#include <optional>

#include "support/check.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

/// Takes the first word and the space or the line's end behind it.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

int64_t number(std::string_view digits) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  TDC_CHECK(error == std::errc() && end == digits.data() + digits.size(),
            "`{}` instead of a whole number in the timeline of the chip", digits);
  return value;
}

CoreActivity core_activity(std::string_view name) {
  const auto found = std::find(kCoreActivities.begin(), kCoreActivities.end(), name);
  TDC_CHECK(found != kCoreActivities.end(), "a core of the chip is in `{}`", name);
  return static_cast<CoreActivity>(found - kCoreActivities.begin());
}

/// A line but the last one: `LANE WHAT BEGIN END`.
void add_line(ChipTimeline& timeline, std::string_view line) {
  const std::string_view lane = take_word(line);
  const std::string_view what = take_word(line);
  CycleRange cycles;
  cycles.begin = number(take_word(line));
  cycles.end = number(take_word(line));
  if (lane == "step" || lane == "transfers") {
    timeline.marks.push_back({cycles, number(what), lane == "step"});
  } else if (lane == "engine") {
    timeline.engine.push_back({cycles, number(what)});
  } else if (lane == "dma_in") {
    timeline.dma[ChipTimeline::into_l1].push_back({cycles, number(what)});
  } else if (lane == "dma_out") {
    timeline.dma[ChipTimeline::out_of_l1].push_back({cycles, number(what)});
  } else if (lane == "dma_external") {
    timeline.dma[ChipTimeline::external].push_back({cycles, number(what)});
  } else {
    TDC_CHECK(lane.starts_with("core"), "the chip has a lane `{}`", lane);
    const auto core = static_cast<size_t>(number(lane.substr(4)));
    if (timeline.cores.size() <= core) timeline.cores.resize(core + 1);
    timeline.cores[core].push_back({cycles, core_activity(what)});
  }
}

}  // namespace

Result<ChipTimeline> read_chip_timeline(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text.ok()) return text.failure();
  ChipTimeline timeline;
  std::optional<int64_t> end;
  for (std::string_view rest = text.value(); !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    TDC_CHECK(!end, "the timeline of the chip goes on behind its end");
    if (line.starts_with("end "))
      end = number(line.substr(4));
    else
      add_line(timeline, line);
  }
  TDC_CHECK(end, "the timeline of the chip has no end");
  timeline.end = *end;
  return timeline;
}

}  // namespace tdc::driver
