#pragma once

#include <string>
#include <string_view>

#include "emit/model.h"

namespace tdc::emit {

/// Upper case, for macros: `mlp_digits` to `MLP_DIGITS`.
std::string upper(std::string_view text);
/// Lower case, for variables and files.
std::string lower(std::string_view text);

/// The C parameter of an argument: the user's name, with a `_` if C or the generated file use it
/// themselves; `loss`; `metrics` for each of the metrics. Different names stay different.
std::string parameter_name(const schedule::Argument& argument);

/// A float literal that reads back to the same bits, with suffix `f`; finite values only.
std::string float_literal(float value);

/// A C string literal.
std::string string_literal(std::string_view text);

/// `mlp_l2`: the arena of a level.
std::string arena_name(const Model& model, LevelId level);
/// `MLP_L2_BYTES`: its size.
std::string arena_macro(const Model& model, LevelId level);
/// `mlp_initial_3`, `mlp_frozen_3`: elements of a variable that are stored as data.
std::string image_name(const Model& model, ir::VariableId variable);

/// Whether a live variable's initial image is stored: not if it starts as +0 everywhere.
bool has_image(const Model& model, ir::VariableId variable);

/// The buffer that holds the bytes of `buffer`, following aliases.
schedule::BufferId storage_of(const schedule::Schedule& schedule, schedule::BufferId buffer);
/// The buffer of a variable.
schedule::BufferId buffer_of(const schedule::Schedule& schedule, ir::VariableId variable);

/// The C function's parameters, `const float *image, const int32_t *label, float *loss`: inputs,
/// then outputs, metrics as one array. Run-time scalars are no parameters.
std::string parameter_list(const schedule::EntryPoint& entry_point,
                           const schedule::Schedule& schedule);

const schedule::EntryPoint* find_entry_point(const schedule::Schedule& schedule,
                                             std::string_view name);

}  // namespace tdc::emit
