// Kernels of all ops against reference evaluation, called as schedules call them: by teams of
// several sizes, in place, and continuing sums. All but the first must give the same bits as one
// call by one core. Pieces of ops: unit/schedule/pieces_test.cpp.

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "schedule/kernel_call.h"
#include "schedule/schedule.h"
#include "unit/kernels/library.h"
#include "unit/ops/kernel_error.h"
#include "unit/ops/samples.h"

namespace tdc::ops {
namespace {

/// Memory of one operand: 4-byte elements, floats or the bits of whole numbers, between red zones
/// of NaN. What a kernel reads there shows in its results, and what it writes there is seen.
using Memory = std::vector<float>;

constexpr size_t kRedZone = 16;  // elements

Memory fresh_memory(const ir::TensorType& type) {
  return Memory(static_cast<size_t>(ir::element_count(type)) + 2 * kRedZone, NAN);
}

Memory to_memory(const Tensor& tensor) {
  Memory memory = fresh_memory(tensor.type);
  for (size_t i = 0; i < tensor.data.size(); ++i)
    memory[kRedZone + i] = tensor.type.dtype == ir::DType::f32
                               ? static_cast<float>(tensor.data[i])
                               : std::bit_cast<float>(static_cast<int32_t>(tensor.data[i]));
  return memory;
}

/// What lies between the red zones, as the numbers that they are.
std::vector<float> to_numbers(const ir::TensorType& type, const Memory& memory) {
  std::vector<float> numbers(memory.begin() + kRedZone, memory.end() - kRedZone);
  if (type.dtype == ir::DType::f32) return numbers;
  for (float& number : numbers) number = static_cast<float>(std::bit_cast<int32_t>(number));
  return numbers;
}

bool keeps_red_zones(const Memory& memory) {
  const auto is_nan = [](float element) { return std::isnan(element); };
  return std::all_of(memory.begin(), memory.begin() + kRedZone, is_nan) &&
         std::all_of(memory.end() - kRedZone, memory.end(), is_nan);
}

/// One call of the whole op.
void run_kernel(const OpDef& op, const Call& call, schedule::KernelFunction kernel, uint32_t cores,
                const std::vector<const float*>& inputs, const std::vector<float*>& outputs) {
  const auto layout = [](const ir::TensorType& type, const Access& access, const Box& box,
                         int64_t* offset) {
    const schedule::View view = schedule::view_of({}, type.dims, region(access, box));
    *offset = view.offset;
    return OperandLayout{.extent = view.extent, .stride = view.stride};
  };
  KernelCall kernel_call = {
      .inputs = {}, .outputs = {}, .attributes = call.attributes, .space = op.space(call)};
  kernel_call.box = whole_box(kernel_call.space);
  kernel_call.continues =
      op.accumulator >= 0 && call.inputs[static_cast<size_t>(op.accumulator)].has_value();
  schedule::KernelPointers pointers;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    int64_t offset = 0;
    kernel_call.inputs.emplace_back();
    if (call.inputs[i])
      kernel_call.inputs.back() =
          layout(*call.inputs[i], *kernel_call.space.inputs[i], kernel_call.box, &offset);
    pointers.inputs.push_back(call.inputs[i] ? inputs[i] + offset : nullptr);
  }
  for (size_t i = 0; i < call.outputs.size(); ++i) {
    int64_t offset = 0;
    kernel_call.outputs.push_back(
        layout(call.outputs[i], kernel_call.space.outputs[i], kernel_call.box, &offset));
    pointers.outputs.push_back(outputs[i] + offset);
  }
  for (const std::vector<std::byte>& arguments :
       schedule::pack_arguments(op, kernel_call, pointers))
    for (uint32_t core = cores; core-- > 0;)
      kernel(arguments.data(), {.core = core, .cores = cores});
}

using Outputs = std::vector<Memory>;

bool same_bits(const Outputs& a, const Outputs& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!kernels::same_bits(a[i], b[i])) return false;
  return true;
}

class KernelTest {
 public:
  KernelTest(const OpDef& op, const Sample& sample, std::mt19937_64& random)
      : op_(op), call_(call_of(op, sample)) {
    for (size_t i = 0; i < sample.inputs.size(); ++i)
      tensors_.push_back(sample.inputs[i] ? std::optional(draw(sample, i, random)) : std::nullopt);
    load();
  }

  /// The first call, which the others are compared with.
  void check_against_evaluate() {
    for (const double error : errors()) CHECK(error <= op_.kernel_tolerance);
  }

  /// Makes the first call; how far each output is from reference evaluation.
  std::vector<double> errors() {
    expected_ = fresh_outputs();
    run_kernel(op_, call_, kernels::Library().find(op_.kernel->name), 1, inputs(),
               pointers(expected_));
    const std::vector<Tensor> reference = evaluate(op_, call_, tensors_);
    for (const Memory& output : expected_) CHECK(keeps_red_zones(output));
    std::vector<double> result;
    for (size_t i = 0; i < reference.size(); ++i)
      result.push_back(
          kernels::relative_error(to_numbers(call_.outputs[i], expected_[i]), reference[i].data));
    return result;
  }

  void check_teams_and_builds() {
    for (const kernels::Build& build : kernels::builds())
      for (const uint32_t cores : {1U, 2U, 3U, 8U, 16U}) {
        Outputs outputs = fresh_outputs();
        run_kernel(
            op_, call_,
            reinterpret_cast<schedule::KernelFunction>(build.find(std::string(op_.kernel->name))),
            cores, inputs(), pointers(outputs));
        CAPTURE(build.name);
        CAPTURE(cores);
        CHECK(same_bits(outputs, expected_));
      }
  }

