#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "driver/options.h"
#include "memory/plan_memory.h"
#include "support/source.h"

namespace tdc::driver {

/// A change of a `train` block that makes its plan smaller.
struct Remedy {
  enum class Effect : uint8_t {
    same_weights,    ///< the weights after an update stay the same bits
    other_batches,   ///< what depends on a batch, statistics and dropout, has other ones
    sooner_updates,  ///< an update takes fewer samples
    trains_less      ///< fewer numbers are trained
  };
  std::vector<std::string> lines;  ///< clauses; `batch` replaces the block's, others go to its end
  Effect effect = Effect::same_weights;
  int64_t batch = 1;                                 ///< samples at a time
  int64_t samples = 0;                               ///< of one update
  int64_t trained = 0;                               ///< numbers
  std::vector<std::pair<std::string, Bytes>> needs;  ///< of each level that overflows without it
  Bytes shortfall;                                   ///< of all levels together; 0: it fits
};

/// What would make a program fit, best first: what keeps the weights, then what updates sooner,
/// then what trains most. Each was planned as the file would be with these lines in the selected
/// `train` block. If nothing that was tried fits, the one that comes nearest, if it helps at all;
/// none for a program that is not trained, or if only the scratchpad is too small, for which pieces
/// of one step decide.
///
/// The file compiles but for `not_fit`. How many variants are tried depends on the program alone.
std::vector<Remedy> find_remedies(const SourceFiles& files, FileId file,
                                  const CompileOptions& options, const check::Program& program,
                                  const memory::NotFit& not_fit);

/// Reports `memory-does-not-fit` for every level that overflows, with what would help.
void report_not_fit(const SourceFiles& files, FileId file, const CompileOptions& options,
                    const check::Program& program, const memory::NotFit& not_fit,
                    Diagnostics& diagnostics);

}  // namespace tdc::driver
