#include "programs.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "mutate.h"

namespace tdc::test {
namespace {

class ProgramWriter {
 public:
  explicit ProgramWriter(uint64_t seed) : random_(static_cast<uint32_t>(seed)) {}

  std::string write() {
    // Mistakes are placed among the parts as they are written, so most of them meet others.
    wrong_percent_ = chance(50) ? 0 : 6;
    std::string text = "tdl 1\n";
    if (!is_wrong()) text += "use std.nn\n";
    if (!is_wrong()) text += "use std.chips\n";
    text += is_wrong() ? "let width = 8 / 3\n" : "let width = 8\n";
    text += kBlocks;
    text += net();
    for (int i = static_cast<int>(below(4)); i > 0; --i) text += train(i);
    if (chance(40)) text += kSmallChip;
    const bool has_small_chip = text.ends_with(kSmallChip);
    for (int i = static_cast<int>(below(4)); i > 0; --i) text += deploy(i, has_small_chip);
    if (wrong_percent_ > 0 && chance(25)) text = mutate_words(text, random_);
    return text;
  }

 private:
  static constexpr std::string_view kBlocks = R"(
block Scaled(x: f32[.., n]) -> f32[.., n] {
  param by: f32[n] = ones
  return x * by
}
block Columns(x: f32[t, n], out: dim) -> f32[out, n] {
  param weight: f32[out, t] = kaiming_uniform(fan_in: t)
  return weight @ x
}
block Twice(x: f32[.., n], act: block) -> f32[.., n] {
  h = act(Linear(x, n))
  return act(h)
}
)";
  static constexpr std::string_view kSmallChip = R"(
chip small {
  cores      1
  platform   "qemu_user"
  memory     RAM, size: 8 KiB, stack: 1 KiB
  memory     FLASH, size: 256 KiB, code: 64 KiB
  tensors    RAM
  constants  FLASH
  image      FLASH
}
)";

  size_t below(size_t limit) { return random_() % limit; }
  bool chance(int percent) { return below(100) < static_cast<size_t>(percent); }
  /// Whether the next part is written wrongly.
  bool is_wrong() { return chance(wrong_percent_); }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

  // ---- the net ----

  /// A layer that keeps vectors and rows what they are, with a path.
  std::string layer(bool is_rows) {
    const std::string path = next_path();
    if (is_wrong())
      return pick({"Linaer(8) as " + path, "Linear(0) as " + path, "Linear as " + path,
                   "relu as " + path, "Linear(8, bais: false) as " + path, "reshape([7, 3])",
                   "Twice(relu) as " + path + ".x.y |> undefined", "Linear(unknown) as " + path,
                   "softmax(axis: 4)"});
    if (is_rows && chance(30))
      return pick({"TransformerEncoder(heads: 2, hidden: 8) as " + path, "Columns(6) as " + path,
                   "CctEncoder(heads: 4, hidden: 16) as " + path});
    return pick({"Linear(width) as " + path, "Linear(8, bias: false) as " + path,
                 "LayerNorm as " + path, "Scaled as " + path, "Twice(tanh) as " + path, "relu",
                 "gelu", "softmax(axis: -1)"});
  }

  std::string next_path() {
    if (!paths_.empty() && is_wrong()) return paths_.front();  // taken
    paths_.push_back(fmt::format("l{}", paths_.size()));
    return paths_.back();
  }

