#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "check/elaborate.h"
#include "check/rearrange.h"
#include "check/static_math.h"
#include "ops/registry.h"
#include "support/text.h"

namespace tdc::check {
namespace {

/// Counts how deep the elaboration is; see `kElaborationDepth`.
class Depth {
 public:
  explicit Depth(int& depth) : depth_(depth) { ++depth_; }
  ~Depth() { --depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  int& depth_;
};

/// Multiplying by 1 / c gives the bits of dividing by c (op-2).
bool is_power_of_two(double value) {
  int exponent = 0;
  return std::isfinite(value) && std::abs(std::frexp(value, &exponent)) == 0.5 &&
         std::abs(exponent) < 100;
}

bool is_identity(const std::vector<int64_t>& axes) {
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<int64_t>(i)) return false;
  return true;
}

}  // namespace

void Elaborator::report_kind(SourceRange range, const std::string& wanted, const Value& value) {
  reporter_.report(range, diag::wrong_kind, wanted, describe(value, builder_.graph()));
}

Value Elaborator::evaluate(const ast::Expr& expr) {
  if (!spend(expr.range)) return {};
  const Depth depth(depth_);
  if (depth_ > kElaborationDepth) {
    reporter_.report(expr.range, diag::elaboration_depth, int64_t{kElaborationDepth});
    is_exhausted_ = true;
    return {};
  }
  struct Visitor {
    Elaborator& self;
    SourceRange range;
    Value operator()(const ast::Number& number) const { return self.evaluate(number); }
    Value operator()(const ast::String& string) const { return {string.value}; }
    Value operator()(const ast::Bool& value) const { return {value.value}; }
    Value operator()(const ast::Name& name) const { return self.evaluate(name); }
    Value operator()(const ast::Tuple& tuple) const {
      return {TupleValue{self.evaluate_all(tuple.elements)}};
    }
    Value operator()(const ast::List& list) const {
      return {ListValue{self.evaluate_all(list.elements)}};
    }
    Value operator()(const ast::Unary& unary) const { return self.evaluate(unary, range); }
    Value operator()(const ast::Binary& binary) const { return self.evaluate(binary, range); }
    Value operator()(const ast::Range& each) const { return self.evaluate(each); }
    Value operator()(const ast::Call& call) const { return self.call(call, nullptr, range); }
    Value operator()(const ast::Pipe& pipe) const {
      return self.call(pipe.call, pipe.value.get(), range);
    }
    Value operator()(const ast::Index& index) const { return self.evaluate(index, range); }
  };
  return std::visit(Visitor{*this, expr.range}, expr.kind);
}

std::vector<Value> Elaborator::evaluate_all(const std::vector<ast::ExprPtr>& items) {
  std::vector<Value> values;
  for (const ast::ExprPtr& item : items) {
    values.push_back(evaluate(*item));
    if (!spend(item->range, values.back().element_count())) break;
  }
  return values;
}

Value Elaborator::evaluate(const ast::Number& number) {
  if (number.unit) {
    reporter_.report(number.range, diag::unexpected_unit, source(number.range));
    return {};
  }
  if (number.is_integer()) return {std::get<int64_t>(number.value)};
  return {std::get<double>(number.value)};
}

Value Elaborator::evaluate(const ast::Name& name) {
  used_.insert(name.text);
  // A copy of a list costs what its elements cost.
  const auto copy = [&](const Value& value) {
    return spend(name.range, value.element_count()) ? value : Value{};
  };
  if (const Binding* binding = find(name.text)) return copy(binding->value);
  if (const auto let = lookup(*frame_->file, &FileScope::lets, name.text)) {
    let.file->used_lets.insert(name.text);
    const auto value = let.file->let_values.find(name.text);
    if (value != let.file->let_values.end()) return copy(value->second);
    reporter_.report(name.range, diag::let_later, name.text)
        .note(let.declaration->name.range, diag::note_first_here, name.text);
    return {};
  }
  if (const auto callable = find_callable(*frame_->file, name.text)) return {*callable};
  std::vector<std::string> candidates = visible_names(*frame_->file, &FileScope::lets);
  for (const Scope& scope : frame_->scopes)
    for (const auto& [known, binding] : scope) candidates.push_back(known);
  reporter_.report(name.range, diag::unknown_name, name.text)
      .suggest(nearest(name.text, candidates));
  return {};
}

Value Elaborator::evaluate(const ast::Unary& unary, SourceRange range) {
  const Value operand = evaluate(*unary.operand);
  if (operand.has_error()) return {};
  if (const auto* tensor = operand.get_if<TensorValue>();
      tensor != nullptr && unary.op == ast::UnaryOperator::kNegate)
    return emit_op(ops::op("neg"), {tensor->id}, {}, range, {unary.operand->range}, {});
  const StaticResult result = static_unary(unary.op, operand);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  report_kind(unary.operand->range,
              unary.op == ast::UnaryOperator::kNot ? "a bool" : "a number or a tensor", operand);
  return {};
}

Value Elaborator::logic(const ast::Binary& binary) {
  const bool is_and = binary.op == ast::BinaryOperator::kAnd;
  for (const ast::Expr* side : {binary.left.get(), binary.right.get()}) {
    const Value value = evaluate(*side);
    const auto* truth = value.get_if<bool>();
    if (truth == nullptr) {
      if (!value.has_error()) report_kind(side->range, "a bool", value);
      return {};
    }
    if (*truth != is_and) return {!is_and};
  }
  return {is_and};
}

Value Elaborator::evaluate(const ast::Binary& binary, SourceRange range) {
  if (binary.op == ast::BinaryOperator::kAnd || binary.op == ast::BinaryOperator::kOr)
    return logic(binary);
  const Value left = evaluate(*binary.left);
  const Value right = evaluate(*binary.right);
  if (left.has_error() || right.has_error()) return {};
  if (left.has_tensor() || right.has_tensor()) return tensor_binary(binary, range, left, right);
  const StaticResult result = static_binary(binary.op, left, right);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  switch (std::get<StaticProblem>(result)) {
    case StaticProblem::kinds:
      reporter_.report(binary.op_range, diag::operator_kinds, std::string(to_text(binary.op)),
                       describe(left, builder_.graph()), describe(right, builder_.graph()));
      break;
    case StaticProblem::zero:
      reporter_.report(binary.right->range, diag::division_by_zero,
                       std::string(to_text(binary.op)));
      break;
    case StaticProblem::remainder:
      reporter_.report(range, diag::division_remainder, to_text(left), to_text(right))
          .hint(diag::hint_division);
      break;
    case StaticProblem::overflow:
    case StaticProblem::domain:
      reporter_.report(range, diag::static_range, source(range));
      break;
  }
  return {};
}

bool Elaborator::is_f32(double number, SourceRange range) {
  constexpr double kFirstBeyond = 0x1.ffffffp127;  // the least that rounds to infinity
  if (std::abs(number) < kFirstBeyond) return true;
  reporter_.report(range, diag::f32_range, source(range));
  return false;
}

ir::ValueId Elaborator::constant(double value) {
  return builder_.emit("constant", {}, {{"value", value}, {"dims", ir::Dims{}}});
}

Value Elaborator::tensor_binary(const ast::Binary& binary, SourceRange range, const Value& left,
                                const Value& right) {
  using Op = ast::BinaryOperator;
  const auto* a = left.get_if<TensorValue>();
  const auto* b = right.get_if<TensorValue>();
  const bool is_arithmetic = binary.op == Op::kAdd || binary.op == Op::kSubtract ||
                             binary.op == Op::kMultiply || binary.op == Op::kDivide ||
                             binary.op == Op::kMatmul;
  const bool are_operands =
      (a != nullptr || left.is_number()) && (b != nullptr || right.is_number());
  if (!is_arithmetic || !are_operands) {
    reporter_.report(binary.op_range, diag::operator_kinds, std::string(to_text(binary.op)),
                     describe(left, builder_.graph()), describe(right, builder_.graph()));
    return {};
  }
  if (binary.op == Op::kMatmul) return matmul(binary, range, left, right);

  const std::vector<SourceRange> places = {binary.left->range, binary.right->range};
  const auto emit = [&](std::string_view op, ir::ValueIds inputs, ir::Attributes attributes) {
    return emit_op(ops::op(op), std::move(inputs), std::move(attributes), range, places, {});
  };
  builder_.set_origin(range);
  if (a != nullptr && b != nullptr) {  // the records broadcast (op-1)
    const std::string_view op = binary.op == Op::kAdd        ? "add"
                                : binary.op == Op::kSubtract ? "sub"
                                : binary.op == Op::kMultiply ? "mul"
                                                             : "div";
    return emit(op, {a->id, b->id}, {});
  }
  const ir::ValueId tensor = a != nullptr ? a->id : b->id;
  const double number = a != nullptr ? right.as_double() : left.as_double();
  const bool is_left = a != nullptr;  // the tensor stands left
  if (!is_f32(number, is_left ? places[1] : places[0])) return {};
  switch (binary.op) {
    case Op::kAdd:
      return emit("add_scalar", {tensor}, {{"offset", number}});
    case Op::kSubtract:
      if (is_left) return emit("add_scalar", {tensor}, {{"offset", -number}});
      return emit("sub", {constant(number), tensor}, {});
    case Op::kMultiply:
      return emit("scale", {tensor}, {{"factor", number}});
    default:
      if (!is_left) return emit("div", {constant(number), tensor}, {});
      if (static_cast<float>(number) == 0) {
        reporter_.report(binary.right->range, diag::division_by_zero, "/");
        return {};
      }
      if (is_power_of_two(number)) return emit("scale", {tensor}, {{"factor", 1 / number}});
      return emit("div", {tensor, constant(number)}, {});
  }
}

Value Elaborator::matmul(const ast::Binary& binary, SourceRange range, const Value& left,
                         const Value& right) {
  const auto* a = left.get_if<TensorValue>();
  const auto* b = right.get_if<TensorValue>();
  if (a == nullptr || b == nullptr) {
    const bool is_left = a == nullptr;
    report_kind(is_left ? binary.left->range : binary.right->range, "a tensor",
                is_left ? left : right);
    return {};
  }
  // The record takes matrices; a vector is a matrix of one row on the left, of one column on the
  // right, and that axis is dropped from the result (op-4).
  ir::ValueId a_id = a->id, b_id = b->id;
  const ir::Dims a_dims = builder_.type(a_id).dims, b_dims = builder_.type(b_id).dims;
  const bool is_row = a_dims.size() == 1, is_column = b_dims.size() == 1;
  const std::vector<SourceRange> places = {binary.left->range, binary.right->range};
  builder_.set_origin(range);
  if (is_row) a_id = builder_.emit("reshape", {a_id}, {{"dims", ir::Dims{1, a_dims[0]}}});
  if (is_column) b_id = builder_.emit("reshape", {b_id}, {{"dims", ir::Dims{b_dims[0], 1}}});
  const Value product = emit_op(ops::op("matmul"), {a_id, b_id}, {}, range, places, {});
  const auto* tensor = product.get_if<TensorValue>();
  if (tensor == nullptr || (!is_row && !is_column)) return product;
  ir::Dims dims = builder_.type(tensor->id).dims;
  if (is_column) dims.pop_back();
  if (is_row) dims.erase(dims.end() - (is_column ? 1 : 2));
  return {TensorValue{builder_.emit("reshape", {tensor->id}, {{"dims", dims}})}};
}

std::optional<int64_t> Elaborator::integer(const ast::Expr& expr) {
  const Value value = evaluate(expr);
  if (const auto* result = value.get_if<int64_t>()) return *result;
  if (!value.has_error()) report_kind(expr.range, "an integer", value);
  return std::nullopt;
}

Value Elaborator::evaluate(const ast::Range& range) {
  const std::optional<int64_t> begin = integer(*range.begin);
  const std::optional<int64_t> end = integer(*range.end);
  if (!begin || !end) return {};
  if (*begin > *end) {
    reporter_.report(range.dots, diag::range_order, *begin, *end);
    return {};
  }
  return {RangeValue{*begin, *end}};
}

Value Elaborator::evaluate(const ast::Index& index, SourceRange range) {
  const Value base = evaluate(*index.base);
  if (base.is_error()) return {};
  if (const auto* tensor = base.get_if<TensorValue>())
    return index_tensor(index, tensor->id, range);
  if (const auto* list = base.get_if<ListValue>()) return index_items(index, list->items);
  if (const auto* tuple = base.get_if<TupleValue>()) return index_items(index, tuple->items);
  report_kind(index.base->range, "a tensor, a list or a tuple", base);
  return {};
}

Value Elaborator::index_items(const ast::Index& index, const std::vector<Value>& items) {
  const auto* expr = std::get_if<ast::ExprPtr>(&index.subscripts.front().kind);
  if (expr == nullptr || index.subscripts.size() > 1) {
    reporter_.report(index.brackets, diag::index_list);
    return {};
  }
  const std::optional<int64_t> at = integer(**expr);
  if (!at) return {};
  if (*at < 0 || *at >= static_cast<int64_t>(items.size())) {
    reporter_.report((*expr)->range, diag::index_range, *at, static_cast<int64_t>(items.size()));
    return {};
  }
  return items[static_cast<size_t>(*at)];
}

// x[1..3, .., 0]: one slice per axis that is cut, then one reshape that drops the axes with a lone
// index (op-5).
Value Elaborator::index_tensor(const ast::Index& index, ir::ValueId base, SourceRange range) {
  const ir::Dims dims = builder_.type(base).dims;
  const auto is_leading = [](const ast::Subscript& subscript) {
    return std::holds_alternative<ast::LeadingAxes>(subscript.kind);
  };
  const auto leading = std::count_if(index.subscripts.begin(), index.subscripts.end(), is_leading);
  const size_t written = index.subscripts.size() - static_cast<size_t>(leading);
  if (leading > 1 || written > dims.size()) {
    reporter_.report(index.brackets, diag::index_axes, static_cast<int64_t>(written),
                     ir::to_text(dims));
    return {};
  }
  ir::ValueId value = base;
  ir::Dims kept;
  size_t axis = 0;
  const auto keep = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) kept.push_back(dims[axis++]);
  };
  for (const ast::Subscript& subscript : index.subscripts) {
    if (is_leading(subscript)) {
      keep(dims.size() - written);
      continue;
    }
    const auto* expr = std::get_if<ast::ExprPtr>(&subscript.kind);
    if (expr == nullptr) {
      reporter_.report(subscript.range, diag::index_slice);
      return {};
    }
    const Value at = evaluate(**expr);
    if (at.has_error()) return {};
    const auto* single = at.get_if<int64_t>();
    const auto* piece = at.get_if<RangeValue>();
    if (single == nullptr && piece == nullptr) {
      report_kind(subscript.range, "an integer or a range", at);
      return {};
    }
    const int64_t begin = single != nullptr ? *single : piece->begin;
    const int64_t end = single != nullptr ? *single + 1 : piece->end;
    if (begin == end) {  // a range that runs backwards was reported
      reporter_.report(subscript.range, diag::extent, int64_t{0}, kElementLimit);
      return {};
    }
    if (begin < 0 || end > dims[axis]) {
      reporter_.report(subscript.range, diag::index_range, single != nullptr ? begin : end,
                       dims[axis]);
      return {};
    }
    if (begin > 0 || end < dims[axis]) {
      const int64_t from_end = static_cast<int64_t>(axis) - static_cast<int64_t>(dims.size());
      const Value slice =
          emit_op(ops::op("slice"), {value}, {{"axis", from_end}, {"begin", begin}, {"end", end}},
                  range, {index.base->range}, {});
      const auto* tensor = slice.get_if<TensorValue>();
      if (tensor == nullptr) return {};
      value = tensor->id;
    }
    if (single == nullptr) kept.push_back(end - begin);
    ++axis;
  }
  keep(dims.size() - axis);
  if (kept != builder_.type(value).dims) {
    builder_.set_origin(range);
    value = builder_.emit("reshape", {value}, {{"dims", kept}});
  }
  return {TensorValue{value}};
}

