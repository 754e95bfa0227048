#include "schedule/kernel_amounts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "ops/bind.h"
#include "ops/registry.h"
#include "schedule/product_shape.h"
#include "schedule/transfers.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

using ops::Division;
using ops::kBlock;

/// Panels are so deep on rv32 (`kernels/td_product.h`).
constexpr int64_t kPanelDepth = 64;
/// Outputs that fill no block of a product are computed so many at once (`kernels/matmul.c`).
constexpr int64_t kOutputsOfRow = 8;
/// Results that are computed straight from the image come in blocks of up to so many columns
/// (`kernels/conv2d.c`).
constexpr int64_t kNearColumns = 6;
constexpr int64_t kNearTaps = 3;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// The strides of a view along the axes of `dims`: trailing axes are aligned, those along which it
/// is broadcast have stride 0. Nullopt if it is not broadcast to them.
std::optional<ir::Dims> strides_along(const View& view, const ir::Dims& dims) {
  if (view.extent.size() > dims.size()) return std::nullopt;
  ir::Dims strides(dims.size(), 0);
  const size_t leading = dims.size() - view.extent.size();
  for (size_t i = 0; i < view.extent.size(); ++i) {
    if (view.extent[i] != 1 && view.extent[i] != dims[leading + i]) return std::nullopt;
    if (view.extent[i] != 1) strides[leading + i] = view.stride[i];
  }
  return strides;
}

/// The extent of the innermost loop over the first output: its inner axes as far as all operands
/// let them be one.
int64_t innermost_extent(const Launch& launch) {
  const ir::Dims& dims = launch.outputs.front().extent;
  std::vector<ir::Dims> strides = {*strides_along(launch.outputs.front(), dims)};
  for (const std::optional<View>& input : launch.inputs)
    if (std::optional<ir::Dims> along = input ? strides_along(*input, dims) : std::nullopt)
      strides.push_back(*std::move(along));
  std::vector<size_t> axes;  // of more than one index
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] != 1) axes.push_back(i);
  if (axes.empty()) return 1;
  int64_t extent = dims[axes.back()];
  for (size_t i = axes.size() - 1; i > 0; --i) {
    const bool are_one = std::ranges::all_of(strides, [&](const ir::Dims& stride) {
      return stride[axes[i - 1]] == stride[axes[i]] * dims[axes[i]];
    });
    if (!are_one) break;
    extent *= dims[axes[i - 1]];
  }
  return extent;
}

Division division_of(const ops::OpDef& op, const ops::KernelCall& call) {
  if (op.kernel->division != nullptr) return op.kernel->division(call);
  return op.work == ops::Work::points ? Division::blocks : Division::elements;
}

/// Amounts under construction.
class Counter {
 public:
  Counter(const Launch& launch, int64_t cores, const std::function<bool(BufferId)>& is_far)
      : launch_(launch), cores_(cores), is_far_(is_far), call_(kernel_call(launch)) {
    outputs_ = ops::output_elements(call_.space, launch.box);
    chain_ = ops::chain_length(call_.space, launch.box);
  }

  KernelWork count() {
    const Division division = division_of(*launch_.op, call_);
    at(Amount::calls) = static_cast<double>(ops::kernel_parts(*launch_.op, call_).size());
    switch (division) {
      case Division::elements:
        count_elements();
        break;
      case Division::blocks:
        count_blocks();
        break;
      case Division::rows:
        count_rows();
        break;
    }
    count_operands();
    count_far(division);
    // Blocks are loaded and stored with their steps and items.
    if (division == Division::blocks) at(Amount::outputs) = at(Amount::inputs) = 0;
    return {
        .kernel = launch_.op->kernel->name, .division = division, .amounts = amounts_, .far = far_};
  }

 private:
  double& at(Amount amount) { return amounts_[static_cast<size_t>(amount)]; }

  /// Shares `items` among the cores; gives how many the first core has.
  int64_t share(int64_t items) {
    const int64_t most = divide_up(items, cores_);
    share_ = static_cast<double>(most) / static_cast<double>(items);
    at(Amount::items) = static_cast<double>(most);
    return most;
  }

