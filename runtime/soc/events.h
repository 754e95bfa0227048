#pragma once

#include <array>
#include <cstdint>

namespace tdc::soc {

/// What is counted for a core.
enum Event : uint32_t {
#define TDC_EVENT(name, meaning) kEvent_##name,
#include "soc/events.def"
#undef TDC_EVENT
  kEventCount
};

/// Counts per event.
using EventCounts = std::array<uint64_t, kEventCount>;

struct EventInfo {
  const char* name;
  const char* meaning;
};

/// Name and meaning of each event, in order.
inline constexpr std::array<EventInfo, kEventCount> kEventInfos = {{
#define TDC_EVENT(name, meaning) {#name, meaning},
#include "soc/events.def"
#undef TDC_EVENT
}};

}  // namespace tdc::soc
