#include "runner/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <numeric>

#include "ir/initialize.h"
#include "support/check.h"
#include "td_input.h"

namespace tdc::runner {
namespace {

using io::ElementType;

/// The extents that count for whether shapes agree.
std::vector<int64_t> without_ones(std::span<const int64_t> dims) {
  std::vector<int64_t> kept;
  std::copy_if(dims.begin(), dims.end(), std::back_inserter(kept),
               [](int64_t extent) { return extent != 1; });
  return kept;
}

/// `f32[n, 3, 32, 32]`.
std::string wanted_text(const Field& field) {
  std::string text = fmt::format("{}[n", ir::to_text(field.type.dtype));
  for (const int64_t extent : field.type.dims) text += fmt::format(", {}", extent);
  return text + "]";
}

std::string found_text(const io::Array& array) {
  return std::string(io::to_text(array.type)) + io::dims_to_text(array.dims);
}

std::string names_text(std::span<const io::Array> arrays) {
  if (arrays.empty()) return "nothing";
  std::string text;
  for (const io::Array& array : arrays)
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", array.name);
  return text;
}

/// Whether every integer is a number of f32; names the first that is not.
Result<Done> check_exact(const io::Array& array) {
  const std::vector<double> exact = io::to_f64(array);
  const auto bad = std::find_if(exact.begin(), exact.end(), [](double number) {
    return static_cast<double>(static_cast<float>(number)) != number;
  });
  if (bad == exact.end()) return Done{};
  return fail("`{}`: element {} is {}, which f32 does not hold", array.name, bad - exact.begin(),
              *bad);
}

/// `index 7`, and of an array of several axes `index [3, 0, 1]`.
std::string place_text(const io::Array& array, int64_t element) {
  if (array.dims.size() == 1) return fmt::format("index {}", element);
  std::vector<int64_t> index(array.dims.size());
  for (size_t axis = array.dims.size(); axis-- > 0; element /= array.dims[axis])
    index[axis] = element % array.dims[axis];
  return "index " + io::dims_to_text(index);
}

/// Whether all numbers of a floating array are finite, as f32 and once they are scaled; names the
/// first that is not.
Result<Done> check_finite(const Field& field, const io::Array& array) {
  const std::vector<float> numbers = io::to_f32(array);
  const auto sample_elements = static_cast<size_t>(ir::element_count(field.type));
  for (size_t i = 0; i < numbers.size(); ++i) {
    const bool is_finite = std::isfinite(numbers[i]);
    float scaled = numbers[i];
    if (field.is_scaled()) {
      const size_t channel = i % sample_elements / (sample_elements / field.mean.size());
      scaled = td_scaled(scaled, field.mean[channel], field.deviation[channel]);
    }
    if (is_finite && std::isfinite(scaled)) continue;
    const double exact = io::to_f64(array)[i];
    const std::string number = std::isnan(exact) ? "nan" : fmt::format("{}", exact);
    return fail("`{}` holds {} at {}{}", array.name, number,
                place_text(array, static_cast<int64_t>(i)),
                is_finite              ? ", which is infinite once it is scaled"
                : std::isfinite(exact) ? ", which f32 does not hold"
                                       : ", which is no number to compute with");
  }
  return Done{};
}

/// The array in the type that the field takes; labels are looked at one by one.
void check_array(const Field& field, io::Array& array, const std::string& source,
                 Failure& problems) {
  const std::span<const int64_t> dims = array.dims;
  if (without_ones(dims.subspan(1)) != without_ones(field.type.dims)) {
    problems.add(fail("{}: `{}` is {}, the program takes {}", source, field.name, found_text(array),
                      wanted_text(field)));
    return;
  }
  if (field.type.dtype == ir::DType::f32) {
    if (array.type == ElementType::kU8 && !field.is_target) return;  // `copy_as_f32` scales it
    if (!io::is_floating(array.type)) {
      if (!field.is_target) {
        problems.add(fail("{}: `{}` holds {}, the program takes f32 (floats and u8 are converted)",
                          source, field.name, io::to_text(array.type)));
        return;
      }
      if (const Result<Done> exact = check_exact(array); !exact.ok()) {
        problems.add(fail("{}: {}", source, exact.failure().messages.front()));
        return;
      }
    }
    if (const Result<Done> finite = check_finite(field, array); !finite.ok()) {
      problems.add(fail("{}: {}", source, finite.failure().messages.front()));
      return;
    }
    array = io::make_array(array.name, array.dims, io::to_f32(array));
    return;
  }
  if (io::is_floating(array.type)) {
    problems.add(fail("{}: `{}` holds {}, the program takes whole numbers (i32)", source,
                      field.name, io::to_text(array.type)));
    return;
  }
  const Result<std::vector<int32_t>> numbers = io::to_i32(array);
  if (!numbers.ok()) {
    problems.add(fail("{}: {}", source, numbers.failure().messages.front()));
    return;
  }
  if (field.classes > 0) {
    const auto bad =
        std::find_if(numbers.value().begin(), numbers.value().end(),
                     [&](int32_t number) { return number < 0 || number >= field.classes; });
    if (bad != numbers.value().end()) {
      problems.add(fail("{}: `{}` holds {} at {}, the program takes 0 to {}", source, field.name,
                        *bad, place_text(array, bad - numbers.value().begin()), field.classes - 1));
      return;
    }
  }
  array = io::make_array(array.name, array.dims, numbers.value());
}

/// One element of an array of f32 or u8, in the place of an input.
float element_as_f32(const io::Array& array, int64_t index, float mean, float deviation) {
  const std::byte* from = array.data.data() + index * io::element_bytes(array.type);
  if (array.type == ElementType::kU8)
    return td_scaled_byte(static_cast<uint8_t>(*from), mean, deviation);
  float value = 0;
  std::memcpy(&value, from, sizeof value);
  return td_scaled(value, mean, deviation);
}

/// `count` elements of the array from element `first` on, as the field takes them.
void copy_as_f32(const io::Array& array, const Field& field, int64_t first, int64_t count,
                 std::byte* to) {
  const bool is_scaled = field.is_scaled();
  const int64_t channel_elements = is_scaled ? count / std::ssize(field.mean) : count;
  for (int64_t i = 0; i < count; ++i) {
    const auto channel = static_cast<size_t>(i / channel_elements);
    const float value = element_as_f32(array, first + i, is_scaled ? field.mean[channel] : 0.0F,
                                       is_scaled ? field.deviation[channel] : 1.0F);
    std::memcpy(to + i * 4, &value, sizeof value);
  }
}

}  // namespace

std::vector<Field> fields_of(const interface::Interface& interface, bool with_targets) {
  std::vector<Field> fields = interface.inputs;
  if (with_targets) fields.insert(fields.end(), interface.targets.begin(), interface.targets.end());
  return fields;
}

Result<Samples> Samples::make(io::ArrayFile file, std::vector<Field> fields,
                              const std::string& source) {
  Failure problems;
  Samples samples;
  for (const Field& field : fields) {
    const io::Array* found = io::find_array(file.arrays, field.name);
    if (found == nullptr) {
      const io::UnreadEntry* unread = io::find_unread(file.unread, field.name);
      problems.add(unread != nullptr ? fail("{}: `{}` {}", source, field.name, unread->reason)
                                     : fail("{}: no array is called `{}`; there is {}", source,
                                            field.name, names_text(file.arrays)));
      continue;
    }
    if (found->dims.empty()) {
      problems.add(fail("{}: `{}` is a single number; data has samples along its first axis",
                        source, field.name));
      continue;
    }
    samples.arrays_.push_back(*found);
    const io::Array& first = samples.arrays_.front();
    samples.count_ = first.dims.front();
    if (found->dims.front() == 0)
      problems.add(fail("{}: `{}` holds no samples", source, field.name));
    else if (found->dims.front() != first.dims.front())
      problems.add(fail("{}: `{}` holds {} samples, `{}` holds {}", source, first.name,
                        first.dims.front(), field.name, found->dims.front()));
    else
      check_array(field, samples.arrays_.back(), source, problems);
  }
  if (!problems.messages.empty()) return problems;
  samples.fields_ = std::move(fields);
  return samples;
}

std::vector<std::byte> Samples::gather(std::span<const int64_t> indices) const {
  int64_t sample_elements = 0;
  for (const Field& field : fields_) sample_elements += ir::element_count(field.type);
  std::vector<std::byte> bytes(static_cast<size_t>(sample_elements) * indices.size() * 4);
  std::byte* to = bytes.data();
  for (size_t i = 0; i < fields_.size(); ++i) {
    const int64_t elements = ir::element_count(fields_[i].type);
    for (const int64_t index : indices) {
      TDC_CHECK(index >= 0 && index < count_, "sample {} of {}", index, count_);
      if (fields_[i].type.dtype == ir::DType::f32)
        copy_as_f32(arrays_[i], fields_[i], index * elements, elements, to);
      else
        std::memcpy(to, arrays_[i].data.data() + index * elements * 4,
                    static_cast<size_t>(elements) * 4);
      to += elements * 4;
    }
  }
  return bytes;
}

SampleOrder::SampleOrder(int64_t count, std::optional<uint64_t> shuffle_seed)
    : count_(count), seed_(shuffle_seed) {
  TDC_CHECK(count > 0, "an order of no samples");
  start_turn();
}

void SampleOrder::start_turn() {
  at_ = 0;
  if (!seed_) return;
  const std::string name = fmt::format("shuffle.{}", turn_);
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < count_; ++i)
    keys.push_back(ir::random_bits(*seed_, name, static_cast<uint64_t>(i)));
  order_.resize(static_cast<size_t>(count_));
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int64_t a, int64_t b) {
    return keys[static_cast<size_t>(a)] < keys[static_cast<size_t>(b)];
  });
}

int64_t SampleOrder::next() {
  if (at_ == count_) {
    ++turn_;
    start_turn();
  }
  const int64_t place = at_++;
  return seed_ ? order_[static_cast<size_t>(place)] : place;
}

}  // namespace tdc::runner
