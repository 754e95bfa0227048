// The manual's reference of ops and layers (`grammar/reference.md`, which `tdc explain` prints)
// says what the records, the library, the manual's rules, the examples and the measured errors say.
// TDC_UPDATE_GOLDEN=1 rewrites it. No line of an entry may be empty.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "autodiff/batch.h"
#include "diag/diagnostic.h"
#include "diag/render.h"
#include "driver/gradient_check.h"
#include "ops/builder.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "support/files.h"
#include "support/json.h"
#include "unit/check/check_source.h"
#include "unit/ops/attributes_text.h"
#include "unit/ops/kernel_error.h"
#include "unit/ops/samples.h"

namespace tdc::ops {
namespace {

const std::string kRoot = std::string(TDC_SOURCE_DIR) + "/";

// ---- lines of an entry --------------------------------------------------------------------------

/// `- TITLE: TEXT`. A line without text is what this test is there to find.
std::string line(std::string_view title, const std::string& text) {
  CHECK_MESSAGE(!text.empty(), title, " is empty");
  return fmt::format("- {}: {}\n", title, text);
}

/// A program, as a block of its own.
std::string block(const std::string& program) {
  std::string text;
  for (size_t at = 0; at < program.size();) {
    const size_t end = program.find('\n', at);
    const std::string each = program.substr(at, end - at);
    text += each.empty() ? "\n" : fmt::format("      {}\n", each);
    at = end + 1;
  }
  return text;
}

/// The program of a file, which compiles without a message.
std::string example(const std::string& path) {
  const std::string program = check::read_source_file(path);
  CHECK_MESSAGE(!program.empty(), "write ", path);
  CHECK(check::check_source(program).messages() == "");
  return fmt::format("- Example:\n\n{}", block(program));
}

// ---- shapes -------------------------------------------------------------------------------------

/// The labels of the manual's rules whose text names `op`, in the manual's order.
std::vector<std::string> rules_naming(std::string_view op) {
  static const std::string manual = read_file(kRoot + "grammar/language.md").value();
  static const std::regex rule(R"((?:^|\n)- \*\*([a-z]+-\d+)\*\*([^\n]*(?:\n  [^\n]*)*))");
  const std::regex name(fmt::format(R"(`{}[`(])", op));
  std::vector<std::string> labels;
  for (std::sregex_iterator match(manual.begin(), manual.end(), rule), end; match != end; ++match)
    if (std::regex_search((*match)[2].str(), name)) labels.push_back((*match)[1]);
  return labels;
}

/// Whether the result has the shape of the first operand, in all samples: what result-1 says of ops
/// that no other rule names.
bool keeps_shape(const OpDef& op) {
  return op.infer_types == nullptr || std::ranges::all_of(op.samples(), [&](const Sample& sample) {
           const Call call = call_of(op, sample);
           return call.output(0).dims == call.input(0).dims;
         });
}

std::string shapes_text(const OpDef& op) {
  std::vector<std::string> labels = rules_naming(op.name);
  if (labels.empty() && keeps_shape(op)) labels.emplace_back("result-1");
  CHECK_MESSAGE(!labels.empty(), "no rule of the manual names ", std::string(op.name));
  return fmt::format("`{}`; {}", op.signature, fmt::join(labels, ", "));
}

// ---- gradients ----------------------------------------------------------------------------------

/// One call with its gradients, as nodes.
class Gradients {
 public:
  Gradients(const OpDef& op, const Sample& sample, GradientRule rule) : builder_(graph_) {
    const Signature& operands = signature(op);
    ir::ValueIds inputs(sample.inputs.size());
    std::vector<bool> needed(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!sample.inputs[i]) continue;
      needed[i] = sample.inputs[i]->dtype == ir::DType::f32;
      inputs[i] = add_input(operands.has_list() ? fmt::format("{}{}", operands.input(i).name, i)
                                                : operands.input(i).name,
                            *sample.inputs[i]);
    }
    const ir::ValueIds outputs = builder_.emit_all(op.name, inputs, sample.attributes);
    ir::ValueIds cotangents;
    for (size_t i = 0; i < outputs.size(); ++i) {
      names_[outputs[i]] = operands.outputs[i].name;
      cotangents.push_back(add_input("d" + operands.outputs[i].name, graph_.type(outputs[i])));
    }
    const ir::Node node = graph_.nodes[graph_.values[outputs[0]].producer];
    GradientContext context(builder_, node, cotangents, needed);
    rule(context);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!needed[i]) continue;
      const std::optional<ir::ValueId> gradient = context.gradients()[i];
      texts_.push_back(
          fmt::format("`d{} = {}`", names_.at(inputs[i]), gradient ? text(*gradient) : "0"));
    }
  }

  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
  /// Ops of the compiler's own that they are made of.
  [[nodiscard]] const std::vector<const OpDef*>& internal_ops() const { return internal_ops_; }

 private:
  ir::ValueId add_input(const std::string& name, const ir::TensorType& type) {
    const ir::ValueId value = builder_.add_input(name, ir::InputKind::sample, type, false);
    names_[value] = name;
    return value;
  }

  std::string text(ir::ValueId value) {
    if (!value.is_valid()) return "none";
    if (const auto name = names_.find(value); name != names_.end()) return name->second;
    const ir::Node& node = graph_.nodes[graph_.values[value].producer];
    if (node.op->visibility == Visibility::internal &&
        std::ranges::find(internal_ops_, node.op) == internal_ops_.end())
      internal_ops_.push_back(node.op);
    std::vector<std::string> arguments;
    for (const ir::ValueId input : node.inputs)
      if (input.is_valid()) arguments.push_back(text(input));
    for (const AttributeDef& attribute : node.op->attributes) {
      const ir::AttributeValue* given = node.attributes.find(attribute.name);
      if (given != nullptr && attribute.default_value != *given)
        arguments.push_back(fmt::format("{}: {}", attribute.name, ir::to_text(*given)));
    }
    std::string call = fmt::format("{}({})", node.op->name, fmt::join(arguments, ", "));
    if (node.outputs.size() > 1) {
      const auto at = std::ranges::find(node.outputs, value) - node.outputs.begin();
      call += "." + signature(*node.op).outputs[static_cast<size_t>(at)].name;
    }
    return call;
  }

  ir::Graph graph_ = {.name = "gradient"};
  Builder builder_;
  std::map<ir::ValueId, std::string> names_;
  std::vector<std::string> texts_;
  std::vector<const OpDef*> internal_ops_;
};

