#include "rules.h"

#include <doctest/doctest.h>

#include "../check/check_source.h"
#include "driver/pipeline.h"
#include "graph/interpret.h"
#include "syntax/parse.h"
#include "syntax/print_ast.h"

namespace tdc::rules {
namespace {

std::string codes(const Diagnostics& diagnostics) {
  std::string result;
  for (const Diagnostic& each : diagnostics.sorted())
    result += (result.empty() ? "" : " ") + each.code;
  return result;
}

/// What compiling a text reports.
struct Compiled {
  SourceFiles files;
  Diagnostics diagnostics;

  explicit Compiled(const std::string& text) {
    driver::Dump none;
    static_cast<void>(driver::compile(files, files.add("t.td", text), {},
                                      driver::DefaultDeploy::first_of_file, diagnostics, none));
  }
};

check::Checked checked(const std::string& text, const std::string& train = "") {
  return check::check_source("tdl 1\nuse std.nn\n" + text, {.train = train});
}

}  // namespace

std::string read(const std::string& text) {
  SourceFiles files;
  Diagnostics diagnostics;
  const auto parsed = parse(files, files.add("t.td", text), diagnostics);
  CHECK(parsed.has_value() == !diagnostics.has_errors());
  return codes(diagnostics);
}

std::string tree(const std::string& text) {
  SourceFiles files;
  Diagnostics diagnostics;
  const auto parsed = parse(files, files.add("t.td", text), diagnostics);
  REQUIRE_MESSAGE(parsed.has_value(), text, "\n", render(diagnostics, files));
  return print_ast(*parsed);
}

std::string said(const std::string& text) {
  return codes(checked(text).diagnostics);
}

std::string messages(const std::string& text) {
  return checked(text).messages();
}

std::vector<Said> all_said(const std::string& text) {
  const check::Checked result = checked(text);
  std::vector<Said> said;
  for (const Diagnostic& each : result.diagnostics.sorted())
    said.push_back({.code = each.code,
                    .line = result.sources.line_column(each.range.file, each.range.begin).line,
                    .text = std::string(result.sources.text(each.range))});
  return said;
}

std::string compiled(const std::string& text) {
  return codes(Compiled(text).diagnostics);
}

std::string rendered(const std::string& text) {
  const Compiled result(text);
  return render(result.diagnostics, result.files);
}

std::string net(const std::string& statements) {
  return "net N(x: f32[2, 3]) -> y: f32[..] {\n" + statements + "\n}\n";
}

std::string training(const std::string& lines) {
  return R"(net N(x: f32[2]) -> y: f32[2] {
  x = Linear(x, 2) as a
  repeat i in 0..3 { x = Linear(x, 2) as b[i] }
  return x
}
train t of N {
  loss mean(y)
  optimizer sgd(lr: 0.1)
)" + lines +
         "\n}\n";
}

check::Program program(const std::string& text, const std::string& train) {
  check::Checked result = checked(text, train);
  REQUIRE_MESSAGE(result.program.has_value(), text, "\n", result.messages());
  return *std::move(result.program);
}

Texts paths(const std::string& text) {
  Texts result;
  for (const ir::Variable& variable : program(text).module.variables)
    result.push_back(variable.path);
  return result;
}

Texts trained(const check::Program& program) {
  Texts result;
  for (const ir::Variable& variable : program.module.variables)
    if (variable.is_trained) result.push_back(variable.path);
  return result;
}

Texts trained(const std::string& text) {
  return trained(program(text));
}

ops::Tensor computed(const std::string& expr, const std::string& declarations) {
  const check::Program whole = program(declarations + net("return " + expr));
  const ops::Tensor x({.dims = {2, 3}}, {0, 1, 2, 3, 4, 5});
  return graph::interpret(whole.module.graphs.front(), {.arguments = {{"x", x}}, .variables = {}})
      .outputs.at("y");
}

}  // namespace tdc::rules
