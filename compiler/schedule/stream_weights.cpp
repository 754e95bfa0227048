#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <vector>

#include "ops/op.h"
#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/uses.h"
#include "support/units.h"

namespace tdc::schedule {
namespace {

/// Smaller weights are not worth it: the argument struct of a call on pieces takes about as much.
constexpr int64_t kFewestBytes = 256;

/// What is known of a variable whose weights may be streamed.
struct Candidate {
  int64_t bytes = 0;
  int64_t moved = 0;  ///< bytes, in one call of each entry point
  bool is_suited = true;
};

bool is_weight(const Buffer& buffer) {
  return buffer.kind == BufferKind::variable || buffer.kind == BufferKind::constant;
}

/// Whether data decides what a launch takes of the buffer.
bool is_indexed(const Launch& launch, BufferId root, const IdVector<BufferId, BufferId>& roots) {
  const ops::Space space = launch.op->space(launch.call);
  for (size_t i = 0; i < launch.inputs.size(); ++i)
    if (launch.inputs[i] && roots[launch.inputs[i]->buffer] == root && space.inputs[i]->is_indexed)
      return true;
  for (size_t i = 0; i < launch.outputs.size(); ++i)
    if (roots[launch.outputs[i].buffer] == root && space.outputs[i].is_indexed) return true;
  return false;
}

/// By root.
std::map<BufferId, Candidate> find_candidates(const Schedule& schedule, LevelId level) {
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  std::map<BufferId, Candidate> candidates;
  for (const BufferId id : schedule.buffers.ids()) {
    const Buffer& buffer = schedule.buffers[id];
    const Bytes bytes = align_up(ir::byte_size(buffer.type), kAlignment);
    if (roots[id] == id && is_weight(buffer) && buffer.level == level &&
        bytes.count >= kFewestBytes)
      candidates[id].bytes = bytes.count;
  }
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Step& step : entry.steps)
      visit_views(step, [&](const View& view, bool) {
        const auto found = candidates.find(roots[view.buffer]);
        if (found == candidates.end()) return;
        const auto* launch = std::get_if<Launch>(&step);
        found->second.moved += ir::element_count(view.extent) * ir::kElementBytes;
        if (launch == nullptr || is_indexed(*launch, found->first, roots))
          found->second.is_suited = false;
      });
  return candidates;
}

struct Weight {
  ir::VariableId variable;
  Candidate candidate;
  [[nodiscard]] int64_t moves() const { return candidate.moved / candidate.bytes; }
};

/// Those of which the fewest bytes move first, of equals the smaller ones.
std::vector<Weight> suited_weights(const Schedule& schedule, LevelId level) {
  std::vector<Weight> weights;
  for (const auto& [root, candidate] : find_candidates(schedule, level))
    if (candidate.is_suited) weights.push_back({*schedule.buffers[root].variable, candidate});
  std::ranges::stable_sort(weights, [](const Weight& a, const Weight& b) {
    return std::pair(a.moves(), a.candidate.bytes) < std::pair(b.moves(), b.candidate.bytes);
  });
  return weights;
}

/// The next of some weights, the smaller ones first, of which few bytes together are to be enough.
template <typename Iterator>
Iterator next_of(Iterator begin, Iterator end, int64_t bytes) {
  const auto first_with = [&](int64_t least) {
    return std::find_if(begin, end,
                        [&](const Weight& each) { return each.candidate.bytes >= least; });
  };
  const Iterator enough = first_with(bytes);
  if (enough == begin) return enough;
  const Iterator below = enough - 1;
  if (enough == end) return below;
  // Two smaller ones may be fewer bytes.
  Iterator rest = first_with(bytes - below->candidate.bytes);
  if (rest == below) ++rest;
  const int64_t both = below->candidate.bytes + rest->candidate.bytes;
  return rest != enough && both < enough->candidate.bytes ? below : enough;
}

}  // namespace

Schedule stream_weights(Schedule schedule, const chip::Chip& chip,
                        const std::set<ir::VariableId>& weights) {
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (const BufferId id : schedule.buffers.ids()) {
    const Buffer& root = schedule.buffers[roots[id]];
    if (is_weight(root) && weights.contains(*root.variable))
      schedule.buffers[id].level = chip.stream->level;
  }
  return schedule;
}

std::vector<ir::VariableId> weights_to_stream(const Schedule& schedule, LevelId level,
                                              Bytes shortfall, Bytes room,
                                              const std::set<ir::VariableId>& chosen) {
  std::vector<Weight> weights = suited_weights(schedule, level);
  std::erase_if(weights, [&](const Weight& each) { return chosen.contains(each.variable); });
  const auto remove_too_large = [&] {
    std::erase_if(weights, [&](const Weight& each) { return each.candidate.bytes > room.count; });
  };
  remove_too_large();
  // Beside them go at most their gradients.
  int64_t bytes = 0;
  for (const Weight& each : weights) bytes += 2 * each.candidate.bytes;
  if (bytes < shortfall.count) return {};
  std::vector<ir::VariableId> result;
  while (shortfall.count > 0 && !weights.empty()) {
    // Of those that move as little as the first one.
    const auto end = std::ranges::find_if(
        weights, [&](const Weight& each) { return each.moves() != weights.front().moves(); });
    const auto taken = next_of(weights.begin(), end, shortfall.count);
    result.push_back(taken->variable);
    shortfall.count -= taken->candidate.bytes;
    room.count -= taken->candidate.bytes;
    weights.erase(taken);
    remove_too_large();
  }
  return result;
}

std::vector<ir::VariableId> weights_to_bring_back(const Schedule& schedule, LevelId level,
                                                  Bytes room,
                                                  const std::set<ir::VariableId>& streamed) {
  std::vector<ir::VariableId> result;
  if (streamed.empty()) return result;
  for (const Weight& each : suited_weights(schedule, level) | std::views::reverse) {
    if (!streamed.contains(each.variable) || each.candidate.bytes > room.count) continue;
    result.push_back(each.variable);
    room.count -= each.candidate.bytes;
  }
  return result;
}

std::set<ir::VariableId> unreachable_weights(const Schedule& schedule, const chip::Chip& chip) {
  std::set<ir::VariableId> result;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Step& step : entry.steps) {
      const auto* copy = std::get_if<Copy>(&step);
      if (copy != nullptr && copy->ticket) continue;
      visit_views(step, [&](const View& view, bool) {
        const Buffer& buffer = schedule.buffers[roots[view.buffer]];
        if (is_weight(buffer) && chip.streams_from(buffer.level)) result.insert(*buffer.variable);
      });
    }
  return result;
}

}  // namespace tdc::schedule
