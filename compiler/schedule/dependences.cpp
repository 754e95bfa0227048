#include "schedule/dependences.h"

#include <map>

#include "schedule/uses.h"

namespace tdc::schedule {

std::vector<Touch> touches(const Roots& roots, const Step& step) {
  std::vector<Touch> result;
  visit_views(step, [&](const View& view, bool is_written) {
    result.push_back({roots[view.buffer], is_written});
  });
  return result;
}

std::vector<Dependence> find_dependences(const Roots& roots, const EntryPoint& entry_point) {
  struct State {
    std::optional<size_t> writer;
    std::vector<size_t> readers;  // since the last write
  };
  std::map<BufferId, State> states;
  std::vector<Dependence> result;
  for (size_t at = 0; at < entry_point.steps.size(); ++at) {
    const std::vector<Touch> all = touches(roots, entry_point.steps[at]);
    for (const Touch& touch : all) {
      const State& state = states[touch.root];
      if (state.writer && *state.writer != at) result.push_back({*state.writer, at});
      if (!touch.writes) continue;
      for (const size_t reader : state.readers)
        if (reader != at) result.push_back({reader, at});
    }
    for (const Touch& touch : all) {
      State& state = states[touch.root];
      if (touch.writes)
        state = {.writer = at, .readers = {}};
      else if (state.writer != at)
        state.readers.push_back(at);
    }
  }
  return result;
}

}  // namespace tdc::schedule
