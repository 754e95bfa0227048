#pragma once

#include <cstdint>
#include <string>

namespace tdc::test {

/// A whole program drawn from `seed`: a net of layers over a vector, rows or an image, up to three
/// `train` blocks that freeze, train and adapt parts of it, and up to three `deploy` blocks. About
/// half of the programs are right. The others have one or two mistakes: each part is now and then
/// written as someone might write it wrongly, from a misspelt name to a plan that does not fit; and
/// in some a word or a number is exchanged for another (`mutate_words`).
std::string random_program(uint64_t seed);

}  // namespace tdc::test
