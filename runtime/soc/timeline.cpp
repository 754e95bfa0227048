#include "soc/timeline.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace tdc::soc {

namespace {

constexpr size_t kMarks = 0;
constexpr size_t kEngine = 1;
constexpr size_t kFirstChannel = 2;
constexpr std::array<std::string_view, 3> kChannels = {"dma_in", "dma_out", "dma_external"};
constexpr size_t kFirstCore = kFirstChannel + kChannels.size();

constexpr std::array<std::string_view, 5> kActivities = {"working", "barrier_wait", "job_wait",
                                                         "dma_wait", "engine_wait"};

}  // namespace

Timeline::Timeline(std::ostream& file, uint32_t cores, uint64_t most_lines)
    : file_(file), lines_left_(most_lines), lanes_(kFirstCore + cores) {}

void Timeline::write(const Lane& lane, uint64_t end) {
  if (lane.activity == 0 || lane.begin == end) return;
  file_ << fmt::format("{} {} {}\n", lane.text, lane.begin, end);
  if (lines_left_ > 0) --lines_left_;
}

bool Timeline::changes(Lane& lane, uint64_t activity, uint64_t cycle) {
  if (lane.activity == activity || is_finished_) return false;
  if (lines_left_ == 0) {
    finish(cycle);
    return false;
  }
  write(lane, cycle);
  lane.activity = activity;
  lane.begin = cycle;
  return true;
}

void Timeline::core(uint32_t core, CoreActivity activity, uint64_t cycle) {
  Lane& lane = lanes_[kFirstCore + core];
  const auto index = static_cast<size_t>(activity);
  if (changes(lane, index + 1, cycle))
    lane.text = fmt::format("core{} {}", core, kActivities[index]);
}

void Timeline::transfer(uint32_t channel, uint32_t ticket, uint64_t bytes, uint64_t cycle) {
  Lane& lane = lanes_[kFirstChannel + channel];
  if (changes(lane, ticket, cycle)) lane.text = fmt::format("{} {}", kChannels[channel], bytes);
}

void Timeline::engine_job(uint32_t ticket, uint64_t flop, uint64_t cycle) {
  Lane& lane = lanes_[kEngine];
  if (changes(lane, ticket, cycle)) lane.text = fmt::format("engine {}", flop);
}

void Timeline::mark(uint32_t step, bool is_visit, uint64_t cycle) {
  Lane& lane = lanes_[kMarks];
  if (changes(lane, ++marks_, cycle))
    lane.text = fmt::format("{} {}", is_visit ? "step" : "transfers", step);
}

void Timeline::finish(uint64_t cycle) {
  if (is_finished_) return;
  is_finished_ = true;
  for (const Lane& lane : lanes_) write(lane, cycle);
  file_ << fmt::format("end {}\n", cycle);
}

}  // namespace tdc::soc
