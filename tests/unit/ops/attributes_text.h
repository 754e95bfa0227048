#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "ops/op.h"

// How the manual writes attributes.

namespace tdc::ops {

inline std::string_view kind_text(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::boolean:
      return "bool";
    case AttributeKind::integer:
      return "int";
    case AttributeKind::real:
      return "float";
    case AttributeKind::pair:
      return "int or pair";
    case AttributeKind::axis:
      return "axis";
    case AttributeKind::axes:
      return "axis or list";
    case AttributeKind::integers:
      return "list of int";
  }
  return "";
}

/// The attributes that users can give: name, kind, default and meaning. Empty: there are none.
inline std::string attributes_text(const OpDef& op) {
  std::string text;
  for (const AttributeDef& attribute : op.attributes) {
    if (attribute.visibility != Visibility::user) continue;
    text += fmt::format(
        "{}`{}: {}{}` {}", text.empty() ? "" : "; ", attribute.name, kind_text(attribute.kind),
        attribute.default_value ? " = " + ir::to_text(*attribute.default_value) : "",
        attribute.summary);
  }
  return text;
}

}  // namespace tdc::ops
