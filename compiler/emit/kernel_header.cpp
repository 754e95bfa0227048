// Prints the C side of the op records' kernel signatures. Every kernel includes the result, so a
// kernel that disagrees with its record does not compile.

#include "emit/kernel_header.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <string_view>

#include "support/check.h"

namespace tdc::emit {
namespace {

std::string_view element_type(ir::DType dtype) {
  switch (dtype) {
    case ir::DType::f32:
      return "float";
    case ir::DType::i32:
      return "int32_t";
  }
  return "?";
}

std::string declaration(const ops::KernelField& field) {
  switch (field.kind) {
    case ops::FieldKind::input:
      return fmt::format("const {} *{};", element_type(field.dtype), field.name);
    case ops::FieldKind::output:
      return fmt::format("{} *{};", element_type(field.dtype), field.name);
    case ops::FieldKind::count:
      return fmt::format("int32_t {};", field.name);
    case ops::FieldKind::counts:
      return fmt::format("int32_t {}[TD_RANK];", field.name);
    case ops::FieldKind::flag:
      return fmt::format("uint32_t {};", field.name);
    case ops::FieldKind::real:
      return fmt::format("float {};", field.name);
  }
  return {};
}

bool same_fields(const ops::KernelDef& a, const ops::KernelDef& b) {
  if (a.fields.size() != b.fields.size()) return false;
  for (size_t i = 0; i < a.fields.size(); ++i)
    if (declaration(a.fields[i]) != declaration(b.fields[i])) return false;
  return true;
}

void print(std::string& text, const ops::OpDef& op, const ops::KernelDef& kernel) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "\n/* {}: {} */\ntypedef struct {{\n", kernel.file, op.summary);
  for (const ops::KernelField& field : kernel.fields)
    fmt::format_to(out, "  {} /* {} */\n", declaration(field), field.summary);
  fmt::format_to(out, "}} {0}_args;\nvoid {0}(const {0}_args *args, td_team team);\n", kernel.name);
  if (!kernel.engine_file.empty())
    fmt::format_to(out, "td_engine_ticket {0}_engine(const {0}_args *args);\n", kernel.name);
}

}  // namespace

std::string kernel_header(std::span<const ops::OpDef* const> ops) {
  std::string text =
      "/* Printed by tdc from its op records: argument structs and prototypes of the kernels. */\n"
      "#ifndef TD_KERNELS_H\n"
      "#define TD_KERNELS_H\n"
      "\n"
      "#include \"td_kernel.h\"\n";
  std::map<std::string_view, const ops::KernelDef*> printed;
  for (const ops::OpDef* op : ops) {
    if (!op->kernel) continue;
    const auto [known, is_new] = printed.emplace(op->kernel->name, &*op->kernel);
    if (is_new)
      print(text, *op, *op->kernel);
    else
      TDC_CHECK(same_fields(*known->second, *op->kernel), "two forms of {}", op->kernel->name);
  }
  text += "\n#endif\n";
  return text;
}

}  // namespace tdc::emit
