#pragma once

#include <cstdint>
#include <random>

namespace tdc::soc {

/// 32 random bits a call, the same for the same seed everywhere.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

}  // namespace tdc::soc
