#pragma once

#include <set>

#include "check/library.h"
#include "check/reporter.h"

namespace tdc::check {

/// What the words of a type must be, wherever it stands: a known word, with a shape exactly if it
/// is a tensor, `..` first only (tensor-1, tensor-2). False: reported.
bool check_type_form(const ast::Type& type, Reporter& reporter);

/// Checks the blocks and nets of all files as they are written, called or not: names that mean
/// nothing or are given twice, unused arguments, bodies without `return`. Gives the blocks that
/// call themselves, directly or not, which were reported and must not be elaborated.
std::set<const ast::Block*> check_definitions(const std::vector<FileScope*>& files,
                                              Reporter& reporter);

}  // namespace tdc::check
