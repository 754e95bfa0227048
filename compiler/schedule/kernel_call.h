#pragma once

// Calling C kernels from the compiler's process: argument structs are laid out from the kernel's
// record as a C compiler for this machine lays out the struct in `td_kernels.h`.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/kernel.h"
#include "ops/op.h"

namespace tdc::schedule {

/// `td_team` of runtime/td_platform.h.
struct Team {
  uint32_t core = 0, cores = 1;
};

using KernelFunction = void (*)(const void* arguments, Team team);

/// Where compiled kernels are found, by the name in their record.
class KernelLibrary {
 public:
  virtual ~KernelLibrary() = default;
  /// Null if there is no such kernel.
  [[nodiscard]] virtual KernelFunction find(std::string_view name) const = 0;
};

/// Addresses of a call's operands, of their first elements.
struct KernelPointers {
  std::vector<const void*> inputs;  ///< null where an optional operand is absent
  std::vector<void*> outputs;
};

/// The bytes of the argument struct of each call of its kernel that computes a call of an op
/// (`ops::kernel_parts`). The addresses are those of the whole call.
std::vector<std::vector<std::byte>> pack_arguments(const ops::OpDef& op,
                                                   const ops::KernelCall& call,
                                                   const KernelPointers& pointers);

/// The bytes of the kernel's argument struct, aligned for any type. Asserts that `bind` gives every
/// field a value of its kind that fits it.
std::vector<std::byte> pack_arguments(const ops::KernelDef& kernel, const ops::KernelCall& call,
                                      const KernelPointers& pointers);

/// Bytes of the argument struct on rv32, where every field has four.
Bytes argument_bytes(const ops::KernelDef& kernel);

}  // namespace tdc::schedule
