// Compiling stops at the first stage that fails and looks at one pair of blocks; the judge goes
// through the same stages for all pairs and stops only where nothing can follow.

#include "driver/judge.h"

#include <fmt/format.h>

#include <set>
#include <tuple>
#include <utility>

#include "check/interface_of.h"
#include "driver/initial_values.h"
#include "driver/pipeline.h"
#include "driver/remedies.h"

namespace tdc::driver {
namespace {

class Judge {
 public:
  Judge(const SourceFiles& files, FileId file, const CompileOptions& options,
        Diagnostics& diagnostics)
      : files_(files), file_(file), options_(options), diagnostics_(diagnostics) {}

  void judge(const check::CheckedFile& checked) {
    // The selected pair first: what it shares with others is said as it says it.
    judge_program(checked, checked.selected_program);
    for (size_t i = 0; i < checked.programs.size(); ++i)
      if (i != checked.selected_program) judge_program(checked, i);
  }

 private:
  void judge_program(const check::CheckedFile& checked, size_t index) {
    const check::Program& program = checked.programs[index];
    const bool is_selected = index == checked.selected_program;
    Diagnostics messages;
    Dump none;
    const std::optional<ir::Module> module = make_module(program, options_.without, messages, none);
    check_weights(program, is_selected ? options_.weights : std::string(), files_.name(file_),
                  messages);
    add(messages);
    if (!module) return;
    const interface::Interface interface = check::interface_of(program);
    for (size_t i = 0; i < checked.deployments.size(); ++i) {
      const PlannedSchedule planned = plan_module(
          *module, interface, checked.deployments[i].chip, options_.without,
          (is_selected && !options_.weights.empty()) || !program.weights_from.empty(), none);
      if (!planned.not_fit) continue;
      if (is_selected && i == checked.selected_deployment)
        report_not_fit(files_, file_, options_, program, *planned.not_fit, diagnostics_);
      else
        note_not_fit(program, checked.deployments[i], *planned.not_fit);
    }
  }

  /// Keeps the messages that no earlier program gave for the same place.
  void add(const Diagnostics& messages) {
    for (const Diagnostic& message : messages.all())
      if (places_.emplace(message.code, message.range, message.text).second)
        diagnostics_.add(message);
  }

  void note_not_fit(const check::Program& program, const check::Deployment& deployment,
                    const memory::NotFit& not_fit) {
    const std::string what = program.training ? fmt::format("`train {}`", program.training->name)
                                              : fmt::format("`net {}`", program.net);
    for (const memory::Overflow& each : not_fit.overflows)
      diagnostics_.report(each.budget_origin, diag::pair_does_not_fit, what, deployment.name,
                          each.level_name, each.need, each.capacity, each.shortfall);
  }

  const SourceFiles& files_;
  FileId file_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  std::set<std::tuple<std::string, SourceRange, std::string>> places_;
};

}  // namespace

std::optional<check::Program> judge(SourceFiles& files, FileId file, const CompileOptions& options,
                                    Diagnostics& diagnostics) {
  Dump none;
  if (!read_own_platform(options, diagnostics)) return std::nullopt;
  std::optional<check::CheckedFile> checked =
      check_file(files, file, options, DefaultDeploy::first_of_file, diagnostics, none);
  if (!checked) return std::nullopt;
  Judge(files, file, options, diagnostics).judge(*checked);
  if (diagnostics.has_errors()) return std::nullopt;
  return std::move(checked->programs[checked->selected_program]);
}

}  // namespace tdc::driver
