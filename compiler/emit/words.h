#pragma once

// The words of argument structs, and how they change over the turns of a loop. Addresses are places
// in buffers, so all this is known before memory is planned.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ops/bind.h"
#include "schedule/aliases.h"
#include "schedule/schedule.h"

namespace tdc::emit {

/// One word of an argument struct.
struct Word {
  enum class Kind : uint8_t { integer, real, address };
  Kind kind = Kind::integer;
  schedule::BufferId storage;        ///< of addresses: whose memory, aliases followed; null without
  ir::DType dtype = ir::DType::f32;  ///< of addresses: of what lies there
  /// The integer; the bits of the float; the distance from the start of the storage in elements.
  int64_t number = 0;
  friend bool operator==(const Word&, const Word&) = default;
};

/// The words of each field of an argument struct, in the order of the kernel's fields: one, of
/// `counts` as many as the record binds.
using ArgumentWords = std::vector<std::vector<Word>>;

/// Finds the words of the steps of a schedule.
class Words {
 public:
  explicit Words(const schedule::Schedule& schedule)
      : schedule_(schedule), roots_(schedule::alias_roots(schedule.buffers)) {}

  /// The argument struct of each call of the kernel that a launch is.
  [[nodiscard]] std::vector<ArgumentWords> of(const schedule::Launch& launch) const;
  /// Where a copy writes and where it reads.
  [[nodiscard]] std::array<Word, 2> of(const schedule::Copy& copy) const;

 private:
  [[nodiscard]] ArgumentWords of_part(const schedule::Launch& launch,
                                      const ops::KernelPart& part) const;
  [[nodiscard]] Word address(const schedule::View& view) const;

  const schedule::Schedule& schedule_;
  IdVector<schedule::BufferId, schedule::BufferId> roots_;
};

/// What a word is in the turns `begin` to `end` - 1 of a loop:
///
///     turn     0     1     2     3     4
///     word     a     b    b+s  b+2s    c        first = a, table = {b - s}, step = s, last = c
///     word     a     b     a     b     a        table = {a, b}
///     word     a     b     c     d     e        table = {a, b, c, d, e}
struct Fit {
  int64_t begin = 0, end = 1;
  std::vector<Word> table;  ///< turn t has entry t modulo its size; one entry, if there is a step
  int64_t step = 0;         ///< added to the entry's number once for each turn before
  std::optional<Word> first, last;  ///< the words of the first and the last turn, if others
  [[nodiscard]] bool is_constant() const {
    return table.size() == 1 && step == 0 && !first && !last;
  }
};

/// The shortest of these ways to say the words of all turns from `begin`, at least one.
Fit fit(const std::vector<Word>& words, int64_t begin = 0);
/// The word of a turn.
Word word_in(const Fit& fit, int64_t turn);

/// The fits of an argument struct, as its words.
using ArgumentFits = std::vector<std::vector<Fit>>;

/// The fits of each call of the same launch in all turns from `begin`.
std::vector<ArgumentFits> argument_fits(const Words& words,
                                        const std::vector<const schedule::Launch*>& turns,
                                        int64_t begin = 0);
/// The fits of where a copy writes and where it reads in all turns from `begin`.
std::array<Fit, 2> copy_fits(const Words& words, const std::vector<const schedule::Copy*>& turns,
                             int64_t begin = 0);

}  // namespace tdc::emit