std::string gradient_text(const OpDef& op) {
  if (const auto* none = std::get_if<NoGradient>(&op.gradient))
    return fmt::format("none: {}", none->reason);
  const Gradients gradients(op, op.samples().front(), std::get<GradientRule>(op.gradient));
  std::string text = fmt::format("{}", fmt::join(gradients.texts(), ", "));
  for (const OpDef* each : gradients.internal_ops())
    text += fmt::format("; `{}`: {}", each->name, each->summary);
  return text;
}

// ---- cost, error, oracle ------------------------------------------------------------------------

std::string cost_text(const OpDef& op) {
  if (op.is_view) return "nothing: the same memory";
  switch (op.work.value()) {
    case Work::none:
      return "moves elements, computes nothing";
    case Work::outputs:
      return "one operation for each element of the result";
    case Work::points:
      break;
  }
  std::vector<std::string> axes;
  for (const SpaceAxis& axis : op.space(call_of(op, op.samples().front())).axes)
    axes.push_back(axis.name);
  return fmt::format("two operations, a multiplication and an addition, for each {}",
                     fmt::join(axes, " x "));
}

/// 1, 2 or 5 times a power of ten, the least that is not below `error`.
std::string bound_text(double error) {
  for (int exponent = -20; exponent < 0; ++exponent)
    for (const int digit : {1, 2, 5})
      if (const double bound = digit * std::pow(10.0, exponent); error <= bound)
        return fmt::format("{}e{}", digit, exponent);
  return fmt::format("{}", error);
}

