#pragma once

#include <set>
#include <vector>

#include "check/library.h"
#include "check/reporter.h"

namespace tdc::check {

/// What the words of a type must be, wherever it stands: a known word, with a shape exactly if it
/// is a tensor, `..` first only (tensor-1, tensor-2). False: reported.
bool check_type_form(const ast::Type& type, Reporter& reporter);

/// What is known of blocks and nets before any is elaborated.
struct Definitions {
  /// Those that call themselves, directly or not: reported, and must not be elaborated.
  std::set<const ast::Block*> recursive;
  /// What bodies without errors bind for nothing (`BodyReads::unread`), in the order of the files.
  std::vector<ast::Name> unread;
};

/// Checks the blocks and nets of all files as they are written, called or not: names that mean
/// nothing or are given twice, unused arguments, bodies without `return`.
Definitions check_definitions(const std::vector<FileScope*>& files, Reporter& reporter);

}  // namespace tdc::check
