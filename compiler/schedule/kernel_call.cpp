#include "schedule/kernel_call.h"

#include <algorithm>
#include <cstring>

#include "ops/bind.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

/// Appends members with their natural alignment, as C does.
class Packer {
 public:
  template <typename T>
  void append(T value) {
    align(alignof(T));
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }

  std::vector<std::byte> finish() {
    align(alignment_);
    return std::move(bytes_);
  }

 private:
  void align(size_t alignment) {
    alignment_ = std::max(alignment_, alignment);
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
  }

  std::vector<std::byte> bytes_;
  size_t alignment_ = 1;
};

class ScalarReader {
 public:
  ScalarReader(const ops::KernelDef& kernel, const ops::KernelCall& call) : kernel_(kernel) {
    std::optional<ops::KernelScalars> scalars = ops::bind(kernel, call);
    TDC_CHECK(scalars.has_value(), "{} cannot take how its operands lie", kernel.name);
    scalars_ = *std::move(scalars);
  }

  template <typename T>
  const T& get(const ops::KernelField& field) const {
    const ops::KernelScalar* scalar = scalars_.find(field.name);
    TDC_CHECK(scalar != nullptr, "{}: no value for {}", kernel_.name, field.name);
    const T* value = std::get_if<T>(scalar);
    TDC_CHECK(value != nullptr, "{}: a value of another kind for {}", kernel_.name, field.name);
    return *value;
  }

  [[nodiscard]] int32_t narrow(const ops::KernelField& field, int64_t value) const {
    TDC_CHECK(value >= INT32_MIN && value <= INT32_MAX, "{}: {} = {} needs more than 32 bits",
              kernel_.name, field.name, value);
    return static_cast<int32_t>(value);
  }

 private:
  const ops::KernelDef& kernel_;
  ops::KernelScalars scalars_;
};

}  // namespace

std::vector<std::byte> pack_arguments(const ops::KernelDef& kernel, const ops::KernelCall& call,
                                      const KernelPointers& pointers) {
  const ScalarReader scalars(kernel, call);
  Packer packer;
  for (const ops::KernelField& field : kernel.fields) {
    switch (field.kind) {
      case ops::FieldKind::input:
        packer.append(pointers.inputs.at(static_cast<size_t>(field.operand)));
        break;
      case ops::FieldKind::output:
        packer.append(pointers.outputs.at(static_cast<size_t>(field.operand)));
        break;
      case ops::FieldKind::count:
        packer.append(scalars.narrow(field, scalars.get<int64_t>(field)));
        break;
      case ops::FieldKind::counts: {
        std::vector<int64_t> values = scalars.get<std::vector<int64_t>>(field);
        TDC_CHECK(static_cast<int64_t>(values.size()) <= ops::kKernelRank, "{}: {} has {} entries",
                  kernel.name, field.name, values.size());
        values.resize(static_cast<size_t>(ops::kKernelRank), 0);
        for (const int64_t value : values) packer.append(scalars.narrow(field, value));
        break;
      }
      case ops::FieldKind::flag:
        packer.append(static_cast<uint32_t>(scalars.get<int64_t>(field)));
        break;
      case ops::FieldKind::real:
        packer.append(static_cast<float>(scalars.get<double>(field)));
        break;
    }
  }
  return packer.finish();
}

std::vector<std::vector<std::byte>> pack_arguments(const ops::OpDef& op,
                                                   const ops::KernelCall& call,
                                                   const KernelPointers& pointers) {
  std::vector<std::vector<std::byte>> result;
  for (const ops::KernelPart& part : ops::kernel_parts(op, call)) {
    KernelPointers own;
    for (const ops::KernelPart::Place& place : part.inputs) {
      const auto* start = static_cast<const std::byte*>(pointers.inputs.at(place.operand));
      own.inputs.push_back(start == nullptr ? nullptr : start + place.offset * ir::kElementBytes);
    }
    for (const ops::KernelPart::Place& place : part.outputs)
      own.outputs.push_back(static_cast<std::byte*>(pointers.outputs.at(place.operand)) +
                            place.offset * ir::kElementBytes);
    result.push_back(pack_arguments(*op.kernel, part.call, own));
  }
  return result;
}

Bytes argument_bytes(const ops::KernelDef& kernel) {
  int64_t words = 0;
  for (const ops::KernelField& field : kernel.fields)
    words += field.kind == ops::FieldKind::counts ? ops::kKernelRank : 1;
  return {4 * words};
}

}  // namespace tdc::schedule
