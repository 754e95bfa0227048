#include "syntax/print_ast.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/text.h"
#include "syntax/literals.h"

namespace tdc {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

/// The texts of `items`, each printed by `print`, with `separator` between.
template <typename Items, typename Print>
std::string join(const Items& items, std::string_view separator, const Print& print) {
  std::string result;
  for (const auto& item : items) {
    if (&item != &*items.begin()) result += separator;
    result += print(item);
  }
  return result;
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

std::string name_text(const ast::Name& name) {
  return name.text;
}
std::string number_text(const ast::Number& number) {
  const std::string value = number.is_integer() ? fmt::format("{}", std::get<int64_t>(number.value))
                                                : real_text(std::get<double>(number.value));
  return number.unit ? value + " " + unit_names()[static_cast<size_t>(*number.unit)] : value;
}

std::string_view sign(ast::BinaryOperator op) {
  using enum ast::BinaryOperator;
  switch (op) {
    case kOr:
      return "or";
    case kAnd:
      return "and";
    case kEqual:
      return "==";
    case kNotEqual:
      return "!=";
    case kLess:
      return "<";
    case kLessEqual:
      return "<=";
    case kGreater:
      return ">";
    case kGreaterEqual:
      return ">=";
    case kAdd:
      return "+";
    case kSubtract:
      return "-";
    case kMultiply:
      return "*";
    case kDivide:
      return "/";
    case kModulo:
      return "%";
    case kMatmul:
      return "@";
  }
  return "";
}

// ---- expressions and types: one line ----

std::string text(const ast::ExprPtr& expr) {
  return expr == nullptr ? "" : print_ast(*expr);
}

std::string path_text(const ast::CallPath& path) {
  std::string result;
  for (const auto& piece : path.pieces) {
    if (const auto* name = std::get_if<ast::Name>(&piece)) {
      result += (result.empty() ? "" : ".") + name->text;
    } else {
      result += "[" + text(std::get<ast::ExprPtr>(piece)) + "]";
    }
  }
  return path.shared ? result + " shared" : result;
}

std::string argument_text(const ast::Argument& argument) {
  return (argument.label ? argument.label->text + ": " : "") + text(argument.value);
}

std::string call_text(const ast::Call& call) {
  std::string result = call.callee.text;
  if (call.brackets) result += "(" + join(call.arguments, ", ", argument_text) + ")";
  return call.path ? result + " as " + path_text(*call.path) : result;
}

std::string subscript_text(const ast::Subscript& subscript) {
  return std::visit(Overloaded{[](const ast::LeadingAxes&) -> std::string { return ".."; },
                               [](const ast::ExprPtr& expr) { return text(expr); },
                               [](const ast::Slice& slice) {
                                 return text(slice.begin) + ":" + text(slice.end) +
                                        (slice.step == nullptr ? "" : ":" + text(slice.step));
                               }},
                    subscript.kind);
}

std::string shape_text(const ast::Shape& shape) {
  return "[" +
         join(shape.dimensions, ", ",
              [](const ast::Dimension& dimension) {
                return dimension.size == nullptr ? ".." : text(dimension.size);
              }) +
         "]";
}

std::string type_text(const ast::Type& type) {
  return std::visit(Overloaded{[](const ast::NamedType& named) {
                                 std::string result = named.name.text;
                                 if (named.argument != nullptr)
                                   result += "(" + text(named.argument) + ")";
                                 return named.shape ? result + shape_text(*named.shape) : result;
                               },
                               [](const ast::TupleType& tuple) {
                                 return "(" + join(tuple.elements, ", ", type_text) + ")";
                               },
                               [](const ast::BlockType& block) {
                                 return "block(" + join(block.arguments, ", ", type_text) +
                                        ") -> " + type_text(*block.result);
                               }},
                    type.kind);
}

std::string pattern_text(const ast::Pattern& pattern);

std::string pick_text(const ast::Pick& pick) {
  const auto end = [](std::optional<int64_t> value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  switch (pick.kind) {
    case ast::Pick::Kind::kIndex:
      return end(pick.begin);
    case ast::Pick::Kind::kRange:
      return end(pick.begin) + ".." + end(pick.end);
    case ast::Pick::Kind::kSlice:
      return end(pick.begin) + ":" + end(pick.end);
  }
  return "";
}

std::string piece_text(const ast::PatternPiece& piece) {
  const std::string kind =
      std::visit(Overloaded{[](const std::string& name) { return name; },
                            [](const ast::AnySegment&) -> std::string { return "*"; },
                            [](const ast::AnyPath&) -> std::string { return "**"; },
                            [](const ast::Alternatives& alternatives) {
                              return "{" + join(alternatives.patterns, ", ", pattern_text) + "}";
                            }},
                 piece.kind);
  return piece.picks.empty() ? kind : kind + "[" + join(piece.picks, ", ", pick_text) + "]";
}

std::string pattern_text(const ast::Pattern& pattern) {
  return (pattern.negation ? "!" : "") + join(pattern.pieces, ".", piece_text);
}

std::string selection_text(const ast::Selection& selection) {
  return join(selection.patterns, ", ", pattern_text);
}

std::string assertion_text(const ast::Assertion& assertion) {
  const bool is_assert = assertion.word == ast::Assertion::Word::kAssert;
  std::string result = (is_assert ? "assert " : "expect ") + text(assertion.condition);
  if (assertion.after_steps) result += " after " + number_text(*assertion.after_steps) + " steps";
  return result;
}

std::string with_initial(std::string head, const ast::ExprPtr& initial) {
  return initial == nullptr ? head : head + " = " + text(initial);
}

// ---- everything else: lines ----

class Printer {
 public:
  std::string print(const ast::File& file) {
    if (file.version) line("tdl " + number_text(*file.version));
    for (const ast::Declaration& declaration : file.declarations) {
      doc(declaration.doc);
      std::visit([this](const auto& kind) { print(kind); }, declaration.kind);
    }
    return std::move(text_);
  }

 private:
  void line(const std::string& text) { text_ += std::string(indent_, ' ') + text + "\n"; }
  void doc(std::string_view doc) {
    while (!doc.empty()) {
      const size_t end = std::min(doc.find('\n'), doc.size());
      line("/// " + std::string(doc.substr(0, end)));
      doc.remove_prefix(std::min(end + 1, doc.size()));
    }
  }
  template <typename Items>
  void indented(const Items& items) {
    indent_ += 2;
    for (const auto& item : items) print(item);
    indent_ -= 2;
  }

  // declarations

  void print(const ast::Use& use) {
    if (const auto* file = std::get_if<ast::String>(&use.what)) {
      line("use " + quote(file->value));
    } else {
      line("use " + join(std::get<std::vector<ast::Name>>(use.what), ".", name_text));
    }
  }
  void print(const ast::Block& block) {
    line((block.is_net ? "net " : "block ") + block.name.text);
    indented(block.parameters);
    indented(block.results);
    indented(block.body.statements);
  }
  void print(const ast::Parameter& parameter) {
    doc(parameter.doc);
    line(with_initial("parameter " + parameter.name.text + ": " + type_text(parameter.type),
                      parameter.initial));
  }
  void print(const ast::Result& result) {
    line("result " + (result.name ? result.name->text + ": " : "") + type_text(result.type));
  }
  void print(const ast::Train& train) {
    line("train " + train.name.text + (train.extends ? " extends " : " of ") + train.base.text);
    indented(train.clauses);
  }
  void print(const ast::Deploy& deploy) {
    line("deploy " + deploy.name.text + " on " + deploy.chip.text);
    indented(deploy.clauses);
  }
  void print(const ast::Chip& chip) {
    line("chip " + chip.name.text);
    indented(chip.clauses);
  }
  void print(const ast::ChipClause& clause) {
    doc(clause.doc);
    line(clause.word.text + " " + join(clause.arguments, ", ", argument_text));
  }
  void print(const ast::Data& data) {
    line("data " + data.name.text + " for " + data.net.text);
    indented(data.clauses);
  }
  void print(const ast::DataClause& clause) {
    doc(clause.doc);
    line(clause.word.text + " " + text(clause.source) +
         (clause.as ? " as " + clause.as->text : ""));
  }
  void print(const ast::Weights& weights) {
    line("weights from " + quote(weights.file.value));
    indented(weights.map);
  }
  void print(const ast::Weights::Entry& entry) {
    const auto* pattern = std::get_if<ast::Pattern>(&entry.source);
    line(pattern_text(entry.path) + " = " +
         (pattern != nullptr ? pattern_text(*pattern)
                             : quote(std::get<ast::String>(entry.source).value)));
  }
  void print(const ast::Assertion& assertion) { line(assertion_text(assertion)); }

  // clauses

  void print(const ast::TrainClause& clause) {
    doc(clause.doc);
    std::visit([this](const auto& kind) { print(kind); }, clause.kind);
  }
  void print(const ast::TargetClause& target) {
    line("target " + target.name.text + ": " + type_text(target.type));
  }
  void print(const ast::LossClause& loss) { line("loss " + text(loss.value)); }
  void print(const ast::MetricClause& metric) {
    line("metric " + (metric.name ? metric.name->text + " = " : "") + text(metric.value));
  }
  void print(const ast::OptimizerClause& optimizer) { line("optimizer " + text(optimizer.value)); }
  void print(const ast::ScheduleClause& schedule) { line("schedule " + text(schedule.value)); }
  void print(const ast::BatchClause& batch) {
    line("batch " + number_text(batch.samples) +
         (batch.accumulate ? " accumulate " + number_text(*batch.accumulate) : ""));
  }
  void print(const ast::ClipClause& clip) {
    line("clip " + clip.kind.text + " " + number_text(clip.limit));
  }
  void print(const ast::SeedClause& seed) { line("seed " + number_text(seed.value)); }
  void print(const ast::SelectClause& select) {
    using Word = ast::SelectClause::Word;
    const char* word = select.word == Word::kFreeze  ? "freeze "
                       : select.word == Word::kTrain ? "train "
                                                     : "lora ";
    line(word + selection_text(select.selection));
    indented(select.options);
  }
  void print(const ast::ClauseOption& option) { line(option.word.text + " " + text(option.value)); }
  void print(const ast::QuantizeClause& quantize) {
    line("quantize " + selection_text(quantize.selection) + " " + quantize.format.text);
  }

  void print(const ast::DeployClause& clause) {
    doc(clause.doc);
    std::visit([this](const auto& kind) { print(kind); }, clause.kind);
  }
  void print(const ast::BudgetClause& budget) {
    line("budget " + join(budget.bounds, ", ", [](const ast::BudgetClause::Bound& bound) {
           return bound.level.text + " <= " + number_text(bound.limit);
         }));
  }
  void print(const ast::AllowClause& allow) { line("allow " + join(allow.names, ", ", name_text)); }
  void print(const ast::EmitClause& emit) { line("emit " + join(emit.names, ", ", name_text)); }
  void print(const ast::PageClause& page) { line("page " + page.level.text); }

  // statements

  void print(const ast::Statement& statement) {
    doc(statement.doc);
    std::visit([this](const auto& kind) { print(kind); }, statement.kind);
  }
  void print(const ast::Let& let) { line("let " + let.name.text + " = " + text(let.value)); }
  void print(const ast::VariableDecl& variable) {
    const bool is_param = variable.word == ast::VariableWord::kParam;
    line(with_initial((is_param ? "param " : "state ") + variable.name.text + ": " +
                          type_text(variable.type) +
                          (variable.path ? " as " + path_text(*variable.path) : ""),
                      variable.initial));
  }
  void print(const ast::Require& require) {
    line("require " + text(require.condition));
    if (!require.message) return;
    indent_ += 2;
    for (const auto& piece : require.message->pieces) {
      const auto* words = std::get_if<std::string>(&piece);
      line(words != nullptr ? quote(*words) : text(std::get<ast::ExprPtr>(piece)));
    }
    indent_ -= 2;
  }
  void print(const ast::If& branches) {
    for (const ast::If::Branch& branch : branches.branches) {
      line((&branch == &branches.branches.front() ? "if " : "else if ") + text(branch.condition));
      indented(branch.body.statements);
    }
    if (!branches.otherwise) return;
    line("else");
    indented(branches.otherwise->statements);
  }
  void print(const ast::Repeat& repeat) {
    const std::string names = join(repeat.item.names, ", ", name_text);
    line("repeat " + (repeat.index ? repeat.index->text + ", " : "") +
         (repeat.item.is_tuple ? "(" + names + ")" : names) + " in " + text(repeat.values));
    indented(repeat.body.statements);
  }
  void print(const ast::Return& result) { line("return " + join(result.values, ", ", text)); }
  void print(const ast::Update& update) {
    line("update " + update.name.text + " = " + text(update.value));
  }
  void print(const ast::Binding& binding) {
    line(join(binding.targets, ", ",
              [](const ast::BindingTarget& target) {
                return target.name.text + (target.type ? ": " + type_text(*target.type) : "");
              }) +
         " = " + text(binding.value));
  }

  std::string text_;
  size_t indent_ = 0;
};

}  // namespace

std::string print_ast(const ast::Expr& expr) {
  return std::visit(
      Overloaded{
          [](const ast::Number& number) { return number_text(number); },
          [](const ast::String& string) { return quote(string.value); },
          [](const ast::Bool& value) -> std::string { return value.value ? "true" : "false"; },
          [](const ast::Name& name) { return name.text; },
          [](const ast::Tuple& tuple) { return "(tuple " + join(tuple.elements, " ", text) + ")"; },
          [](const ast::List& list) { return "[" + join(list.elements, ", ", text) + "]"; },
          [](const ast::Unary& unary) {
            return (unary.op == ast::UnaryOperator::kNegate ? "(- " : "(not ") +
                   text(unary.operand) + ")";
          },
          [](const ast::Binary& binary) {
            return fmt::format("({} {} {})", sign(binary.op), text(binary.left),
                               text(binary.right));
          },
          [](const ast::Range& range) {
            return fmt::format("(.. {} {})", text(range.begin), text(range.end));
          },
          [](const ast::Call& call) { return call_text(call); },
          [](const ast::Pipe& pipe) {
            return fmt::format("(|> {} {})", text(pipe.value), call_text(pipe.call));
          },
          [](const ast::Index& index) {
            return text(index.base) + "[" + join(index.subscripts, ", ", subscript_text) + "]";
          }},
      expr.kind);
}

std::string print_ast(const ast::File& file) {
  return Printer().print(file);
}

}  // namespace tdc
