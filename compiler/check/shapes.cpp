#include "check/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/expressions.h"
#include "check/forms.h"

namespace tdc::check {

std::optional<int64_t> extent(Elaboration& in, const ast::Expr& expr) {
  const std::optional<int64_t> value = integer(in, expr);
  if (value && (*value < 1 || *value > kElementLimit)) {
    in.reporter.report(expr.range, diag::extent, *value, kElementLimit);
    return std::nullopt;
  }
  return value;
}

std::optional<ir::TensorType> concrete_type(Elaboration& in, const ast::Type& type) {
  const auto& named = std::get<ast::NamedType>(type.kind);
  ir::TensorType result = {.dtype = named.name.text == "f32" ? ir::DType::f32 : ir::DType::i32};
  if (!named.shape) return result;
  for (const ast::Dimension& dimension : named.shape->dimensions) {
    if (dimension.size == nullptr) {
      in.reporter.report(dimension.range, diag::shape_open);
      return std::nullopt;
    }
    const std::optional<int64_t> size = extent(in, *dimension.size);
    if (!size) return std::nullopt;
    result.dims.push_back(*size);
  }
  return check_limits(in, result.dims, named.shape->range) ? std::optional(result) : std::nullopt;
}

bool check_limits(Elaboration& in, const ir::Dims& dims, SourceRange range) {
  int64_t elements = 1;
  for (const int64_t extent : dims) {
    if (!__builtin_mul_overflow(elements, extent, &elements) && elements <= kElementLimit) continue;
    in.reporter.report(range, diag::tensor_too_large, ir::to_text(dims), kElementLimit);
    return false;
  }
  if (dims.size() <= kAxisLimit) return true;
  in.reporter.report(range, diag::not_yet,
                     fmt::format("a tensor of more than {} axes (this has shape {})", kAxisLimit,
                                 ir::to_text(dims)));
  return false;
}

bool bind_shape(Elaboration& in, const Declared& declared, const ast::Block& block) {
  const auto& named = std::get<ast::NamedType>(declared.type.kind);
  const ir::TensorType& type = in.builder.type(declared.value);
  const ir::DType dtype = named.name.text == "f32" ? ir::DType::f32 : ir::DType::i32;
  static const std::vector<ast::Dimension> none;
  const std::vector<ast::Dimension>& dims = named.shape ? named.shape->dimensions : none;
  const bool has_leading = !dims.empty() && dims.front().size == nullptr;
  const size_t written = dims.size() - (has_leading ? 1 : 0);
  if (type.dtype != dtype ||
      (has_leading ? type.dims.size() < written : type.dims.size() != written)) {
    in.reporter
        .report(declared.written, diag::shape_kind, declared.name, in.source(declared.type.range),
                ir::to_text(type))
        .note(declared.place, diag::note_declared_here, declared.name);
    return false;
  }
  const size_t leading = type.dims.size() - written;
  if (has_leading && !in.frame->leading) {
    in.frame->leading =
        ir::Dims(type.dims.begin(), type.dims.begin() + static_cast<ptrdiff_t>(leading));
    in.frame->leading_of = declared.name;
  }
  for (size_t i = 0; i < written; ++i) {
    const ast::Name* name = lone_name(dims[i + (has_leading ? 1 : 0)]);
    if (name == nullptr || !in.frame->scopes.is_new_dim(name->text)) continue;
    const bool is_argument =
        std::any_of(block.parameters.begin(), block.parameters.end(),
                    [&](const ast::Parameter& each) { return each.name.text == name->text; });
    if (is_argument) continue;  // a static argument whose default is not evaluated yet
    in.frame->scopes.define_outermost(name->text, {Value{type.dims[leading + i]}, true});
  }
  return true;
}

bool check_shape(Elaboration& in, const Declared& declared) {
  if (!bind_shape(in, declared, *in.frame->block)) return false;
  const auto& named = std::get<ast::NamedType>(declared.type.kind);
  if (!named.shape) return true;
  const ir::TensorType& type = in.builder.type(declared.value);
  const std::vector<ast::Dimension>& dims = named.shape->dimensions;
  size_t axis = 0;
  for (const ast::Dimension& dimension : dims) {
    if (dimension.size == nullptr) {
      const size_t leading = type.dims.size() - (dims.size() - 1);
      const ir::Dims actual(type.dims.begin(), type.dims.begin() + static_cast<ptrdiff_t>(leading));
      if (actual != *in.frame->leading) {
        in.reporter
            .report(declared.written, diag::shape_leading_axes, declared.name,
                    ir::to_text(*in.frame->leading), in.frame->leading_of, ir::to_text(type.dims))
            .note(declared.place, diag::note_declared_here, declared.name);
        return false;
      }
      axis = leading;
      continue;
    }
    const std::optional<int64_t> expected = integer(in, *dimension.size);
    if (!expected) return false;
    if (type.dims[axis] != *expected) {
      const std::string dim = in.source(dimension.range);
      const std::string resolved =
          dim == fmt::format("{}", *expected) ? "" : fmt::format(" with {} = {}", dim, *expected);
      in.reporter
          .report(declared.written, diag::shape_extent, declared.name,
                  in.source(declared.type.range), resolved, ir::to_text(type.dims))
          .note(declared.place, diag::note_declared_here, declared.name);
      return false;
    }
    ++axis;
  }
  return true;
}

}  // namespace tdc::check
