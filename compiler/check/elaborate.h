#pragma once

// From blocks to the graph of one sample. A call of a block is replaced by the block's body with
// the dims and static arguments of that call, as templates are: static expressions are evaluated,
// `if` and `repeat` disappear, shapes are unified, and every tensor expression becomes nodes.
//
//   elaborate.cpp    the program's state, scopes, statements
//   expressions.cpp  operators, indices, lists
//   block_call.cpp   arguments, shapes, paths and results of a call of a block
//   op_call.cpp      arguments and attributes of a call of an op, from its record
//   parameters.cpp   `param` and its initial values

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/forms.h"
#include "check/library.h"
#include "check/reporter.h"
#include "check/value.h"
#include "ir/builder.h"
#include "ir/ir.h"
#include "ops/kernel.h"

namespace tdc::check {

/// Expressions and statements evaluated for one net, at most, and elements of the lists and tuples
/// that they give (limit-1).
inline constexpr int64_t kExpansionLimit = 1'000'000;
/// Calls and expressions inside each other, at most, all callers together (limit-2).
inline constexpr int kElaborationDepth = 1024;
/// Elements of one tensor, at most: kernels count in 32 bits (limit-3).
inline constexpr int64_t kElementLimit = (int64_t{1} << 31) - 1;
/// Axes of one tensor, at most: kernels walk six, one of which is the batch (limit-5).
inline constexpr size_t kAxisLimit = ops::kKernelRank - 1;

/// A call that directly holds parameters, for `lora`.
struct CallRecord {
  std::string path;
  SourceRange origin;
  std::vector<ir::VariableId> parameters;
};

/// A net (or what of it could be elaborated).
struct ElaboratedNet {
  const ast::Block* net = nullptr;
  const FileScope* file = nullptr;
  ir::Module module;  // one graph, `sample`
  std::vector<CallRecord> calls;
  std::map<std::string, Value> names;      // inputs and results
  std::map<ir::ValueId, int64_t> classes;  // of `class(n)` inputs: n
  bool is_sound = false;                   // false: something was reported
};

/// An evaluated argument of a call with its place.
struct ArgumentValue {
  std::optional<ast::Name> label;
  Value value;
  SourceRange range;
};

/// A place where a call goes: its callee's frame, its arguments, where to point.
struct CallContext {
  const ast::Call& call;
  std::vector<ArgumentValue> arguments;  // a piped value first
};

class Elaborator {
 public:
  /// `net` is extended: by `run_net`, or by the expressions of a train block.
  Elaborator(const Library& library, Reporter& reporter,
             const std::set<const ast::Block*>& recursive, ElaboratedNet& net);

  /// Elaborates the body of the net into `net.module`.
  void run_net();

  // ---- for train blocks, after `run_net` ----

  /// Makes a name known to the expressions that follow.
  void define(const ast::Name& name, Value value);
  /// Adds a target of the given type, `class(n)` included; false: reported.
  bool add_target(const ast::Name& name, const ast::Type& type);
  /// Evaluates an expression over the net's inputs, results and targets.
  Value evaluate_outside(const ast::Expr& expr);
  /// Names that expressions read since this was made.
  [[nodiscard]] const std::set<std::string>& used_names() const { return used_; }
  [[nodiscard]] ir::Builder& builder() { return builder_; }
  /// What `params(word)` gives in an assertion; without it, `params` is unknown.
  void set_parameter_counts(std::map<std::string, int64_t> counts) {
    parameter_counts_ = std::move(counts);
  }

  /// An initial value as `param` takes it; null: reported.
  std::optional<ir::Initializer> initializer(const ast::Expr& expr);
  /// A static number; null: reported.
  std::optional<double> static_number(const ast::Expr& expr);
  /// Whether f32 can hold `number` (limit-4); false: reported. `range` is what gave it.
  bool is_f32(double number, SourceRange range);

  /// Evaluates the `let`s of all files.
  static void evaluate_lets(const std::vector<FileScope*>& files, const Library& library,
                            Reporter& reporter);

 private:
  struct Binding {
    Value value;
    bool is_static = false;
  };
  using Scope = std::map<std::string, Binding>;

  /// One call being elaborated.
  struct Frame {
    const FileScope* file = nullptr;
    const ast::Block* block = nullptr;  // null: expressions of a train block or of a file
    std::string path;                   // of the call, callers included; empty for the net
    const ast::Call* call = nullptr;    // null for the net
    SourceRange origin;                 // of the call
    size_t call_depth = 0;              // calls that lead to the call's place
    Frame* caller = nullptr;
    bool needs_index = false;      // the call stands in a `repeat` without an index in its path
    bool is_shared = false;        // `as path shared`
    bool is_claimed = false;       // the path was entered in `claims_`
    bool is_repetition = false;    // a later turn of a shared call: its parameters exist
    bool has_failed = false;       // its path is taken: reported
    std::optional<size_t> record;  // in `net_.calls`
    std::vector<Scope> scopes;
    int repeat_depth = 0;
    std::optional<ir::Dims> leading;        // what `..` stands for
    std::string leading_of;                 // the argument that bound it
    const ast::Call* named_call = nullptr;  // the call that takes the name of a binding
    std::string binding_name;
    std::optional<std::vector<ArgumentValue>> returned;
    uint32_t first_value = 0;  // values from here on were made by this call
  };