/// The ops with kernels that training computes a call with: the op itself, or what its batch rule
/// puts in its place.
std::set<const OpDef*> computed_with(const OpDef& op) {
  if (op.kernel) return {&op};
  if (op.is_view) return {};
  const Sample sample = op.samples().front();
  ir::Module module;
  ir::Graph graph = {.name = "sample"};
  Builder builder(graph);
  ir::ValueIds inputs;
  for (size_t i = 0; i < sample.inputs.size(); ++i) {
    inputs.push_back(
        builder.read(module, module.variables.push_back({.path = fmt::format("operand{}", i),
                                                         .type = sample.inputs[i].value(),
                                                         .init = {},
                                                         .origin = {}})));
    if (i == 0)
      inputs[0] = builder.add_input("x", ir::InputKind::sample, sample.inputs[0].value(), false);
  }
  const ir::ValueIds results = builder.emit_all(op.name, inputs, sample.attributes);
  graph.outputs.push_back({.name = "y", .kind = ir::OutputKind::result, .value = results[0]});
  std::set<const OpDef*> used;
  for (const ir::Node& node : autodiff::batch_graph(module, graph, 4, true).nodes)
    if (node.op->kernel) used.insert(node.op);
  return used;
}

std::string error_text(const OpDef& op) {
  double worst = 0, allowed = 0;
  for (const OpDef* each : computed_with(op)) {
    worst = std::max(worst, worst_kernel_error(*each));
    allowed = std::max(allowed, each->kernel_tolerance);
  }
  if (worst == 0) return "none seen: the kernel gives the rounded result";
  return fmt::format("{} of the largest element, the worst seen; {} would be a fault",
                     bound_text(worst), bound_text(allowed));
}

std::string oracle_text(const OpDef& op) {
  const std::string name(op.name);
  const Json vectors =
      parse_json(read_file(kRoot + "tests/ops/vectors/" + name + ".json").value()).value();
  return fmt::format(
      "`tests/ops/{}.py`, {} calls in JAX and double precision{}", name,
      vectors.find("cases")->as_array()->size(),
      std::holds_alternative<GradientRule>(op.gradient) ? ", with their gradients" : "");
}

std::string entry_of(const OpDef& op) {
  return fmt::format("### `{}`\n\n", op.name) + line("Result", std::string(op.summary)) +
         line("Shapes", shapes_text(op)) +
         line("Attributes", attributes_text(op).empty() ? "none" : attributes_text(op)) +
         line("Gradient", gradient_text(op)) + line("Cost", cost_text(op)) +
         line("Error", error_text(op)) + line("Oracle", oracle_text(op)) +
         example(fmt::format("tests/ops/{}.td", op.name)) + "\n";
}

// ---- layers -------------------------------------------------------------------------------------

/// A block of `stdlib/nn.td`.
struct Layer {
  std::string name, summary, definition;
};

std::vector<Layer> layers() {
  const std::string library = read_file(kRoot + "stdlib/nn.td").value();
  static const std::regex block(R"(((?:/// [^\n]*\n)+)(block (\w+)\([\s\S]*?\n\}\n))");
  std::vector<Layer> result;
  for (std::sregex_iterator match(library.begin(), library.end(), block), end; match != end;
       ++match) {
    const std::string comment = (*match)[1].str();
    result.push_back({.name = (*match)[3],
                      .summary = std::regex_replace(comment.substr(4, comment.size() - 5),
                                                    std::regex("\n/// "), " "),
                      .definition = (*match)[2]});
  }
  return result;
}

