#pragma once

// Programs of any size, each of which makes the front end do much of one thing.

#include <fmt/format.h>

#include <array>
#include <string>

namespace tdc::large_programs {

/// What a train block of `net N` with result `y` needs.
inline const std::string kTraining = "  loss mean(y)\n  optimizer sgd(lr: 0.1)\n";

inline std::string relu_chain(int nodes) {
  return fmt::format(R"(tdl 1
net N(x: f32[4]) -> y: f32[4] {{
  param scale: f32[4] = ones
  x = x * scale
  repeat i in 0..{} {{ x = relu(x) }}
  return x
}}
train t of N {{
{}}}
)",
                     nodes, kTraining);
}

inline std::string encoder_blocks(int nodes) {
  constexpr int kNodesOfBlock = 34;
  return fmt::format(R"(tdl 1
use std.nn
net N(x: f32[3, 4]) -> y: f32[3, 4] {{
  repeat i in 0..{} {{ x = TransformerEncoder(x, heads: 2, hidden: 8) as blocks[i] }}
  return x
}}
train t of N {{
{}}}
)",
                     nodes / kNodesOfBlock, kTraining);
}

inline std::string adapted_linears(int nodes) {
  constexpr int kNodesOfLinear = 9;
  return fmt::format(R"(tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] {{
  repeat i in 0..{} {{ x = Linear(x, 4) as layers[i] }}
  return x
}}
train t of N {{
{}  freeze **
  lora ** rank 2 alpha 4
}}
)",
                     nodes / kNodesOfLinear, kTraining);
}

inline std::string lets(int nodes) {
  std::string file = "tdl 1\nlet a0 = 1\n";
  std::string body;
  for (int i = 1; i <= nodes / 2; ++i) {
    file += fmt::format("let a{} = a{} + 1\n", i, i - 1);
    body += fmt::format("  let b{} = b{} + 1\n", i, i - 1);
  }
  return fmt::format(R"({}net N(x: f32[4]) -> y: f32[4] {{
  param scale: f32[4] = ones
  let b0 = a{}
{}  return x * scale * b{}
}}
train t of N {{
{}}}
)",
                     file, nodes / 2, body, nodes / 2, kTraining);
}

/// Parameters each of which has a line of its own, and shared ones that are read again and again.
inline std::string selections(int nodes) {
  std::string lines;
  for (int i = 0; i < nodes / 2; i += 2)
    lines += fmt::format("  {} scales[{}].by\n", i % 4 == 0 ? "freeze" : "train", i);
  return fmt::format(R"(tdl 1
block Scale(x: f32[n]) -> f32[n] {{
  param by: f32[n] = ones
  return x * by
}}
net N(x: f32[4]) -> y: f32[4] {{
  repeat i in 0..{} {{ x = Scale(x) as scales[i] }}
  repeat i in 0..{} {{ x = Scale(x) as again shared }}
  return x
}}
train t of N {{
{}{}}}
)",
                     nodes / 2, nodes / 2, kTraining, lines);
}

struct LargeProgram {
  const char* name;
  std::string (*text)(int nodes);  ///< of about so many nodes, or `let`s
};

inline constexpr std::array kLargePrograms = {
    LargeProgram{"relu chain", relu_chain},
    LargeProgram{"encoder blocks", encoder_blocks},
    LargeProgram{"adapted linears", adapted_linears},
    LargeProgram{"lets", lets},
    LargeProgram{"selections", selections},
};

}  // namespace tdc::large_programs
