#include "soc/engine.h"

#include <doctest/doctest.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "random.h"
#include "rv32/pulp_cluster/chip.h"
#include "soc/fault.h"

namespace tdc::soc {
namespace {

constexpr uint32_t kL1Words = 32768;
/// Descriptors lie in the last words of L1, behind what jobs compute with.
constexpr uint32_t kDataWords = kL1Words - 4 * kEngineJobWords;

struct Fixture {
  explicit Fixture(uint32_t seed, uint32_t l1_words = kL1Words) : random(seed) {
    parameters.l1_bytes = 4 * l1_words;
    memories.emplace(parameters);
    memories->mark(TD_CHIP_L1, 4 * l1_words, kMapped | kWritable);
    engine.emplace(context, parameters, *memories, banks);
  }
  uint32_t word(uint32_t index) const { return memories->l1.load_word(TD_CHIP_L1 + 4 * index); }
  void set_word(uint32_t index, uint32_t value) {
    memories->l1.store_word(TD_CHIP_L1 + 4 * index, value, 15);
  }
  uint32_t start(const EngineJob& job) { return start(job, charged); }
  uint32_t start(const EngineJob& job, uint64_t& cycles) {
    const uint32_t descriptor =
        TD_CHIP_L1 + parameters.l1_bytes - (1 + starts++ % 4) * 4 * kEngineJobWords;
    std::memcpy(memories->range(descriptor, sizeof(job)), &job, sizeof(job));
    return engine->start(descriptor, cycles).ticket;
  }
  /// A bank is refused in `refusals` of 256 cycles.
  void tick(uint32_t refusals) {
    engine->request();
    banks.arbitrate();
    uint32_t granted = banks.wide_grants();
    for (uint32_t bank = 0; refusals != 0 && bank < parameters.l1_banks; ++bank) {
      if (random() % 256 < refusals) granted &= ~(1U << bank);
    }
    engine->advance(granted);
  }
  uint64_t cycles_until_idle(uint32_t refusals = 0) {
    uint64_t cycles = 0;
    for (; !engine->is_idle(); ++cycles) {
      if (cycles == 10000000) FAIL("the engine hangs");
      tick(refusals);
    }
    return cycles;
  }