bool calls(const std::string& text, const std::string& layer) {
  return std::regex_search(text, std::regex(fmt::format(R"(\b{}\b)", layer)));
}

/// Parameters and states of the example.
std::string variables_text(const check::Program& program) {
  std::vector<std::string> texts;
  for (const ir::Variable& variable : program.module.variables)
    texts.push_back(fmt::format("`{}: {}`", variable.path, ir::to_text(variable.type)));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

std::string example_cost_text(const check::Program& program) {
  int64_t operations = 0;
  const ir::Graph& graph = program.module.graphs.at(0);
  for (const ir::Node& node : graph.nodes) operations += flop(*node.op, call_of(graph, node));
  return fmt::format("{} operations", operations);
}

/// The example such that gradients reach the layer and what enters it: with a parameter added to
/// the net's first input of floats, and with a loss over all results if it has none.
std::string trained_example(std::string text, const check::Program& program) {
  const std::regex input(R"(\b(\w+): (f32\[[^\]]*\]))");
  const size_t net = text.find("net Example(");
  const size_t body = text.find("{\n", net) + 2;
  std::smatch match;
  const std::string head = text.substr(net, text.find(')', net) - net);
  if (std::regex_search(head, match, input))
    text.insert(body, fmt::format("  param moved_{0}: {1} = zeros\n  {0} = {0} + moved_{0}\n",
                                  match[1].str(), match[2].str()));
  if (program.training) return text;
  std::vector<std::string> squares;
  for (const ir::Output& output : program.module.graphs.at(0).outputs)
    squares.push_back(fmt::format("mean({0} * {0})", output.name));
  return fmt::format(
      "{}\ntrain t of Example {{\n  loss {}\n  optimizer sgd(lr: 0.1)\n  batch 4\n}}\n", text,
      fmt::join(squares, " + "));
}

/// What central differences of the example say. The distances themselves are rounding, which is
/// another one with another mathematical library.
std::string layer_gradient_text(const Layer& layer, const std::string& text,
                                const check::Program& program) {
  constexpr double kAllowed = 1e-6;
  if (!calls(std::regex_replace(text, std::regex(R"(\n *metric [^\n]*)"), ""), layer.name))
    return "none: a metric";
  SourceFiles files;
  Diagnostics diagnostics;
  const FileId file = files.add("example.td", trained_example(text, program));
  const auto gradients = driver::check_file_gradients(
      files, file, {.compile = {.file = "example.td"}, .points = 10}, diagnostics);
  if (!gradients) {
    for (const Diagnostic& each : diagnostics.sorted())
      if (each.severity == Severity::kError)
        REQUIRE_MESSAGE(each.code == "trained-without-gradient", render(diagnostics, files));
    return "none: counts have none";
  }
  int64_t points = 0;
  for (const driver::CheckedGradient& each : *gradients) {
    points += each.points;
    CHECK_MESSAGE((each.is_right && each.error <= kAllowed), layer.name, ": ", each.path, ", ",
                  each.error);
  }
  CHECK_MESSAGE(points > 0, layer.name, " has no derivative that was compared");
  return fmt::format(
      "that of its ops; of {} of the example within {} of central differences",
      gradients->size() == 1 ? "the tensor" : fmt::format("all {} tensors", gradients->size()),
      bound_text(kAllowed));
}

/// Which programs that are compared with JAX use the layer, or another layer that does; and the ops
/// of the example, each of which is.
std::string layer_oracle_text(const Layer& layer, const std::vector<Layer>& all,
                              const check::Program& program) {
  std::set<std::string> users = {layer.name};
  for (size_t before = 0; before != users.size();) {
    before = users.size();
    for (const Layer& each : all)
      for (const std::string& user : std::set(users))
        if (calls(each.definition, user)) users.insert(each.name);
  }
  std::set<std::string> programs, ops;
  for (const auto& file : std::filesystem::directory_iterator(kRoot + "tests/diff"))
    if (file.path().extension() == ".td")
      for (const std::string& user : users) {
        const std::string text = read_file(file.path().string()).value();
        // A block of the program's own may have the name of a layer.
        if (calls(text, user) && text.find("block " + user + "(") == std::string::npos)
          programs.insert(fmt::format("`tests/diff/{}`", file.path().filename().string()));
      }
  for (const ir::Node& node : program.module.graphs.at(0).nodes)
    ops.insert(fmt::format("`{}`", node.op->name));
  return fmt::format("{}its ops {}",
                     programs.empty() ? "" : fmt::format("JAX, in {}; ", fmt::join(programs, ", ")),
                     fmt::join(ops, ", "));
}

std::string entry_of(const Layer& layer, const std::vector<Layer>& all) {
  const std::string path = fmt::format("tests/layers/{}.td", layer.name);
  const std::string text = check::read_source_file(path);
  CHECK_MESSAGE(calls(text, layer.name), path, " does not use ", layer.name);
  const check::Checked checked = check::check_source(text);
  REQUIRE_MESSAGE(checked.program.has_value(), path, ": ", checked.messages());
  return fmt::format("### `{}`\n\n", layer.name) + line("Result", layer.summary) +
         line("Parameters and states of the example", variables_text(*checked.program)) +
         line("Gradient", layer_gradient_text(layer, text, *checked.program)) +
         line("Cost of the example", example_cost_text(*checked.program)) +
         line("Compared with", layer_oracle_text(layer, all, *checked.program)) +
         "- Definition:\n\n" + block(layer.definition) + "\n" + example(path) + "\n";
}

// ---- the whole ----------------------------------------------------------------------------------

std::string reference() {
  std::string text =
      "# Reference of ops and layers\n\n"
      "Every op and every layer of `std.nn`: what the records, the library, the rules of [the "
      "manual](language.md) and the\n"
      "examples say, and what tests measure. A test holds all of it; `tdc explain NAME` prints an "
      "entry. In shapes `..` is any\n"
      "number of leading axes, `?` an operand that may be missing, `*` a list. Gradients are those "
      "of one small call; `dy` is\n"
      "what comes back for a result `y`, and ops that users cannot call are told in words. Errors "
      "are those of the C kernels\n"
      "against double precision.\n\n## Ops\n\n";
  for (const OpDef* op : all_ops()) {
    if (op->visibility != Visibility::user) continue;
    INFO("op ", std::string(op->name));
    text += entry_of(*op);
  }
  text += "## Layers and losses\n\n";
  const std::vector<Layer> all = layers();
  for (const Layer& layer : all) {
    INFO("layer ", layer.name);
    text += entry_of(layer, all);
  }
  text.pop_back();
  return text;
}

TEST_CASE(
    "manual: the reference of ops and layers is what there is, and none of its lines is empty") {
  const std::string path = kRoot + "grammar/reference.md";
  const std::string expected = reference();
  if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr)
    REQUIRE(write_file_atomically(path, expected).ok());
  else
    CHECK_MESSAGE(read_file(path).value() == expected,
                  "TDC_UPDATE_GOLDEN=1 writes the reference anew");
}

TEST_CASE("manual: each layer of the library is one of the reference, and each example a layer's") {
  const std::string library = read_file(kRoot + "stdlib/nn.td").value();
  static const std::regex head(R"(\nblock (\w+)\()");
  std::set<std::string> blocks, found, examples;
  for (std::sregex_iterator match(library.begin(), library.end(), head), end; match != end; ++match)
    blocks.insert((*match)[1]);
  for (const Layer& layer : layers()) found.insert(layer.name);
  for (const auto& file : std::filesystem::directory_iterator(kRoot + "tests/layers"))
    examples.insert(file.path().stem().string());
  CHECK(found == blocks);
  CHECK(examples == blocks);
}

}  // namespace
}  // namespace tdc::ops
