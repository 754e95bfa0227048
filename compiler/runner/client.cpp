#include "runner/client.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "emit/emit_model.h"
#include "support/check.h"
#include "td_runner.h"

namespace tdc::runner {
namespace {

template <typename T>
std::span<std::byte> bytes_of(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

template <typename T>
std::vector<std::byte> joined(std::span<const uint32_t> head, std::span<const T> rest) {
  std::vector<std::byte> bytes(head.size_bytes() + rest.size_bytes());
  std::memcpy(bytes.data(), head.data(), head.size_bytes());
  if (!rest.empty()) std::memcpy(bytes.data() + head.size_bytes(), rest.data(), rest.size_bytes());
  return bytes;
}

/// A NaN is the same text on every target only if it has the same sign; machines differ in it.
float with_positive_nan(float value) {
  return std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : value;
}

std::string status_text(uint32_t status) {
  switch (status) {
    case TD_RUNNER_NO_FUNCTION:
      return "the model has no such function";
    case TD_RUNNER_NO_VARIABLE:
      return "there is no such variable";
    case TD_RUNNER_FROZEN:
      return "the variable is frozen";
    default:
      break;
  }
  for (const emit::ModelStatus& each : emit::model_statuses())
    if (each.value == status) return std::string(each.meaning);
  return fmt::format("the model's status is {}", status);
}

emit::RunnerSizes from_hello(const td_runner_sizes& sizes) {
  return {.train_input_bytes = sizes.train_input_bytes,
          .eval_input_bytes = sizes.eval_input_bytes,
          .infer_input_bytes = sizes.infer_input_bytes,
          .result_bytes = sizes.result_bytes,
          .metrics = sizes.metrics,
          .variables = sizes.variables,
          .batch = sizes.batch,
          .accumulate = sizes.accumulate};
}

}  // namespace

Result<Client> Client::start(const std::vector<std::string>& command,
                             const emit::RunnerSizes& sizes, GivesUp gives_up) {
  Result<ChildProcess> process = ChildProcess::start(command, std::move(gives_up));
  if (!process.ok()) return process.failure();
  Client client(std::move(process.value()), sizes);
  struct {
    uint32_t magic, version, status;
    td_runner_sizes sizes;
  } hello = {};
  if (Result<Done> read = client.process_.exchange({}, bytes_of(hello)); !read.ok())
    return read.failure();
  if (hello.magic != TD_RUNNER_MAGIC)
    return fail("`{}` does not speak the runner protocol: it starts with {:#010x}", command[0],
                hello.magic);
  if (hello.version != TD_RUNNER_VERSION)
    return fail("`{}` speaks version {} of the runner protocol, this is version {}", command[0],
                hello.version, TD_RUNNER_VERSION);
  if (hello.status != TD_RUNNER_OK)
    return fail("`{}` cannot initialise its model: {}", command[0], status_text(hello.status));
  if (from_hello(hello.sizes) != sizes)
    return fail("`{}` holds another model: its messages have other sizes", command[0]);
  return client;
}

Result<Done> Client::request(uint32_t operation, std::span<const std::byte> arguments,
                             std::string_view name) {
  uint32_t status = 0;
  has_refused_ = false;
  const std::array<uint32_t, 1> head = {operation};
  if (Result<Done> done =
          process_.exchange(joined(std::span<const uint32_t>(head), arguments), bytes_of(status));
      !done.ok())
    return done;
  has_refused_ = status != TD_RUNNER_OK;
  if (has_refused_) return fail("{} failed: {}", name, status_text(status));
  return Done{};
}

Result<float> Client::train_step(std::span<const std::byte> input) {
  TDC_CHECK(static_cast<int64_t>(input.size()) == sizes_.train_input_bytes, "{} of {} bytes",
            input.size(), sizes_.train_input_bytes);
  float loss = 0;
  if (Result<Done> done = request(TD_RUNNER_TRAIN, input, "a training step"); !done.ok())
    return done.failure();
  if (Result<Done> done = process_.exchange({}, bytes_of(loss)); !done.ok()) return done.failure();
  return with_positive_nan(loss);
}

Result<Done> Client::flush() {
  return request(TD_RUNNER_FLUSH, {}, "the last update");
}

Result<Evaluation> Client::eval(std::span<const std::byte> input) {
  TDC_CHECK(static_cast<int64_t>(input.size()) == sizes_.eval_input_bytes, "{} of {} bytes",
            input.size(), sizes_.eval_input_bytes);
  if (Result<Done> done = request(TD_RUNNER_EVAL, input, "evaluating"); !done.ok())
    return done.failure();
  std::vector<float> numbers(static_cast<size_t>(1 + sizes_.metrics));
  if (Result<Done> done = process_.exchange({}, std::as_writable_bytes(std::span(numbers)));
      !done.ok())
    return done.failure();
  for (float& number : numbers) number = with_positive_nan(number);
  return Evaluation{.loss = numbers[0], .metrics = {numbers.begin() + 1, numbers.end()}};
}

Result<std::vector<std::byte>> Client::infer(std::span<const std::byte> input) {
  TDC_CHECK(static_cast<int64_t>(input.size()) == sizes_.infer_input_bytes, "{} of {} bytes",
            input.size(), sizes_.infer_input_bytes);
  if (Result<Done> done = request(TD_RUNNER_INFER, input, "inference"); !done.ok())
    return done.failure();
  std::vector<std::byte> results(static_cast<size_t>(sizes_.result_bytes));
  if (Result<Done> done = process_.exchange({}, results); !done.ok()) return done.failure();
  return results;
}

Result<std::vector<float>> Client::read_variable(int64_t index) {
  const std::array<uint32_t, 1> arguments = {static_cast<uint32_t>(index)};
  if (Result<Done> done = request(TD_RUNNER_READ, std::as_bytes(std::span(arguments)),
                                  fmt::format("reading variable {}", index));
      !done.ok())
    return done.failure();
  uint32_t count = 0;
  if (Result<Done> done = process_.exchange({}, bytes_of(count)); !done.ok()) return done.failure();
  std::vector<float> elements(count);
  if (Result<Done> done = process_.exchange({}, std::as_writable_bytes(std::span(elements)));
      !done.ok())
    return done.failure();
  return elements;
}

Result<Done> Client::write_variable(int64_t index, std::span<const float> elements) {
  const std::array<uint32_t, 2> head = {static_cast<uint32_t>(index),
                                        static_cast<uint32_t>(elements.size())};
  return request(TD_RUNNER_WRITE, joined(std::span<const uint32_t>(head), elements),
                 fmt::format("writing variable {}", index));
}

Result<uint64_t> Client::cycles() {
  if (Result<Done> done = request(TD_RUNNER_CYCLES, {}, "reading the cycle counter"); !done.ok())
    return done.failure();
  uint64_t cycles = 0;
  if (Result<Done> done = process_.exchange({}, bytes_of(cycles)); !done.ok())
    return done.failure();
  return cycles;
}

Result<std::string> Client::stop() {
  if (Result<Done> done = request(TD_RUNNER_STOP, {}, "stopping"); !done.ok())
    return done.failure();
  Exit exit = process_.finish();
  if (!exit.is_success())
    return fail("the program ended with {}{}{}", to_text(exit), exit.errors.empty() ? "" : ":\n",
                exit.errors);
  return std::move(exit.errors);
}

}  // namespace tdc::runner
