#include "driver/commands.h"

#include <unistd.h>

#include <cstdio>

#include "check/print.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "driver/report.h"
#include "driver/run.h"
#include "driver/strategy_table.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

constexpr int kSuccess = 0;
constexpr int kProgramIsWrong = 1;
constexpr int kCommandLineIsWrong = 2;

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}
void print_error(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

/// A source file with the messages about it, shown when done.
class Session {
 public:
  /// Reads the file; prints why it cannot if so.
  bool open(const std::string& path) {
    Result<std::string> text = read_file(path);
    if (!text.ok()) {
      for (const std::string& message : text.failure().messages)
        print_error(fmt::format("tdc: {}\n", message));
      return false;
    }
    file_ = files_.add(path, std::move(text.value()));
    return true;
  }

  /// Prints all messages; the exit status that follows from them.
  int finish() {
    print_error(render(diagnostics_, files_, {.colours = isatty(STDERR_FILENO) != 0}));
    return diagnostics_.has_errors() ? kProgramIsWrong : kSuccess;
  }

  SourceFiles& files() { return files_; }
  FileId file() const { return file_; }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  SourceFiles files_;
  FileId file_;
  Diagnostics diagnostics_;
};

/// Ends a command that asked for a stage: prints it, or says that there is no such stage.
int finish_dump(Session& session, const Dump& dump) {
  const int status = session.finish();
  if (dump.text) {
    print(*dump.text);
    return status;
  }
  if (status != kSuccess) return status;
  std::string names;
  for (const std::string& name : dump.names)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  print_error(fmt::format("tdc: no stage is called `{}`; there are {}\n", dump.stage, names));
  return kCommandLineIsWrong;
}

struct Executor {
  int operator()(const CompileCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    Dump dump = {.stage = command.compile.dump};
    const std::optional<Compilation> compilation =
        compile(session.files(), session.file(), command.compile, DefaultDeploy::first_of_file,
                session.diagnostics(), dump);
    if (!dump.stage.empty()) return finish_dump(session, dump);
    const int status = session.finish();
    if (!compilation) return status == kSuccess ? kProgramIsWrong : status;
    if (const Result<Done> written = write_output_folder(command.output, compilation->files);
        !written.ok()) {
      for (const std::string& message : written.failure().messages)
        print_error(fmt::format("tdc: {}\n", message));
      return kProgramIsWrong;
    }
    print(report_text(*compilation));
    print(fmt::format("\nwrote {}\n", command.output));
    return status;
  }

  int operator()(const CheckCommand& command) const {
    Session session;
    if (!session.open(command.compile.file)) return kProgramIsWrong;
    Dump dump = {.stage = command.compile.dump};
    const std::optional<check::Program> program =
        check_program(session.files(), session.file(), command.compile,
                      DefaultDeploy::first_of_file, session.diagnostics(), dump);
    if (!dump.stage.empty()) return finish_dump(session, dump);
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
    Dump dump = {.stage = command.compile.dump};
    const std::optional<Compilation> compilation =
        compile(session.files(), session.file(), command.compile, DefaultDeploy::first_of_file,
                session.diagnostics(), dump);
    if (!dump.stage.empty()) return finish_dump(session, dump);
    const int status = session.finish();
    if (!compilation) return status == kSuccess ? kProgramIsWrong : status;
    print(report_text(*compilation));
    return status;
  }

  int operator()(const RunCommand& command) const { return run(command); }

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
  return std::visit(Executor{}, command);
}

}  // namespace tdc::driver
