#pragma once

// Which elements of which values lie where: strided sets of elements, and how they lead through
// nodes that are views (reshapes, transposes, slices, parts of a concat) to the values that steps
// make. For the validator: views are followed by the declared space of their op alone.

#include <cstdint>
#include <map>
#include <variant>
#include <vector>

#include "schedule/schedule.h"

namespace tdc::memory {

/// `count` elements one after another in a buffer: those of a value from `element` on, `step`
/// apart.
struct Run {
  int64_t place;  ///< of the first, in elements of the buffer
  int64_t element;
  int64_t step;
  int64_t count;
};

/// Elements of a value in a buffer: one for each index of a box of axes. In elements of buffer and
/// value.
struct Elements {
  struct Axis {
    int64_t extent;
    int64_t place_stride;
    int64_t stride;
  };
  ir::ValueId value;
  int64_t place = 0;  ///< of index 0, 0, ..
  int64_t element = 0;
  std::vector<Axis> axes;

  /// As few runs as there are, in the order of places.
  [[nodiscard]] std::vector<Run> runs() const;
};

/// The elements of a region of `value`, of shape `dims`, that lie where `view` says, index by
/// index.
Elements elements_of(ir::ValueId value, const ir::Dims& dims, const std::vector<ops::Range>& region,
                     const schedule::View& view);
/// All of a value, dense from the start of a buffer on.
Elements all_elements(ir::ValueId value, int64_t count);

/// Why elements are those of no value.
struct NameProblem {
  std::string text;
};

/// The values of an entry point. Reshapes stand after those whose outputs they take.
class Names {
 public:
  explicit Names(const std::vector<schedule::ViewNode>& view_nodes);

  /// The same elements by the names of values that are no views, or why they have none.
  [[nodiscard]] std::variant<std::vector<Elements>, NameProblem> origins(Elements elements) const;

 private:
  std::map<ir::ValueId, const schedule::ViewNode*> views_;
  /// What a chain of reshapes starts from: the same elements in the same order.
  std::map<ir::ValueId, ir::ValueId> reshaped_;
};

}  // namespace tdc::memory
