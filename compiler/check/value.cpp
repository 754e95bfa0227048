#include "check/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/op.h"
#include "support/check.h"

namespace tdc::check {
namespace {

std::string join(const std::vector<Value>& items) {
  std::string text;
  for (const Value& item : items) text += (text.empty() ? "" : ", ") + to_text(item);
  return text;
}

const std::vector<Value>* elements(const Value& value) {
  if (const auto* list = value.get_if<ListValue>()) return &list->items;
  if (const auto* tuple = value.get_if<TupleValue>()) return &tuple->items;
  return nullptr;
}

}  // namespace

double Value::as_double() const {
  if (const auto* integer = get_if<int64_t>()) return static_cast<double>(*integer);
  const auto* real = get_if<double>();
  TDC_CHECK(real != nullptr, "not a number");
  return *real;
}

bool Value::has_error() const {
  const std::vector<Value>* items = elements(*this);
  return is_error() ||
         (items != nullptr &&
          std::any_of(items->begin(), items->end(), [](const Value& v) { return v.has_error(); }));
}

int64_t Value::element_count() const {
  const std::vector<Value>* items = elements(*this);
  if (items == nullptr) return 0;
  auto count = static_cast<int64_t>(items->size());
  for (const Value& item : *items) count += item.element_count();
  return count;
}

bool Value::has_tensor() const {
  const std::vector<Value>* items = elements(*this);
  return get_if<TensorValue>() != nullptr ||
         (items != nullptr &&
          std::any_of(items->begin(), items->end(), [](const Value& v) { return v.has_tensor(); }));
}

std::string to_text(const Value& value) {
  struct Printer {
    std::string operator()(const ErrorValue&) const { return "?"; }
    std::string operator()(int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return ir::to_text(ir::AttributeValue(v)); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return fmt::format("\"{}\"", v); }
    std::string operator()(const RangeValue& v) const {
      return fmt::format("{}..{}", v.begin, v.end);
    }
    std::string operator()(const ListValue& v) const { return fmt::format("[{}]", join(v.items)); }
    std::string operator()(const TupleValue& v) const {
      return fmt::format("({}{})", join(v.items), v.items.size() == 1 ? "," : "");
    }
    std::string operator()(const TensorValue&) const { return "a tensor"; }
    std::string operator()(const CallableValue& v) const {
      return v.op != nullptr ? std::string(v.op->name) : v.block->name.text;
    }
  };
  return std::visit(Printer{}, value.kind);
}

std::string describe(const Value& value, const ir::Graph& graph) {
  struct Printer {
    const Value& value;
    const ir::Graph& graph;
    std::string operator()(const ErrorValue&) const { return "a failed expression"; }
    std::string operator()(int64_t) const { return "the integer " + to_text(value); }
    std::string operator()(double) const { return "the float " + to_text(value); }
    std::string operator()(bool) const { return "the bool " + to_text(value); }
    std::string operator()(const std::string&) const { return "the string " + to_text(value); }
    std::string operator()(const RangeValue&) const { return "the range " + to_text(value); }
    std::string operator()(const ListValue&) const { return "a list"; }
    std::string operator()(const TupleValue& v) const {
      return fmt::format("a tuple of {}", v.items.size());
    }
    std::string operator()(const TensorValue& v) const {
      const ir::TensorType& type = graph.type(v.id);
      return fmt::format("a tensor {}{}", ir::to_text(type.dtype), ir::to_text(type.dims));
    }
    std::string operator()(const CallableValue& v) const {
      return fmt::format("the {} `{}`", v.op != nullptr ? "op" : "block", to_text(value));
    }
  };
  return std::visit(Printer{value, graph}, value.kind);
}

}  // namespace tdc::check