  /// Who has a path: a parameter or a call that holds some.
  struct Claim {
    SourceRange origin;
    const ast::Call* call = nullptr;  // null: a parameter
  };

  // ---- elaborate.cpp ----
  [[nodiscard]] std::string source(SourceRange range) const;
  Binding* find(const std::string& name);
  /// Takes from what a net may expand to (limit-1); false: it is used up, which was reported.
  bool spend(SourceRange range, int64_t amount = 1);
  void run_body(const ast::Body& body);
  void run(const ast::Statement& statement);
  void run(const ast::Let& let);
  void run(const ast::VariableDecl& variable);
  void run(const ast::Require& require);
  void run(const ast::If& branches);
  void run(const ast::Repeat& repeat);
  void run(const ast::Return& result);
  void run(const ast::Update& update);
  void run(const ast::Binding& binding);
  void bind(const ast::Name& name, Value value);
  void poison(const std::set<std::string>& names, const std::set<std::string>& new_names);
  /// Gives a tensor that has no name yet the name of a binding.
  void name_value(ir::ValueId value, const std::string& name);

  // ---- expressions.cpp ----
  Value evaluate(const ast::Expr& expr);
  Value evaluate(const ast::Number& number);
  Value evaluate(const ast::Name& name);
  Value evaluate(const ast::Unary& unary, SourceRange range);
  Value evaluate(const ast::Binary& binary, SourceRange range);
  Value evaluate(const ast::Range& range);
  Value evaluate(const ast::Index& index, SourceRange range);
  std::vector<Value> evaluate_all(const std::vector<ast::ExprPtr>& items);
  Value logic(const ast::Binary& binary);
  Value tensor_binary(const ast::Binary& binary, SourceRange range, const Value& left,
                      const Value& right);
  Value matmul(const ast::Binary& binary, SourceRange range, const Value& left, const Value& right);
  Value index_tensor(const ast::Index& index, ir::ValueId base, SourceRange range);
  Value index_items(const ast::Index& index, const std::vector<Value>& items);
  Value rearrange(const CallContext& context);
  Value static_function(const CallContext& context);
  Value parameter_count(const ast::Call& call);
  /// An integer, or null: reported as `wrong_kind`.
  std::optional<int64_t> integer(const ast::Expr& expr);
  void report_kind(SourceRange range, const std::string& wanted, const Value& value);

  // ---- calls ----
  Value call(const ast::Call& call, const ast::Expr* piped, SourceRange range);
  Value call_block(const CallContext& context, const CallableValue& callee, SourceRange range);
  Value call_op(const CallContext& context, const ops::OpDef& op, SourceRange range);
  /// Emits a node after the record has looked at the types; `places` are the operands' places,
  /// `attribute_places` those of attributes that were written.
  Value emit_op(const ops::OpDef& op, ir::ValueIds inputs, ir::Attributes attributes,
                SourceRange range, const std::vector<SourceRange>& places,
                const std::map<std::string, SourceRange>& attribute_places);
  ir::ValueId constant(double value);

  // ---- block_call.cpp ----
  struct BoundArguments {
    std::vector<const ArgumentValue*> by_parameter;  // null: the default, or reported
    bool is_complete = false;
  };
  BoundArguments match_arguments(const CallContext& context, const ast::Block& block);
  std::optional<Value> convert(const ast::Parameter& parameter, const Value& value,
                               SourceRange range);
  /// A tensor that must have a declared type.
  struct Declared {
    const ast::Type& type;
    std::string name;   // of the argument or result
    SourceRange place;  // of the declaration
    ir::ValueId value;
    SourceRange written;  // the expression that gives the value
  };
  bool bind_shape(const Declared& declared, const ast::Block& block);
  bool check_shape(const Declared& declared);
  std::optional<ir::TensorType> concrete_type(const ast::Type& type);
  /// Whether tensors may have this shape (limit-3, limit-5); false: reported.
  bool check_limits(const ir::Dims& dims, SourceRange range);
  std::optional<int64_t> extent(const ast::Expr& expr);
  /// The text of an `as` path. Null: reported.
  std::optional<std::string> path_text(const ast::CallPath& path);
  [[nodiscard]] static bool has_index(const ast::CallPath& path);
  [[nodiscard]] std::string in_frame(const std::string& segment) const;
  Value finish_call(Frame& frame, const ast::Block& block);

  // ---- parameters.cpp ----
  bool claim_calls(Frame& frame, SourceRange origin);
  bool claim(Frame& frame);
  void report_duplicate(const std::string& path, const Claim& first, SourceRange second,
                        size_t call_depth);
  [[nodiscard]] std::optional<ir::VariableId> find_variable(const std::string& path) const;

  const Library& library_;
  Reporter& reporter_;
  const std::set<const ast::Block*>& recursive_;
  ElaboratedNet& net_;
  ir::Builder builder_;
  std::map<std::string, Claim> claims_;
  Frame* frame_ = nullptr;
  Frame outer_;  // of train blocks
  std::set<std::string> used_;
  std::map<std::string, int64_t> parameter_counts_;
  int64_t spent_ = 0;
  int depth_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace tdc::check
