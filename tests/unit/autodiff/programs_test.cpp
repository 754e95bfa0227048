// Whole programs in forms that are easy to get wrong: parameters used several times, through views,
// sums and products among themselves, with broadcasting on either side, in several results. What
// one update moves every trained element by is held against central differences of the loss of
// single samples, for several sizes of batch and accumulation; and the update of the C kernels,
// called by a schedule in planned memory, against that.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "autodiff/entry_points.h"
#include "graph/interpret.h"
#include "graph/verify.h"
#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "schedule/lower.h"
#include "schedule/passes.h"
#include "unit/check/check_source.h"
#include "unit/kernels/library.h"
#include "unit/schedule/schedules.h"

namespace tdc::autodiff {
namespace {

using Arguments = std::map<std::string, ops::Tensor>;
using Variables = std::map<ir::VariableId, ops::Tensor>;

class Program {
 public:
  Program(const std::string& text, int64_t batch, int64_t accumulate)
      : batch_(batch), accumulate_(accumulate) {
    check::Checked checked = check::check_source(text);
    REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
    checked.program->training->batch = batch;
    checked.program->training->accumulate = accumulate;
    std::optional<ir::Module> module = make_entry_points(*checked.program, checked.diagnostics);
    REQUIRE_MESSAGE(module.has_value(), checked.messages());
    module_ = *std::move(module);
    CHECK(graph::find_violations(module_) == std::vector<std::string>{});
    for (const ir::VariableId id : module_.variables.ids()) {
      const ir::Variable& variable = module_.variables[id];
      ops::Tensor& tensor = start_[id] = ops::Tensor(variable.type);
      if (variable.kind == ir::VariableKind::parameter) fill(tensor);
    }
    for (int64_t i = 0; i < accumulate; ++i) {
      Arguments& arguments = micro_batches_.emplace_back();
      for (const ir::Input& input : graph(ir::GraphKind::train_step).inputs) {
        ops::Tensor& tensor = arguments[input.name];
        tensor = ops::Tensor(graph(ir::GraphKind::train_step).type(input.value));
        if (input.classes > 0)
          for (double& label : tensor.data)
            label = static_cast<double>(random_() % static_cast<uint64_t>(input.classes));
        else
          fill(tensor);
      }
    }
  }

  /// Checks every trained element of one update.
  void check() {
    Variables after = start_;
    for (const Arguments& arguments : micro_batches_)
      run(ir::GraphKind::train_step, arguments, after);
    if (accumulate_ > 1) run(ir::GraphKind::apply, {}, after);
    check_kernels(after);
    constexpr double kMove = 1e-5;
    for (const ir::VariableId id : module_.variables.ids()) {
      const ir::Variable& variable = module_.variables[id];
      if (!variable.is_trained) continue;
      CAPTURE(variable.path);
      for (size_t i = 0; i < start_[id].data.size(); ++i) {
        CAPTURE(i);
        Variables up = start_, down = start_;
        up[id].data[i] += kMove;
        down[id].data[i] -= kMove;
        const double slope = (mean_loss(up) - mean_loss(down)) / (2 * kMove);
        const double gradient = start_[id].data[i] - after[id].data[i];
        CHECK(std::abs(gradient - slope) <= 1e-6 * (1 + std::abs(slope)));
      }
    }
  }

 private:
  void fill(ops::Tensor& tensor) {
    std::uniform_real_distribution<double> numbers(0.2, 1.2);
    for (double& element : tensor.data) element = numbers(random_);
  }

  [[nodiscard]] const ir::Graph& graph(ir::GraphKind kind) const {
    return *module_.find_graph(kind);
  }

  graph::InterpreterResults run(ir::GraphKind kind, const Arguments& arguments,
                                Variables& variables) {
    graph::InterpreterResults results =
        graph::interpret(graph(kind), {.arguments = with_rates(arguments), .variables = variables});
    for (const auto& [id, tensor] : results.written) variables[id] = tensor;
    return results;
  }

  /// The same update by the kernels.
  void check_kernels(const Variables& after) const {
    static const kernels::Library library;
    const chip::Chip chip = test::two_level_chip();
    const schedule::Schedule schedule =
        schedule::take_over_memory(schedule::use_views(schedule::lower(module_, chip)));
    const auto plan = std::get<memory::MemoryPlan>(memory::plan_memory(schedule, chip));
    memory::ScheduleRun run(schedule, plan, {.kernels = &library});
    for (const auto& [id, tensor] : start_) set(run, run.variable(id), tensor);
    const auto call = [&](ir::GraphKind kind, const Arguments& arguments) {
      const schedule::EntryPoint& entry = *schedule::find_entry_point(schedule, kind);
      for (const ir::Input& input : graph(kind).inputs)
        set(run, memory::ScheduleRun::argument(entry, input.name), arguments.at(input.name));
      run.run(entry);
    };
    for (const Arguments& arguments : micro_batches_)
      call(ir::GraphKind::train_step, with_rates(arguments));
    if (accumulate_ > 1) call(ir::GraphKind::apply, with_rates({}));
    for (const auto& [id, tensor] : after) {
      if (!module_.variables[id].is_trained) continue;
      CAPTURE(module_.variables[id].path);
      CHECK(kernels::relative_error(run.floats(run.variable(id)), tensor.data) < 1e-5);
    }
  }