  void count_elements() {
    int64_t items = 1;
    for (size_t axis = 0; axis < call_.space.axes.size(); ++axis)
      if (call_.space.axes[axis].kind == ops::AxisKind::parallel)
        items *= launch_.box[axis].extent();
    const int64_t most = share(items);
    at(Amount::steps) = static_cast<double>(most * chain_);
    const int64_t rows = outputs_ / innermost_extent(launch_);
    if (rows > 1) at(Amount::rows) = share_ * static_cast<double>(rows);
  }

  /// A product whose columns do not fill a block is computed transposed. As many blocks as are
  /// whole; rows and columns that fill none are shared anew, as rows of outputs
  /// (`td_matmul_on_small_core` in kernels/matmul.c).
  void count_blocks() {
    ProductShape shape = product_shape(launch_, call_.space);
    if (launch_.op->kernel->gathered) {
      count_gathering_blocks(shape);
      return;
    }
    if (shape.columns < kBlock && shape.columns < shape.rows) std::swap(shape.columns, shape.rows);
    const int64_t outputs = shape.rows * shape.columns;
    const int64_t blocks = (shape.rows / kBlock) * (shape.columns / kBlock);
    if (shape.rows > 1 && shape.columns % kBlock == 0 && is_thin(shape)) {
      const int64_t most = share(shape.batch * outputs / kBlock);
      at(Amount::items) = static_cast<double>(divide_up(most, shape.rows));
      at(Amount::steps) = static_cast<double>(most * shape.chain) / kBlock;
    } else if (blocks > 0) {
      at(Amount::steps) = static_cast<double>(share(shape.batch * blocks) * shape.chain);
      count_rows_of_outputs(divide_up(shape.batch * (outputs - blocks * kBlock * kBlock), cores_),
                            shape.chain);
    } else {
      const int64_t most = share(shape.batch * outputs);
      at(Amount::items) = 0;
      count_rows_of_outputs(most, shape.chain);
    }
  }

  /// Whether a product keeps its right operand in registers (`td_is_thin` in kernels/matmul.c).
  [[nodiscard]] bool is_thin(const ProductShape& shape) const {
    const ops::OperandLayout& left = call_.input(0);
    const size_t chain = left.extent.size() - (call_.attributes.boolean("transpose_a") ? 2 : 1);
    return (shape.chain == kBlock || shape.chain == 2 * kBlock) &&
           !call_.attributes.boolean("reduce") && left.stride[chain] == 1 &&
           call_.output(0).stride.back() == 1;
  }

  /// Outputs that fill no block; a step is one of a row of a block here, too.
  void count_rows_of_outputs(int64_t outputs, int64_t chain) {
    at(Amount::items) += static_cast<double>(divide_up(outputs, kOutputsOfRow));
    at(Amount::single_steps) += static_cast<double>(outputs * chain) / kBlock;
  }

  /// Steps of `most` blocks along a column of `rows`, all together `steps` long.
  void count_steps(int64_t rows, double steps) {
    steps /= static_cast<double>(divide_up(rows, kBlock));
    at(Amount::steps) = steps * static_cast<double>(rows / kBlock);
    at(Amount::single_steps) = steps * static_cast<double>(rows % kBlock);
  }

