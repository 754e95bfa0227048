#include <algorithm>

#include "ops/op.h"
#include "schedule/passes.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// The first and the last step of an entry point that use a buffer.
struct Uses {
  size_t first = 0, last = 0;
  bool is_used = false;
};

class EntryPointPass {
 public:
  EntryPointPass(IdVector<BufferId, Buffer>& buffers, EntryPoint& entry)
      : buffers_(buffers), entry_(entry) {
    uses_.resize(buffers.size());
    for (size_t at = 0; at < entry.steps.size(); ++at)
      visit_views(entry.steps[at], [&](const View& view, bool) {
        Uses& uses = uses_[view.buffer];
        if (!uses.is_used) uses.first = at;
        uses.is_used = true;
        uses.last = at;
      });
  }

  void run() {
    std::vector<Step> kept;
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      Step& step = entry_.steps[at];
      if (const auto* launch = std::get_if<Launch>(&step)) take_over_operand(*launch, at);
      const auto* copy = std::get_if<Copy>(&step);
      if (copy == nullptr || !take_over_source(*copy, at)) kept.push_back(std::move(step));
    }
    entry_.steps = std::move(kept);
  }

 private:
  /// Whether the view is all of a temporary, as it lies.
  [[nodiscard]] bool is_whole_temporary(const View& view) const {
    const Buffer& buffer = buffers_[view.buffer];
    return buffer.kind == BufferKind::temporary && is_whole(view, buffer);
  }

  /// Whether what `to` shows begins at step `at` and what `from` shows ends there.
  [[nodiscard]] bool can_take_over(const View& to, const View& from, size_t at) const {
    return is_whole_temporary(to) && is_whole_temporary(from) && to.buffer != from.buffer &&
           to.extent == from.extent &&
           buffers_[to.buffer].type.dtype == buffers_[from.buffer].type.dtype &&
           !buffers_[to.buffer].alias && uses_[to.buffer].first == at &&
           uses_[from.buffer].last == at;
  }

  void take_over_operand(const Launch& launch, size_t at) {
    for (const auto& [input_index, output_index] : launch.op->in_place) {
      const std::optional<View>& input = launch.inputs[static_cast<size_t>(input_index)];
      const View& output = launch.outputs[static_cast<size_t>(output_index)];
      if (!input || !can_take_over(output, *input, at)) continue;
      // Another operand in the same memory must be the same elements in the same places.
      const bool is_alone = std::all_of(
          launch.inputs.begin(), launch.inputs.end(), [&](const std::optional<View>& other) {
            return !other || other->buffer != input->buffer || other == input;
          });
      if (!is_alone) continue;
      buffers_[output.buffer].alias = Alias{input->buffer};
      return;
    }
  }

  /// Whether the copy is nothing now.
  bool take_over_source(const Copy& copy, size_t at) {
    if (copy.ticket || !can_take_over(copy.to, copy.from, at)) return false;
    buffers_[copy.to.buffer].alias = Alias{copy.from.buffer};
    return true;
  }

  IdVector<BufferId, Buffer>& buffers_;
  EntryPoint& entry_;
  IdVector<BufferId, Uses> uses_;
};

}  // namespace

Schedule take_over_memory(Schedule schedule) {
  for (EntryPoint& entry : schedule.entry_points) EntryPointPass(schedule.buffers, entry).run();
  return schedule;
}

}  // namespace tdc::schedule
