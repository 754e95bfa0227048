#include "driver/run_training.h"

namespace tdc::driver {
namespace {

/// One pass over the data unless the command line says how many updates.
int64_t wanted_micro_batches(const RunCommand& command, const check::Training& training,
                             int64_t sample_count) {
  return command.steps ? *command.steps * training.accumulate
                       : (sample_count + training.batch - 1) / training.batch;
}

std::optional<uint64_t> shuffle_seed(const RunCommand& command, const check::Training& training) {
  if (!command.shuffle) return std::nullopt;
  return command.compile.seed.value_or(training.seed);
}

}  // namespace

MicroBatches::MicroBatches(const RunContext& run)
    : batch_(run.program().training->batch),
      order_(run.inputs.samples.count(), shuffle_seed(run.command, *run.program().training)) {}

std::vector<int64_t> MicroBatches::next() {
  std::vector<int64_t> indices(static_cast<size_t>(batch_));
  for (int64_t& index : indices) index = order_.next();
  return indices;
}

TrainingLoop::TrainingLoop(const RunContext& run)
    : run_(run),
      training_(*run.program().training),
      micro_batches_(run),
      wanted_(wanted_micro_batches(run.command, training_, run.inputs.samples.count())) {}

int64_t TrainingLoop::updates() const {
  return (wanted_ + training_.accumulate - 1) / training_.accumulate;
}

Result<std::optional<float>> TrainingLoop::next_update(runner::Client& client) {
  double loss_sum = 0;
  int64_t in_group = 0;
  while (done_ < wanted_ && run_.interrupts.count() == 0) {
    const Result<float> loss = client.train_step(run_.inputs.samples.gather(micro_batches_.next()));
    if (!loss.ok()) return loss.failure();
    loss_sum += loss.value();
    ++done_;
    ++in_group;
    const bool is_full = in_group == training_.accumulate;
    if (!is_full && done_ < wanted_) continue;
    if (!is_full)
      if (const Result<Done> flushed = client.flush(); !flushed.ok()) return flushed.failure();
    return std::optional(static_cast<float>(loss_sum / static_cast<double>(in_group)));
  }
  return std::optional<float>();
}

}  // namespace tdc::driver
