#pragma once

// The program as written. One plain struct per form of `grammar/Td.g4`; nothing is resolved,
// renamed or checked here beyond what the text itself says. Every node, and every piece of a node
// that a later stage may want to point at, keeps its place.
//
// What the parser guarantees, so that later stages need not ask:
//  - numbers fit their types, escapes are decoded, reserved words are no names;
//  - an expression is at most 256 deep (`kNestingLimit`), bodies and types too;
//  - `as` names a call, a call's callee is a name, lists that need an element have one.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/source.h"

namespace tdc::ast {

/// Brackets, bodies and operators nest at most this deep (lex-12).
inline constexpr int kNestingLimit = 256;

/// A word as written. An empty text does not occur.
struct Name {
  std::string text;
  SourceRange range;
};

// ---- literals --------------------------------------------------------------------------------

enum class Unit {
  kKib,
  kMib,
  kGib,
  kMicrosecond,
  kMillisecond,
  kKilohertz,
  kMegahertz,
  kGigahertz
};

/// `64`, `0.5`, `1e-3`, `64 KiB`: as written, the unit not multiplied in.
struct Number {
  std::variant<int64_t, double> value;
  std::optional<Unit> unit;
  SourceRange range;  // with the unit

  [[nodiscard]] bool is_integer() const { return std::holds_alternative<int64_t>(value); }
  /// The value as a double, exact for integers below 2^53.
  [[nodiscard]] double as_double() const {
    return is_integer() ? static_cast<double>(std::get<int64_t>(value)) : std::get<double>(value);
  }
};

/// A string with its escapes decoded.
struct String {
  std::string value;
  SourceRange range;  // with the quotes
  std::vector<uint32_t>
      escapes;  // indices into `value` of bytes that were written as two, ascending

  /// Where the bytes [begin, end) of `value` stand in the source.
  [[nodiscard]] SourceRange place(size_t begin, size_t end) const;
};

struct Bool {
  bool value = false;
};

// ---- expressions -----------------------------------------------------------------------------

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// `blocks[i].attn` after `as`: names (numbers are names too) and indices in order; starts with a
/// name.
struct CallPath {
  std::vector<std::variant<Name, ExprPtr>> pieces;
  std::optional<SourceRange> shared;  // the word `shared`, if written
  SourceRange range;                  // without `shared`
};

/// `x` or `label: x`.
struct Argument {
  std::optional<Name> label;
  ExprPtr value;
  SourceRange range;
};

/// `callee(arguments) as path`. A pipe stage may lack the brackets.
struct Call {
  Name callee;
  std::vector<Argument> arguments;
  std::optional<SourceRange> brackets;  // `(...)`, from bracket to bracket
  std::optional<CallPath> path;
  SourceRange range;
};

/// `value |> call`: `value` is the first argument of `call`.
struct Pipe {
  ExprPtr value;
  SourceRange arrow;
  Call call;
};

enum class UnaryOperator { kNegate, kNot };

struct Unary {
  UnaryOperator op;
  SourceRange op_range;
  ExprPtr operand;
};

enum class BinaryOperator {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kMatmul,
};

struct Binary {
  BinaryOperator op;
  SourceRange op_range;
  ExprPtr left, right;
};

/// `begin..end`, half-open.
struct Range {
  ExprPtr begin, end;
  SourceRange dots;
};

/// The lone `..` of an index: all leading axes.
struct LeadingAxes {};

/// `begin:end:step` of an index; each may be null.
struct Slice {
  ExprPtr begin, end, step;
};

/// One entry of an index: `..`, an expression (a `Range` too) or a slice.
struct Subscript {
  std::variant<LeadingAxes, ExprPtr, Slice> kind;
  SourceRange range;
};

/// `base[subscripts]`, at least one subscript.
struct Index {
  ExprPtr base;
  std::vector<Subscript> subscripts;
  SourceRange brackets;
};

/// `(a, b)`, `(a,)`; one element at least.
struct Tuple {
  std::vector<ExprPtr> elements;
};

/// `[a, b]`; may be empty.
struct List {
  std::vector<ExprPtr> elements;
};

struct Expr {
  SourceRange range;  // without enclosing parentheses
  std::variant<Number, String, Bool, Name, Tuple, List, Unary, Binary, Range, Call, Pipe, Index>
      kind;

