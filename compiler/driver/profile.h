#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/chip_report.h"
#include "driver/compilation.h"
#include "driver/tiles.h"
#include "support/json.h"

namespace tdc::driver {

/// What one launch of the model cost on the simulated chip.
struct ProfileRow {
  int64_t step = 0;  ///< as in `steps` of `report.json`
  std::string entry_point, op, name;
  int64_t flop = 0;                  ///< of all calls
  Traffic planned;                   ///< the same
  std::optional<int64_t> predicted;  ///< cycles, of all calls (`predicted_cycles`)
  ChipReport::Step measured;
};

/// The rows of a run, in the order of the model's steps; of a program with markers. Steps that did
/// not run have none.
std::vector<ProfileRow> profile_of(const Compilation& compilation, const ChipReport& report);

/// As a table:
///
///     step op         name      calls     cycles  predicted  FLOP/cycle  DMA bytes    planned
///     instr FPU ...
///       12 matmul     fc1           2     93,120     95,208        1.41     58,368 58,368  61.2
///       %  3.1 %
///
/// Bytes are in both directions; the last columns are shares of all cores' cycles. On a chip with a
/// matrix engine one before them says for which share of the time it computed.
///
/// Below it each agent's cycles of the whole run: cores are idle while they are asleep or wait for
/// room in a queue, DMA and engine while they have nothing to do.
///
///       agent                       busy              idle
///       core 0          83,204    93.1 %   6,166     6.9 %
///       matrix engine   12,804    14.3 %  76,566    85.7 %
///       DMA             40,330    45.1 %  49,040    54.9 %
std::string profile_text(const std::vector<ProfileRow>& rows, const ChipReport& report);

/// For `report.json`: an object for each row.
JsonArray profile_json(const std::vector<ProfileRow>& rows);

}  // namespace tdc::driver
