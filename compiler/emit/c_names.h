#pragma once

// Every name of a generated C project that holds a name of the user's: C identifiers, macros, file
// names. None is made elsewhere. A user's name never stands alone, but behind the prefix or before
// a suffix that no name of C, of its library, of the runtime or of generated code ends in, so that
// it cannot meet one; `taken_name` knows the few prefixes that would.

#include <optional>
#include <string>
#include <string_view>

#include "emit/model.h"

namespace tdc::emit {

/// A name that C's library, POSIX, the runtime or the language itself has and that C with this
/// prefix would give to something else: `mtx_init` for `mtx`. Nothing: the prefix is free.
std::optional<std::string> taken_name(std::string_view prefix);
/// A prefix that is free: `name`, or `net_` and it (c-2).
std::string free_prefix(std::string_view name);

/// Upper case, for macros: `mlp_digits` to `MLP_DIGITS`.
std::string upper(std::string_view text);

/// Paths in the generated folder (c-1).
struct FileNames {
  std::string header;   ///< `include/tdc/mlp.h`: in no folder of includes, so that it hides nothing
  std::string include;  ///< the same as `#include` has it, `tdc/mlp.h`
  std::string source;   ///< `mlp.c`
  std::string weights;  ///< `mlp_weights.S`
  std::string weight_elements;  ///< `include/tdc/mlp_weights.bin`: who finds the header finds it
  std::string weight_include;   ///< the same as `.incbin` has it, `tdc/mlp_weights.bin`
  std::string runner;           ///< `mlp_runner.c`
};
FileNames file_names(std::string_view prefix);
/// `TDC_MLP_H`.
std::string header_guard(std::string_view prefix);

/// The C parameter of an argument (c-3): `image_in`, `logits_out`; `loss`; `metrics` for each of
/// the metrics.
std::string parameter_name(const schedule::Argument& argument);

/// A float literal that reads back to the same bits, with suffix `f`; finite values only.
std::string float_literal(float value);

/// A C string literal; what is not printable ASCII is escaped.
std::string string_literal(std::string_view text);

/// `L2`: where constants of the program lie.
const std::string& constants_level(const Model& model);

/// `mlp_arena_L2`: the arena of a level.
std::string arena_name(const Model& model, LevelId level);
/// `MLP_L2_BYTES`: its size. The level's name is as the chip file writes it.
std::string arena_macro(const Model& model, LevelId level);
/// `mlp_initial_3`, `mlp_frozen_3`: elements of a variable that are stored as data.
std::string image_name(const Model& model, ir::VariableId variable);

/// Whether elements of a variable are stored: all of a frozen one, the initial ones of a live one
/// as the memory plan counts them.
bool has_image(const Model& model, ir::VariableId variable);

/// `mlp_scale_image`: the function that makes an input from bytes.
std::string scaling_name(const Model& model, std::string_view input);

/// The prototype of that function.
std::string scaling_prototype(const Model& model, const interface::Field& input);

/// `MLP_VARIABLES`: the extent of the table of variables, which C wants to be at least 1.
std::string variable_array_extent(const Model& model);

/// The C function's parameters, `const float* image_in, const int32_t* label_in, float* loss`:
/// inputs, then outputs, metrics as one array. Run-time scalars are no parameters.
std::string parameter_list(const schedule::EntryPoint& entry_point,
                           const schedule::Schedule& schedule);

}  // namespace tdc::emit
