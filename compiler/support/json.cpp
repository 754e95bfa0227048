#include "support/json.h"

#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "support/check.h"

// LLVM's parser recurses without limit and lets a repeated key replace the first. A text from
// outside could use the one to crash us and the other to hide a tensor, so `check_structure` looks
// for both before LLVM sees the text. It only has to be right on valid JSON; LLVM rejects
// everything else.

namespace tdc {
namespace {

constexpr size_t kMaximumNesting = 64;

/// The position after the closing quote of the string that starts at `begin`, or the text's end.
size_t end_of_string(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// The string that `literal` (with quotes and escapes) stands for; empty if it is malformed.
std::string unescape(std::string_view literal) {
  if (literal.find('\\') == std::string_view::npos && literal.size() >= 2)
    return std::string(literal.substr(1, literal.size() - 2));
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(literal);
  if (!value) {
    llvm::consumeError(value.takeError());
    return {};
  }
  return value->getAsString().value_or("").str();
}

Result<Done> check_structure(std::string_view text) {
  std::vector<std::set<std::string, std::less<>>> open;  // the keys seen in each open bracket
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      const size_t end = end_of_string(text, i);
      const size_t next = text.find_first_not_of(" \t\r\n", end);
      if (next != std::string_view::npos && text[next] == ':' && !open.empty()) {
        std::string key = unescape(text.substr(i, end - i));
        if (!open.back().insert(key).second) return fail("the key `{}` is there twice", key);
      }
      i = end;
      continue;
    }
    if (c == '{' || c == '[') {
      if (open.size() == kMaximumNesting)
        return fail("brackets are nested deeper than {}", kMaximumNesting);
      open.emplace_back();
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    }
    ++i;
  }
  return Done{};
}

Json from_llvm(const llvm::json::Value& value) {
  using Kind = llvm::json::Value::Kind;
  switch (value.kind()) {
    case Kind::Null:
      return nullptr;
    case Kind::Boolean:
      return *value.getAsBoolean();
    case Kind::Number:
      if (const std::optional<int64_t> integer = value.getAsInteger()) return *integer;
      return *value.getAsNumber();
    case Kind::String:
      return value.getAsString()->str();
    case Kind::Array: {
      JsonArray items;
      items.reserve(value.getAsArray()->size());
      for (const llvm::json::Value& item : *value.getAsArray()) items.push_back(from_llvm(item));
      return items;
    }
    case Kind::Object: {
      JsonObject members;
      for (const auto& [key, member] : *value.getAsObject())
        members.emplace_back(key.str(), from_llvm(member));
      std::sort(members.begin(), members.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      return members;
    }
  }
  TDC_CHECK(false, "unknown kind of JSON value");
}

void write(llvm::json::OStream& out, const Json& value) {
  if (value.is_null()) {
    out.value(nullptr);
  } else if (const bool* boolean = value.as_bool()) {
    out.value(*boolean);
  } else if (const int64_t* integer = value.as_integer()) {
    out.value(*integer);
  } else if (const double* number = value.as_double()) {
    TDC_CHECK(std::isfinite(*number), "JSON has no {}", *number);
    out.value(*number);
  } else if (const std::string* string = value.as_string()) {
    TDC_CHECK(llvm::json::isUTF8(*string), "JSON strings are UTF-8");
    out.value(llvm::StringRef(*string));
  } else if (const JsonArray* array = value.as_array()) {
    out.array([&] {
      for (const Json& item : *array) write(out, item);
    });
  } else {
    out.object([&] {
      for (const auto& [key, member] : *value.as_object()) {
        out.attributeBegin(key);
        write(out, member);
        out.attributeEnd();
      }
    });
  }
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  const JsonObject* object = as_object();
  if (object == nullptr) return nullptr;
  const auto member = std::find_if(object->begin(), object->end(),
                                   [&](const auto& candidate) { return candidate.first == key; });
  return member == object->end() ? nullptr : &member->second;
}

std::string_view Json::kind() const {
  static constexpr std::string_view kKinds[] = {
      "null", "a boolean", "a whole number", "a number", "a string", "a list", "an object"};
  return kKinds[value_.index()];
}

Result<Json> parse_json(std::string_view text) {
  if (Result<Done> structure = check_structure(text); !structure.ok()) return structure.failure();
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value) return fail("{}", llvm::toString(value.takeError()));
  return from_llvm(*value);
}

std::string to_text(const Json& value, unsigned indent_spaces) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream, indent_spaces);
  write(out, value);
  out.flush();
  return text;
}

}  // namespace tdc