  /// Blocks whose columns are positions of an image, or, for the gradient of a kernel, its taps.
  /// With a stride, the gradient of an image is computed in so many phases, each with its own taps.
  void count_gathering_blocks(const ProductShape& shape) {
    const Sweep rows = sweep_over(2), columns = sweep_over(1);
    if (rows.phases == 1 && shape.rows % kBlock == 0 && columns.positions % kBlock == 0 &&
        meets_neighbours()) {
      count_blocks_in_place(shape, rows);
      return;
    }
    const int64_t phases = rows.phases * columns.phases;
    const int64_t row_blocks = divide_up(shape.rows, kBlock);
    const int64_t column_blocks = divide_up(divide_up(shape.columns, phases), kBlock);
    const int64_t most = share(shape.batch * row_blocks * column_blocks);
    at(Amount::items) *= static_cast<double>(phases);
    const auto all = static_cast<double>(most * phases);
    const double chains = static_cast<double>(shape.chain) * rows.share * columns.share;
    count_steps(shape.rows, all * chains);
    at(Amount::edge_steps) = rows.edge * (at(Amount::steps) + at(Amount::single_steps));
    at(Amount::panels) =
        all * (rows.is_chain ? panels_of_rows(rows, columns)
                             : std::ceil(chains / static_cast<double>(kPanelDepth)));
    const auto gathered = static_cast<double>(divide_up(most, row_blocks) * phases * kBlock);
    at(Amount::gathered) = gathered * chains;
    at(Amount::rows) = at(Amount::gathered) / columns.run;
  }

  /// How the positions of a launch and the taps of a kernel meet the image that is gathered, along
  /// one of its dimensions.
  struct Sweep {
    int64_t phases = 1;
    bool is_chain = false;  ///< positions are summed over: blocks hold taps
    int64_t positions = 1;
    double share = 1;   ///< of the pairs of a position and a tap, those that are in a chain
    double inside = 1;  ///< those that meet in the image
    double edge = 0;    ///< of the positions, those some of whose taps are outside of the image
    double run = 1;     ///< how many samples lie side by side, on average
  };

  /// Blocks that read the image where it lies, four positions of a row, or the three taps of a row
  /// (`td_has_near_blocks` in kernels/conv2d.c).
  void count_blocks_in_place(const ProductShape& shape, const Sweep& rows) {
    const int64_t columns = rows.is_chain ? kNearTaps : kBlock;
    const int64_t most = share(shape.batch * (shape.rows / kBlock) * (shape.columns / columns));
    const double taken = static_cast<double>(columns) / kBlock;
    count_steps(shape.rows, static_cast<double>(most * shape.chain) * rows.inside * taken);
  }

  /// Panels of chains over positions: rows with an edge have their own.
  static double panels_of_rows(const Sweep& rows, const Sweep& columns) {
    const auto depth = static_cast<double>(kPanelDepth),
               width = static_cast<double>(columns.positions);
    const double edges = rows.edge * static_cast<double>(rows.positions);
    return edges * std::ceil(width / depth) +
           std::ceil((static_cast<double>(rows.positions) - edges) * width / depth);
  }

  /// What meets in an image along one of its dimensions.
  struct Meeting {
    ops::Reach::Term position, tap;
    ops::Range positions, taps;  ///< of the launch
    ops::Window window;
  };

  /// Along the last dimension of what is gathered, or the one before.
  [[nodiscard]] Meeting meeting_along(size_t from_last) const {
    const ops::Access& access = *call_.space.inputs[*launch_.op->kernel->gathered];
    const ops::Reach& reach = access.dims[access.dims.size() - from_last];
    const ops::Reach::Term position = reach.terms[0], tap = reach.terms[1];
    return {.position = position,
            .tap = tap,
            .positions = launch_.box[position.axis],
            .taps = launch_.box[tap.axis],
            .window = reach.windows.back()};
  }

