#include "memory/validate_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

// A view node's output is its operands under other indices. To find an element of the output among
// theirs, its index is needed dimension by dimension:
//
//     t = transpose(x)    x: [3, 4], t: [4, 3]     column 1 of t: elements 1, 4, 7, 10
//                                                  index [i, 1] of t is [1, i] of x: 4, 5, 6, 7
//
// A set of elements is split along its axes where it has several sources (the parts of a concat) or
// where its steps are no steps along dimensions; in the end where it is single elements.

namespace tdc::memory {
namespace {

using Axis = Elements::Axis;

/// Flips axes so that places ascend, and orders and joins them, so that the last one is the longest
/// run that there is.
void normalise(Elements& elements) {
  std::vector<Axis>& axes = elements.axes;
  std::erase_if(axes, [](const Axis& axis) {
    return axis.extent == 1 || (axis.extent > 1 && axis.place_stride == 0 && axis.stride == 0);
  });
  for (Axis& axis : axes) {
    if (axis.place_stride >= 0) continue;
    elements.place += (axis.extent - 1) * axis.place_stride;
    elements.element += (axis.extent - 1) * axis.stride;
    axis.place_stride = -axis.place_stride;
    axis.stride = -axis.stride;
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.place_stride > b.place_stride; });
  std::vector<Axis> joined;
  for (const Axis& axis : axes) {
    const bool continues = !joined.empty() &&
                           joined.back().place_stride == axis.extent * axis.place_stride &&
                           joined.back().stride == axis.extent * axis.stride;
    if (continues)
      joined.back() = {joined.back().extent * axis.extent, axis.place_stride, axis.stride};
    else
      joined.push_back(axis);
  }
  axes = std::move(joined);
}

void add_runs(const std::vector<Axis>& axes, size_t at, int64_t place, int64_t element,
              std::vector<Run>& runs) {
  if (at == axes.size()) {
    runs.push_back({.place = place, .element = element, .step = 1, .count = 1});
    return;
  }
  const Axis& axis = axes[at];
  if (at + 1 == axes.size() && axis.place_stride == 1) {
    runs.push_back({.place = place, .element = element, .step = axis.stride, .count = axis.extent});
    return;
  }
  for (int64_t i = 0; i < axis.extent; ++i)
    add_runs(axes, at + 1, place + i * axis.place_stride, element + i * axis.stride, runs);
}

/// An index of one dimension: begin + sum of step * index of the axis.
struct Index {
  int64_t begin = 0;
  std::vector<int64_t> steps;  // by axis

  [[nodiscard]] std::pair<int64_t, int64_t> bounds(const std::vector<Axis>& axes) const {
    int64_t low = begin, high = begin;
    for (size_t i = 0; i < axes.size(); ++i) {
      const int64_t reach = steps[i] * (axes[i].extent - 1);
      (reach < 0 ? low : high) += reach;
    }
    return {low, high};
  }
};

/// How to take an axis apart: into its first `count` indices and the others, or, if `is_nested`,
/// into an outer axis and an inner one of `count` indices.
struct Cut {
  size_t axis;
  int64_t count;
  bool is_nested = false;
};

/// The only axis that moves an index; nullopt if there are several.
std::optional<size_t> moving_axis(const Index& index, const std::vector<Axis>& axes) {
  std::optional<size_t> moving;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (index.steps[i] == 0 || axes[i].extent == 1) continue;
    if (moving) return std::nullopt;
    moving = i;
  }
  return moving;
}

/// The distance from the border of 0 .. extent - 1 at which the index starts, in its direction.
int64_t ascending_begin(const Index& index, size_t axis, int64_t extent) {
  return index.steps[axis] > 0 ? index.begin : extent - 1 - index.begin;
}

/// Takes an axis apart where the index crosses a border of 0 .. extent - 1, which it does.
Cut cut_at_border(const Index& index, const std::vector<Axis>& axes, int64_t extent) {
  const std::optional<size_t> axis = moving_axis(index, axes);
  if (!axis) {  // several: nearer to the border
    size_t longest = 0;
    for (size_t i = 0; i < axes.size(); ++i)
      if (index.steps[i] != 0 &&
          (index.steps[longest] == 0 || axes[i].extent > axes[longest].extent))
        longest = i;
    return {longest, axes[longest].extent / 2};
  }
  const int64_t step = std::abs(index.steps[*axis]);
  const int64_t begin = ascending_begin(index, *axis, extent);
  const int64_t distance = (begin < 0 ? 0 : extent) - begin;
  const int64_t count = (distance + step - 1) / step;
  return {*axis, std::clamp<int64_t>(count, 1, axes[*axis].extent - 1)};
}

