#include "soc/engine_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "soc/fault.h"

namespace tdc::soc {

namespace {

/// A matrix with more elements than this is no job for a scratchpad of at most 2^16 words.
constexpr uint64_t kMaximumElements = uint64_t{1} << 26;

/// One index of the product (row, column or depth) in one matrix: its offset in words, and what it
/// adds to the place in the window.
struct Place {
  int64_t offset = 0;
  int64_t window = 0;
};

[[noreturn]] void refuse(uint32_t address, std::string detail) {
  Fault fault(FaultKind::kEngineRange, std::move(detail));
  fault.has_address = true;
  fault.address = address;
  throw fault;
}

uint64_t product(std::span<const uint32_t> extents) {
  uint64_t result = 1;
  for (const uint32_t extent : extents) {
    if (extent != 0 && result > kMaximumElements) return UINT64_MAX;
    result *= extent;
  }
  return result;
}

/// All values of nested loops, the innermost first.
std::vector<Place> places(std::span<const uint32_t> extents, std::span<const uint32_t> strides,
                          uint32_t window_step) {
  std::vector<Place> result = {{}};
  for (size_t level = extents.size(); level-- > 0;) {
    std::vector<Place> deeper;
    deeper.reserve(result.size() * extents[level]);
    for (const Place& outer : result) {
      for (uint32_t i = 0; i < extents[level]; ++i) {
        deeper.push_back(
            {outer.offset + int64_t{static_cast<int32_t>(strides[level])} * i,
             level == 0 ? int64_t{static_cast<int32_t>(window_step)} * i : outer.window});
      }
    }
    result = std::move(deeper);
  }
  return result;
}

/// A set of words of L1.
class Words {
 public:
  Words(Memories& memories, uint8_t attributes)
      : l1_(memories.l1), attributes_(attributes), is_in_(l1_.attributes.size()) {}

  [[nodiscard]] bool has(int64_t address) const {
    return address >= l1_.base && address - l1_.base < static_cast<int64_t>(l1_.bytes.size()) &&
           (l1_.attribute(static_cast<uint32_t>(address)) & attributes_) == attributes_;
  }
  /// Returns false if it was in it.
  bool add(int64_t address) {
    return std::exchange(is_in_[(static_cast<uint32_t>(address) - l1_.base) / 4], 1) == 0;
  }
  [[nodiscard]] std::vector<MemoryRange> ranges() const {
    std::vector<MemoryRange> result;
    for (uint32_t i = 0; i < is_in_.size(); ++i) {
      if (is_in_[i] == 0) continue;
      if (i == 0 || is_in_[i - 1] == 0) result.push_back({l1_.base + 4 * i, 0});
      result.back().bytes += 4;
    }
    return result;
  }

 private:
  const Memory& l1_;
  uint8_t attributes_;
  std::vector<uint8_t> is_in_;
};

}  // namespace

EngineFootprint engine_footprint(const EngineJob& job, uint32_t descriptor, Memories& memories) {
  const uint64_t columns = product(job.columns);
  const uint64_t depth = product(job.depth);
  if (job.rows == 0 || columns == 0 || depth == 0 || job.row_groups == 0 ||
      job.column_groups == 0) {
    refuse(descriptor, "a job has an extent of 0");
  }
  const auto is_too_large = [](uint64_t n, uint64_t m) { return n > kMaximumElements / m; };
  if (is_too_large(job.rows, columns) || is_too_large(job.rows, depth) ||
      is_too_large(columns, depth)) {
    refuse(descriptor,
           fmt::format("a job has more than {} elements in a matrix", kMaximumElements));
  }

  Words reads(memories, kMapped);
  Words writes(memories, kMapped | kWritable);
  const auto add = [&](char matrix, uint32_t base, std::span<const Place> first,
                       std::span<const Place> second, const auto& is_inside) {
    if (base % 4 != 0) {
      refuse(base, fmt::format("a job's {} does not begin at a word", matrix));
    }
    Words& words = matrix == 'y' ? writes : reads;
    for (size_t i = 0; i < first.size(); ++i) {
      for (size_t j = 0; j < second.size(); ++j) {
        if (!is_inside(first[i].window + second[j].window)) continue;
        const int64_t address = base + 4 * (first[i].offset + second[j].offset);
        if (!words.has(address)) {
          refuse(static_cast<uint32_t>(address),
                 fmt::format("a job's {}[{}, {}] is not in what the program has in L1{}", matrix, i,
                             j, matrix == 'y' ? " for writing" : ""));
        }
        if (!words.add(address) && matrix == 'y') {
          refuse(static_cast<uint32_t>(address),
                 fmt::format("a job's y[{}, {}] lies where another output does", i, j));
        }
      }
    }
  };
  const auto always = [](int64_t) { return true; };
  const auto in_window = [&](int64_t w) {
    w += static_cast<int32_t>(job.window_begin);
    return job.window == 0 || (w >= 0 && w < job.window);
  };
  const auto rows = [&](uint32_t stride) {
    return places(std::span(&job.rows, 1), std::span(&stride, 1), 0);
  };
  const std::vector<Place> b_depth = places(job.depth, job.b_depth, job.window_depth);
  const std::vector<Place> b_columns = places(job.columns, job.b_column, job.window_column);
  add('y', job.y, rows(job.y_row), places(job.columns, job.y_column, 0), always);
  add('a', job.a, rows(job.a_row), places(job.depth, job.a_depth, 0), always);
  add('b', job.b, b_depth, b_columns, in_window);
  return {reads.ranges(), writes.ranges()};
}

uint64_t engine_flop(const EngineJob& job) {
  return 2 * job.rows * product(job.columns) * product(job.depth);
}

}  // namespace tdc::soc
