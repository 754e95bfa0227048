#pragma once

// What an expression stands for while a program is elaborated: a static value that is known now, or
// a tensor that the graph will compute.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ir/ir.h"
#include "syntax/ast.h"

namespace tdc::ops {
struct OpDef;
}

namespace tdc::check {

struct Value;
struct FileScope;

/// The value of an expression that failed. It was reported; whoever meets it says nothing more.
struct ErrorValue {
  friend bool operator==(const ErrorValue&, const ErrorValue&) = default;
};

/// `begin..end`, half-open.
struct RangeValue {
  int64_t begin = 0;
  int64_t end = 0;
  friend bool operator==(const RangeValue&, const RangeValue&) = default;
};

struct ListValue {
  std::vector<Value> items;
};

/// A written tuple, or the results of a block that has several.
struct TupleValue {
  std::vector<Value> items;
};

struct TensorValue {
  ir::ValueId id;
  friend bool operator==(const TensorValue&, const TensorValue&) = default;
};

/// A block of a file, or an op: what `block` arguments hold.
struct CallableValue {
  const ast::Block* block = nullptr;
  const FileScope* file = nullptr;  // of `block`
  const ops::OpDef* op = nullptr;
};

struct Value {
  std::variant<ErrorValue, int64_t, double, bool, std::string, RangeValue, ListValue, TupleValue,
               TensorValue, CallableValue>
      kind;

  template <typename T>
  [[nodiscard]] const T* get_if() const {
    return std::get_if<T>(&kind);
  }
  [[nodiscard]] bool is_error() const { return get_if<ErrorValue>() != nullptr; }
  [[nodiscard]] bool is_number() const {
    return get_if<int64_t>() != nullptr || get_if<double>() != nullptr;
  }
  /// An integer or a float as a double.
  [[nodiscard]] double as_double() const;
  /// Holds an error, itself or in one of its elements.
  [[nodiscard]] bool has_error() const;
  /// The elements of a list or tuple, those of its elements included; 0 of anything else.
  [[nodiscard]] int64_t element_count() const;
  /// Is, or holds, a tensor.
  [[nodiscard]] bool has_tensor() const;
};

/// A static value as it would be written: `3`, `0.5`, `(1, 2)`, `"text"`.
std::string to_text(const Value& value);

/// For messages: `the integer 3`, `a tensor of shape [3, 4]`, `a list`.
std::string describe(const Value& value, const ir::Graph& graph);

}  // namespace tdc::check
