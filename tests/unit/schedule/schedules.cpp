#include "schedules.h"

#include <algorithm>
#include <bit>

#include "memory/run_schedule.h"
#include "ops/registry.h"
#include "schedule/transfers.h"

namespace tdc::test {

using schedule::Buffer;
using schedule::BufferId;
using schedule::BufferKind;
using schedule::Copy;
using schedule::Launch;
using schedule::Step;
using schedule::TicketId;
using schedule::View;

std::vector<float> bits_of(const memory::ScheduleRun& run, const schedule::Schedule& schedule,
                           BufferId buffer) {
  if (schedule.buffers[buffer].type.dtype == ir::DType::f32) return run.floats(buffer);
  std::vector<float> bits;
  for (const int32_t number : run.integers(buffer)) bits.push_back(std::bit_cast<float>(number));
  return bits;
}

void set_bits(memory::ScheduleRun& run, const schedule::Schedule& schedule, BufferId buffer,
              const std::vector<float>& bits) {
  if (schedule.buffers[buffer].type.dtype == ir::DType::f32) {
    run.set(buffer, bits);
    return;
  }
  std::vector<int32_t> numbers;
  for (const float each : bits) numbers.push_back(std::bit_cast<int32_t>(each));
  run.set(buffer, numbers);
}

BufferId ScheduleBuilder::add(std::string name, ir::Dims dims, BufferKind kind) {
  return schedule_.buffers.push_back({.type = {.dtype = ir::DType::f32, .dims = std::move(dims)},
                                      .kind = kind,
                                      .level = kind == BufferKind::argument ? LevelId{} : kL2,
                                      .variable = std::nullopt,
                                      .alias = std::nullopt,
                                      .name = std::move(name),
                                      .origin = {}});
}

BufferId ScheduleBuilder::temporary(std::string name, ir::Dims dims) {
  return add(std::move(name), std::move(dims), BufferKind::temporary);
}

BufferId ScheduleBuilder::alias(std::string name, BufferId of) {
  return alias(std::move(name), schedule_.buffers[of].type.dims, of);
}

BufferId ScheduleBuilder::alias(std::string name, ir::Dims dims, BufferId of) {
  const BufferId id = temporary(std::move(name), std::move(dims));
  schedule_.buffers[id].level = schedule_.buffers[of].level;
  schedule_.buffers[id].alias = schedule::Alias{of};
  return id;
}

BufferId ScheduleBuilder::variable(std::string name, ir::Dims dims) {
  const BufferId id = add(name, dims, BufferKind::variable);
  schedule_.buffers[id].variable =
      schedule_.variables.push_back({.path = std::move(name),
                                     .type = {.dtype = ir::DType::f32, .dims = std::move(dims)},
                                     .kind = ir::VariableKind::parameter,
                                     .init = {},
                                     .is_trained = true,
                                     .origin = {}});
  return id;
}

BufferId ScheduleBuilder::next_version(BufferId variable) {
  Buffer version = schedule_.buffers[variable];
  version.alias = schedule::Alias{variable};
  version.name += "'";
  return schedule_.buffers.push_back(std::move(version));
}

BufferId ScheduleBuilder::constant(std::string name, ir::Dims dims) {
  const BufferId id = variable(std::move(name), std::move(dims));
  schedule_.buffers[id].kind = BufferKind::constant;
  schedule_.variables[*schedule_.buffers[id].variable].is_trained = false;
  return id;
}

void ScheduleBuilder::entry_point(std::string name) {
  schedule_.entry_points.emplace_back().name = std::move(name);
  values_.clear();
}

BufferId ScheduleBuilder::input(std::string name, ir::Dims dims) {
  const BufferId id = add(name, std::move(dims), BufferKind::argument);
  schedule_.entry_points.back().arguments.push_back({.name = std::move(name), .buffer = id});
  set_value(id, new_value());
  return id;
}

BufferId ScheduleBuilder::output(std::string name, ir::Dims dims) {
  const BufferId id = input(std::move(name), std::move(dims));
  schedule_.entry_points.back().arguments.back().is_output = true;
  return id;
}

ir::ValueId ScheduleBuilder::value(BufferId id) {
  if (const auto found = values_.find(id); found != values_.end()) return found->second;
  const Buffer& buffer = schedule_.buffers[id];
  if (buffer.alias) return value(buffer.alias->of);
  const ir::ValueId value = values_[id] = new_value();
  if (buffer.variable)
    schedule_.entry_points.back().reads.push_back({.variable = *buffer.variable, .value = value});
  return value;
}

void ScheduleBuilder::set_value(BufferId id, ir::ValueId value) {
  values_[id] = value;
  schedule::EntryPoint& entry = schedule_.entry_points.back();
  for (schedule::Argument& argument : entry.arguments)
    if (argument.buffer == id && (argument.is_output || !argument.value.is_valid()))
      argument.value = value;
  const std::optional<ir::VariableId> variable = schedule_.buffers[id].variable;
  if (!variable) return;
  std::erase_if(entry.writes, [&](const ir::Write& write) { return write.variable == *variable; });
  entry.writes.push_back({.variable = *variable, .value = value});
}

std::vector<Step>& ScheduleBuilder::steps() {
  return schedule_.entry_points.back().steps;
}

Launch& ScheduleBuilder::launch(std::string_view op, std::vector<BufferId> inputs,
                                std::vector<BufferId> outputs, ir::Attributes attributes) {
  const ops::OpDef& record = ops::op(op);
  ops::Call call = {.inputs = {},
                    .outputs = {},
                    .attributes = ops::complete_attributes(record, std::move(attributes))};
  for (const BufferId input : inputs)
    call.inputs.push_back(input.is_valid() ? std::optional(schedule_.buffers[input].type)
                                           : std::nullopt);
  for (const BufferId output : outputs) call.outputs.push_back(schedule_.buffers[output].type);
  const ops::Box box = ops::whole_box(record.space(call));
  pieces(record, call, {box}, inputs, outputs);
  return std::get<Launch>(steps().back());
}

void ScheduleBuilder::pieces(const ops::OpDef& op, const ops::Call& call,
                             const std::vector<ops::Box>& boxes,
                             const std::vector<BufferId>& inputs,
                             const std::vector<BufferId>& outputs) {
  Node made = {.op = &op, .call = call, .id = {node_count_++}, .inputs = {}, .outputs = {}};
  for (const BufferId input : inputs)
    made.inputs.push_back(input.is_valid() ? value(input) : ir::ValueId{});
  for (const BufferId output : outputs) {
    made.outputs.push_back(new_value());
    set_value(output, made.outputs.back());
  }
  for (const ops::Box& box : boxes)
    add(made, schedule::piece_launch(op, call, box, inputs, outputs));
}

ScheduleBuilder::Node ScheduleBuilder::node(
    std::string_view op, const std::vector<std::pair<ir::ValueId, ir::Dims>>& inputs,
    ir::Dims output, ir::Attributes attributes) {
  Node made = {.op = &ops::op(op), .call = {}, .id = {node_count_++}, .inputs = {}, .outputs = {}};
  for (const auto& [value, dims] : inputs) {
    made.inputs.push_back(value);
    made.call.inputs.emplace_back(ir::TensorType{.dims = dims});
  }
  made.outputs.push_back(new_value());
  made.call.outputs.push_back({.dims = std::move(output)});
  made.call.attributes = ops::complete_attributes(*made.op, std::move(attributes));
  return made;
}

Launch& ScheduleBuilder::piece(const Node& node, ops::Box box, std::vector<View> inputs,
                               std::vector<View> outputs) {
  Launch launch = {.op = node.op, .call = node.call, .box = std::move(box)};
  launch.inputs = {inputs.begin(), inputs.end()};
  launch.outputs = std::move(outputs);
  return add(node, std::move(launch));
}

Launch& ScheduleBuilder::add(const Node& node, Launch launch) {
  launch.from = node.id;
  launch.input_values = node.inputs;
  launch.output_values = node.outputs;
  return std::get<Launch>(steps().emplace_back(std::move(launch)));
}

ir::ValueId ScheduleBuilder::view(const Node& node) {
  schedule_.entry_points.back().view_nodes.push_back(
      {.op = node.op, .call = node.call, .inputs = node.inputs, .output = node.outputs[0]});
  return node.outputs[0];
}

Launch& ScheduleBuilder::launch_views(std::string_view op, std::vector<View> inputs,
                                      std::vector<View> outputs) {
  std::vector<std::pair<ir::ValueId, ir::Dims>> operands;
  for (const View& input : inputs) operands.emplace_back(value(input.buffer), input.extent);
  const Node made = node(op, operands, outputs.at(0).extent);
  set_value(outputs[0].buffer, made.outputs[0]);
  return piece(made, ops::whole_box(made.op->space(made.call)), std::move(inputs),
               std::move(outputs));
}

Copy& ScheduleBuilder::copy(View from, View to, std::optional<TicketId> ticket) {
  if (from == whole(from.buffer) && to == whole(to.buffer))
    set_value(to.buffer, value(from.buffer));
  return std::get<Copy>(
      steps().emplace_back(Copy{.to = std::move(to), .from = std::move(from), .ticket = ticket}));
}

void ScheduleBuilder::wait(TicketId ticket) {
  steps().emplace_back(schedule::Wait{ticket});
}

View ScheduleBuilder::whole(BufferId buffer) const {
  return schedule::whole(buffer, schedule_.buffers[buffer].type.dims);
}

View ScheduleBuilder::slice(BufferId buffer, int64_t offset, int64_t count) {
  return {.buffer = buffer, .offset = offset, .extent = {count}, .stride = {1}};
}

chip::Chip two_level_chip() {
  chip::Chip chip = {.name = "two_level"};
  chip.levels.push_back({.name = "L1", .capacity = {4096}});
  chip.levels.push_back({.name = "L2", .capacity = {1024 * 1024}});
  chip.tensors = chip.constants = chip.image = kL2;
  return chip;
}

chip::Chip chip_with_scratchpad(int64_t bytes, int64_t transfer, int64_t load) {
  chip::Chip chip = two_level_chip();
  chip.levels[kL1].capacity = {bytes};
  chip.scratchpad = {.level = kL1, .transfer = transfer, .bandwidth = 8, .load = load};
  return chip;
}

chip::Chip generous_chip(int64_t bytes) {
  return chip_with_scratchpad(bytes, /*transfer=*/1, /*load=*/10000);
}

std::string transfer_text(const schedule::Schedule& schedule, const chip::Chip& chip,
                          const schedule::Copy& copy) {
  return schedule.buffers[schedule::far_view(schedule, chip, copy).buffer].name +
         (schedule::is_inward(schedule, chip, copy) ? " in" : " out");
}

// ---- random ------------------------------------------------------------------------------------

uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

int64_t Random::between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
}

