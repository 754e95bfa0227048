#include "schedule/predict_cycles.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "schedule/engine.h"
#include "schedule/loops.h"
#include "schedule/transfers.h"

namespace tdc::schedule {
namespace {

/// The clock of an entry point: when the cores are where they are, and when what runs in the
/// background is complete.
class Clock {
 public:
  Clock(const Schedule& schedule, const chip::Chip& chip, const CycleTable& table)
      : schedule_(schedule), chip_(chip), table_(table) {}

  [[nodiscard]] double now() const { return now_; }

  void launch(const Launch& launch) {
    if (!launch.is_on_engine) {
      now_ += table_.cycles(work_of(schedule_, chip_, launch), chip_);
      return;
    }
    // The description of jobs is the cores'; jobs of other launches come first.
    const double cycles = engine_cycles(launch, *chip_.engine);
    const double described = std::min(cycles, static_cast<double>(chip_.engine->launch));
    engine_free_ = std::max(engine_free_, now_ + described) + cycles - described;
    if (launch.ticket) {
      now_ += described;
      complete_[*launch.ticket] = engine_free_;
    } else {
      now_ = engine_free_;
    }
  }

  void copy(const Copy& copy) {
    if (!copy.ticket) {  // the DMA's, too, but waited for at once
      const TransferCycles cycles =
          transfer_cycles(copy, chip_.transfers_with(schedule_.buffers[copy.from.buffer].level));
      now_ += cycles.starts + cycles.moving;
      return;
    }
    const LevelId level = schedule_.buffers[far_view(schedule_, chip_, copy).buffer].level;
    const chip::Stream costs = chip_.transfers_with(level);
    const TransferCycles cycles = transfer_cycles(copy, costs);
    now_ += cycles.starts / 2;
    double& free = free_[chip_.streams_from(level)           ? kStreamed
                         : is_inward(schedule_, chip_, copy) ? kIn
                                                             : kOut];
    free = std::max(free, now_) + cycles.moving;
    complete_[*copy.ticket] = free + static_cast<double>(costs.transfer) / 2;
  }

  void wait(const Wait& wait) { now_ = std::max(now_, complete_[wait.ticket]); }

 private:
  /// Transfers of one channel follow one another: in, out, and to and from where weights are
  /// streamed.
  enum Channel : uint8_t { kIn, kOut, kStreamed, kChannels };

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const CycleTable& table_;
  double now_ = 0;
  std::array<double, kChannels> free_ = {};  ///< when a channel has done all that was started
  double engine_free_ = 0;                   ///< when the engine has done all that was started
  std::map<TicketId, double> complete_;
};

}  // namespace

std::map<int64_t, int64_t> predict_cycles(const Schedule& schedule, const chip::Chip& chip,
                                          const CycleTable& table) {
  std::map<int64_t, int64_t> result;
  int64_t first = 0;
  for (const EntryPoint& entry : schedule.entry_points) {
    const std::vector<int64_t> numbers = step_numbers(entry, first);
    Clock clock(schedule, chip, table);
    std::map<int64_t, double> cycles;
    std::optional<int64_t> marked;
    double since = 0;
    const auto mark = [&](int64_t number) {
      if (marked) cycles[*marked] += clock.now() - since;
      since = clock.now();
      marked = number;
    };
    for (size_t at = 0; at < entry.steps.size(); ++at) {
      const Step& step = entry.steps[at];
      if (const auto* launch = std::get_if<Launch>(&step)) {
        mark(numbers[at]);
        clock.launch(*launch);
      } else if (const auto* copy = std::get_if<Copy>(&step)) {
        if (copy->ticket)
          mark(numbers[launch_of_transfer(entry, at, is_inward(schedule, chip, *copy))]);
        clock.copy(*copy);
      } else {
        clock.wait(std::get<Wait>(step));
      }
    }
    if (marked) mark(*marked);
    for (const auto& [number, count] : cycles) result[number] = std::llround(count);
    first += count_numbers(entry);
  }
  return result;
}

}  // namespace tdc::schedule
