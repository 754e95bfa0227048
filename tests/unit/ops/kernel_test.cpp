// Kernels of all ops against reference evaluation, called as schedules call them: whole and in
// tiles, by teams of several sizes, in place, and continuing sums. All but the first must give the
// same bits as one call by one core.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "schedule/kernel_call.h"
#include "unit/kernels/kernels.h"
#include "unit/ops/samples.h"

namespace tdc::ops {
namespace {

/// Memory of one operand: 4-byte elements, floats or whole numbers.
struct Memory {
  ir::TensorType type;
  std::vector<float> elements;
};

Memory to_memory(const Tensor& tensor) {
  Memory memory = {.type = tensor.type, .elements = std::vector<float>(tensor.data.size())};
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    if (tensor.type.dtype == ir::DType::f32) {
      memory.elements[i] = static_cast<float>(tensor.data[i]);
    } else {
      const auto whole = static_cast<int32_t>(tensor.data[i]);
      std::memcpy(&memory.elements[i], &whole, sizeof whole);
    }
  }
  return memory;
}

/// A piece of an operand: where it starts, and its shape; strides are those of the whole.
struct Piece {
  int64_t offset = 0;
  OperandLayout layout;
};

Piece whole(const ir::TensorType& type) {
  return {.layout = {.extent = type.dims, .stride = ir::dense_strides(type.dims)}};
}

void cut(Piece& piece, int axis, int64_t begin, int64_t end) {
  const auto at = static_cast<size_t>(axis);
  piece.offset += begin * piece.layout.stride[at];
  piece.layout.extent[at] = end - begin;
}

/// One call: pieces of the operands, inputs first.
struct KernelRun {
  const OpDef& op;
  const Call& call;
  std::vector<std::optional<Piece>> pieces;

  KernelRun(const OpDef& op_, const Call& call_) : op(op_), call(call_) {
    for (const auto& input : call.inputs)
      pieces.push_back(input ? std::optional(whole(*input)) : std::nullopt);
    for (const ir::TensorType& output : call.outputs) pieces.emplace_back(whole(output));
  }

  void run(const kernels::Build& build, uint32_t cores, const std::vector<const float*>& inputs,
           const std::vector<float*>& outputs) const {
    KernelCall kernel_call = {.inputs = {}, .outputs = {}, .attributes = call.attributes};
    schedule::KernelPointers pointers;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i < inputs.size()) {
        kernel_call.inputs.push_back(pieces[i] ? std::optional(pieces[i]->layout) : std::nullopt);
        pointers.inputs.push_back(pieces[i] ? inputs[i] + pieces[i]->offset : nullptr);
      } else {
        kernel_call.outputs.push_back(pieces[i]->layout);
        pointers.outputs.push_back(outputs[i - inputs.size()] + pieces[i]->offset);
      }
    }
    std::vector<double> scratch;  // doubles for their alignment
    if (op.kernel->scratch_bytes != nullptr) {
      scratch.resize(static_cast<size_t>(op.kernel->scratch_bytes(kernel_call) + 7) / 8);
      pointers.scratch = scratch.data();
    }
    const std::vector<std::byte> arguments =
        schedule::pack_arguments(*op.kernel, kernel_call, pointers);
    auto* const kernel =
        reinterpret_cast<schedule::KernelFunction>(build.find(std::string(op.kernel->name)));
    for (uint32_t core = cores; core-- > 0;)
      kernel(arguments.data(), {.core = core, .cores = cores});
  }
};

using Outputs = std::vector<std::vector<float>>;

bool same_bits(const Outputs& a, const Outputs& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!kernels::same_bits(a[i], b[i])) return false;
  return true;
}