namespace {

/// Keeps a list of values that can still be read; an op may use one up and take its memory.
class RandomSchedule {
 public:
  RandomSchedule(uint64_t seed, const RandomOptions& options) : random_(seed), options_(options) {}

  schedule::Schedule make() {
    for (int i = 0; i < 3; ++i) variables_.push_back(builder_.variable(name("v"), dims()));
    for (int i = 0; i < 2; ++i) constants_.push_back(builder_.constant(name("c"), dims()));
    for (int i = 0; i < options_.entry_points; ++i) make_entry_point(i);
    return builder_.schedule();
  }

 private:
  std::string name(std::string_view prefix) {
    return std::string(prefix) + std::to_string(count_++);
  }

  ir::Dims dims() {
    ir::Dims result;
    for (int64_t rank = random_.between(1, 3); rank > 0; --rank)
      result.push_back(random_.between(1, 9));
    return result;
  }

  const ir::Dims& dims_of(BufferId buffer) { return builder_.schedule().buffers[buffer].type.dims; }

  size_t any() {
    return static_cast<size_t>(random_.between(0, static_cast<int64_t>(values_.size()) - 1));
  }

  /// A place for the result of an elementwise op: new, or the memory of `operand`, which is then
  /// used up. Only temporaries give their memory.
  BufferId result_of(size_t operand) {
    const BufferId buffer = values_[operand];
    const bool is_temporary =
        builder_.schedule().buffers[buffer].kind == BufferKind::temporary && !is_shared(buffer);
    if (!is_temporary || random_.chance(50)) return builder_.temporary(name("t"), dims_of(buffer));
    values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(operand));
    return builder_.alias(name("t"), buffer);
  }

