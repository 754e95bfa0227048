#include "memory/run_schedule.h"

#include <algorithm>
#include <cstring>

#include "ops/op.h"
#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "support/check.h"

namespace tdc::memory {

using schedule::Argument;
using schedule::Buffer;
using schedule::BufferId;
using schedule::BufferKind;
using schedule::Copy;
using schedule::EntryPoint;
using schedule::KernelFunction;
using schedule::KernelPointers;
using schedule::Launch;
using schedule::Schedule;
using schedule::Step;
using schedule::Team;
using schedule::View;
using schedule::view_of;

/// Every element of a view: its address, in row-major order of the view.
struct ScheduleRun::Region {
  std::byte* start;
  int64_t element_bytes;
  const View* view;

  template <typename Visit>
  void for_each(Visit visit) const {
    const size_t rank = view->extent.size();
    if (ir::element_count(view->extent) == 0) return;
    std::vector<int64_t> index(rank, 0);
    int64_t offset = 0;
    while (true) {
      visit(start + offset * element_bytes);
      size_t axis = rank;
      while (axis > 0) {
        --axis;
        offset += view->stride[axis];
        if (++index[axis] < view->extent[axis]) break;
        offset -= view->extent[axis] * view->stride[axis];
        index[axis] = 0;
        if (axis == 0) return;
      }
      if (rank == 0) return;
    }
  }
};

namespace {

/// The elements of a region of a dense tensor, in row-major order of the region.
std::vector<size_t> elements_of(const ir::Dims& dims, const ops::Region& region) {
  const View view = view_of({}, dims, region);
  std::vector<size_t> elements(static_cast<size_t>(ir::element_count(view.extent)));
  ir::Dims index(dims.size(), 0);
  for (size_t& element : elements) {
    int64_t at = view.offset;
    for (size_t i = 0; i < index.size(); ++i) at += index[i] * view.stride[i];
    element = static_cast<size_t>(at);
    for (size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < view.extent[axis]) break;
      index[axis] = 0;
    }
  }
  return elements;
}

template <typename T>
void copy_in(std::byte* to, std::span<const T> values) {
  std::memcpy(to, values.data(), values.size_bytes());
}

template <typename T>
std::vector<T> copy_out(const std::byte* from, int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  std::memcpy(values.data(), from, values.size() * sizeof(T));
  return values;
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace

ScheduleRun::ScheduleRun(const Schedule& schedule, const MemoryPlan& plan, RunOptions options)
    : schedule_(schedule), options_(std::move(options)) {
  TDC_CHECK(options_.red_zone.count % kAlignment.count == 0, "the red zone is not aligned");
  own_.resize(schedule.buffers.size());
  addresses_.resize(schedule.buffers.size(), nullptr);
  for (const LevelPlan& level : plan.levels) {
    const int64_t bytes = level.peak.count + 2 * options_.red_zone.count;
    const LevelId id = arenas_.push_back(std::vector<std::byte>(static_cast<size_t>(bytes)));
    for (const Placement& placement : level.placements)
      addresses_[placement.buffer] =
          arenas_[id].data() + options_.red_zone.count + placement.offset.count;
  }
  for (const BufferId id : schedule.buffers.ids()) {
    const Buffer& buffer = schedule.buffers[id];
    const bool is_elsewhere =
        buffer.kind == BufferKind::argument || buffer.kind == BufferKind::constant;
    if (buffer.alias || !is_elsewhere) continue;
    own_[id].resize(static_cast<size_t>(ir::byte_size(buffer.type).count));
    addresses_[id] = own_[id].data();
  }
  const IdVector<BufferId, BufferId> roots = schedule::alias_roots(schedule.buffers);
  for (const BufferId id : schedule.buffers.ids()) addresses_[id] = addresses_[roots[id]];
}

BufferId ScheduleRun::argument(const EntryPoint& entry_point, std::string_view name) {
  for (const Argument& argument : entry_point.arguments)
    if (argument.name == name) return argument.buffer;
  TDC_CHECK(false, "no argument {} of {}", name, entry_point.name);
  return {};
}

BufferId ScheduleRun::variable(ir::VariableId variable) const {
  for (const BufferId id : schedule_.buffers.ids())
    if (schedule_.buffers[id].variable == variable && !schedule_.buffers[id].alias) return id;
  TDC_CHECK(false, "no buffer for variable {}", variable.index);
  return {};
}

std::byte* ScheduleRun::address(BufferId buffer) const {
  TDC_CHECK(addresses_[buffer] != nullptr, "`{}` has no place", schedule_.buffers[buffer].name);
  return addresses_[buffer];
}

void ScheduleRun::set(BufferId buffer, std::span<const float> values) {
  const ir::TensorType& type = schedule_.buffers[buffer].type;
  TDC_CHECK(type.dtype == ir::DType::f32 &&
                ir::element_count(type) == static_cast<int64_t>(values.size()),
            "`{}` takes other values", schedule_.buffers[buffer].name);
  copy_in(address(buffer), values);
}

void ScheduleRun::set(BufferId buffer, std::span<const int32_t> values) {
  const ir::TensorType& type = schedule_.buffers[buffer].type;
  TDC_CHECK(type.dtype == ir::DType::i32 &&
                ir::element_count(type) == static_cast<int64_t>(values.size()),
            "`{}` takes other values", schedule_.buffers[buffer].name);
  copy_in(address(buffer), values);
}

std::vector<float> ScheduleRun::floats(BufferId buffer) const {
  const ir::TensorType& type = schedule_.buffers[buffer].type;
  TDC_CHECK(type.dtype == ir::DType::f32, "`{}` holds integers", schedule_.buffers[buffer].name);
  return copy_out<float>(address(buffer), ir::element_count(type));
}

std::vector<int32_t> ScheduleRun::integers(BufferId buffer) const {
  const ir::TensorType& type = schedule_.buffers[buffer].type;
  TDC_CHECK(type.dtype == ir::DType::i32, "`{}` holds floats", schedule_.buffers[buffer].name);
  return copy_out<int32_t>(address(buffer), ir::element_count(type));
}

std::span<std::byte> ScheduleRun::arena_with_red_zones(LevelId level) {
  return arenas_[level];
}

std::span<std::byte> ScheduleRun::arena(LevelId level) {
  const auto red_zone = static_cast<size_t>(options_.red_zone.count);
  const std::span<std::byte> all = arena_with_red_zones(level);
  return all.subspan(red_zone, all.size() - 2 * red_zone);
}

// ---- steps -------------------------------------------------------------------------------------

void ScheduleRun::run(const EntryPoint& entry_point) {
  Tick tick = 0;
  for (const EntryPoint& entry : schedule_.entry_points) {
    if (&entry != &entry_point) {
      tick += count_numbers(entry);
      continue;
    }
    const std::vector<memory::Tick> ticks = step_numbers(entry, tick);
    for (size_t i = 0; i < entry.steps.size(); ++i) {
      if (options_.before_step) options_.before_step(ticks[i]);
      run_step(entry.steps[i]);
    }
    return;
  }
  TDC_CHECK(false, "{} is no entry point of the schedule", entry_point.name);
}

void ScheduleRun::run_step(const Step& step) {
  if (const auto* launch = std::get_if<Launch>(&step)) {
    if (options_.kernels != nullptr)
      run_kernel(*launch);
    else
      run_reference(*launch);
  } else if (const auto* copy = std::get_if<Copy>(&step)) {
    run_copy(*copy);
  }
}

ScheduleRun::Region ScheduleRun::region(const View& view) const {
  const int64_t element_bytes = ir::byte_size(schedule_.buffers[view.buffer].type.dtype).count;
  return {.start = address(view.buffer) + view.offset * element_bytes,
          .element_bytes = element_bytes,
          .view = &view};
}

// A piece is evaluated as the whole op on operands that are zero outside of the piece's regions; of
// the result its own region is taken. A piece that goes on with a chain adds to what is there.
void ScheduleRun::run_reference(const Launch& launch) {
  const ops::Space space = launch.op->space(launch.call);
  std::vector<ops::Tensor> inputs, outputs;
  for (size_t i = 0; i < launch.inputs.size(); ++i) {
    ops::Tensor& tensor = inputs.emplace_back();
    if (!launch.inputs[i]) continue;
    tensor = ops::Tensor(launch.call.input(i));
    const std::vector<size_t> elements =
        elements_of(tensor.type.dims, ops::region(space.inputs[i].value(), launch.box));
    auto at = elements.begin();
    region(*launch.inputs[i]).for_each([&](const std::byte* from) {
      tensor.data[*at++] = tensor.type.dtype == ir::DType::f32 ? double{load<float>(from)}
                                                               : double(load<int32_t>(from));
    });
  }
  for (const ir::TensorType& type : launch.call.outputs) outputs.emplace_back(type);
  ops::Evaluation evaluation = {.inputs = {}, .outputs = {}, .attributes = launch.call.attributes};
  for (size_t i = 0; i < inputs.size(); ++i)
    evaluation.inputs.push_back(launch.inputs[i] ? &inputs[i] : nullptr);
  for (ops::Tensor& output : outputs) evaluation.outputs.push_back(&output);
  if (!launch.inputs.empty() && launch.inputs[0])
    evaluation.touched = ops::region(space.inputs[0].value(), launch.box);
  launch.op->evaluate(evaluation);
  const int accumulator = launch.op->accumulator;
  const bool has_accumulator =
      accumulator >= 0 && launch.inputs[static_cast<size_t>(accumulator)].has_value();
  const bool adds = !ops::starts_chains(space, launch.box) && !has_accumulator;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const bool is_float = outputs[i].type.dtype == ir::DType::f32;
    const std::vector<size_t> elements =
        elements_of(outputs[i].type.dims, ops::region(space.outputs[i], launch.box));
    auto at = elements.begin();
    region(launch.outputs[i]).for_each([&](std::byte* to) {
      const double value = outputs[i].data[*at++] + (adds ? double{load<float>(to)} : 0.0);
      if (is_float)
        store(to, static_cast<float>(value));
      else
        store(to, static_cast<int32_t>(value));
    });
  }
}

void ScheduleRun::run_kernel(const Launch& launch) {
  const ops::KernelDef& kernel = launch.op->kernel.value();
  const KernelFunction function = options_.kernels->find(kernel.name);
  TDC_CHECK(function != nullptr, "no kernel {}", kernel.name);
  KernelPointers pointers;
  for (const std::optional<View>& view : launch.inputs)
    pointers.inputs.push_back(view ? region(*view).start : nullptr);
  for (const View& view : launch.outputs) pointers.outputs.push_back(region(view).start);
  for (const std::vector<std::byte>& arguments :
       pack_arguments(*launch.op, kernel_call(launch), pointers))
    for (uint32_t core = 0; core < options_.cores; ++core)
      function(arguments.data(), Team{.core = core, .cores = options_.cores});
}

void ScheduleRun::run_copy(const Copy& copy) {
  const Region from = region(copy.from);
  std::vector<const std::byte*> sources;
  from.for_each([&](const std::byte* at) { sources.push_back(at); });
  auto source = sources.begin();
  region(copy.to).for_each(
      [&](std::byte* at) { std::memcpy(at, *source++, static_cast<size_t>(from.element_bytes)); });
}

}  // namespace tdc::memory
