#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace tdc::soc {

/// What ends a run before the program does. The value is the exit status of `tdc-soc`.
enum class FaultKind : int {
  kWildAccess = 101,
  kMisaligned = 102,
  kIllegalInstruction = 103,
  kStackOverflow = 104,
  kDmaRange = 105,
  kDataRace = 106,
  kDeadlock = 107,
  kCycleLimit = 108,
  kEngineRange = 109,
};

/// "wild access", "data race" and so on.
const char* fault_name(FaultKind kind);

/// An instruction, and where its function returns to: what calls the runtime's functions is what
/// the user knows.
struct CodePlace {
  uint32_t pc = 0;
  uint32_t return_address = 0;  ///< of no meaning where the function has called another
};

/// Thrown by any part of the chip. What a part does not know (a pc) the cluster fills in.
struct Fault : std::exception {
  static constexpr uint32_t kNoCore = UINT32_MAX;

  Fault(FaultKind kind_, std::string detail_) : kind(kind_), detail(std::move(detail_)) {}
  const char* what() const noexcept override { return detail.c_str(); }

  FaultKind kind;
  std::string detail;
  uint32_t core = kNoCore;
  CodePlace place;
  bool has_address = false;
  uint32_t address = 0;
  uint32_t other_transfer = 0;  ///< ticket of a transfer on the other side of a race; 0: none
  uint32_t other_job = 0;       ///< the same of a job of the matrix engine
  CodePlace other_place;        ///< where that was enqueued or started
};

}  // namespace tdc::soc
