#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "support/result.h"

namespace tdc {

class Json;
using JsonArray = std::vector<Json>;
/// Members in the order in which they are written. What `parse_json` gives is sorted by key.
using JsonObject = std::vector<std::pair<std::string, Json>>;

/// One JSON value. Whole numbers that fit an int64 are kept apart from other numbers.
class Json {
 public:
  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(int64_t value) : value_(value) {}
  /// Finite (JSON has no other numbers).
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(JsonArray value) : value_(std::move(value)) {}
  Json(JsonObject value) : value_(std::move(value)) {}

  /// Null pointers when the value is of another kind.
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const int64_t* as_integer() const { return std::get_if<int64_t>(&value_); }
  [[nodiscard]] const double* as_double() const { return std::get_if<double>(&value_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const JsonArray* as_array() const { return std::get_if<JsonArray>(&value_); }
  [[nodiscard]] const JsonObject* as_object() const { return std::get_if<JsonObject>(&value_); }
  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }

  /// The member `key` of an object; null if this is no object or has no such member.
  [[nodiscard]] const Json* find(std::string_view key) const;
  /// For messages: `an object`, `a string`, ...
  [[nodiscard]] std::string_view kind() const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, JsonArray, JsonObject> value_;
};

/// Reads one JSON text. Fails on what is no JSON (more ways to write a number are let pass than the
/// standard has), on nesting deeper than 64, and on an object that has the same key twice. The
/// messages name no file.
Result<Json> parse_json(std::string_view text);

/// The text of `value`, without a final newline: on one line, or with `indent_spaces` > 0 one
/// member per line. Equal values give equal texts.
std::string to_text(const Json& value, unsigned indent_spaces = 0);

}  // namespace tdc
