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

namespace tdc::ops {

/// The largest rank a strided operand may have after merging axes; TD_RANK in C.
constexpr int64_t kKernelRank = 6;

enum class FieldKind : uint8_t {
  input,    ///< `const T *`, null where an optional operand is absent
  output,   ///< `T *`
  scratch,  ///< `void *`
  count,    ///< `int32_t`: an extent, a stride or a distance, in elements
  counts,   ///< `int32_t[TD_RANK]`, unused entries 0
  flag,     ///< `uint32_t`, 0 or 1
  real,     ///< `float`, rounded once from double
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

/// What `bind` may look at.
struct KernelCall {
  std::vector<std::optional<OperandLayout>> inputs;
  std::vector<OperandLayout> outputs;
  const ir::Attributes& attributes;

  [[nodiscard]] const OperandLayout& input(size_t index) const { return inputs.at(index).value(); }
  [[nodiscard]] const OperandLayout& output(size_t index) const { return outputs.at(index); }
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

struct KernelDef {
  std::string_view name;  ///< `td_matmul_f32`; its struct is `td_matmul_f32_args`
  std::string_view file;  ///< `matmul.c`, below kernels/
  std::vector<KernelField> fields;
  /// Fills every `count`, `counts`, `flag` and `real` field.
  void (*bind)(const KernelCall&, KernelScalars&) = nullptr;
  /// Bytes of scratch for a call, aligned to 8; none if null.
  int64_t (*scratch_bytes)(const KernelCall&) = nullptr;
};

}  // namespace tdc::ops