  /// Along the last dimension, or the one before.
  [[nodiscard]] Sweep sweep_over(size_t from_last) const {
    const auto [position, tap, positions, taps, window] = meeting_along(from_last);
    Sweep sweep = {.phases = std::min(window.divisor, positions.extent()),
                   .is_chain = call_.space.axes[position.axis].kind == ops::AxisKind::chain,
                   .positions = positions.extent()};
    int64_t met = 0, inside = 0, edges = 0;
    for (int64_t at = positions.begin; at < positions.end; ++at) {
      const int64_t inside_before = inside, met_before = met;
      for (int64_t t = taps.begin; t < taps.end; ++t) {
        const int64_t there =
            window.scale * (at * position.coefficient + t * tap.coefficient) + window.low;
        if (there % window.divisor != 0) continue;
        ++met;
        if (there >= 0 && there / window.divisor < window.extent) ++inside;
      }
      if (inside - inside_before < met - met_before) ++edges;
    }
    const auto extent = static_cast<double>(positions.extent());
    const double pairs = extent * static_cast<double>(taps.extent());
    sweep.edge = static_cast<double>(edges) / extent;
    sweep.inside = static_cast<double>(inside) / pairs;
    if (sweep.is_chain) {  // a block has taps that meet the image where others do not
      sweep.run = std::min(extent, static_cast<double>(kPanelDepth));
      return sweep;
    }
    // Rows outside of the image are not in the chains; columns are zeros that take part.
    sweep.share = from_last == 1 ? static_cast<double>(met) / pairs : sweep.inside;
    // Blocks that go over the end of a row, look at every second position, or reach beyond the
    // image are gathered element by element.
    double whole = position.coefficient > 1 || met == 0 ? 0 : 1;
    if (positions.extent() / sweep.phases % kBlock != 0)
      whole *= std::max(0.0, 1 - static_cast<double>((kBlock - 1) * sweep.phases) / extent);
    if (met > 0)
      whole *=
          std::max(0.0, 1 - kBlock * static_cast<double>(met - inside) / static_cast<double>(met));
    sweep.run = kBlock / (whole + kBlock * (1 - whole));
    return sweep;
  }

  void count_rows() {
    const int64_t width = launch_.outputs.front().extent.back();
    const int64_t most = share(outputs_ / width);
    if (meets_neighbours() && !sums_more_than(kNearColumns)) {
      at(Amount::items) = static_cast<double>(most * divide_up(width, kNearColumns));
      at(Amount::single_steps) = static_cast<double>(most * width * chain_);
      return;
    }
    const int64_t blocks = divide_up(width, kBlock);
    at(Amount::items) = static_cast<double>(most * blocks);
    at(Amount::steps) = static_cast<double>(most * blocks * chain_);
  }

  /// Whether chains go along more positions of a row than that.
  [[nodiscard]] bool sums_more_than(int64_t positions) const {
    const Meeting columns = meeting_along(1);
    return call_.space.axes[columns.position.axis].kind == ops::AxisKind::chain &&
           columns.positions.extent() > positions;
  }

  /// Whether the image is read where it lies: taps are three neighbours that look at one column
  /// beyond it at most, on each side (`td_is_near` in kernels/conv2d.c). Steps of rows are those of
  /// single results then.
  [[nodiscard]] bool meets_neighbours() const {
    const auto [position, tap, positions, taps, window] = meeting_along(1);
    if (position.coefficient != 1 || std::abs(tap.coefficient) != 1 || window.scale != 1 ||
        window.divisor != 1 || taps.extent() != kNearTaps || positions.extent() < kNearTaps)
      return false;
    const int64_t one = tap.coefficient * taps.begin, other = tap.coefficient * (taps.end - 1);
    return positions.begin + std::min(one, other) + window.low >= -1 &&
           positions.end - 1 + std::max(one, other) + window.low <= window.extent;
  }

  void count_operands() {
    at(Amount::outputs) = share_ * static_cast<double>(outputs_);
    if (call_.continues) at(Amount::continued) = at(Amount::outputs);
    for (const std::optional<View>& input : launch_.inputs)
      if (input) at(Amount::inputs) += elements(*input);
  }

  /// Blocks load an operand again in each step of a chain, but for what they gather.
  void count_far(Division division) {
    for (size_t i = 0; i < launch_.inputs.size(); ++i) {
      const std::optional<View>& input = launch_.inputs[i];
      if (!input || !is_far_(input->buffer)) continue;
      if (division != Division::blocks)
        far_ += elements(*input);
      else if (launch_.op->kernel->gathered == i)
        far_ += at(Amount::gathered);
      else
        far_ += kBlock * (at(Amount::steps) + at(Amount::single_steps));
    }
    for (const View& output : launch_.outputs)
      if (is_far_(output.buffer)) far_ += elements(output);
  }