  std::string net() {
    std::string text, start;
    bool is_rows = false;
    switch (below(4)) {
      case 0:
        text = "net N(x: f32[8]) -> y: f32[4] {\n";
        break;
      case 1:
        text = "net N(x: f32[5, 8]) -> y: f32[4] {\n";
        is_rows = true;
        break;
      case 2:
        text = "net N(words: i32[6]) -> y: f32[4] {\n  x = Embedding(words, 20, 8) as table\n";
        paths_.emplace_back("table");
        is_rows = true;
        break;
      default:
        text =
            "net N(image: f32[2, 6, 6]) -> y: f32[4] {\n"
            "  x = Conv2d(image, 8, kernel: 3, padding: 1) as conv |> relu |> "
            "max_pool2d(kernel: 2, stride: 2) |> rearrange(\"c h w -> (h w) c\")\n";
        paths_.emplace_back("conv");
        is_rows = true;
    }
    if (is_wrong())
      text += pick({"  param spare: f32[3] = ones\n", "  let spare = 3\n", "  h = x * 2\n",
                    "  require width == 9, \"the width is {width}\"\n",
                    "  k = reshape(x, [1, 1, 2, 4])\n  x = conv2d(reshape(x, [1, 2, 4]), k)\n",
                    "  x = embedding(x, x)\n"});
    for (size_t i = below(4); i > 0; --i) text += "  x = x |> " + layer(is_rows) + "\n";
    if (chance(30)) {
      text += fmt::format("  repeat i in 0..{} {{ x = Linear(x, 8) as blocks{} |> tanh }}\n",
                          1 + below(3),
                          is_wrong()   ? ""
                          : chance(20) ? " shared"
                                       : "[i]");
      paths_.emplace_back("blocks.0");
    }
    if (is_rows)
      text +=
          is_wrong() ? "" : pick({"  x = mean(x, axis: 0)\n", "  x = SequencePool(x) as pool\n"});
    paths_.emplace_back("head");
    text += is_wrong() ? "  return Linear(x, 5) as head\n" : "  return Linear(x, 4) as head\n";
    return text + "}\n";
  }

  // ---- training ----

  std::string selection() {
    std::vector<std::string> patterns;
    for (size_t i = 1 + below(2); i > 0; --i)
      patterns.push_back(is_wrong() ? pick({"tail.**", "head", "head.weigth", "head.{weight,b}",
                                            "l0[0..2].**", "!head.weight"})
                                    : pick({"**", "head.**", "**.weight", "{head}.weight"}));
    return fmt::format("{}", fmt::join(patterns, ", "));
  }

  std::string train(int number) {
    std::string text = fmt::format("train t{} of {} {{\n", number, is_wrong() ? "M" : "N");
    if (chance(50))
      text +=
          "  target label: class(4)\n  loss cross_entropy(y, label)\n"
          "  metric accuracy(y, label)\n";
    else
      text += is_wrong() ? pick({"  loss y\n", "  loss mean(x)\n", "  loss mean(z)\n",
                                 "  target c: class(4)\n  loss -accuracy(y, c)\n",
                                 "  target c: class(9)\n  loss cross_entropy(y, c)\n"})
                         : "  target z: f32[4]\n  loss mse(y, z)\n";
    text += is_wrong() ? pick({"", "  optimizer sgd(lr: 0)\n", "  optimizer sdg(lr: 1)\n",
                               "  optimizer sgd\n"})
                       : "  optimizer sgd(lr: 0.1)\n";
    if (chance(50)) text += fmt::format("  batch {} accumulate {}\n", 1 + below(40), 1 + below(3));
    if (is_wrong()) text += "  batch 100000000\n";
    if (is_wrong()) text += "  weights from \"nothing.npz\"\n";
    if (is_wrong()) text += "  assert params(trainable) < 3\n";
    for (size_t i = below(3); i > 0; --i)
      text += fmt::format("  {} {}\n", chance(60) ? "train" : "freeze", selection());
    if (chance(30)) {
      if (!is_wrong()) text += "  freeze **\n";
      text += fmt::format(
          "  lora {} rank {}\n",
          is_wrong() ? pick({"nothing", "blocks", "head.weight"}) : pick({"head", "**"}),
          is_wrong() ? "99" : "2");
    }
    return text + "}\n";
  }

  // ---- deployment ----

  std::string deploy(int number, bool has_small_chip) {
    std::string chip = chance(50) ? "pulp_cluster" : "mcu_256k";
    if (has_small_chip && chance(50)) chip = "small";
    if (is_wrong()) chip = "mcu";
    const std::string level = chip == "pulp_cluster" ? "L2" : "RAM";
    std::string text = fmt::format("deploy d{} on {} {{", number, chip);
    if (chance(60)) {
      const size_t kibibytes = is_wrong() ? 1'000'000 : chip == "small" ? 8 : 100 + below(100);
      text += fmt::format(" budget {} <= {} KiB", is_wrong() ? "LX" : level, kibibytes);
    } else if (is_wrong()) {
      text += fmt::format(" budget {} <= 1 KiB", level);
    }
    return text + " }\n";
  }

  std::mt19937 random_;
  int wrong_percent_ = 0;
  std::vector<std::string> paths_;
};

}  // namespace

std::string random_program(uint64_t seed) {
  return ProgramWriter(seed).write();
}

}  // namespace tdc::test
