#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/library.h"
#include "check/net.h"
#include "check/program.h"
#include "check/reporter.h"
#include "lora/adapter.h"

namespace tdc::check {

/// A train block applied to a copy of its net.
struct TrainedNet {
  Training training;
  ir::Module module;
  std::vector<SelectionRow> selection;
  std::vector<lora::Adapter> adapters;
  std::string weights_from;
  SourceRange weights_origin;  ///< its place
};

/// Checks `train` and applies it to `net`: adds targets, loss and metrics to the graph, the
/// variables of adapters to the module, marks the trained parameters. Null if something was
/// reported.
std::optional<TrainedNet> apply_train(const ast::Train& train, SourceRange origin,
                                      const FileScope& file, const Library& library,
                                      Reporter& reporter,
                                      const std::set<const ast::Block*>& recursive,
                                      ElaboratedNet net);

}  // namespace tdc::check
