#pragma once

// What ops share that go element by element: broadcasting, reference evaluation over broadcast
// operands, and the strided argument struct of kernels/td_elementwise.h.

#include "ops/op.h"

namespace tdc::ops {

/// The common shape of two operands: trailing axes are aligned, extents are equal or one of them is
/// 1 or missing; nullopt if they do not agree.
std::optional<ir::Dims> broadcast_dims(const ir::Dims& a, const ir::Dims& b);

/// The dimension along which an op with the attribute `axis` moves elements.
size_t axis_of(const ir::Dims& dims, const ir::Attributes& attributes);

/// What is wrong with `axis` of such an op: it counts from the end, -1 is the last.
std::optional<TypeProblem> axis_problem(const ir::Dims& dims, int64_t axis);

/// Type rule of binary elementwise ops.
TypeResult infer_broadcast(const Call& call);

/// For each element of `to` in row-major order, the index of the element of a dense tensor with
/// shape `from` that broadcasting puts there.
std::vector<size_t> broadcast_indices(const ir::Dims& from, const ir::Dims& to);

/// An axis for each axis of the output; operands follow where they are not broadcast.
Space elementwise_space(const Call& call);

/// The space of ops that treat all leading axes alike and need the others whole. `trailing`: for
/// each input and output, how many axes are not leading, or -1 for an operand that has no leading
/// axes and is needed whole. `loops`: in how many the kernel walks the leading axes.
Space leading_space(const Call& call, const std::vector<int>& trailing, int64_t loops = 1);

/// Fields `y, a` or `y, a, b` or `y, a, b, c`, the attributes, which are reals, `rank`, `extent`,
/// `y_stride`, `a_stride`, `b_stride`, `c_stride`. `names` are those of the inputs, in operand
/// order.
std::vector<KernelField> elementwise_fields(std::vector<std::string_view> names,
                                            const std::vector<AttributeDef>& attributes = {});
/// Fills the fields of `elementwise_fields`: axes of extent 1 are dropped and neighbours that all
/// operands store contiguously are merged, so that dense operands become one axis. Real attributes
/// go to the fields of their names.
void bind_elementwise(const KernelCall& call, KernelScalars& scalars);
/// A bind function for kernels with named inputs: fills `<name>_stride` for each.
void bind_elementwise_named(const KernelCall& call, KernelScalars& scalars,
                            const std::vector<std::string_view>& names);

/// y = f(a, b) over broadcast operands, in double precision.
template <typename Function>
void evaluate_binary(const Evaluation& evaluation, Function function) {
  const Tensor& a = evaluation.input(0);
  const Tensor& b = evaluation.input(1);
  Tensor& y = evaluation.output(0);
  const std::vector<size_t> from_a = broadcast_indices(a.type.dims, y.type.dims);
  const std::vector<size_t> from_b = broadcast_indices(b.type.dims, y.type.dims);
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = function(a.data[from_a[i]], b.data[from_b[i]]);
}

/// y = f(a, b, c) over broadcast operands, in double precision.
template <typename Function>
void evaluate_ternary(const Evaluation& evaluation, Function function) {
  const Tensor& a = evaluation.input(0);
  const Tensor& b = evaluation.input(1);
  const Tensor& c = evaluation.input(2);
  Tensor& y = evaluation.output(0);
  const std::vector<size_t> from_a = broadcast_indices(a.type.dims, y.type.dims);
  const std::vector<size_t> from_b = broadcast_indices(b.type.dims, y.type.dims);
  const std::vector<size_t> from_c = broadcast_indices(c.type.dims, y.type.dims);
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = function(a.data[from_a[i]], b.data[from_b[i]], c.data[from_c[i]]);
}

/// y = f(a), in double precision.
template <typename Function>
void evaluate_unary(const Evaluation& evaluation, Function function) {
  const Tensor& a = evaluation.input(0);
  Tensor& y = evaluation.output(0);
  for (size_t i = 0; i < y.data.size(); ++i) y.data[i] = function(a.data[i]);
}

/// A real attribute as kernels have it: rounded once.
double rounded_real(const ir::Attributes& attributes, std::string_view name);

/// Shapes that every binary elementwise op is tested with.
std::vector<Sample> binary_samples(Domain a, Domain b);
/// The same for ops of one operand, or of several operands of one shape.
std::vector<Sample> same_shape_samples(std::vector<Domain> domains,
                                       const ir::Attributes& attributes = {});

}  // namespace tdc::ops
