#include "ir/attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "support/check.h"
#include "support/text.h"

namespace tdc::ir {

Attributes::Attributes(std::initializer_list<std::pair<std::string, AttributeValue>> items) {
  for (const auto& [name, value] : items) set(name, value);
}

void Attributes::set(std::string_view name, AttributeValue value) {
  const auto at =
      std::lower_bound(items_.begin(), items_.end(), name,
                       [](const auto& item, std::string_view key) { return item.first < key; });
  if (at != items_.end() && at->first == name)
    at->second = std::move(value);
  else
    items_.insert(at, {std::string(name), std::move(value)});
}

const AttributeValue* Attributes::find(std::string_view name) const {
  for (const auto& item : items_)
    if (item.first == name) return &item.second;
  return nullptr;
}

namespace {
template <typename T>
const T& get(const Attributes& attributes, std::string_view name) {
  const AttributeValue* value = attributes.find(name);
  TDC_CHECK(value != nullptr, "no attribute {}", name);
  const T* typed = std::get_if<T>(value);
  TDC_CHECK(typed != nullptr, "attribute {} is {}", name, to_text(*value));
  return *typed;
}
}  // namespace

bool Attributes::boolean(std::string_view name) const {
  return get<bool>(*this, name);
}
int64_t Attributes::integer(std::string_view name) const {
  return get<int64_t>(*this, name);
}
double Attributes::real(std::string_view name) const {
  return get<double>(*this, name);
}
const std::vector<int64_t>& Attributes::integers(std::string_view name) const {
  return get<std::vector<int64_t>>(*this, name);
}

std::string to_text(const AttributeValue& value) {
  struct Printer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return real_text(v); }
    std::string operator()(const std::vector<int64_t>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
  };
  return std::visit(Printer{}, value);
}

}  // namespace tdc::ir
