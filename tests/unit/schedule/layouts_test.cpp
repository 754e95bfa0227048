// Every op on operands that lie anyhow: where the kernel takes the layouts (`ops::bind`), the
// launch gives the bits of the one over dense operands, and what lies between the elements stays as
// it is. A record whose `bind` forgets an operand that its kernel takes dense fails here.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/bind.h"
#include "ops/registry.h"
#include "unit/kernels/library.h"
#include "unit/ops/samples.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using ops::Tensor;
using test::Random;

/// How an operand lies: dense, with gaps, or with axes in another order, each now and then.
struct Lying {
  ir::Dims stride;
  int64_t offset = 0, elements = 1;
};

Lying lie(const ir::Dims& dims, Random& random) {
  std::vector<size_t> order(dims.size());
  std::iota(order.begin(), order.end(), 0);
  if (random.chance(40))
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<size_t>(random.between(0, int64_t(i) - 1))]);
  Lying result = {.stride = ir::Dims(dims.size())};
  int64_t distance = random.chance(20) ? 2 : 1;
  for (size_t i = order.size(); i-- > 0;) {
    result.stride[order[i]] = distance;
    distance *= dims[order[i]];
    if (random.chance(25)) distance += random.between(1, 3);
  }
  result.offset = random.between(0, 3);
  result.elements = result.offset + distance + 2;
  return result;
}

/// The number of the element in its buffer, for each element in row-major order.
std::vector<size_t> places(const ir::Dims& dims, const Lying& lying) {
  std::vector<size_t> result(static_cast<size_t>(ir::element_count(dims)));
  const ir::Dims dense = ir::dense_strides(dims);
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t at = lying.offset;
    for (size_t k = 0; k < dims.size(); ++k)
      at += static_cast<int64_t>(i) / dense[k] % dims[k] * lying.stride[k];
    result[i] = static_cast<size_t>(at);
  }
  return result;
}

constexpr float kUntouched = -123.5F;

class LayoutsTest {
 public:
  LayoutsTest(const ops::OpDef& op, const ops::Call& call,
              const std::vector<std::optional<Tensor>>& tensors)
      : op_(op), call_(call), tensors_(tensors) {}

