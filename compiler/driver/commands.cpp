#include "driver/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>
#include <vector>

#include "check/print.h"
#include "driver/chip.h"
#include "driver/explain.h"
#include "driver/gradient_check.h"
#include "driver/initial_values.h"
#include "driver/judge.h"
#include "driver/remedies.h"
#include "driver/report.h"
#include "driver/run.h"
#include "driver/session.h"
#include "driver/strategy_table.h"
#include "driver/tiles.h"
#include "driver/weights.h"

namespace tdc::driver {
namespace {

struct Executor {
  int operator()(const CompileCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    Dump dump = {.stage = command.compile.dump};
    const std::optional<Compilation> compilation =
        compile(session.files(), session.file(), command.compile, DefaultDeploy::first_of_file,
                session.diagnostics(), dump);
    if (!dump.stage.empty()) return session.finish_dump(dump);
    const int status = session.finish();
    if (!compilation) return status == kSuccess ? kProgramIsWrong : status;
    if (const auto written = write_output_folder(command.output, compilation->files);
        !written.ok()) {
      print_failure(written.failure());
      return kProgramIsWrong;
    }
    print(report_text(compilation->program, compilation->schedule, compilation->plan));
    print(fmt::format("\nwrote {}\n", command.output));
    return status;
  }

  int operator()(const CheckCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    const std::optional<check::Program> program =
        judge(session.files(), session.file(), command.compile, session.diagnostics());
    const int status = session.finish();
    if (!program) return status == kSuccess ? kProgramIsWrong : status;
    if (command.print_selection) print(check::selection_text(*program));
    if (command.print_shapes) print(check::shapes_text(*program));
    return status;
  }

  int operator()(const ReportCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    if (command.all) {
      const std::optional<std::string> table =
          strategy_table(session.files(), session.file(), command.compile, session.diagnostics());
      const int status = session.finish();
      if (!table) return status == kSuccess ? kProgramIsWrong : status;
      print(*table);
      return status;
    }
    Dump none;
    std::optional<Planned> planned =
        plan_program(session.files(), session.file(), command.compile, DefaultDeploy::first_of_file,
                     session.diagnostics(), none);
    bool is_good = false;
    if (planned) {
      const std::string text =
          command.tiles ? tiles_text(planned->schedule, planned->program.deployment.chip)
                        : report_text(planned->program, planned->schedule, planned->plan);
      const bool fits = !planned->not_fit;
      if (fits) {
        // A report needs no initial values; that they could be had is all there is to find out.
        check_weights(planned->program, command.compile.weights, command.compile.file,
                      session.diagnostics());
        is_good = !session.diagnostics().has_errors();
      } else {
        report_not_fit(session.files(), session.file(), command.compile, planned->program,
                       *planned->not_fit, session.diagnostics());
      }
      // What does not fit is reported all the same: the numbers say where the bytes are.
      if (is_good || !fits) print(text);
    }
    const int status = session.finish();
    return !is_good && status == kSuccess ? kProgramIsWrong : status;
  }

  int operator()(const RunCommand& command) const { return run(command); }

  int operator()(const GradcheckCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    const std::optional<std::vector<CheckedGradient>> gradients =
        check_file_gradients(session.files(), session.file(), command, session.diagnostics());
    const int status = session.finish();
    if (!gradients) return status == kSuccess ? kProgramIsWrong : status;
    print(gradients_text(*gradients));
    return std::ranges::all_of(*gradients, &CheckedGradient::is_right) ? status : kProgramIsWrong;
  }

  int operator()(const ChipCommand&) const { return chip(); }

  int operator()(const ExplainCommand& command) const {
    const std::optional<std::string> text =
        command.name.empty() ? names_text() : explanation_text(command.name);
    if (text)
      print(*text);
    else
      print_failure(fail("{}", unknown_name_text(command.name)));
    return text ? kSuccess : kCommandLineIsWrong;
  }

  int operator()(const WeightsShowCommand& command) const { return show_weights(command); }
  int operator()(const WeightsDiffCommand& command) const { return diff_weights(command); }
  int operator()(const WeightsMergeCommand& command) const { return merge_weights(command); }
  int operator()(const WeightsFoldCommand& command) const { return fold_weights(command); }

  int operator()(const HelpCommand&) const {
    print(help_text());
    return kSuccess;
  }

  int operator()(const VersionCommand&) const {
    print("tdc 0.1.0\n");
    return kSuccess;
  }
};

}  // namespace

int execute(const Command& command) {
  try {
    return std::visit(Executor{}, command);
  } catch (const std::bad_alloc&) {
    print_error("tdc: out of memory: this net is too large for this machine\n");
    return kProgramIsWrong;
  }
}

}  // namespace tdc::driver
