#include "check/forms.h"

#include <algorithm>
#include <cctype>

#include "ops/registry.h"
#include "support/text.h"
#include "syntax/visit_parts.h"

namespace tdc::check {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void add_calls(const ast::Expr& expr, std::vector<const ast::Call*>& calls) {
  const auto add_parts = [&](const auto& whole) {
    ast::visit_parts(whole, [&](const ast::Expr& part) { add_calls(part, calls); });
  };
  if (const auto* pipe = expr.get_if<ast::Pipe>()) {
    add_calls(*pipe->value, calls);
    calls.push_back(&pipe->call);
    return add_parts(pipe->call);
  }
  if (const auto* call = expr.get_if<ast::Call>()) calls.push_back(call);
  add_parts(expr);
}

void add_bound(const ast::Statement& statement, std::set<std::string>& names) {
  if (const auto* let = std::get_if<ast::Let>(&statement.kind)) {
    names.insert(let->name.text);
  } else if (const auto* variable = std::get_if<ast::VariableDecl>(&statement.kind)) {
    names.insert(variable->name.text);
  } else if (const auto* binding = std::get_if<ast::Binding>(&statement.kind)) {
    for (const ast::BindingTarget& target : binding->targets) names.insert(target.name.text);
  } else if (const auto* branch = std::get_if<ast::If>(&statement.kind)) {
    names.merge(names_after(*branch));
  }
}

}  // namespace

ArgumentKind argument_kind(const ast::Type& type) {
  if (std::holds_alternative<ast::BlockType>(type.kind)) return ArgumentKind::block;
  const auto* named = std::get_if<ast::NamedType>(&type.kind);
  if (named == nullptr) return ArgumentKind::unknown;
  const std::string& word = named->name.text;
  if (word == "f32" || word == "i32" || word == "class") return ArgumentKind::tensor;
  if (word == "dim") return ArgumentKind::dim;
  if (word == "int") return ArgumentKind::integer;
  if (word == "float") return ArgumentKind::real;
  if (word == "bool") return ArgumentKind::boolean;
  if (word == "string") return ArgumentKind::text;
  if (word == "dim2") return ArgumentKind::pair;
  if (word == "block") return ArgumentKind::block;
  return ArgumentKind::unknown;
}

const std::vector<std::string>& type_words() {
  static const std::vector<std::string> words = {"f32",   "i32",  "class",  "dim",  "int",
                                                 "float", "bool", "string", "dim2", "block"};
  return words;
}

const ast::Shape* shape_of(const ast::Type& type) {
  const auto* named = std::get_if<ast::NamedType>(&type.kind);
  return named != nullptr && named->shape ? &*named->shape : nullptr;
}

const ast::Name* lone_name(const ast::Dimension& dimension) {
  return dimension.size == nullptr ? nullptr : dimension.size->get_if<ast::Name>();
}

const std::vector<std::string>& static_functions() {
  static const std::vector<std::string> names = {"ceildiv", "floordiv", "max", "min", "sqrt"};
  return names;
}

bool is_static_function(std::string_view name) {
  return contains(static_functions(), name);
}

const std::map<std::string, std::optional<double>, std::less<>>& fillings() {
  static const std::map<std::string, std::optional<double>, std::less<>> names = {
      {"full", std::nullopt}, {"ones", 1.0}, {"zeros", 0.0}};
  return names;
}

bool is_built_in_function(std::string_view name) {
  return name == kRearrange || fillings().contains(name) || is_static_function(name);
}

const std::vector<std::string>& initializers() {
  static const std::vector<std::string> names = {"constant", "kaiming_uniform", "normal",
                                                 "ones",     "uniform",         "zeros"};
  return names;
}

bool is_initializer(std::string_view name) {
  return contains(initializers(), name);
}

std::set<std::string> bound_names(const ast::Body& body) {
  std::set<std::string> names;
  for (const ast::Statement& statement : body.statements) add_bound(statement, names);
  return names;
}

std::set<std::string> names_after(const ast::If& statement) {
  if (!statement.otherwise) return {};
  std::set<std::string> names = bound_names(*statement.otherwise);
  for (const ast::If::Branch& branch : statement.branches) {
    const std::set<std::string> bound = bound_names(branch.body);
    std::erase_if(names, [&](const std::string& name) { return !bound.contains(name); });
  }
  return names;
}

std::set<std::string> assigned_names(const ast::Body& body) {
  std::set<std::string> names;
  for (const ast::Statement& statement : body.statements) {
    if (const auto* branch = std::get_if<ast::If>(&statement.kind)) {
      for (const ast::If::Branch& each : branch->branches) names.merge(assigned_names(each.body));
      if (branch->otherwise) names.merge(assigned_names(*branch->otherwise));
    } else if (const auto* repeat = std::get_if<ast::Repeat>(&statement.kind)) {
      names.merge(assigned_names(repeat->body));
    } else {
      add_bound(statement, names);
    }
  }
  return names;
}

bool always_returns(const ast::Body& body) {
  if (body.statements.empty()) return false;
  const ast::Statement& last = body.statements.back();
  if (std::holds_alternative<ast::Return>(last.kind)) return true;
  const auto* branch = std::get_if<ast::If>(&last.kind);
  return branch != nullptr && branch->otherwise && always_returns(*branch->otherwise) &&
         std::all_of(branch->branches.begin(), branch->branches.end(),
                     [](const ast::If::Branch& each) { return always_returns(each.body); });
}

std::vector<std::string> callable_names(const FileScope& file) {
  std::vector<std::string> result = visible_names(file, &FileScope::blocks);
  for (const ops::OpDef* op : ops::all_ops())
    if (op->visibility == ops::Visibility::user) result.emplace_back(op->name);
  result.emplace_back(kRearrange);
  for (const auto& [name, number] : fillings()) result.push_back(name);
  result.insert(result.end(), static_functions().begin(), static_functions().end());
  return result;
}

std::optional<CallableValue> find_callable(const FileScope& file, const std::string& name) {
  if (const auto block = lookup(file, &FileScope::blocks, name))
    return CallableValue{.block = block.declaration, .file = block.file};
  const ops::OpDef* op = ops::find_op(name);
  if (op != nullptr && op->visibility == ops::Visibility::user) return CallableValue{.op = op};
  return std::nullopt;
}

void report_unknown_callable(const FileScope& file, const ast::Name& name, Reporter& reporter,
                             const std::vector<std::string>& also) {
  std::vector<std::string> known = callable_names(file);
  known.insert(known.end(), also.begin(), also.end());
  report_missing(diag::unknown_callable, name, library_of_name(name.text), known, reporter);
}

std::vector<const ast::Call*> calls_in(const ast::Expr& expr) {
  std::vector<const ast::Call*> calls;
  add_calls(expr, calls);
  return calls;
}

std::string snake_case(std::string_view name) {
  const auto is_upper = [&](size_t i) { return std::isupper(static_cast<unsigned char>(name[i])); };
  const auto is_lower = [&](size_t i) {
    return i < name.size() && std::islower(static_cast<unsigned char>(name[i]));
  };
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool starts_word =
        i > 0 && is_upper(i) && name[i - 1] != '_' && (!is_upper(i - 1) || is_lower(i + 1));
    if (starts_word) result += '_';
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return result;
}

}  // namespace tdc::check