// ---- built-in functions ------------------------------------------------------------------------

Value Elaborator::rearrange(const CallContext& context) {
  const std::vector<ArgumentValue>& arguments = context.arguments;
  const auto* tensor = arguments.empty() ? nullptr : arguments[0].value.get_if<TensorValue>();
  const auto* pattern = arguments.size() < 2 ? nullptr : arguments[1].value.get_if<std::string>();
  std::map<std::string, int64_t> sizes;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArgumentValue& argument = arguments[i];
    if (argument.value.has_error()) return {};
    if (i < 2) continue;
    const auto* size = argument.value.get_if<int64_t>();
    if (!argument.label || size == nullptr || *size < 1) {
      reporter_.report(argument.range, diag::rearrange_size);
      return {};
    }
    if (!sizes.emplace(argument.label->text, *size).second) {
      reporter_.report(argument.label->range, diag::argument_twice, argument.label->text);
      return {};
    }
  }
  if (tensor == nullptr || pattern == nullptr || arguments[0].label || arguments[1].label) {
    reporter_.report(context.call.callee.range, diag::rearrange_arguments);
    return {};
  }
  const ir::ValueId x = tensor->id;
  const auto planned = plan_rearrangement(*pattern, builder_.type(x).dims, sizes);
  if (const auto* problem = std::get_if<RearrangeProblem>(&planned)) {
    // The piped value shifts arguments by one; the pattern is the first written string.
    SourceRange place = arguments[1].range;
    const size_t written = context.call.arguments.size() + 1 == arguments.size() ? 0 : 1;
    if (written < context.call.arguments.size())
      if (const auto* text = context.call.arguments[written].value->get_if<ast::String>())
        place = text->place(problem->begin, std::max(problem->end, problem->begin + 1));
    reporter_.report(place, diag::rearrange, problem->text);
    return {};
  }
  const auto& plan = std::get<Rearrangement>(planned);
  builder_.set_origin(context.call.range);
  ir::ValueId value = x;
  if (!is_identity(plan.axes)) {
    if (!check_limits(plan.split, context.call.range)) return {};
    if (plan.split != builder_.type(value).dims)
      value = builder_.emit("reshape", {value}, {{"dims", plan.split}});
    value = builder_.emit("transpose", {value}, {{"axes", plan.axes}});
  }
  if (!check_limits(plan.merged, context.call.range)) return {};
  if (plan.merged != builder_.type(value).dims)
    value = builder_.emit("reshape", {value}, {{"dims", plan.merged}});
  return {TensorValue{value}};
}