  template <typename T>
  [[nodiscard]] const T* get_if() const {
    return std::get_if<T>(&kind);
  }
};

// ---- types -----------------------------------------------------------------------------------

/// One axis of a shape; a null size is `..`, any number of leading axes.
struct Dimension {
  ExprPtr size;
  SourceRange range;
};

struct Shape {
  std::vector<Dimension> dimensions;  // empty: a scalar, written `[]`
  SourceRange range;                  // with the brackets
};

struct Type;

/// `dim`, `f32[n]`, `class(10)[t]`.
struct NamedType {
  Name name;
  ExprPtr argument;  // null if there are no parentheses
  std::optional<Shape> shape;
};

/// `(int, f32[n])`; two elements at least.
struct TupleType {
  std::vector<Type> elements;
};

/// `block(f32[n]) -> f32[n]`; several results are a tuple type.
struct BlockType {
  std::vector<Type> arguments;
  std::unique_ptr<Type> result;
};

struct Type {
  SourceRange range;
  std::variant<NamedType, TupleType, BlockType> kind;
};

// ---- statements ------------------------------------------------------------------------------

struct Statement;

struct Body {
  std::vector<Statement> statements;
  SourceRange range;  // with the braces
};

/// `let name = value`.
struct Let {
  Name name;
  ExprPtr value;
};

enum class VariableWord { kParam, kState };

/// `param name: type as path = initial` or the same with `state`.
struct VariableDecl {
  VariableWord word;
  Name name;
  Type type;
  std::optional<CallPath> path;
  ExprPtr initial;  // null if not written
};

/// The text of a `require`: pieces of text (decoded) and quoted expressions, in order.
struct Message {
  std::vector<std::variant<std::string, ExprPtr>> pieces;
  SourceRange range;
};

/// `require condition, "message"`.
struct Require {
  ExprPtr condition;
  std::optional<Message> message;
};

/// `if condition body`, then any number of `else if`, then perhaps `else`.
struct If {
  struct Branch {
    ExprPtr condition;
    Body body;
  };
  std::vector<Branch> branches;
  std::optional<Body> otherwise;
};

/// `i` or `(c, s)`.
struct Binder {
  std::vector<Name> names;
  bool is_tuple = false;
  SourceRange range;
};

/// `repeat index, item in values body`; `index` only if two binders are written.
struct Repeat {
  std::optional<Name> index;
  Binder item;
  ExprPtr values;
  Body body;
};

/// `return a, b`.
struct Return {
  std::vector<ExprPtr> values;
};

/// `update name = value`.
struct Update {
  Name name;
  ExprPtr value;
};

struct BindingTarget {
  Name name;
  std::optional<Type> type;
};

/// `a, b: f32[n] = value`.
struct Binding {
  std::vector<BindingTarget> targets;
  ExprPtr value;
};

struct Statement {
  SourceRange range;
  std::string doc;  // lines of the `///` comment before it, joined by newlines; empty: none
  std::variant<Let, VariableDecl, Require, If, Repeat, Return, Update, Binding> kind;
};

// ---- selections ------------------------------------------------------------------------------

struct Pattern;

struct AnySegment {};  // *
struct AnyPath {};     // **

/// `{a, b.c}`.
struct Alternatives {
  std::vector<Pattern> patterns;
};

/// `[2]`, `[2..4]` pick path segments; `[a:b]` slices the leading axis, either end may be missing.
struct Pick {
  enum class Kind { kIndex, kRange, kSlice };
  Kind kind;
  std::optional<int64_t> begin, end;  // kIndex: only `begin`
  SourceRange range;
};

/// One segment of a pattern with what stands in brackets after it.
struct PatternPiece {
  std::variant<std::string, AnySegment, AnyPath, Alternatives> kind;
  std::vector<Pick> picks;
  SourceRange range;
};

/// `!blocks[0,2..4].*.weight[0:16]`.
struct Pattern {
  std::optional<SourceRange> negation;  // the `!`; never the first of a selection
  std::vector<PatternPiece> pieces;
  SourceRange range;
};

struct Selection {
  std::vector<Pattern> patterns;
  SourceRange range;
};

/// A word after a selection with its value: `rank 4`, `mode fa`, `init normal(0.1)`.
struct ClauseOption {
  Name word;
  ExprPtr value;
  SourceRange range;
};

// ---- declarations ----------------------------------------------------------------------------

/// `assert condition` or `expect condition after N steps`.
struct Assertion {
  enum class Word { kAssert, kExpect };
  Word word;
  ExprPtr condition;
  std::optional<Number> after_steps;
};

/// `weights from "file" map { pattern = pattern }`.
struct Weights {
  struct Entry {
    Pattern path;
    std::variant<Pattern, String> source;
    SourceRange range;
  };
  String file;
  std::vector<Entry> map;
};

/// `use std.nn` or `use "./blocks.td"`.
struct Use {
  std::variant<std::vector<Name>, String> what;
};

/// `name: type = initial` of a net or block.
struct Parameter {
  Name name;
  Type type;
  ExprPtr initial;  // null: no default
  std::string doc;
  SourceRange range;
};

/// `name: type` or, of a block only, `type`.
struct Result {
  std::optional<Name> name;
  Type type;
  SourceRange range;
};

/// A `block` or a `net`. The results of a net are all named, those of a block all or none.
struct Block {
  bool is_net = false;
  Name name;
  std::vector<Parameter> parameters;
  std::vector<Result> results;
  Body body;
};

// The clauses of a train block, in the order of the manual.
struct TargetClause {
  Name name;
  Type type;
};
struct LossClause {
  ExprPtr value;
};
struct MetricClause {
  std::optional<Name> name;
  ExprPtr value;
};
struct OptimizerClause {
  ExprPtr value;
};
struct ScheduleClause {
  ExprPtr value;
};
struct BatchClause {
  Number samples;
  std::optional<Number> accumulate;
};
struct ClipClause {
  Name kind;
  Number limit;
};
struct SeedClause {
  Number value;
};
struct SelectClause {
  enum class Word { kFreeze, kTrain, kLora };
  Word word;
  Selection selection;
  std::vector<ClauseOption> options;
};
struct QuantizeClause {
  Selection selection;
  Name format;
};

struct TrainClause {
  SourceRange range;
  SourceRange word;  // its first word
  std::string doc;
  std::variant<TargetClause, LossClause, MetricClause, OptimizerClause, ScheduleClause, BatchClause,
               ClipClause, SeedClause, SelectClause, QuantizeClause, Weights, Assertion>
      kind;
};

/// `train name of net { ... }` or `train name extends base { ... }`.
struct Train {
  Name name;
  bool extends = false;
  Name base;  // the net, or the train block it extends
  std::vector<TrainClause> clauses;
};

struct BudgetClause {
  struct Bound {
    Name level;
    Number limit;
    SourceRange range;
  };
  std::vector<Bound> bounds;
};
struct AllowClause {
  std::vector<Name> names;
};
struct EmitClause {
  std::vector<Name> names;
};
struct PageClause {
  Name level;
};

struct DeployClause {
  SourceRange range;
  SourceRange word;  // its first word
  std::string doc;
  std::variant<BudgetClause, AllowClause, EmitClause, PageClause, Assertion> kind;
};

/// `deploy name on chip { ... }`.
struct Deploy {
  Name name;
  Name chip;
  std::vector<DeployClause> clauses;
};

/// `word argument, argument`: a line of a chip.
struct ChipClause {
  Name word;
  std::vector<Argument> arguments;
  std::string doc;
  SourceRange range;
};

/// `chip name { ... }`.
struct Chip {
  Name name;
  std::vector<ChipClause> clauses;
};

/// `word source as name`: a line of a data block.
struct DataClause {
  Name word;
  ExprPtr source;
  std::optional<Name> as;
  std::string doc;
  SourceRange range;
};

/// `data name for net { ... }`.
struct Data {
  Name name;
  Name net;
  std::vector<DataClause> clauses;
};

struct Declaration {
  SourceRange range;
  std::string doc;
  std::variant<Use, Block, Train, Deploy, Chip, Data, Weights, Assertion, Let> kind;
};

/// One source file.
struct File {
  FileId file;
  std::optional<Number> version;  // of `tdl N`
  std::vector<Declaration> declarations;
};

}  // namespace tdc::ast
