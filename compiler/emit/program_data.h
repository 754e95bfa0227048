#pragma once

#include <set>
#include <string>

#include "emit/words.h"
#include "interface/interface.h"
#include "memory/plan.h"
#include "ops/kernel.h"
#include "schedule/schedule.h"

// What the generated program holds beside weights and tensors, counted before it is printed: the
// memory plan needs the sizes, and the program the plan's addresses. Sizes are those of rv32, where
// every field of a struct takes four bytes.

namespace tdc::emit {

/// Everything that the generated files put at TD_CONSTANT, and at TD_MEMORY beside the arenas.
memory::ProgramData program_data(const interface::Interface& interface,
                                 const schedule::Schedule& schedule, bool has_weight_file);

/// The buffers that the caller of an entry point brings: its arguments but for run-time scalars.
using CallerBuffers = std::set<schedule::BufferId>;
CallerBuffers caller_buffers(const schedule::EntryPoint& entry_point);

/// Whether the argument struct of a launch is a constant: it is the same in all turns, and no
/// pointer of the caller is in it.
bool has_constant_arguments(const CallerBuffers& of_caller, const ArgumentFits& fits);

/// Whether the table of a word that changes over the turns is a constant.
bool is_constant_table(const CallerBuffers& of_caller, const Fit& fit);

/// Whether an argument is a number of the training loop that lies in a static struct.
bool is_runtime_scalar(const schedule::Argument& argument);

/// Variables that the generated table lists, and the entries that it has: C has no empty arrays, so
/// one of no variables has an entry of zeros.
int64_t listed_variables(const schedule::Schedule& schedule);
int64_t table_entries(const schedule::Schedule& schedule);
/// The dims of an entry: as many as any variable has, at least one.
int64_t table_rank(const schedule::Schedule& schedule);
/// Bytes of the string that holds a variable's path, with at least one zero behind it; a multiple
/// of 4.
Bytes path_bytes(const ir::Variable& variable);

}  // namespace tdc::emit