  void check_engine() {
    if (op_.kernel->engine_file.empty()) return;
    Outputs outputs = fresh_outputs();
    run_kernel(op_, call_, kernels::EngineLibrary().find(op_.kernel->name), 1, inputs(),
               pointers(outputs));
    CHECK(same_bits(outputs, expected_));
  }

  void check_in_place() {
    for (const auto& [input, output] : op_.in_place) {
      const auto in = static_cast<size_t>(input), out = static_cast<size_t>(output);
      if (!call_.inputs[in] || *call_.inputs[in] != call_.outputs[out]) continue;
      for (const uint32_t cores : {1U, 3U}) {
        Outputs outputs = fresh_outputs();
        outputs[out] = memories_[in];
        std::vector<const float*> operands = inputs();
        operands[in] = outputs[out].data() + kRedZone;
        run_kernel(op_, call_, kernels::Library().find(op_.kernel->name), cores, operands,
                   pointers(outputs));
        CAPTURE(input);
        CHECK(same_bits(outputs, expected_));
      }
    }
  }

  /// Gives the call an accumulator, of random numbers.
  void add_accumulator(std::mt19937_64& random) {
    const auto at = static_cast<size_t>(op_.accumulator);
    call_.inputs[at] = call_.outputs[0];
    Sample sample = {.inputs = {call_.outputs[0]}, .attributes = {}, .domains = {}};
    tensors_[at] = draw(sample, 0, random);
    load();
  }

  /// One infinity in operand `operand`: what becomes NaN or infinite shows which products there
  /// are.
  void check_infinity(size_t operand, std::mt19937_64& random) {
    std::vector<double>& data = tensors_[operand]->data;
    double& element = data[random() % data.size()];
    const double before = std::exchange(element, INFINITY);
    load();
    Outputs outputs = fresh_outputs();
    run_kernel(op_, call_, kernels::Library().find(op_.kernel->name), 1, inputs(),
               pointers(outputs));
    const std::vector<double> reference = evaluate(op_, call_, tensors_)[0].data;
    element = before;
    const std::vector<float> found = to_numbers(call_.outputs[0], outputs[0]);
    for (size_t i = 0; i < reference.size(); ++i) {
      CHECK(std::isnan(found[i]) == std::isnan(reference[i]));
      CHECK(std::isinf(found[i]) == std::isinf(reference[i]));
    }
  }

 private:
  void load() {
    memories_.clear();
    for (const auto& tensor : tensors_) memories_.push_back(tensor ? to_memory(*tensor) : Memory{});
  }

  std::vector<const float*> inputs() const {
    std::vector<const float*> result;
    for (const Memory& memory : memories_)
      result.push_back(memory.empty() ? nullptr : memory.data() + kRedZone);
    return result;
  }

  /// Outputs before a call: what an accumulator holds, or NaN, which must not be read.
  Outputs fresh_outputs() const {
    Outputs outputs;
    for (const ir::TensorType& type : call_.outputs) outputs.push_back(fresh_memory(type));
    if (op_.accumulator >= 0 && call_.inputs[static_cast<size_t>(op_.accumulator)])
      outputs[0] = memories_[static_cast<size_t>(op_.accumulator)];
    return outputs;
  }

  static std::vector<float*> pointers(Outputs& outputs) {
    std::vector<float*> result;
    for (Memory& output : outputs) result.push_back(output.data() + kRedZone);
    return result;
  }

  const OpDef& op_;
  Call call_;
  std::vector<std::optional<Tensor>> tensors_;
  std::vector<Memory> memories_;
  Outputs expected_;
};

TEST_CASE("kernels of all ops agree with reference evaluation, however they are called") {
  for (const OpDef* op : all_ops()) {
    if (!op->kernel) continue;
    size_t index = 0;
    for (const Sample& sample : op->samples()) {
      std::mt19937_64 random(++index);
      INFO("op ", std::string(op->name), ", sample ", index);
      KernelTest test(*op, sample, random);
      test.check_against_evaluate();
      test.check_teams_and_builds();
      test.check_engine();
      test.check_in_place();
      if (op->accumulator < 0) continue;
      test.add_accumulator(random);
      test.check_against_evaluate();
      test.check_teams_and_builds();
      test.check_engine();
    }
  }
}

TEST_CASE("evaluate of convolutions has the same padding in its chains as the kernels") {
  for (const std::string name : {"conv2d", "conv2d_input_grad", "conv2d_weight_grad"}) {
    const OpDef& op = tdc::ops::op(name);
    for (const Sample& sample : op.samples()) {
      std::mt19937_64 random(7);
      KernelTest test(op, sample, random);
      CAPTURE(name);
      for (int i = 0; i < 20; ++i) test.check_infinity(static_cast<size_t>(i % 2), random);
    }
  }
}

}  // namespace

double worst_kernel_error(const OpDef& op) {
  double worst = 0;
  size_t index = 0;
  for (const Sample& sample : op.samples()) {
    std::mt19937_64 random(++index);
    for (const double error : KernelTest(op, sample, random).errors())
      worst = std::max(worst, error);
  }
  return worst;
}

}  // namespace tdc::ops
