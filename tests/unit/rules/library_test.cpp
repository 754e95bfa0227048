// Whatever a library declares, a file that does not use it is told which one to use.

#include <doctest/doctest.h>

#include "rules.h"
#include "support/embedded_files.h"
#include "syntax/parse.h"

namespace tdc::rules {
namespace {

/// A program without `use` that has `name` where such a declaration stands.
Texts programs_with(const ast::Declaration& declaration) {
  const std::string plain = "net N(x: f32[4]) -> y: f32[4] { return relu(x) }\n";
  const std::string passing =
      "block Do(x: f32[..], f: block) -> f32[..] { return f(x) }\nnet N(x: f32[4]) -> y: f32[4] { "
      "return ";
  if (const auto* block = std::get_if<ast::Block>(&declaration.kind))
    return {"net N(x: f32[4]) -> y: f32[4] { return " + block->name.text + "(x) }\n",
            "net N(x: f32[4]) -> y: f32[4] { return x |> " + block->name.text + " }\n",
            passing + "Do(x, " + block->name.text + ") }\n"};
  if (const auto* let = std::get_if<ast::Let>(&declaration.kind))
    return {"net N(x: f32[4]) -> y: f32[4] { return x * " + let->name.text + " }\n"};
  if (const auto* chip = std::get_if<ast::Chip>(&declaration.kind))
    return {plain + "deploy d on " + chip->name.text + " { }\n"};
  if (const auto* train = std::get_if<ast::Train>(&declaration.kind))
    return {plain + "train t extends " + train->name.text + " { }\n"};
  return {};
}

std::string name_of(const ast::Declaration& declaration) {
  return std::visit(
      [](const auto& kind) -> std::string {
        if constexpr (requires { kind.name.text; })
          return kind.name.text;
        else
          return {};
      },
      declaration.kind);
}

TEST_CASE("scope-1: a name that a library has says which, wherever it stands") {
  int names = 0;
  for (const EmbeddedFile& embedded : embedded_files()) {
    const std::string path(embedded.path);
    if (!path.starts_with("stdlib/")) continue;
    const std::string library = "std." + path.substr(7, path.size() - 7 - 3);
    SourceFiles files;
    Diagnostics diagnostics;
    const auto tree = parse(files, files.add(path, std::string(embedded.text)), diagnostics);
    REQUIRE(tree.has_value());
    for (const ast::Declaration& declaration : tree->declarations) {
      if (std::holds_alternative<ast::Use>(declaration.kind)) continue;
      const Texts programs = programs_with(declaration);
      const std::string name = name_of(declaration);
      CHECK_MESSAGE(!programs.empty(), library, " declares ", name,
                    ", of which this test knows no use");
      for (const std::string& program : programs) {
        CAPTURE(program);
        const std::string text = rendered("tdl 1\n" + program);
        CHECK(text.find("hint: `" + name + "` is in `" + library + "`: write `use " + library +
                        "`") != std::string::npos);
        // One message.
        CHECK(text.find("error") == text.rfind("error"));
        ++names;
      }
    }
  }
  CHECK(names > 30);
}

}  // namespace
}  // namespace tdc::rules