  Random random;
  Parameters parameters;
  std::optional<Memories> memories;
  BankArbiter banks;
  VerilatedContext context;
  std::optional<MatrixEngine> engine;
  uint64_t charged = 0;
  uint32_t starts = 0;
};

float number(uint32_t bits) {
  return std::bit_cast<float>(bits);
}
bool is_same(uint32_t a, uint32_t b) {
  return a == b || (std::isnan(number(a)) && std::isnan(number(b)));
}

// ---- The model: the formula in td_platform.h, word for word ----

/// Calls `begin(r, c0, c1)` for each output, and then `visit(r, c0, c1, d0, d1, d2)`, d ascending.
template <typename Visit, typename Begin>
void for_each(const EngineJob& j, const Begin& begin, const Visit& visit) {
  for (uint32_t r = 0; r < j.rows; ++r)
    for (uint32_t c1 = 0; c1 < j.columns[1]; ++c1)
      for (uint32_t c0 = 0; c0 < j.columns[0]; ++c0) {
        begin(r, c0, c1);
        for (uint32_t d2 = 0; d2 < j.depth[2]; ++d2)
          for (uint32_t d1 = 0; d1 < j.depth[1]; ++d1)
            for (uint32_t d0 = 0; d0 < j.depth[0]; ++d0) visit(r, c0, c1, d0, d1, d2);
      }
}

uint32_t y_index(const EngineJob& j, uint32_t r, uint32_t c0, uint32_t c1) {
  return (j.y - TD_CHIP_L1) / 4 + r * j.y_row + c0 * j.y_column[0] + c1 * j.y_column[1];
}
uint32_t a_index(const EngineJob& j, uint32_t r, uint32_t d0, uint32_t d1, uint32_t d2) {
  return (j.a - TD_CHIP_L1) / 4 + r * j.a_row + d0 * j.a_depth[0] + d1 * j.a_depth[1] +
         d2 * j.a_depth[2];
}
uint32_t b_index(const EngineJob& j, uint32_t c0, uint32_t c1, uint32_t d0, uint32_t d1,
                 uint32_t d2) {
  return (j.b - TD_CHIP_L1) / 4 + c0 * j.b_column[0] + c1 * j.b_column[1] + d0 * j.b_depth[0] +
         d1 * j.b_depth[1] + d2 * j.b_depth[2];
}
bool is_inside(const EngineJob& j, uint32_t c0, uint32_t d0) {
  if (j.window == 0) return true;
  const auto w = static_cast<int32_t>(j.window_begin + j.window_column * c0 + j.window_depth * d0);
  return w >= 0 && static_cast<uint32_t>(w) < j.window;
}

void compute(const EngineJob& j, std::vector<uint32_t>& memory) {
  uint32_t* y = nullptr;
  for_each(
      j,
      [&](uint32_t r, uint32_t c0, uint32_t c1) {
        y = &memory[y_index(j, r, c0, c1)];
        if (j.accumulate == 0) *y = 0;
      },
      [&](uint32_t r, uint32_t c0, uint32_t c1, uint32_t d0, uint32_t d1, uint32_t d2) {
        const float a = number(memory[a_index(j, r, d0, d1, d2)]);
        const float b =
            is_inside(j, c0, d0) ? number(memory[b_index(j, c0, c1, d0, d1, d2)]) : 0.0f;
        *y = std::bit_cast<uint32_t>(std::fma(a, b, number(*y)));
      });
}

// ---- Random values and jobs ----

uint32_t random_value(Random& random, uint32_t kind) {
  const uint32_t bits = random();
  const uint32_t sign_and_fraction = bits & 0x807FFFFF;
  switch (kind) {
    case 0:  // ordinary numbers
      return sign_and_fraction | (120 + random() % 8) << 23;
    case 1:  // anything, with special values
      switch (random() % 32) {
        case 0:
          return bits & 0x80000000;
        case 1:
          return (bits & 0x80000000) | 0x7F800000;
        case 2:
          return bits | 0x7F800001;
        case 3:
        case 4:
          return sign_and_fraction;
        default:
          return sign_and_fraction | (100 + random() % 55) << 23;
      }
    case 2:  // products that are subnormal
      return sign_and_fraction | (random() % 2 != 0 ? random() % 4 : 40 + random() % 45) << 23;
    default:  // cancellation: few different exponents and fractions
      return (bits & 0x80000000) | (bits & 0x700000) | (126 + random() % 3) << 23 |
             (random() % 8 == 0 ? bits & 3 : 0);
  }
}

uint32_t random_extent(Random& random) {
  switch (random() % 16) {
    case 0:
      return 1 + random() % 200;
    case 1:
    case 2:
      return 1 + random() % 40;
    default:
      return 1 + random() % 9;
  }
}

/// Strides of nested loops: a dense array in any order of its dimensions, with gaps, some of them
/// backwards; where elements may overlap also anything small.
void random_strides(Random& random, std::span<const uint32_t> extents,
                    std::span<uint32_t* const> strides, bool may_overlap) {
  if (may_overlap && random() % 3 == 0) {
    for (uint32_t* stride : strides) *stride = random() % 12 - 3;
    return;
  }
  std::vector<size_t> order(extents.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  uint32_t next = random() % 8 == 0 ? 1 + random() % 4 : 1;
  for (const size_t loop : order) {
    *strides[loop] = random() % 5 == 0 ? -next : next;
    next = next * extents[loop] + (random() % 4 == 0 ? random() % 4 : 0);
  }
}

/// The words of a job, each as often as it comes; those of b that are zeros beside the image are
/// not among them.
struct Words {
  std::vector<uint32_t> y, read;
};

Words words_of(const EngineJob& j) {
  Words words;
  const auto for_depth = [&](const auto& visit) {
    for (uint32_t d2 = 0; d2 < j.depth[2]; ++d2)
      for (uint32_t d1 = 0; d1 < j.depth[1]; ++d1)
        for (uint32_t d0 = 0; d0 < j.depth[0]; ++d0) visit(d0, d1, d2);
  };
  for (uint32_t r = 0; r < j.rows; ++r) {
    for_depth([&](uint32_t d0, uint32_t d1, uint32_t d2) {
      words.read.push_back(a_index(j, r, d0, d1, d2));
    });
  }
  for (uint32_t c1 = 0; c1 < j.columns[1]; ++c1) {
    for (uint32_t c0 = 0; c0 < j.columns[0]; ++c0) {
      for (uint32_t r = 0; r < j.rows; ++r) words.y.push_back(y_index(j, r, c0, c1));
      for_depth([&](uint32_t d0, uint32_t d1, uint32_t d2) {
        if (is_inside(j, c0, d0)) words.read.push_back(b_index(j, c0, c1, d0, d1, d2));
      });
    }
  }
  return words;
}

/// The smallest and the largest offset of loops, of a matrix that begins at 0.
std::pair<int64_t, int64_t> span_of(std::span<const uint32_t> extents,
                                    std::span<uint32_t* const> strides) {
  int64_t lowest = 0;
  int64_t highest = 0;
  for (size_t i = 0; i < extents.size(); ++i) {
    const int64_t last = int64_t{static_cast<int32_t>(*strides[i])} * (extents[i] - 1);
    (last < 0 ? lowest : highest) += last;
  }
  return {lowest, highest};
}

/// A job whose operands are anywhere, but not where its results are.
EngineJob random_job(Random& random) {
  for (;;) {
    EngineJob j{};
    j.rows = random_extent(random);
    for (uint32_t& extent : j.columns) extent = random() % 3 == 0 ? 1 : random_extent(random);
    for (uint32_t& extent : j.depth) extent = random() % 3 == 0 ? 1 : random_extent(random);
    const uint64_t columns = uint64_t{j.columns[0]} * j.columns[1];
    const uint64_t depth = uint64_t{j.depth[0]} * j.depth[1] * j.depth[2];
    if (columns > 200 || depth > 300 || j.rows * columns * depth > 100000) continue;
    const uint32_t y_extents[] = {j.rows, j.columns[0], j.columns[1]};
    uint32_t* const y_strides[] = {&j.y_row, &j.y_column[0], &j.y_column[1]};
    const uint32_t a_extents[] = {j.rows, j.depth[0], j.depth[1], j.depth[2]};
    uint32_t* const a_strides[] = {&j.a_row, &j.a_depth[0], &j.a_depth[1], &j.a_depth[2]};
    const uint32_t b_extents[] = {j.columns[0], j.columns[1], j.depth[0], j.depth[1], j.depth[2]};
    uint32_t* const b_strides[] = {&j.b_column[0], &j.b_column[1], &j.b_depth[0], &j.b_depth[1],
                                   &j.b_depth[2]};
    random_strides(random, y_extents, y_strides, false);
    random_strides(random, a_extents, a_strides, true);
    random_strides(random, b_extents, b_strides, true);
    const auto place = [&](uint32_t& base, std::span<const uint32_t> extents,
                           std::span<uint32_t* const> strides) {
      const auto [lowest, highest] = span_of(extents, strides);
      if (highest - lowest >= kDataWords) return false;
      base = TD_CHIP_L1 +
             4 * static_cast<uint32_t>(random() % (kDataWords - (highest - lowest)) - lowest);
      return true;
    };
    if (!place(j.y, y_extents, y_strides) || !place(j.a, a_extents, a_strides) ||
        !place(j.b, b_extents, b_strides)) {
      continue;
    }
    if (random() % 3 == 0) {
      j.window = 1 + random() % 20;
      j.window_begin = random() % 12 - 6;
      j.window_column = random() % 5 - 2;
      j.window_depth = random() % 5 - 2;
    }
    j.accumulate = random() % 2;
    j.row_groups = 1 + random() % 5;
    j.column_groups = 1 + random() % 5;
    const Words words = words_of(j);
    std::vector<bool> is_written(kDataWords);
    for (const uint32_t word : words.y) is_written[word] = true;
    const auto is_free = [&](uint32_t word) { return !is_written[word]; };
    if (std::all_of(words.read.begin(), words.read.end(), is_free)) return j;
  }
}

TEST_CASE(
    "random jobs, several behind each other and with refused banks: the bits of the formula") {
  Fixture f(11);
  uint64_t outputs = 0;
  for (uint32_t jobs = 0; jobs < 10000;) {
    CAPTURE(jobs);
    std::vector<EngineJob> batch(1 + f.random() % 3);
    for (EngineJob& job : batch) {
      job = random_job(f.random);
      const Words words = words_of(job);
      const uint32_t kind = f.random() % 4;
      for (const uint32_t word : words.read) f.set_word(word, random_value(f.random, kind));
      for (const uint32_t word : words.y) f.set_word(word, random_value(f.random, kind));
    }
    std::vector<uint32_t> expected(kDataWords);
    std::memcpy(expected.data(), f.memories->l1.bytes.data(), 4 * kDataWords);
    const uint32_t refusals = f.random() % 3 == 0 ? f.random() % 200 : 0;
    for (const EngineJob& job : batch) {
      compute(job, expected);
      outputs += uint64_t{job.rows} * job.columns[0] * job.columns[1];
      while (f.engine->is_full()) f.tick(refusals);
      f.start(job);
      for (uint32_t wait = f.random() % 4 == 0 ? f.random() % 300 : 0; wait > 0; --wait) {
        f.tick(refusals);
      }
    }
    f.cycles_until_idle(refusals);
    jobs += static_cast<uint32_t>(batch.size());
    for (uint32_t i = 0; i < kDataWords; ++i) {
      if (is_same(f.word(i), expected[i])) continue;
      CAPTURE(i);
      CAPTURE(batch.size());
      REQUIRE(f.word(i) == expected[i]);
    }
  }
  CHECK(outputs > 1000000);
}

// ---- The multiply-add alone: products of depth 1 that are added to y ----

void compare_with_fmaf(uint64_t operations) {
  constexpr uint32_t kRows = 96;
  constexpr uint32_t kColumns = 128;
  Fixture f(12);
  Random& random = f.random;
  EngineJob j{};
  const uint32_t a = 0;
  const uint32_t b = kRows;
  const uint32_t y = b + kColumns;
  j.a = TD_CHIP_L1 + 4 * a;
  j.b = TD_CHIP_L1 + 4 * b;
  j.y = TD_CHIP_L1 + 4 * y;
  j.rows = kRows;
  j.columns[0] = kColumns;
  j.columns[1] = j.depth[0] = j.depth[1] = j.depth[2] = 1;
  j.y_row = kColumns;
  j.y_column[0] = j.a_row = j.b_column[0] = 1;
  j.accumulate = 1;
  j.row_groups = 4;
  j.column_groups = 2;
  std::vector<uint32_t> addends(kRows * kColumns);
  for (uint64_t done = 0; done < operations; done += addends.size()) {
    for (uint32_t i = 0; i < kRows + kColumns; ++i) {
      f.set_word(i, random() % 3 != 0 ? random_value(random, random() % 4) : random());
    }
    for (uint32_t i = 0; i < addends.size(); ++i) {
      const float product = number(f.word(a + i / kColumns)) * number(f.word(b + i % kColumns));
      const uint32_t choice = random();
      uint32_t addend = random();
      if (choice % 4 == 0) {
        addend = random_value(random, choice >> 4 & 3);
      } else if (choice % 4 == 1) {  // nearly what the product is, and of the other sign
        addend = std::bit_cast<uint32_t>(-product) + (choice >> 8) % 5 - 2;
      } else if (choice % 4 == 2) {  // an exponent up to 64 from that of the product
        const uint32_t exponent = std::bit_cast<uint32_t>(product) >> 23 & 255;
        addend = (addend & (choice >> 20 & 1 ? 0x80000001 : 0x807FFFFF)) |
                 (std::clamp<uint32_t>(exponent + (choice >> 8 & 127), 64, 319) - 64) << 23;
      }
      addends[i] = addend;
      f.set_word(y + i, addend);
    }
    f.start(j);
    f.cycles_until_idle();
    for (uint32_t i = 0; i < addends.size(); ++i) {
      const uint32_t x = f.word(a + i / kColumns);
      const uint32_t z = f.word(b + i % kColumns);
      const auto expected =
          std::bit_cast<uint32_t>(std::fma(number(x), number(z), number(addends[i])));
      if (is_same(f.word(y + i), expected)) continue;
      CAPTURE(x);
      CAPTURE(z);
      CAPTURE(addends[i]);
      REQUIRE(f.word(y + i) == expected);
    }
  }
}

TEST_CASE("a million multiply-adds are those of fmaf") {
  compare_with_fmaf(1000000);
}

TEST_CASE("a hundred million multiply-adds are those of fmaf" * doctest::skip()) {
  compare_with_fmaf(100000000);
}

// ---- Speed, alone at the banks ----

struct Work {
  const char* name;
  double at_least;  ///< FLOP a cycle
  std::vector<EngineJob> jobs;
};

/// A job with its extents; operands begin at word `a`, `b` and `y` of L1. a and b lie over each
/// other where there is no room for both: what they hold makes no difference here.
EngineJob job_of(uint32_t a, uint32_t b, uint32_t y, uint32_t rows, std::array<uint32_t, 2> columns,
                 std::array<uint32_t, 3> depth) {
  EngineJob j{};
  j.a = TD_CHIP_L1 + 4 * a;
  j.b = TD_CHIP_L1 + 4 * b;
  j.y = TD_CHIP_L1 + 4 * y;
  j.rows = rows;
  std::copy(columns.begin(), columns.end(), j.columns);
  std::copy(depth.begin(), depth.end(), j.depth);
  j.row_groups = 4;
  j.column_groups = 2;
  return j;
}

/// y[m, n] = a b with row-major operands, either of them transposed in memory.
EngineJob product(uint32_t m, uint32_t n, uint32_t k, bool a_is_transposed, bool b_is_transposed) {
  EngineJob j = job_of(0, 0, 49152, m, {n, 1}, {k, 1, 1});
  j.row_groups = m == 1 ? 1 : 4;
  j.column_groups = m == 1 ? 4 : 2;
  j.a_row = a_is_transposed ? 1 : k;
  j.a_depth[0] = a_is_transposed ? m : 1;
  j.b_column[0] = b_is_transposed ? k : 1;
  j.b_depth[0] = b_is_transposed ? 1 : n;
  j.y_row = n;
  j.y_column[0] = 1;
  return j;
}

/// A convolution with 3x3 kernels of images of 16x16, as jobs whose outputs have the same rows of
/// the kernel inside the image.
struct Range {
  uint32_t first, count, kernel_first, kernel_count;
};
constexpr std::array<Range, 3> kRanges = {{{0, 1, 1, 2}, {1, 14, 0, 3}, {15, 1, 0, 2}}};

void set_window(EngineJob& j, uint32_t begin, uint32_t column, uint32_t depth) {
  j.window = 16;
  j.window_begin = begin;
  j.window_column = column;
  j.window_depth = depth;
}

/// y[o, (x, row)] = sum over c, ky, kx of w[o, c, ky, kx] image[c, row + ky - 1, x + kx - 1];
/// backwards with the kernel turned and its two channels exchanged.
std::vector<EngineJob> convolution(uint32_t outputs, uint32_t channels, bool is_backward) {
  std::vector<EngineJob> jobs;
  for (const Range& range : kRanges) {
    EngineJob j =
        job_of(0, 1024, 40960, outputs, {16, range.count}, {3, range.kernel_count, channels});
    j.y += 4 * 16 * range.first;
    j.y_row = 256;
    j.y_column[0] = j.b_column[0] = j.b_depth[0] = 1;
    j.y_column[1] = j.b_column[1] = j.b_depth[1] = 16;
    j.b_depth[2] = 256;
    j.b += 4 * (16 * (range.first + range.kernel_first) - 17);
    j.a_row = is_backward ? 9 : 9 * channels;
    j.a_depth[2] = is_backward ? 9 * outputs : 9;
    j.a_depth[0] = is_backward ? -1 : 1;
    j.a_depth[1] = is_backward ? -3 : 3;
    j.a += 4 * (is_backward ? 8 - 3 * range.kernel_first : 3 * range.kernel_first);
    set_window(j, -1, 1, 1);
    jobs.push_back(j);
  }
  return jobs;
}

/// dw[o, (kx, c)] = sum over row, x of dy[o, row, x] image[c, row + ky - 1, x + kx - 1], for each
/// ky.
std::vector<EngineJob> weight_gradient(uint32_t outputs, uint32_t channels) {
  std::vector<EngineJob> jobs;
  for (uint32_t ky = 0; ky < 3; ++ky) {
    const uint32_t first = ky == 0 ? 1 : 0;
    EngineJob j = job_of(0, 1024, 24576, outputs, {3, channels}, {16, ky == 1 ? 16U : 15U, 1});
    j.a += 4 * 16 * first;
    j.a_row = 256;
    j.a_depth[0] = j.b_depth[0] = 1;
    j.a_depth[1] = j.b_depth[1] = 16;
    j.b += 4 * (16 * (first + ky) - 17);
    j.b_column[0] = j.y_column[0] = 1;
    j.b_column[1] = 256;
    j.y += 4 * 3 * ky;
    j.y_row = 9 * channels;
    j.y_column[1] = 9;
    set_window(j, -1, 1, 1);
    jobs.push_back(j);
  }
  return jobs;
}

std::vector<Work> works() {
  return {{"64x64x64", 80, {product(64, 64, 64, false, false)}},
          {"64x64x64, b transposed", 80, {product(64, 64, 64, false, true)}},
          {"64x128x384", 85, {product(64, 128, 384, false, false)}},
          {"dW 128x128x64, a transposed", 85, {product(128, 128, 64, true, false)}},
          {"64x64x32, b transposed", 75, {product(64, 64, 32, false, true)}},
          {"16x128x128", 75, {product(16, 128, 128, false, false)}},
          {"1x128x128", 14, {product(1, 128, 128, false, false)}},
          {"8x8x8", 5, {product(8, 8, 8, false, false)}},
          {"1x1x1", 0, {product(1, 1, 1, false, false)}},
          {"convolution 64 to 64, 3x3, 16x16", 75, convolution(64, 64, false)},
          {"convolution 64 to 64, 3x3, 16x16, dX", 60, convolution(64, 64, true)},
          {"convolution 64 to 64, 3x3, 16x16, dW", 60, weight_gradient(64, 64)}};
}

struct Speed {
  uint64_t cycles = 0;
  uint64_t flop = 0;
  uint64_t words = 0;
  uint64_t bank_waits = 0;
  double flop_a_cycle() const { return static_cast<double>(flop) / static_cast<double>(cycles); }
};

Speed speed(const std::vector<EngineJob>& jobs) {
  Fixture f(13, 65536);
  Speed result;
  for (const EngineJob& job : jobs) {
    while (f.engine->is_full()) {
      f.tick(0);
      ++result.cycles;
    }
    f.start(job);
  }
  result.cycles += f.cycles_until_idle();
  result.flop = f.engine->flop();
  result.words = f.engine->words();
  result.bank_waits = f.engine->bank_waits();
  return result;
}

TEST_CASE("products and convolutions take no more cycles than they may") {
  for (const Work& work : works()) {
    CAPTURE(work.name);
    CHECK(speed(work.jobs).flop_a_cycle() >= work.at_least);
  }
}

TEST_CASE("a bank gives one word a cycle") {
  // All words of an access lie in one bank.
  EngineJob job = job_of(0, 4, 8, 8, {8, 1}, {8, 1, 1});
  job.a_row = job.b_column[0] = job.y_row = 16;
  job.a_depth[0] = job.b_depth[0] = 128;
  job.y_column[0] = 128;
  const Speed s = speed({job});
  CHECK(s.cycles >= 3 * 64);
  CHECK(s.words == 3 * 64);
  CHECK(s.bank_waits == 3 * 8 * 7);  // of eight words seven are left, six, ...
}

TEST_CASE("an access goes along the loops whose words more banks give, and waits for none") {
  // Whichever way it goes, what a tile of 24 x 16 takes are whole accesses, 24 + 16 + 48.
  EngineJob even = job_of(0, 4096, 32768, 24, {64, 1}, {8, 1, 1});
  even.a_row = even.b_column[0] = 9;
  even.a_depth[0] = even.b_depth[0] = even.y_column[0] = 1;
  even.y_row = 65;
  const Speed expected = speed({even});
  CHECK(expected.bank_waits == 0);
  CHECK(expected.words == 4 * 8 * (24 + 16 + 48));
  const auto check = [&](const EngineJob& job) {
    const Speed s = speed({job});
    CHECK(s.bank_waits == 0);
    CHECK(s.cycles == expected.cycles);
    CHECK(s.words == expected.words);
  };
  for (const uint32_t stride : {4U, 8U, 12U, 16U, 24U, 32U, -4U, -8U}) {
    CAPTURE(stride);
    EngineJob job = even;
    job.a += 4 * 1024;
    job.a_row = stride;
    check(job);
    std::swap(job.a_row, job.a_depth[0]);
    check(job);
    job = even;
    job.b += 4 * 4096;
    job.b_column[0] = stride;
    check(job);
    std::swap(job.b_column[0], job.b_depth[0]);
    check(job);
    // Loops of two that go on evenly are one.
    job.columns[0] = 2, job.columns[1] = 32;
    job.b_column[1] = job.y_column[1] = 2;
    check(job);
  }
  for (const uint32_t stride : {4U, 8U, 16U}) {
    CAPTURE(stride);
    EngineJob job = even;
    job.y_row = 64 + stride;
    check(job);
    job.columns[0] = 2, job.columns[1] = 32;
    job.b_column[1] = 18;
    job.y_column[1] = 2;
    check(job);
    job = even;
    job.a_row = stride;
    job.depth[0] = 2, job.depth[1] = 2, job.depth[2] = 2;
    job.a_depth[1] = job.b_depth[1] = 2;
    job.a_depth[2] = job.b_depth[2] = 4;
    check(job);
    job = even;
    job.y_row = 1;
    job.y_column[0] = 24 + stride;
    check(job);
  }
}

TEST_CASE("a matrix of a job has at most 2^26 elements") {
  Fixture f(17);
  EngineJob job = job_of(0, 8192, 8192, 1, {8192, 1}, {8192, 1, 1});
  job.y_column[0] = 1;
  CHECK_NOTHROW(engine_footprint(job, TD_CHIP_L1, *f.memories));
  job.columns[0] = 8193;
  CHECK_THROWS_AS(engine_footprint(job, TD_CHIP_L1, *f.memories), Fault);
}

TEST_CASE("tickets tell what is done, and two jobs fill the queue behind the one that runs") {
  Fixture f(14);
  const EngineJob job = job_of(0, 256, 512, 16, {16, 1}, {1, 1, 256});
  EngineJob dense = job;
  dense.y_row = 16;
  dense.y_column[0] = 1;
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 3; ++i) {
    while (f.engine->is_full()) f.tick(0);
    tickets.push_back(f.start(dense));
  }
  for (int i = 0; i < 20; ++i) f.tick(0);
  CHECK(f.engine->is_full());
  CHECK(!f.engine->is_done(tickets[0]));
  while (!f.engine->is_done(tickets[0])) f.tick(0);
  CHECK(!f.engine->is_done(tickets[1]));
  f.tick(0);
  CHECK(!f.engine->is_full());
  f.cycles_until_idle();
  for (const uint32_t ticket : tickets) CHECK(f.engine->is_done(ticket));
  CHECK(f.engine->jobs() == 3);
  CHECK(f.engine->busy_cycles() == f.charged);
}

TEST_CASE("cycles are charged to the job that is computed, not to those behind it") {
  Fixture f(16, 65536);
  uint64_t long_cycles = 0;
  uint64_t short_cycles = 0;
  f.start(product(64, 64, 64, false, false), long_cycles);
  while (f.engine->is_full()) f.tick(0);
  f.start(product(1, 1, 1, false, false), short_cycles);
  f.cycles_until_idle();
  CHECK(long_cycles > 5461);
  CHECK(short_cycles < 30);
}

TEST_CASE("what is no job is a fault, and nothing was written") {
  Fixture f(15);
  const EngineJob right = product(8, 8, 8, false, false);
  const auto is_refused = [&](const auto& change) {
    EngineJob job = right;
    job.y = TD_CHIP_L1 + 4096;
    change(job);
    const std::vector<uint8_t> before = f.memories->l1.bytes;
    bool is_fault = false;
    try {
      f.start(job);
    } catch (const Fault& fault) {
      is_fault = fault.kind == FaultKind::kEngineRange;
    }
    for (int i = 0; i < 10; ++i) f.tick(0);
    // The descriptor is the only thing that has changed.
    const size_t data = 4 * kDataWords;
    return is_fault && f.engine->is_idle() &&
           std::equal(before.begin(), before.begin() + data, f.memories->l1.bytes.begin());
  };
  CHECK(!is_refused([](EngineJob&) {}));
  f.cycles_until_idle();
  CHECK(is_refused([](EngineJob& j) { j.rows = 0; }));
  CHECK(is_refused([](EngineJob& j) { j.columns[1] = 0; }));
  CHECK(is_refused([](EngineJob& j) { j.depth[2] = 0; }));
  CHECK(is_refused([](EngineJob& j) { j.row_groups = 0; }));
  CHECK(is_refused([](EngineJob& j) { j.y += 2; }));
  CHECK(is_refused([](EngineJob& j) { j.b += 1; }));
  CHECK(is_refused([](EngineJob& j) { j.b = TD_CHIP_L2; }));
  CHECK(is_refused([](EngineJob& j) { j.a_row = -1; }));
  CHECK(is_refused([](EngineJob& j) { j.a_depth[0] = 1U << 30; }));  // beyond 32 bits of bytes
  CHECK(is_refused([](EngineJob& j) { j.y_row = j.y_column[0]; }));
  CHECK(is_refused([](EngineJob& j) { j.rows = UINT32_MAX; }));
  CHECK(is_refused([](EngineJob& j) { j.depth[1] = j.depth[2] = 65536; }));
  // What the window leaves out may lie anywhere.
  const auto outside = [](EngineJob& j) {
    j.b = TD_CHIP_L1 - 4;
    j.window_begin = -1;
    j.window_column = 1;
    j.window = 7;
  };
  CHECK(!is_refused(outside));
  f.cycles_until_idle();
}

TEST_CASE("table of FLOP a cycle" * doctest::skip()) {
  std::printf("| work | cycles | FLOP/cycle | at least |\n|---|---|---|---|\n");
  for (const Work& work : works()) {
    const Speed s = speed(work.jobs);
    std::printf("| %s | %llu | %.1f | %.0f |\n", work.name,
                static_cast<unsigned long long>(s.cycles), s.flop_a_cycle(), work.at_least);
  }
}

}  // namespace
}  // namespace tdc::soc
