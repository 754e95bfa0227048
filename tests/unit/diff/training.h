#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/compilation.h"
#include "graph/interpret.h"
#include "io/array.h"
#include "runner/client.h"

namespace tdc::test {

/// Elements by path.
using Tensors = std::map<std::string, std::vector<double>>;

double norm(const std::vector<double>& values);
std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b);

/// The arrays of a file below the source tree, which must be there.
std::vector<io::Array> read_arrays(const std::string& path);
std::vector<double> elements_of(const io::Array& array);

/// A `.td` file below the source tree with a rate of 1 in every `train` block, and no schedules.
std::string with_rate_of_one(const std::string& path);

/// Checks that `updates` of tensors are those of `expected`, by the rule of
/// tests/diff/update_rule.py: ||d - d_ref|| <= 1e-4 ||d_ref|| + 1e-7 max over tensors ||d_ref||.
void check_updates(const Tensors& updates, const Tensors& expected);

/// What one update with a learning rate of 1 gives.
struct Step {
  double loss = 0;  ///< before the update, mean over its samples
  Tensors updates;  ///< after - before, of every trained parameter
};

/// A program that trains in two independent ways: as generated C on this machine, and by the
/// interpreter in double precision. `data` holds an array for each input and target.
class Training {
 public:
  /// `text` must be a right program, in which `train` is a block; `weights` hold every parameter.
  Training(const std::string& text, const std::string& train, const std::vector<io::Array>& weights,
           std::vector<io::Array> data);
  ~Training();
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  [[nodiscard]] const driver::Compilation& compilation() const;
  [[nodiscard]] std::vector<std::string> trained_paths() const;
  /// Where the next steps start from; steps do not move it. Elements are numbers of 32 bits.
  [[nodiscard]] const Tensors& weights() const;
  void set_weights(const std::string& path, const std::vector<double>& elements);

  /// One update on the samples from `first` on, by generated C: on one core and on a team of
  /// threads, whose bits are compared. The first call builds the program.
  Step step_of_c(int64_t first);
  /// The same by the interpreter.
  [[nodiscard]] Step step_of_interpreter(int64_t first) const;
  /// The loss of one sample by the interpreter, from weights of which one element is moved.
  [[nodiscard]] double loss_of_interpreter(int64_t sample, const std::string& path, size_t element,
                                           double by) const;

 private:
  Step step_of(runner::Client& client, int64_t first) const;

  struct State;
  std::unique_ptr<State> state_;
};

/// Holds some elements of every trained tensor's gradient, drawn anew for each, against central
/// differences of the loss, both by the interpreter; `samples` are those of one update.
void check_differences(const Training& training, int64_t samples, size_t elements);

}  // namespace tdc::test
