#pragma once

// What a program shows to its surroundings, and all that generated C and its runner need of the
// checked source. Made once after checking (`check::interface_of`).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chip/chip.h"
#include "ir/types.h"

namespace tdc::interface {

/// How the learning rate moves over updates; the factor is computed alike on host and target.
struct LearningRateSchedule {
  enum class Kind : uint8_t { constant, linear, cosine };
  Kind kind = Kind::constant;
  int64_t warmup_steps = 0;
  int64_t total_steps = 0;  ///< of linear and cosine, warm-up included
  double final_factor = 0;  ///< what linear and cosine end at
};

struct Training {
  std::string name;          ///< of the `train` block
  double learning_rate = 0;  ///< before the schedule's factor
  LearningRateSchedule schedule;
  int64_t batch = 1;
  int64_t accumulate = 1;
};

/// One input of the net, or one target, as a sample holds it.
struct Field {
  std::string name;
  ir::TensorType type;  ///< without a batch axis
  bool is_target = false;
  int64_t classes = 0;  ///< as in `ir::Input`
  /// Of an f32 input of a net with a `data` block: its numbers x become (x - mean) / deviation,
  /// where a byte b stands for x = b / 255. One number each, or one per index of the first axis.
  /// Otherwise empty.
  std::vector<float> mean = {}, deviation = {};

  [[nodiscard]] bool is_scaled() const { return !mean.empty(); }
};

struct Interface {
  std::string net;                     ///< as written, `MlpDigits`
  std::string prefix;                  ///< snake case, `mlp_digits`, or what `--prefix` says
  std::vector<Field> inputs, targets;  ///< in the net's order
  std::optional<Training> training;    ///< none: there is no `train` block
  chip::Chip chip;
};

}  // namespace tdc::interface
