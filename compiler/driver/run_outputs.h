#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "driver/run_context.h"
#include "io/array.h"
#include "support/files.h"

namespace tdc::driver {

/// The files that a run writes besides its C project. They are opened before anything runs, with
/// the room they will need, so that no result is lost for lack of a place.
class RunOutputs {
 public:
  /// Fails with all that is wrong: a folder in the way, a full disk, two outputs in one place, one
  /// in the place of what the run reads.
  static Result<RunOutputs> open(const RunContext& run);

  /// Each is written at most once, and only if the command line asks for it.
  Result<Done> save(std::span<const io::Array> arrays);
  Result<Done> write_losses(std::span<const float> losses);
  Result<Done> write_trace_values(std::span<const io::Array> arrays);
  Result<Done> write_timeline(std::string_view svg);

 private:
  explicit RunOutputs(const RunContext& run) : run_(run) {}
  [[nodiscard]] Result<Done> write_arrays(PendingFile& file, const std::string& path,
                                          std::span<const io::Array> arrays) const;
  /// A second Ctrl-C ends even a write that waits for a reader.
  [[nodiscard]] GivesUp gives_up() const;

  const RunContext& run_;
  std::optional<PendingFile> save_, losses_, trace_values_, timeline_;
};

}  // namespace tdc::driver