  static void set(memory::ScheduleRun& run, schedule::BufferId buffer, const ops::Tensor& tensor) {
    if (tensor.type.dtype == ir::DType::f32)
      run.set(buffer, std::vector<float>(tensor.data.begin(), tensor.data.end()));
    else
      run.set(buffer, std::vector<int32_t>(tensor.data.begin(), tensor.data.end()));
  }

  [[nodiscard]] Arguments with_rates(Arguments arguments) const {
    arguments["learning rate"] = ops::Tensor({}, {1.0});
    arguments["inverse count"] = ops::Tensor({}, {1 / static_cast<double>(batch_ * accumulate_)});
    return arguments;
  }

  /// Over all samples of the update, each on its own.
  double mean_loss(Variables& variables) {
    double sum = 0;
    for (const Arguments& arguments : micro_batches_)
      for (int64_t sample = 0; sample < batch_; ++sample) {
        Arguments single;
        for (const ir::Input& input : graph(ir::GraphKind::eval).inputs) {
          ops::Tensor& tensor = single[input.name];
          tensor = ops::Tensor(graph(ir::GraphKind::eval).type(input.value));
          const auto begin = arguments.at(input.name).data.begin() +
                             sample * static_cast<int64_t>(tensor.data.size());
          std::copy_n(begin, tensor.data.size(), tensor.data.begin());
        }
        sum += run(ir::GraphKind::eval, single, variables).outputs.at("loss").data.at(0);
      }
    return sum / static_cast<double>(batch_ * accumulate_);
  }

  int64_t batch_, accumulate_;
  ir::Module module_;
  std::mt19937_64 random_{1};
  Variables start_;
  std::vector<Arguments> micro_batches_;
};

/// `body` holds the net `N` with a result `y`, and perhaps blocks; `target` is y's type.
void check_program(const std::string& body, const std::string& target,
                   const std::string& loss = "mse(y, t)") {
  const std::string text = "tdl 1\nuse std.nn\n" + body +
                           "train all of N {\n  target t: " + target + "\n  loss " + loss +
                           "\n  optimizer sgd(lr: 1)\n}\n";
  for (const auto& [batch, accumulate] : {std::pair(1, 1), {3, 1}, {1, 2}, {2, 3}}) {
    CAPTURE(batch);
    CAPTURE(accumulate);
    Program(text, batch, accumulate).check();
  }
}

TEST_CASE("programs: a parameter that is used itself and within a sum of parameters") {
  check_program(R"td(
net N(x: f32[3]) -> y: f32[3] {
  param w: f32[3, 3] = ones
  param v: f32[3, 3] = ones
  return (x @ w) @ (w + v) + x @ v
}
)td",
                "f32[3]");
}

TEST_CASE("programs: a parameter used several times, transposed, sliced, with itself") {
  check_program(R"td(
net N(x: f32[4]) -> y: f32[4] {
  param w: f32[4, 4] = ones
  param b: f32[4] = ones
  h = tanh(x @ w + b + b) @ transpose(w) + b
  h = h * h + h
  return h @ w @ w + w[1, ..] * b
}
)td",
                "f32[4]");
}

TEST_CASE("programs: parameters with the same gradient in parts") {
  check_program(R"td(
net N(x: f32[4]) -> y: f32[4] {
  param b: f32[4] = ones
  param c: f32[4] = ones
  s = x + b + c
  return tanh(s) + b + sigmoid(s + b)
}
)td",
                "f32[4]");
}

TEST_CASE("programs: parameters broadcast over the sample and the sample over parameters") {
  check_program(R"td(
net N(x: f32[3, 1, 2]) -> y: f32[3, 5, 2] {
  param a: f32[5, 1] = ones
  param b: f32[] = ones
  param c: f32[2, 5, 2] = ones
  param d: f32[1, 1, 1, 1] = ones
  p = x * a + b
  r = mean(d * b, axis: [0, 1])
  return p * mean(c * a, axis: 0) + b * a - mean(c) + mean(r * p, axis: 2, keep: true)
}
)td",
                "f32[3, 5, 2]");
}

TEST_CASE("programs: parameters through views and joins") {
  check_program(R"td(
net N(x: f32[2, 6]) -> y: f32[3, 4] {
  param w: f32[12] = ones
  param v: f32[2, 2, 3] = ones
  a = rearrange(w, "(a b) -> b a", a: 3)
  b = rearrange(w, "(a b) -> a b", a: 3)
  c = rearrange(v, "a b c -> c (b a)")
  d = rearrange(x, "a (b c) -> b (c a)", b: 3)
  e = concat([w[0..4], w[8..12], w[4..8]], axis: 0)
  return (d + c) * b + transpose((a @ b) @ a) + rearrange(e, "(a b) -> a b", a: 3)
}
)td",
                "f32[3, 4]");
}