  /// The outputs in row-major order; nullopt if the kernel does not take these layouts.
  std::optional<std::vector<std::vector<float>>> run(Random* random, uint32_t cores) {
    const auto lying = [&](const ir::Dims& dims) {
      return random != nullptr
                 ? lie(dims, *random)
                 : Lying{.stride = ir::dense_strides(dims), .elements = ir::element_count(dims)};
    };
    test::ScheduleBuilder b;
    const auto accumulator = static_cast<size_t>(op_.accumulator);
    const bool continues = op_.accumulator >= 0 && call_.inputs[accumulator];
    std::vector<Lying> outputs, inputs;
    for (const ir::TensorType& type : call_.outputs) outputs.push_back(lying(type.dims));
    for (size_t i = 0; i < call_.inputs.size(); ++i)
      inputs.push_back(!call_.inputs[i]                ? Lying{}
                       : continues && i == accumulator ? outputs[0]
                                                       : lying(call_.input(i).dims));
    const BufferId sum = continues ? b.variable("sum", {outputs[0].elements}) : BufferId{};
    b.entry_point("step");
    Launch launch = whole_launch(op_, call_, std::vector<BufferId>(inputs.size()),
                                 std::vector<BufferId>(outputs.size(), BufferId{0}));
    const auto view = [](BufferId buffer, const ir::Dims& dims, const Lying& own) {
      return View{.buffer = buffer, .offset = own.offset, .extent = dims, .stride = own.stride};
    };
    const BufferId version = continues ? b.next_version(sum) : BufferId{};
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!call_.inputs[i]) continue;
      const BufferId buffer = continues && i == accumulator
                                  ? version
                                  : b.input(fmt::format("x{}", i), {inputs[i].elements});
      b.schedule().buffers[buffer].type.dtype = call_.input(i).dtype;
      launch.inputs[i] = view(buffer, call_.input(i).dims, inputs[i]);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      const BufferId buffer =
          continues && i == 0 ? version : b.output(fmt::format("y{}", i), {outputs[i].elements});
      b.schedule().buffers[buffer].type.dtype = call_.output(i).dtype;
      launch.outputs[i] = view(buffer, call_.output(i).dims, outputs[i]);
    }
    if (!ops::is_possible(op_, kernel_call(launch))) return std::nullopt;
    b.schedule().entry_points.back().steps.emplace_back(launch);

    const memory::MemoryPlan plan =
        std::get<memory::MemoryPlan>(memory::plan_memory(b.schedule(), test::two_level_chip()));
    const kernels::Library library;
    memory::ScheduleRun run(b.schedule(), plan,
                            {.kernels = &library, .cores = cores, .red_zone = {64}});
    for (size_t i = 0; i < outputs.size(); ++i)
      test::set_bits(run, b.schedule(), launch.outputs[i].buffer,
                     std::vector<float>(static_cast<size_t>(outputs[i].elements), kUntouched));
    for (size_t i = 0; i < inputs.size(); ++i)
      if (launch.inputs[i]) set(run, *launch.inputs[i], inputs[i], *tensors_[i]);
    run.run(b.schedule().entry_points[0]);

    std::vector<std::vector<float>> results;
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::vector<float> all = test::bits_of(run, b.schedule(), launch.outputs[i].buffer);
      std::vector<float>& result = results.emplace_back();
      for (const size_t place : places(call_.output(i).dims, outputs[i])) {
        result.push_back(all[place]);
        all[place] = kUntouched;
      }
      CHECK(std::count(all.begin(), all.end(), kUntouched) == std::ssize(all));
    }
    return results;
  }

 private:
  static void set(memory::ScheduleRun& run, const View& view, const Lying& lying,
                  const Tensor& tensor) {
    const std::vector<size_t> at = places(tensor.type.dims, lying);
    const auto fill = [&](auto values) {
      for (size_t i = 0; i < at.size(); ++i)
        values[at[i]] = static_cast<typename decltype(values)::value_type>(tensor.data[i]);
      run.set(view.buffer, values);
    };
    const auto elements = static_cast<size_t>(lying.elements);
    if (tensor.type.dtype == ir::DType::f32)
      fill(std::vector<float>(elements, kUntouched));
    else
      fill(std::vector<int32_t>(elements, 0));
  }

  const ops::OpDef& op_;
  const ops::Call& call_;
  const std::vector<std::optional<Tensor>>& tensors_;
};

TEST_CASE("every op has the same bits over operands that lie in any way that its kernel takes") {
  int taken = 0, refused = 0;
  for (const ops::OpDef* op : ops::all_ops()) {
    if (!op->kernel) continue;
    uint64_t seed = 0;
    for (const ops::Sample& sample : op->samples()) {
      ++seed;
      std::mt19937_64 generator(seed);
      const ops::Call call = ops::call_of(*op, sample);
      std::vector<std::optional<Tensor>> tensors;
      for (size_t i = 0; i < sample.inputs.size(); ++i)
        tensors.push_back(sample.inputs[i] ? std::optional(ops::draw(sample, i, generator))
                                           : std::nullopt);
      INFO("op ", std::string(op->name), ", sample ", seed);
      LayoutsTest test(*op, call, tensors);
      const auto expected = test.run(nullptr, 1);
      REQUIRE_MESSAGE(expected.has_value(), "dense operands are refused");
      Random random(seed);
      for (uint32_t turn = 0; turn < 30; ++turn) {
        const auto found = test.run(&random, turn % 4 + 1);
        ++(found ? taken : refused);
        if (!found) continue;
        for (size_t i = 0; i < found->size(); ++i)
          CHECK(kernels::same_bits((*found)[i], (*expected)[i]));
      }
    }
  }
  CHECK(taken > 1000);
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace tdc::schedule
