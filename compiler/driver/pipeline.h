#pragma once

#include <optional>
#include <string>

#include "check/check.h"
#include "diag/diagnostic.h"
#include "driver/compilation.h"
#include "driver/options.h"
#include "memory/plan_memory.h"

namespace tdc::driver {

/// Catches the text of one stage, for `--dump=STAGE`.
struct Dump {
  std::string stage;  ///< empty: none is wanted
  std::optional<std::string> text;

  /// Keeps what `print` gives if this is the wanted stage.
  template <typename Print>
  void at(std::string_view name, Print print) {
    names.emplace_back(name);
    if (stage == name) text = print();
  }
  /// Whether the pipeline may stop: the wanted stage is there.
  [[nodiscard]] bool is_done() const { return text.has_value(); }

  std::vector<std::string> names;  ///< of the stages passed so far
};

/// The passes that `--without` can leave out, in the order in which they run.
std::vector<std::string> pass_names();

/// What `options.deploy` is if the user does not say: the file's first block, or `host`.
enum class DefaultDeploy : uint8_t { first_of_file, host };

/// The whole compiler: from a file to a C project in memory. Reports what is wrong with the program
/// and returns nullopt. Stops early, also with nullopt, when the wanted stage has been dumped.
std::optional<Compilation> compile(SourceFiles& files, FileId file, const CompileOptions& options,
                                   DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                   Dump& dump);

/// A program with its schedule and memory, whether it fits or not.
struct Planned {
  check::Program program;
  interface::Interface interface;
  ir::Module module;
  schedule::Schedule schedule;
  memory::MemoryPlan plan;
  std::optional<memory::NotFit> not_fit;
  std::vector<OutputFile> own_platform;  ///< the files of the platform that the user brings
};

/// `compile` up to the memory plan; a plan that does not fit is a result and not reported.
std::optional<Planned> plan_program(SourceFiles& files, FileId file, const CompileOptions& options,
                                    DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                    Dump& dump);

// ---- its parts ----------------------------------------------------------------------------------

/// The files of the platform that the user brings; none without one. Null: what is wrong with it
/// was reported.
std::optional<std::vector<OutputFile>> read_own_platform(const CompileOptions& options,
                                                         Diagnostics& diagnostics);

/// Everything that depends on the texts alone: parsing, checking, and the graph of one sample of
/// every program, as `finish_sample_graph` leaves it. Null: errors were reported, or the wanted
/// stage was dumped.
std::optional<check::CheckedFile> check_file(SourceFiles& files, FileId file,
                                             const CompileOptions& options,
                                             DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                             Dump& dump);

/// The selected one of its programs.
std::optional<check::Program> check_program(SourceFiles& files, FileId file,
                                            const CompileOptions& options,
                                            DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                            Dump& dump);

/// The passes over the graph of one sample that `check` gives: transposed matrices are read where
/// they lie, and adapters attached.
void finish_sample_graph(check::Program& program, Dump& dump);

/// The entry points after all passes but those `without` names. Null: errors were reported.
std::optional<ir::Module> make_module(const check::Program& program,
                                      const std::vector<std::string>& without,
                                      Diagnostics& diagnostics, Dump& dump);

/// Entry points on a chip, whether they fit or not.
struct PlannedSchedule {
  schedule::Schedule schedule;
  memory::MemoryPlan plan;
  std::optional<memory::NotFit> not_fit;
};
/// `has_weight_file`: initial values come from a file.
PlannedSchedule plan_module(const ir::Module& module, const interface::Interface& interface,
                            const chip::Chip& chip, const std::vector<std::string>& without,
                            bool has_weight_file, Dump& dump);

}  // namespace tdc::driver