  [[nodiscard]] double elements(const View& view) const {
    return share_ * static_cast<double>(ir::element_count(view.extent));
  }

  const Launch& launch_;
  int64_t cores_;
  const std::function<bool(BufferId)>& is_far_;
  ops::KernelCall call_;
  int64_t outputs_ = 0, chain_ = 1;
  double share_ = 1;  ///< of the core that has the most to do
  Amounts amounts_ = {};
  double far_ = 0;
};

}  // namespace

const std::array<std::string_view, kAmounts>& amount_names() {
  static constexpr std::array<std::string_view, kAmounts> kNames = {
      "calls",        "outputs",    "inputs",   "rows",   "items",    "steps",
      "single_steps", "edge_steps", "gathered", "panels", "continued"};
  return kNames;
}

std::string_view name_of(ops::Division division) {
  switch (division) {
    case Division::elements:
      return "elements";
    case Division::blocks:
      return "blocks";
    case Division::rows:
      return "rows";
  }
  return "";
}

double far_cycles(const KernelWork& work, const chip::Chip& chip) {
  return chip.scratchpad ? work.far * static_cast<double>(chip.scratchpad->load - 1) : 0;
}

KernelWork work_of(const Launch& launch, int64_t cores,
                   const std::function<bool(BufferId)>& is_far) {
  return Counter(launch, cores, is_far).count();
}

KernelWork work_of(const Schedule& schedule, const chip::Chip& chip, const Launch& launch) {
  return work_of(launch, chip.cores, [&](BufferId buffer) {
    return chip.scratchpad && !is_near(schedule, chip, buffer);
  });
}

const CycleTable& CycleTable::rough() {
  static const CycleTable kRough = parse(
      "kernel division calls outputs inputs rows items steps single_steps edge_steps gathered "
      "panels continued\n"
      "*      elements 1000 0  3 500 0   5  0  0  0 0   2\n"
      "*      blocks   2000 0  0 20  300 36 20 10 8 300 25\n"
      "*      rows     2000 35 0 0   0   22 3  0  0 0   0\n");
  return kRough;
}

CycleTable CycleTable::parse(std::string_view text) {
  CycleTable table;
  bool is_heading = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<std::string_view> words;
    while (!line.empty() && !line.starts_with('#')) {
      const size_t length = std::min(line.find(' '), line.size());
      if (length > 0) words.push_back(line.substr(0, length));
      line.remove_prefix(std::min(length + 1, line.size()));
    }
    if (words.empty()) continue;
    TDC_CHECK(words.size() == kAmounts + 2, "{} words in a line of a table of cycles",
              words.size());
    if (is_heading) {
      TDC_CHECK(std::equal(words.begin() + 2, words.end(), amount_names().begin()),
                "a table of cycles has other amounts");
      is_heading = false;
      continue;
    }
    Amounts& amounts = table.lines_[{std::string(words[0]), std::string(words[1])}];
    for (size_t i = 0; i < kAmounts; ++i) {
      const std::string word(words[i + 2]);
      char* behind = nullptr;
      amounts[i] = std::strtod(word.c_str(), &behind);
      TDC_CHECK(behind == word.c_str() + word.size(), "`{}` in a table of cycles", word);
    }
  }
  return table;
}

double CycleTable::cycles(const KernelWork& work, const chip::Chip& chip) const {
  const std::string division(name_of(work.division));
  auto line = lines_.find({std::string(work.kernel), division});
  if (line == lines_.end()) line = lines_.find({"*", division});
  TDC_CHECK(line != lines_.end(), "no cycles of {} {}", work.kernel, division);
  double cycles = chip.scratchpad ? work.far * static_cast<double>(chip.scratchpad->load - 1) : 0;
  for (size_t i = 0; i < kAmounts; ++i) cycles += line->second[i] * work.amounts[i];
  return cycles;
}

}  // namespace tdc::schedule