TEST_CASE("programs: products of matrices and vectors, batched, shared, and stacked") {
  check_program(R"td(
net N(x: f32[3, 4], z: f32[2, 4, 3]) -> y: f32[2, 3, 2] {
  param w: f32[2, 4, 2] = ones
  param u: f32[2, 2] = ones
  param v: f32[4] = ones
  param k: f32[2, 3, 3] = ones
  a = x @ w
  f = (k @ a) @ u @ transpose(u)
  g = f * rearrange(x @ v, "a -> a 1") + rearrange(v @ w, "a b -> a 1 b")
  return g + (transpose(z @ x) @ w)[0..2, 0..3] + transpose(x @ z) @ a
}
)td",
                "f32[2, 3, 2]");
}

TEST_CASE("programs: a layer behind a transposition, whose chain over the batch has gaps") {
  check_program(R"td(
net N(x: f32[4, 6]) -> y: f32[6, 5] {
  return transpose(x) |> Linear(5) as l
}
)td",
                "f32[6, 5]");
}

TEST_CASE("programs: several results, one of them without a sample") {
  check_program(R"td(
block Two(x: f32[n], k: dim) -> f32[k], f32[n] {
  param w: f32[n, k] = ones
  y = x @ w
  return y, y @ transpose(w)
}
net N(x: f32[4], z: f32[3]) -> y: f32[3], u: f32[4], v: f32[] {
  param q: f32[3, 3] = ones
  a, b = Two(x, 3) as t
  c, d = Two(a + z, 3) as s
  return c * d @ softmax(q @ transpose(q)), b, mean(b) + mean(exp(q))
}
)td",
                "f32[3]", "mse(y, t) + 0.3 * mse(u, u * u) * v + v");
}

TEST_CASE("programs: a convolution with a kernel that is also part of another") {
  check_program(R"td(
net N(x: f32[2, 5, 4]) -> y: f32[4, 3, 2] {
  param w: f32[4, 1, 3, 3] = ones
  param k: f32[4, 4, 1, 1] = ones
  a = conv2d(x, w, stride: 2, padding: 1, groups: 2)
  c = conv2d(a, k)
  return conv2d(c, k + w[.., 0..1, 0..1, 0..1]) + conv2d(x, w * 2, stride: 2, padding: 1, groups: 2)
}
)td",
                "f32[4, 3, 2]");
}

TEST_CASE("programs: a table that is looked up twice and multiplied with") {
  check_program(R"td(
net N(i: class(5)[4], j: class(5)) -> y: f32[4, 5] {
  param table: f32[5, 3] = ones
  h = embedding(i, table) + embedding(j, table)
  return softmax(mask(h @ transpose(h), true)) @ h @ transpose(table)
}
)td",
                "class(5)[4]", "cross_entropy(y, t)");
}

TEST_CASE("programs: every second position, which is as long as another half") {
  check_program(R"td(
net N(x: f32[4, 3]) -> y: f32[2, 3] {
  param w: f32[4] = ones
  h = x * rearrange(w, "n -> n 1")
  return h[::2] * h[2:] * (w[1::2] @ w[-2:])
}
)td",
                "f32[2, 3]");
}

TEST_CASE(
    "programs: numbers and mirror images round parameters and round what depends on samples") {
  check_program(R"td(
net N(x: f32[2, 4]) -> y: f32[3, 9] {
  param w: f32[2, 4] = ones
  h = reflect_pad(tanh(x * w), axis: -1, before: 3, after: 2)
  v = pad(w, axis: 1, before: 1, after: 4, value: 0.5)
  return pad(h, axis: 0, before: 1, after: 0, value: 2) * pad(v, axis: 0, before: 0, after: 1)
}
)td",
                "f32[3, 9]");
}

TEST_CASE("programs: masks, of samples and of parameters") {
  check_program(R"td(
net N(x: f32[2, 3]) -> y: f32[2, 3] {
  param w: f32[3] = ones
  param v: f32[2, 1] = ones
  return where(x > w, x * v, w) + (v < 0.3) * w + where(w > 0, v, -w) * where(x[.., 0..1] >= 0, x, v)
}
)td",
                "f32[2, 3]");
}

TEST_CASE("programs: elements that class numbers name, given and found") {
  check_program(R"td(
net N(x: f32[4, 3], i: class(3)[4, 2]) -> y: f32[4, 2] {
  param w: f32[3, 3] = ones
  h = x @ w
  best = gather(h, argmax(h, axis: -1)) + gather(w[0], argmax(transpose(w), axis: 0))[0]
  return gather(h, i) * gather(pad(w, axis: 0, before: 0, after: 1), i) + rearrange(best, "n -> n 1")
}
)td",
                "f32[4, 2]");
}

TEST_CASE("programs: one set of parameters in all turns") {
  check_program(R"td(
net N(x: f32[3]) -> y: f32[3] {
  repeat i in 0..3 {
    x = tanh(Linear(x, 3) as cell shared)
  }
  return x
}
)td",
                "f32[3]");
}

}  // namespace
}  // namespace tdc::autodiff
