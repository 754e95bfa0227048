#pragma once

// Questions about the program as written that both the check of definitions and elaboration ask.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "check/library.h"
#include "syntax/ast.h"

namespace tdc::check {

/// What a declared type says about an argument.
enum class ArgumentKind : uint8_t {
  tensor,   ///< `f32[..]`, `i32[..]`, `class(n)[..]`
  dim,      ///< an integer that is not negative
  integer,  ///< `int`
  real,     ///< `float`; integers convert
  boolean,  ///< `bool`
  text,     ///< `string`
  pair,     ///< `dim2`: an integer or a pair of them
  block,    ///< a block or an op
  unknown,  ///< none of these
};

ArgumentKind argument_kind(const ast::Type& type);

/// The words that stand where a type is expected, for suggestions.
const std::vector<std::string>& type_words();

/// The shape of a tensor type as written; null for a scalar such as `class(10)`.
const ast::Shape* shape_of(const ast::Type& type);

/// The dim that a dimension is, if it is a lone name: what an argument's shape can bind.
const ast::Name* lone_name(const ast::Dimension& dimension);

/// Functions of static values: `sqrt`, `floordiv` and so on. Where one is an op too (`sqrt`), the
/// op is meant as soon as an argument is a tensor.
bool is_static_function(std::string_view name);
const std::vector<std::string>& static_functions();

/// `rearrange`, whose first argument is a pattern that elaboration reads.
inline constexpr std::string_view kRearrange = "rearrange";

/// `zeros`, `ones`, `full`: tensors of one number, which the name says or an argument (op-9).
const std::map<std::string, std::optional<double>, std::less<>>& fillings();

/// A function that is neither a block nor an op.
bool is_built_in_function(std::string_view name);

/// Initial values of parameters: `zeros`, `uniform` and so on.
bool is_initializer(std::string_view name);
const std::vector<std::string>& initializers();

/// Names that statements of a body bind in the body's own scope.
std::set<std::string> bound_names(const ast::Body& body);
/// Names bound in an `if` that are visible after it: those that all branches bind (scope-4).
std::set<std::string> names_after(const ast::If& statement);
/// Names that a body binds or rebinds anywhere.
std::set<std::string> assigned_names(const ast::Body& body);

/// Every way through the body ends in a `return`.
bool always_returns(const ast::Body& body);

/// Block and op names that a call in `file` can mean, for suggestions.
std::vector<std::string> callable_names(const FileScope& file);

/// What `name` means as a callee, apart from names of the body: a block or net, or an op that users
/// may call. Empty if nothing.
std::optional<CallableValue> find_callable(const FileScope& file, const std::string& name);

/// Reports that nothing which can be called has the name, and says where it is or what is near,
/// `also` some words that can be called here.
void report_unknown_callable(const FileScope& file, const ast::Name& name, Reporter& reporter,
                             const std::vector<std::string>& also = {});

/// All calls of an expression, outermost first; pipe stages too, in the order in which they run.
std::vector<const ast::Call*> calls_in(const ast::Expr& expr);

/// `GruCell` is `gru_cell`, `BatchNorm2d` is `batch_norm2d`, `CCT` is `cct` (name-3).
std::string snake_case(std::string_view name);

}  // namespace tdc::check
