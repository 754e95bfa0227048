#include "schedule/kernel_amounts.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "ops/bind.h"
#include "ops/registry.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

using ops::Division;
using ops::kBlock;

/// Panels are so deep on rv32 (`kernels/td_product.h`).
constexpr int64_t kPanelDepth = 64;
/// Blocks of a row that may reach beyond the image: the first and the last.
constexpr int64_t kEdges = 2;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

bool reaches(const std::optional<ops::Access>& access, size_t axis) {
  if (!access) return false;
  for (const ops::Reach& reach : access->dims)
    for (const ops::Reach::Term& term : reach.terms)
      if (term.axis == axis) return true;
  return false;
}

/// The products of a launch whose work is counted by points: `batch` of `rows` x `columns`, each
/// the sum of `chain` terms.
struct ProductShape {
  int64_t batch = 1, rows = 1, columns = 1, chain = 1;
};

/// Columns are those of the operand that the kernel gathers, or the right one's.
ProductShape product_shape(const Launch& launch, const ops::Space& space) {
  ProductShape shape = {.chain = ops::chain_length(space, launch.box)};
  const size_t column_of = launch.op->kernel->gathered.value_or(1);
  for (size_t axis = 0; axis < space.axes.size(); ++axis) {
    if (space.axes[axis].kind == ops::AxisKind::chain) continue;
    const bool is_column = reaches(space.inputs[column_of], axis);
    const bool is_row = reaches(space.inputs[1 - column_of], axis);
    (is_column && is_row ? shape.batch
     : is_row            ? shape.rows
                         : shape.columns) *= launch.box[axis].extent();
  }
  return shape;
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
  Counter(const Schedule& schedule, const chip::Chip& chip, const Launch& launch)
      : schedule_(schedule), chip_(chip), launch_(launch), call_(kernel_call(launch)) {
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
    // Blocks are loaded and stored with their steps and items.
    if (division == Division::blocks) at(Amount::outputs) = at(Amount::inputs) = 0;
    return {.kernel = launch_.op->kernel->name, .division = division, .amounts = amounts_};
  }

 private:
  double& at(Amount amount) { return amounts_[static_cast<size_t>(amount)]; }

  /// Shares `items` among the cores; gives how many the first core has.
  int64_t share(int64_t items) {
    const int64_t most = divide_up(items, chip_.cores);
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

  /// Cores take blocks along a column first, and gather what they have not. A product whose
  /// columns do not fill a block is computed transposed; the last, ragged column is gathered.
  void count_blocks() {
    ProductShape shape = product_shape(launch_, call_.space);
    const bool gathers_all = launch_.op->kernel->gathered.has_value();
    if (!gathers_all && shape.columns < kBlock && shape.columns < shape.rows)
      std::swap(shape.columns, shape.rows);
    const int64_t row_blocks = divide_up(shape.rows, kBlock);
    const int64_t column_blocks = divide_up(shape.columns, kBlock);
    const int64_t most = share(shape.batch * row_blocks * column_blocks);
    const double column_steps =
        static_cast<double>(most * shape.chain) / static_cast<double>(row_blocks);
    at(Amount::steps) = column_steps * static_cast<double>(shape.rows / kBlock);
    at(Amount::single_steps) = column_steps * static_cast<double>(shape.rows % kBlock);
    if (!gathers_all && shape.columns % kBlock == 0) return;
    const double part = gathers_all ? 1 : 1 / static_cast<double>(column_blocks);
    at(Amount::gathered) =
        part * static_cast<double>(divide_up(most, row_blocks) * shape.chain * kBlock);
    at(Amount::panels) = part * static_cast<double>(most * divide_up(shape.chain, kPanelDepth));
    if (!gathers_all) return;
    at(Amount::rows) = at(Amount::gathered) / gathered_run();
    at(Amount::edge_steps) = edge_share() * (at(Amount::steps) + at(Amount::single_steps));
  }

  /// The share of an image's rows that lie outside of it.
  [[nodiscard]] double edge_share() const {
    const ops::Access& access = *call_.space.inputs[*launch_.op->kernel->gathered];
    const ops::Reach& rows = access.dims[access.dims.size() - 2];
    const ops::Range met = ops::unclamped(rows, launch_.box);
    const int64_t height = rows.windows.empty() ? met.end : rows.windows.back().extent;
    const int64_t outside =
        std::max<int64_t>(0, -met.begin) + std::max<int64_t>(0, met.end - height);
    return static_cast<double>(outside) / static_cast<double>(met.extent());
  }

  /// How many elements of an image that is gathered lie side by side, on average: those of a block
  /// if its columns run along the image's, which blocks may pass the end of; else a row.
  [[nodiscard]] double gathered_run() const {
    const ops::Access& access = *call_.space.inputs[*launch_.op->kernel->gathered];
    const size_t axis = access.dims.back().terms.front().axis;
    const int64_t width = launch_.box[axis].extent();
    if (call_.space.axes[axis].kind == ops::AxisKind::chain)
      return static_cast<double>(std::min(width, kPanelDepth));
    if (width % kBlock == 0) return kBlock;
    const auto block = static_cast<double>(kBlock);
    return block / (1 + (block - 1) / static_cast<double>(width));
  }

  void count_rows() {
    const int64_t width = launch_.outputs.front().extent.back();
    const int64_t most = share(outputs_ / width);
    const int64_t blocks = divide_up(width, kBlock);
    const int64_t edges = std::min(blocks, kEdges);
    at(Amount::items) = static_cast<double>(most * blocks);
    at(Amount::steps) = static_cast<double>(most * (blocks - edges) * chain_);
    at(Amount::edge_steps) = static_cast<double>(most * edges * chain_);
  }

  void count_operands() {
    at(Amount::outputs) = share_ * static_cast<double>(outputs_);
    if (call_.continues) at(Amount::continued) = at(Amount::outputs);
    for (const std::optional<View>& input : launch_.inputs) {
      if (!input) continue;
      at(Amount::inputs) += elements(*input);
      count_far(*input);
    }
    for (const View& output : launch_.outputs) count_far(output);
  }

  void count_far(const View& view) {
    if (chip_.scratchpad && schedule_.buffers[view.buffer].level != chip_.scratchpad->level)
      at(Amount::far) += elements(view);
  }

  [[nodiscard]] double elements(const View& view) const {
    return share_ * static_cast<double>(ir::element_count(view.extent));
  }

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const Launch& launch_;
  ops::KernelCall call_;
  int64_t outputs_ = 0, chain_ = 1;
  double share_ = 1;  ///< of the core that has the most to do
  Amounts amounts_ = {};
};

}  // namespace

const std::array<std::string_view, kAmounts>& amount_names() {
  static constexpr std::array<std::string_view, kAmounts> kNames = {
      "calls",        "outputs",    "inputs",   "rows",   "items",     "steps",
      "single_steps", "edge_steps", "gathered", "panels", "continued", "far"};
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

KernelWork work_of(const Schedule& schedule, const chip::Chip& chip, const Launch& launch) {
  return Counter(schedule, chip, launch).count();
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

double CycleTable::cycles(const KernelWork& work) const {
  const std::string division(name_of(work.division));
  auto line = lines_.find({std::string(work.kernel), division});
  if (line == lines_.end()) line = lines_.find({"*", division});
  TDC_CHECK(line != lines_.end(), "no cycles of {} {}", work.kernel, division);
  double cycles = 0;
  for (size_t i = 0; i < kAmounts; ++i) cycles += line->second[i] * work.amounts[i];
  return cycles;
}

}  // namespace tdc::schedule
