#include "driver/run_training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

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

/// `sample 7`, `samples 8 to 15`, `samples 3, 9 and 4`.
std::string samples_text(std::span<const int64_t> samples) {
  if (samples.size() == 1) return fmt::format("sample {}", samples.front());
  const bool is_range =
      std::adjacent_find(samples.begin(), samples.end(),
                         [](int64_t a, int64_t b) { return b != a + 1; }) == samples.end();
  if (is_range && samples.size() > 2)
    return fmt::format("samples {} to {}", samples.front(), samples.back());
  return fmt::format("samples {} and {}", fmt::join(samples.first(samples.size() - 1), ", "),
                     samples.back());
}

/// The failure with the sample at which the model refuses to train, which evaluating finds.
Failure refused_in_training(const RunContext& run, runner::Client& client,
                            const std::vector<int64_t>& samples, const Failure& failure) {
  std::vector<int64_t> refused;
  for (const int64_t sample : samples)
    if (!client.eval(run.inputs.samples.gather(std::vector<int64_t>{sample})).ok() &&
        client.has_refused())
      refused.push_back(sample);
  return at_samples(failure, refused.empty() ? samples : refused, run.inputs.data);
}

}  // namespace

Failure at_samples(const Failure& failure, std::span<const int64_t> samples,
                   const std::string& data) {
  return fail("{}, at {} of `{}` (counted from 0)", failure.messages.front(), samples_text(samples),
              data);
}

std::string to_text(const NonFiniteLoss& found, int64_t accumulate, const std::string& data) {
  const std::string head =
      fmt::format("the loss is {} in update {}{}, ", found.loss, found.update,
                  accumulate > 1 ? fmt::format(", micro-batch {}", found.micro_batch) : "");
  const auto place = [&](std::string_view word, std::span<const int64_t> samples) {
    return fmt::format("{} {} of `{}` (counted from 0)", word, samples_text(samples), data);
  };
  if (found.samples.size() == 1) return head + place("at", found.samples);
  if (!found.alone) return head + place("over", found.samples);
  if (found.alone->empty())
    return head + place("over", found.samples) + ", though of none of them alone";
  if (found.alone->size() == found.samples.size())
    return head + place("over", found.samples) + ", and of each of them alone";
  return head + place("at", *found.alone);
}

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
      wanted_(wanted_micro_batches(run.command, training_, run.inputs.samples.count())),
      interrupts_before_(run.interrupts.count()) {}

int64_t TrainingLoop::updates() const {
  return (wanted_ + training_.accumulate - 1) / training_.accumulate;
}

Result<std::optional<float>> TrainingLoop::next_update(runner::Client& client) {
  double loss_sum = 0;
  int64_t in_group = 0;
  while (done_ < wanted_ && run_.interrupts.count() == interrupts_before_) {
    const std::vector<int64_t> samples = micro_batches_.next();
    const Result<float> loss = client.train_step(run_.inputs.samples.gather(samples));
    if (!loss.ok()) {
      if (!client.has_refused()) return loss.failure();
      return refused_in_training(run_, client, samples, loss.failure());
    }
    loss_sum += loss.value();
    ++done_;
    ++in_group;
    if (!std::isfinite(loss.value()) && !non_finite_)
      non_finite_ = {.update = updates_done_ + 1,
                     .micro_batch = in_group,
                     .loss = loss.value(),
                     .samples = samples,
                     .alone = std::nullopt};
    const bool is_full = in_group == training_.accumulate;
    const bool ends_here = non_finite_ && !run_.command.keep_going;
    if (!is_full && !ends_here && done_ < wanted_) continue;
    if (!is_full && !ends_here)
      if (const Result<Done> flushed = client.flush(); !flushed.ok()) return flushed.failure();
    ++updates_done_;
    return std::optional(static_cast<float>(loss_sum / static_cast<double>(in_group)));
  }
  return std::optional<float>();
}

}  // namespace tdc::driver
