#pragma once

// How a call of a C kernel is described. `tdc` prints `td_kernels.h` from these records and every
// kernel includes it, so a signature exists once. The contract is in kernels/README.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/attributes.h"
#include "ir/types.h"
#include "ops/space.h"

namespace tdc::ops {

/// The largest rank a strided operand may have after merging axes; TD_RANK in C.
constexpr int64_t kKernelRank = 6;

enum class FieldKind : uint8_t {
  input,   ///< `const T *`, null where an optional operand is absent
  output,  ///< `T *`
  count,   ///< `int32_t`: an extent, a stride or a distance, in elements
  counts,  ///< `int32_t[TD_RANK]`, unused entries 0
  flag,    ///< `uint32_t`, 0 or 1
  real,    ///< `float`, rounded once from double
};

/// One member of the argument struct, in the order of declaration.
struct KernelField {
  std::string_view name;
  FieldKind kind;
  int operand = 0;  ///< input, output: which one
  ir::DType dtype = ir::DType::f32;
  std::string_view summary;
};

/// Shape and strides (in elements) of one operand of one launch.
struct OperandLayout {
  ir::Dims extent;
  ir::Dims stride;
};

/// What `bind` may look at: a box of the op's space, and how the regions that it touches lie in
/// memory. The whole op is the box of everything.
struct KernelCall {
  std::vector<std::optional<OperandLayout>> inputs;  ///< extents are those of the box's regions
  std::vector<OperandLayout> outputs;
  const ir::Attributes& attributes;
  Space space;
  Box box;
  /// The chains of the outputs go on from what the outputs hold: there is an accumulator, or the
  /// box does not start them.
  bool continues = false;

  [[nodiscard]] const OperandLayout& input(size_t index) const { return inputs.at(index).value(); }
  [[nodiscard]] const OperandLayout& output(size_t index) const { return outputs.at(index); }
  /// The box along the axis of this name, which exists.
  [[nodiscard]] Range range(std::string_view axis) const;
  /// The first index of a dimension of an input that the box touches; 0 if it touches none.
  [[nodiscard]] int64_t input_begin(size_t input, size_t dimension) const;
  /// The same before anything outside of the operand was cut off; may be negative.
  [[nodiscard]] int64_t unclamped_begin(size_t input, size_t dimension) const;
};

/// Values for the fields that are not pointers, by name.
using KernelScalar = std::variant<int64_t, double, std::vector<int64_t>>;
class KernelScalars {
 public:
  void set(std::string_view field, KernelScalar value) {
    items_.emplace_back(field, std::move(value));
  }
  [[nodiscard]] const KernelScalar* find(std::string_view field) const {
    for (const auto& [name, value] : items_)
      if (name == field) return &value;
    return nullptr;
  }

 private:
  std::vector<std::pair<std::string_view, KernelScalar>> items_;
};

/// Blocks of outputs on rv32 are so many rows high and columns wide (`kernels/td_product.h`).
inline constexpr int64_t kBlock = 4;

/// How a kernel divides the outputs of a call among the cores.
enum class Division : uint8_t {
  elements,  ///< evenly, by indices of the parallel axes
  blocks,    ///< of outputs, which stay in registers over their chains
  rows,      ///< whole rows along the last dimension, as blocks one row high
};

struct KernelDef {
  std::string_view name;  ///< `td_matmul_f32`; its struct is `td_matmul_f32_args`
  std::string_view file;  ///< `matmul.c`, below kernels/
  std::vector<KernelField> fields;
  /// Where the same call as jobs of a matrix engine stands: `td_matmul_f32_engine`, in
  /// `matmul_engine.c`. Empty: engines do not compute it.
  std::string_view engine_file = {};
  /// The input that a call copies to panels before it computes: an element for each index of the
  /// axes that reach it, whatever the others are. Calls with larger boxes copy less in all.
  std::optional<size_t> gathered = std::nullopt;
  /// Null: products (`Work::points`) in blocks, all else by elements.
  Division (*division)(const KernelCall&) = nullptr;
  /// Fills every `count`, `counts`, `flag` and `real` field.
  void (*bind)(const KernelCall&, KernelScalars&) = nullptr;
};

}  // namespace tdc::ops