  /// Whether another readable value is in the same memory.
  bool is_shared(BufferId buffer) {
    const auto root = [&](BufferId id) {
      while (builder_.schedule().buffers[id].alias) id = builder_.schedule().buffers[id].alias->of;
      return id;
    };
    return std::count_if(values_.begin(), values_.end(),
                         [&](BufferId other) { return root(other) == root(buffer); }) > 1;
  }

  void make_entry_point(int index) {
    builder_.entry_point("entry" + std::to_string(index));
    values_ = variables_;
    values_.insert(values_.end(), constants_.begin(), constants_.end());
    values_.push_back(builder_.input("x", dims()));
    for (int i = 0; i < options_.launches; ++i) make_step();
    for (const BufferId variable : variables_)
      if (random_.chance(50)) update(variable);
    for (int i = 0; i < 2; ++i) {
      const BufferId value = values_[any()];
      builder_.launch("relu", {value}, {builder_.output("y" + std::to_string(i), dims_of(value))});
    }
  }

  void make_step() {
    const int64_t choice = random_.between(0, 9);
    if (choice < 3)
      unary();
    else if (choice < 6)
      binary();
    else if (choice == 6)
      reshape();
    else if (choice == 7)
      sum();
    else if (choice == 8)
      transpose();
    else
      tiles();
    // Values die, so that memory is shared.
    while (values_.size() > 9) values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(any()));
  }

  void unary() {
    const size_t operand = any();
    const BufferId x = values_[operand];
    const BufferId y = result_of(operand);
    builder_.launch("relu", {x}, {y});
    values_.push_back(y);
  }

  void binary() {
    const size_t operand = any();
    const BufferId a = values_[operand];
    BufferId b = a;
    for (const BufferId other : values_)
      if (dims_of(other) == dims_of(a) && random_.chance(60)) b = other;
    // In place only if the other operand is other memory, or the same elements of it.
    const bool is_alone = b == a || !is_shared(a);
    const BufferId y = is_alone ? result_of(operand) : builder_.temporary(name("t"), dims_of(a));
    builder_.launch("add", {a, b}, {y});
    values_.push_back(y);
  }

  void reshape() {
    const BufferId x = values_[any()];
    if (builder_.schedule().buffers[x].kind != BufferKind::temporary) return;
    values_.push_back(builder_.alias(name("r"), {ir::element_count(dims_of(x))}, x));
  }

  /// y = x x^T, or continues such a sum.
  void sum() {
    const BufferId x = values_[any()];
    if (dims_of(x).size() != 2) return;
    const int64_t n = dims_of(x)[0];
    const BufferId y = builder_.temporary(name("s"), {n, n});
    product(x, {}, y);
    BufferId last = y;
    if (random_.chance(50)) {
      last = builder_.alias(name("s"), y);
      product(x, y, last);
    }
    values_.push_back(last);
  }

  /// y = x x^T, going on with `sum` if that is valid, in one or two pieces of the chain.
  void product(BufferId x, BufferId sum, BufferId y) {
    const ir::TensorType from = {.dims = dims_of(x)}, to = {.dims = dims_of(y)};
    const ops::OpDef& matmul = ops::op("matmul");
    ops::Call call = {.inputs = {from, from, std::nullopt},
                      .outputs = {to},
                      .attributes = ops::complete_attributes(matmul, {{"transpose_b", true}})};
    if (sum.is_valid()) call.inputs[2] = to;
    const int64_t length = from.dims[1], middle = random_.between(1, length);
    std::vector<ops::Box> boxes(2, ops::whole_box(matmul.space(call)));
    boxes[0].back() = {0, middle};
    boxes[1].back() = {middle, length};
    if (middle == length) boxes.pop_back();
    builder_.pieces(matmul, call, boxes, {x, x, sum}, {y});
  }

  /// Reads columns as rows.
  void transpose() {
    const BufferId x = values_[any()];
    if (dims_of(x).size() != 2) return;
    const int64_t rows = dims_of(x)[0], columns = dims_of(x)[1];
    const BufferId y = builder_.temporary(name("p"), {columns, rows});
    const ir::ValueId shown =
        builder_.view(builder_.node("transpose", {{builder_.value(x), dims_of(x)}}, dims_of(y)));
    const auto node = builder_.node("relu", {{shown, dims_of(y)}}, dims_of(y));
    builder_.piece(node, {{0, columns}, {0, rows}},
                   {{.buffer = x, .offset = 0, .extent = {columns, rows}, .stride = {1, columns}}},
                   {builder_.whole(y)});
    builder_.set_value(y, node.outputs[0]);
    values_.push_back(y);
  }

  /// Brings tiles to L1, works on them there and brings them back.
  void tiles() {
    const BufferId x = values_[any()];
    const int64_t count = ir::element_count(dims_of(x));
    const int64_t turns = count % 3 == 0 ? 3 : count % 2 == 0 ? 2 : 1;
    const int64_t length = count / turns;
    const BufferId y = builder_.temporary(name("l"), dims_of(x));
    const BufferId in = builder_.temporary(name("i"), {length});
    const BufferId out = builder_.temporary(name("o"), {length});
    builder_.schedule().buffers[in].level = builder_.schedule().buffers[out].level = kL1;
    const auto node = builder_.node("relu", {{builder_.value(x), {count}}}, {count});
    for (int64_t turn = 0; turn < turns; ++turn) {
      schedule::Copy& copy =
          builder_.copy(builder_.slice(x, turn * length, length), builder_.whole(in));
      if (options_.with_transfers) {
        copy.ticket = TicketId{transfer_count_++};
        builder_.wait(*copy.ticket);
      }
      builder_.piece(node, {{turn * length, (turn + 1) * length}}, {builder_.whole(in)},
                     {builder_.whole(out)});
      builder_.copy(builder_.whole(out), builder_.slice(y, turn * length, length));
    }
    builder_.set_value(y, node.outputs[0]);
    values_.push_back(y);
  }

  /// v' = v + v, in place.
  void update(BufferId variable) {
    const BufferId version = builder_.next_version(variable);
    builder_.launch("add", {variable, variable}, {version});
    std::replace(values_.begin(), values_.end(), variable, version);
  }

  Random random_;
  RandomOptions options_;
  ScheduleBuilder builder_;
  std::vector<BufferId> variables_, constants_;
  std::vector<BufferId> values_;  // that can be read
  uint32_t count_ = 0, transfer_count_ = 0;
};

}  // namespace

schedule::Schedule random_schedule(uint64_t seed, const RandomOptions& options) {
  return RandomSchedule(seed, options).make();
}

}  // namespace tdc::test
