#pragma once

// What checking a file gives: everything the later stages need, with nothing left of the source
// but places for messages.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chip/chip.h"
#include "interface/interface.h"
#include "io/load.h"
#include "ir/ir.h"
#include "lora/adapter.h"

namespace tdc::check {

/// `sgd(lr: 0.01)` and its kin. `kind` is the name of the update op's family: `sgd`.
struct Optimizer {
  std::string kind = "sgd";
  double learning_rate = 0.01;
  /// Further numbers by name (`momentum`), every one of which the update op takes as attribute.
  std::vector<std::pair<std::string, double>> options;
};

/// One `train` block, applied: trained parameters are marked in the module, which has the variables
/// of adapters too; their branches come into the graph after `opt::fold_transpose`.
struct Training {
  std::string name;
  Optimizer optimizer;
  interface::LearningRateSchedule schedule;
  int64_t batch = 1;
  int64_t accumulate = 1;
  uint64_t seed = 0;
  SourceRange origin;
};

/// What one line of `freeze`, `train` or `lora` did; rows of `tdc check --selection`.
struct SelectionRow {
  SourceRange line;
  std::string text;                  ///< the line as written
  std::vector<std::string> matched;  ///< paths, in order of declaration
  int64_t scalars = 0;
};

/// One `deploy` block, or the built-in `host`.
struct Deployment {
  std::string name = "host";
  chip::Chip chip;  ///< budgets are in its levels
  bool allows_recompute = false;
  SourceRange origin;
};

/// How the numbers of a data file become an f32 input: (x - mean) / deviation, where a byte b
/// stands for x = b / 255. One number each, or one per index of the input's first axis.
struct InputScaling {
  std::string input;
  std::vector<float> mean, deviation;  ///< equally many

  friend bool operator==(const InputScaling&, const InputScaling&) = default;
};

/// The `data` block of a net.
struct Data {
  std::string name;
  /// Paths as written: beside the source file unless they are absolute.
  std::optional<io::DataSource> train, test;
  std::vector<InputScaling> scalings;  ///< of all f32 inputs, in the net's order
  SourceRange origin;
};

/// The selected triple of net, `train` block and `deploy` block.
struct Program {
  std::string net;     ///< as written, `MlpDigits`
  std::string prefix;  ///< snake case, `mlp_digits`, or what `--prefix` says
  /// Variables, and one graph `sample` without batch axis: inputs and targets; the net's results,
  /// `loss` and the metrics as outputs.
  ir::Module module;
  std::optional<Training> training;  ///< none: the file has no `train` block
  Deployment deployment;
  std::optional<Data> data;  ///< of the net, if the file has one
  std::vector<SelectionRow> selection;
  std::vector<lora::Adapter> adapters;  ///< in the order of their `lora` lines
  std::string weights_from;             ///< the file of `weights from`, or empty
  SourceRange weights_origin;           ///< its place
};

}  // namespace tdc::check
