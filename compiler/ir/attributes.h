#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tdc::ir {

using AttributeValue = std::variant<bool, int64_t, double, std::vector<int64_t>>;

/// The static arguments of a node, sorted by name, so that equal sets print and compare equal.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string, AttributeValue>> items);

  void set(std::string_view name, AttributeValue value);
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  /// The value of an attribute that the op's record guarantees: asserts presence and kind.
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::vector<int64_t>& integers(std::string_view name) const;

  [[nodiscard]] const AttributeValue* find(std::string_view name) const;
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }

  friend bool operator==(const Attributes&, const Attributes&) = default;

 private:
  std::vector<std::pair<std::string, AttributeValue>> items_;
};

/// `3`, `0.5` (shortest form that reads back), `true`, `"text"`, `[1, 2]`.
std::string to_text(const AttributeValue& value);

}  // namespace tdc::ir
