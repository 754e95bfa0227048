#pragma once

// Where things lie, as C expressions.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "emit/model.h"
#include "emit/words.h"

namespace tdc::emit {

/// `float` or `int32_t`.
std::string_view c_type(ir::DType dtype);

/// `7 + 2 * turn`, of a loop's index `turn`; `step` is not 0.
std::string affine_text(int64_t begin, int64_t step);

class Addresses {
 public:
  explicit Addresses(const Model& model);

  /// What stands for each argument of the entry point that is being written: `image_in`,
  /// `&scalars.learning_rate`.
  void set_arguments(std::map<schedule::BufferId, std::string> arguments) {
    arguments_ = std::move(arguments);
  }

  /// Of a word that is an address, to which `step` elements are added in each turn. 0 is null.
  [[nodiscard]] std::string of(const Word& word, int64_t step) const;
  /// `(float*)(void*)(mlp_arena_L2 + 1024)`: an element of a buffer that the memory plan places.
  [[nodiscard]] std::string in_arena(schedule::BufferId buffer, int64_t element, ir::DType dtype,
                                     int64_t step = 0) const;

 private:
  const Model& model_;
  std::map<schedule::BufferId, std::pair<LevelId, Bytes>> placements_;
  std::map<schedule::BufferId, std::string> arguments_;
};

}  // namespace tdc::emit
