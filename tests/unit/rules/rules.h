#pragma once

// For tests of the manual's rules: short programs, and what is said about them or what they mean.

#include <string>
#include <vector>

#include "check/program.h"
#include "ops/tensor.h"

namespace tdc::rules {

using Texts = std::vector<std::string>;

/// The codes of all that reading `text` reports, separated by blanks; empty: it is a program.
std::string read(const std::string& text);
/// The syntax tree of `text`, as `--dump=ast` prints it.
std::string tree(const std::string& text);

/// The codes of all that checking `text` behind `use std.nn` reports.
std::string said(const std::string& text);
/// The same, rendered.
std::string messages(const std::string& text);

/// One message: its code, its line counted from 1, and the text that it points at.
struct Said {
  std::string code;
  uint32_t line = 0;
  std::string text;
};
std::vector<Said> all_said(const std::string& text);
/// The codes of all that compiling `text`, as it is, reports.
std::string compiled(const std::string& text);
/// What compiling it says, rendered.
std::string rendered(const std::string& text);

/// A net `N` of one input `x: f32[2, 3]` and one result `y` of any shape.
std::string net(const std::string& statements);
/// A net `N` whose result is its input through a stack of layers `a`, `b.0`, `b.1`, `b.2`, each
/// with a `weight` of [2, 2] and a `bias` of [2], and a `train` block `t` with these further lines.
std::string training(const std::string& lines);

/// The checked program of `text`, behind `use std.nn`, with its first `train` block or another.
check::Program program(const std::string& text, const std::string& train = "");
/// The paths of all parameters, in the order of their declaration.
Texts paths(const std::string& text);
/// The paths of those that are trained.
Texts trained(const check::Program& program);
Texts trained(const std::string& text);
/// What an expression gives where `x` is [[0, 1, 2], [3, 4, 5]], in double precision.
ops::Tensor computed(const std::string& expr, const std::string& declarations = "");

}  // namespace tdc::rules
