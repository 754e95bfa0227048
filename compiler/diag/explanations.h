#pragma once

// What `tdc explain CODE` says. The texts are in `explanations.txt`, the programs those of the
// golden tests.

#include <string>
#include <string_view>
#include <vector>

namespace tdc {

/// What a message of the catalogue means, and what to do about it.
struct Explanation {
  std::string code;  ///< `matmul-inner-dim`
  std::string text;  ///< whole lines
  /// A program that provokes the message, and nothing else; empty: no short file does.
  std::string wrong;
  std::string right;  ///< the same one, put right; empty together with `wrong`
};

/// All explanations in the order of the catalogue. Every message has one that can stand alone:
/// all but hints and notes to others.
const std::vector<Explanation>& explanations();

/// A golden program without the lines that say what is expected of it.
std::string without_expectations(std::string_view program);

}  // namespace tdc
