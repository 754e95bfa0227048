#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace tdc {

/// Ends the compiler with an internal fault: `index` is none of `count` ids. Out of line, so that
/// the headers of all stages need no formatting library.
[[noreturn]] void id_fault(uint32_t index, size_t count);

/// A typed index. `Tag` keeps a ValueId from being used where a NodeId is meant.
template <typename Tag>
struct Id {
  uint32_t index = UINT32_MAX;

  [[nodiscard]] bool is_valid() const { return index != UINT32_MAX; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

/// A vector indexed by one kind of id only.
template <typename IdType, typename T>
class IdVector {
 public:
  IdType push_back(T item) {
    items_.push_back(std::move(item));
    return IdType{static_cast<uint32_t>(items_.size() - 1)};
  }
  T& operator[](IdType id) {
    if (id.index >= items_.size()) [[unlikely]]
      id_fault(id.index, items_.size());
    return items_[id.index];
  }
  const T& operator[](IdType id) const {
    if (id.index >= items_.size()) [[unlikely]]
      id_fault(id.index, items_.size());
    return items_[id.index];
  }
  [[nodiscard]] size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  void resize(size_t count, const T& item = T{}) { items_.resize(count, item); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  /// The ids of all elements in order, for range-based loops.
  [[nodiscard]] std::vector<IdType> ids() const {
    std::vector<IdType> result;
    result.reserve(items_.size());
    for (uint32_t i = 0; i < items_.size(); ++i) result.push_back(IdType{i});
    return result;
  }

 private:
  std::vector<T> items_;
};

}  // namespace tdc

template <typename Tag>
struct std::hash<tdc::Id<Tag>> {
  size_t operator()(const tdc::Id<Tag>& id) const noexcept { return id.index; }
};