/// Begin of part `part` of `parts` of an extent, of different lengths.
int64_t part_begin(int64_t extent, int64_t part, int64_t parts) {
  return part == parts ? extent : std::min(extent, part * (extent / parts + 1));
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
    expected_ = fresh_outputs();
    KernelRun(op_, call_).run(kernels::builds().front(), 1, inputs(), pointers(expected_));
    const std::vector<Tensor> reference = evaluate(op_, call_, tensors_);
    for (size_t i = 0; i < reference.size(); ++i)
      CHECK(kernels::relative_error(expected_[i], reference[i].data) <= op_.kernel_tolerance);
  }

  void check_teams_and_builds() {
    for (const kernels::Build& build : kernels::builds())
      for (const uint32_t cores : {1U, 2U, 3U, 8U}) {
        Outputs outputs = fresh_outputs();
        KernelRun(op_, call_).run(build, cores, inputs(), pointers(outputs));
        CAPTURE(build.name);
        CAPTURE(cores);
        CHECK(same_bits(outputs, expected_));
      }
  }

  /// Two axes in 2 x 3 ragged tiles, for each pair of axes; or one in 3.
  void check_tiles() {
    const std::vector<TileAxis> axes = op_.tile_axes(call_);
    for (size_t first = 0; first < axes.size(); ++first) {
      if (axes.size() == 1) check_tiling(axes[0], 3, axes[0], 1);
      for (size_t second = first + 1; second < axes.size(); ++second)
        check_tiling(axes[first], 2, axes[second], 3);
    }
  }

  void check_in_place() {
    for (const auto& [input, output] : op_.in_place) {
      const auto in = static_cast<size_t>(input), out = static_cast<size_t>(output);
      if (!call_.inputs[in] || *call_.inputs[in] != call_.outputs[out]) continue;
      for (const uint32_t cores : {1U, 3U}) {
        Outputs outputs = fresh_outputs();
        outputs[out] = memories_[in].elements;
        std::vector<const float*> operands = inputs();
        operands[in] = outputs[out].data();
        KernelRun(op_, call_).run(kernels::builds().front(), cores, operands, pointers(outputs));
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

  /// Where leading axes are summed: the sum of the first part, continued with the rest, has the
  /// bits of the whole.
  void check_continued_sums() {
    const Signature& operands = signature(op_);
    Call first = call_;
    std::vector<size_t> split;
    for (size_t i = 0; i < call_.inputs.size(); ++i) {
      if (!call_.inputs[i] || static_cast<int>(i) == op_.accumulator) continue;
      if (!operands.inputs[i].has_leading ||
          call_.input(i).dims.size() <= operands.inputs[i].dims.size())
        continue;
      first.inputs[i]->dims[0] = 1;
      split.push_back(i);
    }
    if (split.empty() || call_.input(split[0]).dims[0] == 1) return;
    first.outputs.clear();
    first.inputs[static_cast<size_t>(op_.accumulator)].reset();
    // An axis that the result has too is not summed.
    if (op_.infer_types == nullptr || !gives_result(first)) return;
    Outputs outputs = fresh_outputs();
    const int64_t extent = call_.input(split[0]).dims[0];
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, extent}}) {
      Call part = call_;
      if (begin > 0) part.inputs[static_cast<size_t>(op_.accumulator)] = call_.outputs[0];
      KernelRun run(op_, part);
      for (const size_t input : split) cut(*run.pieces[input], 0, begin, end);
      std::vector<const float*> operands_of_part = inputs();
      operands_of_part[static_cast<size_t>(op_.accumulator)] = outputs[0].data();
      run.run(kernels::builds().front(), 1, operands_of_part, pointers(outputs));
    }
    CHECK(same_bits(outputs, expected_));
    ++continued_sums;
  }

  /// One infinity in operand `operand`: what becomes NaN or infinite shows which products there
  /// are.
  void check_infinity(size_t operand, std::mt19937_64& random) {
    std::vector<double>& data = tensors_[operand]->data;
    double& element = data[random() % data.size()];
    const double before = std::exchange(element, INFINITY);
    load();
    Outputs outputs = fresh_outputs();
    KernelRun(op_, call_).run(kernels::builds().front(), 1, inputs(), pointers(outputs));
    const std::vector<double> reference = evaluate(op_, call_, tensors_)[0].data;
    element = before;
    for (size_t i = 0; i < reference.size(); ++i) {
      CHECK(std::isnan(outputs[0][i]) == std::isnan(reference[i]));
      CHECK(std::isinf(outputs[0][i]) == std::isinf(reference[i]));
    }
  }

  static inline int continued_sums = 0;
  static inline int tilings = 0;

 private:
  void load() {
    memories_.clear();
    for (const auto& tensor : tensors_) memories_.push_back(tensor ? to_memory(*tensor) : Memory{});
  }

  bool gives_result(const Call& call) const {
    // Rules for gradient ops take their result's shape from attributes, so the question is whether
    // the cut axis is one of the result's.
    const std::vector<TileAxis> tiles = op_.tile_axes(call_);
    for (const TileAxis& tile : tiles)
      for (size_t i = 0; i < call.inputs.size(); ++i)
        if (call.inputs[i] != call_.inputs[i] && static_cast<int>(i) != op_.accumulator &&
            tile.operand_axes[i] == 0)
          return false;
    return true;
  }

  std::vector<const float*> inputs() const {
    std::vector<const float*> result;
    for (const Memory& memory : memories_)
      result.push_back(memory.elements.empty() ? nullptr : memory.elements.data());
    return result;
  }

  /// Outputs before a call: what an accumulator holds, or NaN, which must not be read.
  Outputs fresh_outputs() const {
    Outputs outputs;
    for (const ir::TensorType& type : call_.outputs)
      outputs.emplace_back(static_cast<size_t>(ir::element_count(type)), NAN);
    if (op_.accumulator >= 0 && call_.inputs[static_cast<size_t>(op_.accumulator)])
      outputs[0] = memories_[static_cast<size_t>(op_.accumulator)].elements;
    return outputs;
  }

  static std::vector<float*> pointers(Outputs& outputs) {
    std::vector<float*> result;
    for (auto& output : outputs) result.push_back(output.data());
    return result;
  }

  void check_tiling(const TileAxis& a, int64_t a_parts, const TileAxis& b, int64_t b_parts) {
    const auto extent_along = [&](const TileAxis& axis) {
      const auto output = axis.operand_axes.back();
      for (size_t i = 0; i < call_.outputs.size(); ++i) {
        const int own = axis.operand_axes[call_.inputs.size() + i];
        if (own >= 0) return call_.output(i).dims[static_cast<size_t>(own)];
      }
      return static_cast<int64_t>(output);
    };
    ++tilings;
    for (const uint32_t cores : {1U, 2U, 3U, 8U}) {
      Outputs outputs = fresh_outputs();
      for (int64_t i = 0; i < a_parts; ++i)
        for (int64_t j = 0; j < b_parts; ++j) {
          KernelRun run(op_, call_);
          bool is_empty = false;
          const auto cut_along = [&](const TileAxis& axis, int64_t part, int64_t parts) {
            const int64_t extent = extent_along(axis);
            const int64_t begin = part_begin(extent, part, parts);
            const int64_t end = part_begin(extent, part + 1, parts);
            if (parts == 1) return;
            is_empty = is_empty || begin == end;
            for (size_t k = 0; k < run.pieces.size(); ++k)
              if (run.pieces[k] && axis.operand_axes[k] >= 0)
                cut(*run.pieces[k], axis.operand_axes[k], begin, end);
          };
          cut_along(a, i, a_parts);
          cut_along(b, j, b_parts);
          if (!is_empty) run.run(kernels::builds().front(), cores, inputs(), pointers(outputs));
        }
      CAPTURE(cores);
      CHECK(same_bits(outputs, expected_));
    }
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
    const int tilings_before = KernelTest::tilings;
    for (const Sample& sample : op->samples()) {
      std::mt19937_64 random(++index);
      INFO("op ", std::string(op->name), ", sample ", index);
      KernelTest test(*op, sample, random);
      test.check_against_evaluate();
      test.check_teams_and_builds();
      test.check_tiles();
      test.check_in_place();
      if (op->accumulator < 0) continue;
      test.check_continued_sums();
      test.add_accumulator(random);
      test.check_against_evaluate();
      test.check_teams_and_builds();
      test.check_tiles();
    }
    INFO("op ", std::string(op->name));
    CHECK_MESSAGE(KernelTest::tilings > tilings_before, "no sample of it was cut in tiles");
  }
  CHECK(KernelTest::continued_sums >= 8);
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
}  // namespace tdc::ops