/// Takes an axis apart that runs through several rows of `extent`.
Cut cut_into_rows(const Index& index, const std::vector<Axis>& axes, int64_t extent) {
  const std::optional<size_t> axis = moving_axis(index, axes);
  if (axis) {
    const int64_t step = std::abs(index.steps[*axis]);
    const int64_t begin = ascending_begin(index, *axis, extent);
    const int64_t length = axes[*axis].extent;
    const int64_t row = extent / step;
    if (extent % step == 0 && begin < step && length > row)
      return length % row == 0 ? Cut{*axis, row, true} : Cut{*axis, length - length % row};
  }
  return cut_at_border(index, axes, extent);
}

/// Adds what a cut makes of the elements.
void add_parts(const Elements& elements, const Cut& cut, std::vector<Elements>& parts) {
  const Axis axis = elements.axes[cut.axis];
  Elements first = elements;
  first.axes[cut.axis].extent = cut.count;
  if (cut.is_nested) {
    first.axes.push_back({.extent = axis.extent / cut.count,
                          .place_stride = axis.place_stride * cut.count,
                          .stride = axis.stride * cut.count});
  } else {
    Elements second = elements;
    second.axes[cut.axis].extent -= cut.count;
    second.place += cut.count * axis.place_stride;
    second.element += cut.count * axis.stride;
    parts.push_back(std::move(second));
  }
  parts.push_back(std::move(first));
}

std::vector<int64_t> dense_strides(const ir::Dims& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  return strides;
}

/// The indices of the elements in a tensor of shape `dims`, or how to take the elements apart so
/// that each part has such.
std::variant<std::vector<Index>, Cut> indices_of(const Elements& elements, const ir::Dims& dims) {
  std::vector<Index> indices(dims.size());
  const std::vector<int64_t> dense = dense_strides(dims);
  int64_t rest = elements.element;
  for (size_t d = 0; d < dims.size(); ++d) {
    indices[d].begin = rest / dense[d];
    indices[d].steps.resize(elements.axes.size());
    rest %= dense[d];
  }
  for (size_t i = 0; i < elements.axes.size(); ++i) {
    int64_t stride = elements.axes[i].stride;
    for (size_t d = 0; d < dims.size(); ++d) {
      if (dims[d] == 1) continue;
      indices[d].steps[i] = stride / dense[d];
      stride %= dense[d];
    }
  }
  for (size_t d = dims.size(); d-- > 0;) {
    const auto [low, high] = indices[d].bounds(elements.axes);
    if (low < 0 || high >= dims[d]) return cut_into_rows(indices[d], elements.axes, dims[d]);
  }
  return indices;
}

/// The indices in one dimension of a view's operand, for given indices of the axes of its space;
/// nullopt if the operand is not taken element by element there.
std::optional<Index> operand_index(const ops::Reach& reach, const std::vector<Index>& axes,
                                   size_t count) {
  Index index = {.begin = 0, .steps = std::vector<int64_t>(count)};
  for (const ops::Reach::Term& term : reach.terms) {
    index.begin += term.coefficient * axes[term.axis].begin;
    for (size_t i = 0; i < count; ++i)
      index.steps[i] += term.coefficient * axes[term.axis].steps[i];
  }
  for (const ops::Window& window : reach.windows) {
    if (window.scale != 1 || window.divisor != 1 || window.low != window.high) return std::nullopt;
    index.begin += window.low;
  }
  return index;
}

