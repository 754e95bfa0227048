// Measures the functions of td_math.h over all 2^32 floats (or every STRIDE-th):
//
//     math_sweep [STRIDE]
//
// Prints the largest error of each in ulp and where it is; fails if one exceeds its stated bound.

#include "bench/math_sweep.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" {
tdc::math_sweep::ArrayFunction test_exp, test_log, test_tanh, test_erf, test_sigmoid, test_sin,
    test_cos, test_sqrt, test_rsqrt, test_expm1, test_softplus, test_cube, test_power,
    test_power_minus_1;
}

int main(int argc, char** argv) {
  using namespace tdc::math_sweep;
  const uint64_t stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  ArrayFunction* const functions[] = {test_exp,     test_log,          test_tanh,     test_erf,
                                      test_sigmoid, test_sin,          test_cos,      test_sqrt,
                                      test_rsqrt,   test_expm1,        test_softplus, test_cube,
                                      test_power,   test_power_minus_1};
  constexpr uint64_t kBlock = 1 << 16;
  std::vector<float> x(kBlock), y(kBlock);
  bool is_good = stride > 0;
  for (size_t f = 0; f < std::size(kFunctions) && is_good; ++f) {
    double worst = 0;
    float worst_at = 0;
    for (uint64_t begin = 0; begin < uint64_t{1} << 32; begin += kBlock * stride) {
      for (uint64_t i = 0; i < kBlock; ++i)
        x[i] = std::bit_cast<float>(static_cast<uint32_t>(begin + i * stride));
      functions[f](y.data(), x.data(), kBlock);
      for (uint64_t i = 0; i < kBlock; ++i) {
        const double exact = kFunctions[f].exact(x[i]);
        const double error = same_sign_of_zero(y[i], exact) ? error_ulp(y[i], exact) : INFINITY;
        if (error > worst) {
          worst = error;
          worst_at = x[i];
        }
      }
    }
    is_good = is_good && worst <= kFunctions[f].bound_ulp;
    std::printf("%-8s %.4f ulp at %a (stated: %.1f)\n", kFunctions[f].name + 5, worst, worst_at,
                kFunctions[f].bound_ulp);
    std::fflush(stdout);
  }
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
