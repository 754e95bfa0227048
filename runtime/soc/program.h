#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "soc/memories.h"

namespace tdc::soc {

/// The ELF file that the chip runs, and what its symbols and debug information say. All of LLVM is
/// behind this class.
class Program {
 public:
  Program();
  ~Program();

  /// Reads a statically linked RV32 executable. Returns what is wrong, or nothing.
  std::string open(const std::string& path);

  /// Copies it into the memories, clears what is to be zero, and marks what is mapped, writable and
  /// a guard word. Returns what is wrong, or nothing.
  std::string load(Memories& memories, uint32_t cores) const;

  [[nodiscard]] uint32_t entry() const;
  /// The value of a symbol, if there is one.
  [[nodiscard]] std::optional<uint32_t> symbol(const std::string& name) const;
  /// Where it wants its stacks; nothing if it does not say.
  [[nodiscard]] std::optional<StackLayout> stacks() const;
  /// The function that contains the instruction; empty if none is known.
  [[nodiscard]] std::string function_at(uint32_t pc) const;
  /// "function at file.c:12", as far as known; empty if nothing is.
  [[nodiscard]] std::string describe_pc(uint32_t pc) const;
  /// "4 bytes past the end of `buffer` (128 bytes)", "byte 8 of `buffer`", or empty.
  [[nodiscard]] std::string describe_data(uint32_t address) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace tdc::soc
