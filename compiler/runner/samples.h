#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "interface/interface.h"
#include "io/array.h"
#include "support/result.h"

namespace tdc::runner {

using interface::Field;

/// The inputs of the net, and with `with_targets` the targets after them.
std::vector<Field> fields_of(const interface::Interface& interface, bool with_targets);

/// Data that fits a program: one array per field, samples along its first axis.
///
/// An array may hold another type of number than the field if that loses nothing but the digits
/// that f32 lacks: `f32` is made of any float (f64 rounded to nearest), of an input's u8 as value /
/// 255, of a target's integers if f32 holds them, as they are; `i32` of any integers that it holds.
/// Numbers of a field with a mean and a deviation are then scaled (`td_input.h`), and only they.
/// Axes of extent 1 do not count: images [n, 28, 28] fit `f32[1, 28, 28]`.
class Samples {
 public:
  /// Fails with all that does not fit: arrays that are missing or were not read, wrong shapes and
  /// types, other numbers of samples, class labels out of range. `source` is the data's name in the
  /// messages. What no field asks for is left alone, whatever it is.
  static Result<Samples> make(io::ArrayFile file, std::vector<Field> fields,
                              const std::string& source);

  [[nodiscard]] int64_t count() const { return count_; }

  /// The samples at `indices` as the device takes them: field by field, each field's samples in
  /// this order, elements of four bytes.
  [[nodiscard]] std::vector<std::byte> gather(std::span<const int64_t> indices) const;

 private:
  std::vector<Field> fields_;
  std::vector<io::Array> arrays_;  // one per field, of f32, of an input's u8, or of i32
  int64_t count_ = 0;
};

/// The order in which training takes samples (learn-6): that of the file, from the first on and
/// again from the first after the last; or, with a seed, every turn in an order of its own.
///
/// In turn t sample i stands at the place of `ir::random_bits(seed, "shuffle.t", i)` among those of
/// all samples, smallest first.
class SampleOrder {
 public:
  SampleOrder(int64_t count, std::optional<uint64_t> shuffle_seed);

  /// The index of the next sample.
  int64_t next();

 private:
  void start_turn();

  int64_t count_;
  std::optional<uint64_t> seed_;
  int64_t turn_ = 0;
  int64_t at_ = 0;
  std::vector<int64_t> order_;  // of this turn; empty: that of the file
};

}  // namespace tdc::runner
