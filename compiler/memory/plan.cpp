#include "memory/plan.h"

#include <algorithm>
#include <cmath>

#include "support/check.h"

namespace tdc::memory {

std::string_view to_text(Method method) {
  switch (method) {
    case Method::empty:
      return "empty";
    case Method::by_size:
      return "by_size";
    case Method::by_lifetime:
      return "by_lifetime";
    case Method::by_area:
      return "by_area";
    case Method::by_start:
      return "by_start";
    case Method::local_search:
      return "local_search";
  }
  TDC_CHECK(false, "method {}", static_cast<int>(method));
  return {};
}

bool has_image(const ir::Variable& variable, const ProgramData& program_data) {
  if (variable.kind == ir::VariableKind::accumulator) return false;
  const bool starts_at_zero = variable.init.kind == ir::Initializer::Kind::constant &&
                              variable.init.scale == 0 && !std::signbit(variable.init.scale);
  return program_data.has_weight_file || !starts_at_zero;
}

std::vector<Placement> alive_at(const LevelPlan& plan, Tick tick) {
  std::vector<Placement> alive;
  for (const Placement& placement : plan.placements)
    if (placement.first <= tick && tick <= placement.last) alive.push_back(placement);
  std::stable_sort(alive.begin(), alive.end(),
                   [](const Placement& a, const Placement& b) { return a.size > b.size; });
  return alive;
}

std::vector<Bytes> live_bytes(const LevelPlan& plan) {
  Tick end = 0;
  for (const Placement& placement : plan.placements) end = std::max(end, placement.last + 1);
  std::vector<int64_t> change(static_cast<size_t>(end) + 1, 0);
  for (const Placement& placement : plan.placements) {
    change[static_cast<size_t>(placement.first)] += placement.size.count;
    change[static_cast<size_t>(placement.last) + 1] -= placement.size.count;
  }
  std::vector<Bytes> live;
  int64_t bytes = 0;
  for (Tick tick = 0; tick < end; ++tick) {
    bytes += change[static_cast<size_t>(tick)];
    live.push_back({bytes});
  }
  return live;
}

Tick peak_tick(const std::vector<Bytes>& live_bytes) {
  return std::max_element(live_bytes.begin(), live_bytes.end()) - live_bytes.begin();
}

}  // namespace tdc::memory
