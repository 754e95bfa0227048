#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

extern "C" {
#include "td_kernels.h"
}

// Runs C kernels for the tests. All kernels are built several times (by two compilers, optimised
// and not, with the instruction for fused multiply-add and without it) as shared objects; a call
// runs in every build and with teams of 1, 2, 3 and 8 cores one after another, and must give the
// same bits each time.

namespace tdc::kernels {

/// The name of a build and how it finds its functions.
struct Build {
  std::string name;
  void* handle;

  [[nodiscard]] void* find(const std::string& function) const;
  template <typename Function>
  [[nodiscard]] Function* get(const std::string& function) const {
    return reinterpret_cast<Function*>(find(function));
  }
};

/// All builds; the first is the one that values are checked on.
const std::vector<Build>& builds();

/// Equal bits; any two NaNs are equal.
bool same_bits(const std::vector<float>& a, const std::vector<float>& b);

/// Runs kernel `name` on `outputs`, in every build and with every size of team. `bind` makes the
/// arguments for buffers at `outputs`' addresses; the buffers hold the given values before each
/// run. Afterwards `outputs` hold the results.
template <typename Args>
void run(const std::string& name, std::vector<std::vector<float>*> outputs,
         const std::function<Args()>& bind) {
  using Kernel = void(const Args*, td_team);
  void require_same(const std::string& name, const std::string& build, uint32_t cores,
                    const std::vector<std::vector<float>*>& outputs,
                    const std::vector<std::vector<float>>& expected);
  std::vector<std::vector<float>> initial, expected;
  for (const auto* output : outputs) initial.push_back(*output);
  for (const Build& build : builds()) {
    for (const uint32_t cores : {1U, 2U, 3U, 8U}) {
      for (size_t i = 0; i < outputs.size(); ++i)
        std::copy(initial[i].begin(), initial[i].end(), outputs[i]->begin());
      const Args args = bind();
      for (uint32_t core = cores; core-- > 0;)  // in any order, so backwards
        build.get<Kernel>(name)(&args, td_team{.core = core, .cores = cores});
      if (expected.empty()) {
        for (const auto* output : outputs) expected.push_back(*output);
      } else {
        require_same(name, build.name, cores, outputs, expected);
      }
    }
  }
}

/// The same for a kernel with one output.
template <typename Args>
void run(const std::string& name, std::vector<float>& output, const Args& args) {
  run<Args>(name, {&output}, [&] { return args; });
}

/// The same kernel on the matrix engine, in every build: the bits that `expected` holds.
template <typename Args>
void run_on_engine(const std::string& name, std::vector<float>& output, const Args& args,
                   const std::vector<float>& expected) {
  void require_same_on_engine(const std::string& name, const std::string& build,
                              const std::vector<float>& output, const std::vector<float>& expected);
  const std::vector<float> initial = output;
  for (const Build& build : builds()) {
    std::copy(initial.begin(), initial.end(), output.begin());
    build.get<void(td_engine_ticket)>("td_engine_wait")(
        build.get<td_engine_ticket(const Args*)>(name + "_engine")(&args));
    require_same_on_engine(name, build.name, output, expected);
  }
}

/// On the cores in every build and with every size of team, and on the matrix engine.
template <typename Args>
void run_both(const std::string& name, std::vector<float>& output, const Args& args) {
  const std::vector<float> initial = output;
  run(name, output, args);
  const std::vector<float> expected = output;
  std::copy(initial.begin(), initial.end(), output.begin());
  run_on_engine(name, output, args, expected);
}

/// A deterministic stream of numbers.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  uint32_t bits();
  /// In [low, high).
  float uniform(float low, float high);
  /// In [low, high].
  int32_t integer(int32_t low, int32_t high);
  std::vector<float> values(int64_t count, float low = -1.0F, float high = 1.0F);

 private:
  uint64_t state_;
};

/// Strides of loops over `counts` that keep all positions apart, nested in any order, with gaps.
std::vector<int32_t> strides_apart(Random& random, const std::vector<int32_t>& counts);

/// Largest |a - b| relative to the largest |b|; infinite if only one of two elements is a NaN.
double relative_error(const std::vector<float>& a, const std::vector<double>& b);

}  // namespace tdc::kernels