/// The elements as those of the operand that they come from, or how to take them apart so that they
/// come from one.
std::variant<Elements, Cut, NameProblem> source_of(const Elements& elements,
                                                   const schedule::ViewNode& node) {
  const auto problem = [&](const std::string& what) {
    return NameProblem{
        fmt::format("%{} is called a view, but {} {}", node.output.index, node.op->name, what)};
  };
  if (node.op->work != ops::Work::none || node.op->space == nullptr)
    return problem("computes something");
  Index all = {.begin = elements.element, .steps = {}};
  for (const Axis& axis : elements.axes) all.steps.push_back(axis.stride);
  const auto [first, last] = all.bounds(elements.axes);
  const int64_t size = ir::element_count(node.call.output(0).dims);
  if (first < 0 || last >= size)
    return problem(fmt::format("makes {} elements, of which {}..{} are wanted", size, first, last));
  const auto found = indices_of(elements, node.call.output(0).dims);
  if (const auto* cut = std::get_if<Cut>(&found)) return *cut;
  const auto& indices = std::get<std::vector<Index>>(found);
  const size_t count = elements.axes.size();
  const ops::Space space = node.op->space(node.call);
  std::vector<Index> axes(space.axes.size(),
                          Index{.begin = 0, .steps = std::vector<int64_t>(count)});
  for (size_t d = 0; d < indices.size(); ++d) {
    const ops::Reach& reach = space.outputs.at(0).dims.at(d);
    if (reach.terms.size() != 1 || reach.terms[0].coefficient != 1 || !reach.windows.empty())
      return problem("does not make its elements one by one");
    axes[reach.terms[0].axis] = indices[d];
  }
  std::optional<Elements> source;
  for (size_t k = 0; k < node.inputs.size(); ++k) {
    if (!node.inputs[k].is_valid()) continue;
    const ops::Access& access = space.inputs.at(k).value();
    if (access.is_indexed) return problem("takes elements as data says");
    const ir::Dims& dims = node.call.input(k).dims;
    const std::vector<int64_t> dense = dense_strides(dims);
    Elements taken = elements;
    taken.value = node.inputs[k];
    taken.element = 0;
    for (Axis& axis : taken.axes) axis.stride = 0;
    bool is_source = true;
    std::optional<Cut> cut;
    for (size_t d = 0; d < dims.size(); ++d) {
      const auto index = operand_index(access.dims.at(d), axes, count);
      if (!index) return problem("does not take its operands element by element");
      const auto [low, high] = index->bounds(elements.axes);
      if (high < 0 || low >= dims[d])
        is_source = false;
      else if ((low < 0 || high >= dims[d]) && !cut)
        cut = cut_at_border(*index, elements.axes, dims[d]);
      taken.element += index->begin * dense[d];
      for (size_t i = 0; i < count; ++i) taken.axes[i].stride += index->steps[i] * dense[d];
    }
    if (!is_source) continue;
    if (cut) return *cut;
    if (source) return problem("has several sources of an element");
    source = std::move(taken);
  }
  if (!source) return problem("has elements that no operand holds");
  return *source;
}

}  // namespace

std::vector<Run> Elements::runs() const {
  Elements sorted = *this;
  normalise(sorted);
  std::vector<Run> result;
  add_runs(sorted.axes, 0, sorted.place, sorted.element, result);
  return result;
}

Elements elements_of(ir::ValueId value, const ir::Dims& dims, const std::vector<ops::Range>& region,
                     const schedule::View& view) {
  Elements result = {.value = value, .place = view.offset, .element = 0, .axes = {}};
  int64_t stride = 1;
  for (size_t d = dims.size(); d-- > 0; stride *= dims[d]) {
    result.element += region[d].begin * stride;
    result.axes.push_back(
        {.extent = region[d].extent(), .place_stride = view.stride[d], .stride = stride});
  }
  return result;
}

Elements all_elements(ir::ValueId value, int64_t count) {
  return {.value = value,
          .place = 0,
          .element = 0,
          .axes = {{.extent = count, .place_stride = 1, .stride = 1}}};
}

Names::Names(const std::vector<schedule::ViewNode>& view_nodes) {
  for (const schedule::ViewNode& node : view_nodes) {
    if (!node.op->is_view) {
      views_[node.output] = &node;
      continue;
    }
    const auto found = reshaped_.find(node.inputs.at(0));
    reshaped_[node.output] = found == reshaped_.end() ? node.inputs.at(0) : found->second;
  }
}

std::variant<std::vector<Elements>, NameProblem> Names::origins(Elements elements) const {
  std::vector<Elements> result;
  std::vector<Elements> open = {std::move(elements)};
  std::vector<size_t> depths = {0};
  while (!open.empty()) {
    Elements part = std::move(open.back());
    const size_t depth = depths.back();
    open.pop_back();
    depths.pop_back();
    if (std::any_of(part.axes.begin(), part.axes.end(),
                    [](const Axis& axis) { return axis.extent <= 0; }))
      continue;
    if (const auto root = reshaped_.find(part.value); root != reshaped_.end())
      part.value = root->second;
    const auto view = views_.find(part.value);
    if (view == views_.end()) {
      result.push_back(std::move(part));
      continue;
    }
    if (depth > views_.size())
      return NameProblem{fmt::format("view %{} leads back to itself", part.value.index)};
    auto source = source_of(part, *view->second);
    if (auto* problem = std::get_if<NameProblem>(&source)) return std::move(*problem);
    if (const auto* cut = std::get_if<Cut>(&source)) {
      add_parts(part, *cut, open);
      depths.resize(open.size(), depth);
    } else {
      open.push_back(std::get<Elements>(std::move(source)));
      depths.push_back(depth + 1);
    }
  }
  return result;
}

}  // namespace tdc::memory