Value Elaborator::static_function(const CallContext& context) {
  const ast::Name& callee = context.call.callee;
  std::vector<Value> values;
  for (const ArgumentValue& argument : context.arguments) {
    if (argument.value.has_error()) return {};
    if (argument.label) {
      reporter_.report(argument.label->range, diag::unknown_argument, callee.text,
                       argument.label->text);
      return {};
    }
    values.push_back(argument.value);
  }
  const int arity = static_arity(callee.text);
  const int count = static_cast<int>(values.size());
  if (arity >= 0 ? count != arity : count < 2) {
    reporter_.report(callee.range, diag::argument_count, callee.text,
                     arity >= 0 ? fmt::format("{}", arity) : "2 or more", int64_t{count});
    return {};
  }
  const StaticResult result = static_call(callee.text, values);
  if (const auto* value = std::get_if<Value>(&result)) return *value;
  switch (std::get<StaticProblem>(result)) {
    case StaticProblem::zero:
      reporter_.report(context.arguments.back().range, diag::division_by_zero, callee.text);
      break;
    case StaticProblem::kinds:
      for (const ArgumentValue& argument : context.arguments)
        if (!argument.value.is_number() ||
            (callee.text != "sqrt" && arity >= 0 && argument.value.get_if<int64_t>() == nullptr)) {
          report_kind(argument.range, arity == 2 ? "an integer" : "a number", argument.value);
          break;
        }
      break;
    default:
      reporter_.report(context.call.range, diag::static_range, source(context.call.range));
  }
  return {};
}

std::optional<double> Elaborator::static_number(const ast::Expr& expr) {
  const Value value = evaluate(expr);
  if (value.is_number()) return value.as_double();
  if (!value.has_error()) report_kind(expr.range, "a number", value);
  return std::nullopt;
}

Value Elaborator::parameter_count(const ast::Call& call) {
  std::vector<std::string> words;
  for (const auto& [word, count] : parameter_counts_) words.push_back(word);
  const auto* word =
      call.arguments.size() == 1 ? call.arguments[0].value->get_if<ast::Name>() : nullptr;
  const auto count = word == nullptr ? parameter_counts_.end() : parameter_counts_.find(word->text);
  if (count != parameter_counts_.end()) return {count->second};
  reporter_
      .report(word == nullptr ? call.range : word->range, diag::params_word,
              join_words(words, "or"))
      .suggest(word == nullptr ? std::nullopt : nearest(word->text, words));
  return {};
}

}  // namespace tdc::check
