#include "unit/kernels/kernels.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace tdc::kernels {

void* Build::find(const std::string& function) const {
  void* const address = dlsym(handle, function.c_str());
  REQUIRE_MESSAGE(address != nullptr, function, " is missing in build ", name);
  return address;
}

const std::vector<Build>& builds() {
  static const std::vector<Build> all = [] {
    std::vector<Build> result;
    std::istringstream paths(TDC_KERNEL_BUILDS);
    for (std::string path; std::getline(paths, path, ':');) {
      void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      REQUIRE_MESSAGE(handle != nullptr, dlerror());
      result.push_back({.name = path.substr(path.rfind('/') + 1), .handle = handle});
    }
    return result;
  }();
  return all;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) {
    return (std::isnan(x) && std::isnan(y)) || std::memcmp(&x, &y, sizeof x) == 0;
  });
}

void require_same(const std::string& name, const std::string& build, uint32_t cores,
                  const std::vector<std::vector<float>*>& outputs,
                  const std::vector<std::vector<float>>& expected) {
  for (size_t i = 0; i < outputs.size(); ++i)
    REQUIRE_MESSAGE(same_bits(*outputs[i], expected[i]), name, " gives other bits in build ", build,
                    " with ", cores, " cores than in build ", builds().front().name,
                    " with one core");
}

void require_same_on_engine(const std::string& name, const std::string& build,
                            const std::vector<float>& output, const std::vector<float>& expected) {
  REQUIRE_MESSAGE(same_bits(output, expected), name, " gives other bits on the engine in build ",
                  build);
}

uint32_t Random::bits() {
  state_ += 0x9e3779b97f4a7c15ULL;  // splitmix64
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<uint32_t>((z ^ (z >> 31)) >> 32);
}

float Random::uniform(float low, float high) {
  return low + (high - low) * static_cast<float>(bits() >> 8) * 0x1p-24F;
}

int32_t Random::integer(int32_t low, int32_t high) {
  return low + static_cast<int32_t>(bits() % static_cast<uint32_t>(high - low + 1));
}

std::vector<float> Random::values(int64_t count, float low, float high) {
  std::vector<float> result(static_cast<size_t>(count));
  for (float& value : result) value = uniform(low, high);
  return result;
}

std::vector<int32_t> strides_apart(Random& random, const std::vector<int32_t>& counts) {
  std::vector<size_t> order;
  for (size_t i = 0; i < counts.size(); ++i)
    order.insert(order.begin() + random.integer(0, static_cast<int32_t>(i)), i);
  std::vector<int32_t> strides(counts.size());
  int32_t distance = random.integer(1, 2);
  for (const size_t i : order) {
    strides[i] = distance;
    distance = distance * counts[i] + std::max(random.integer(-1, 2), 0);
  }
  return strides;
}

double relative_error(const std::vector<float>& a, const std::vector<double>& b) {
  double error = 0, scale = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return INFINITY;
    if (std::isnan(b[i])) continue;
    error = std::max(error, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return error == 0 ? 0 : error / scale;
}

}  // namespace tdc::kernels
