#pragma once

#include <string>

#include "diag/diagnostic.h"
#include "driver/pipeline.h"
#include "support/result.h"
#include "support/source.h"

namespace tdc::driver {

/// Exit statuses; `help_text` says what they mean.
inline constexpr int kSuccess = 0;
inline constexpr int kProgramIsWrong = 1;
inline constexpr int kCommandLineIsWrong = 2;
inline constexpr int kInternalFault = 70;
inline constexpr int kInterrupted = 130;

/// Results go to standard output, everything else to standard error; both at once.
void print(const std::string& text);
void print_error(const std::string& text);
/// The exit status of a program that would end with `status`: an error if something that was
/// printed did not arrive. Says so at standard error.
int finish_output(int status);
/// Every message as `tdc: ...`.
void print_failure(const Failure& failure);

/// A source file with the messages about it, shown when done.
class Session {
 public:
  /// Reads the file; prints why it cannot if so.
  bool open(const std::string& path);

  /// Prints all messages; the exit status that follows from them.
  int finish();
  /// Ends a command that asked for a stage: prints it, or says that there is no such stage.
  int finish_dump(const Dump& dump);

  SourceFiles& files() { return files_; }
  [[nodiscard]] FileId file() const { return file_; }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  SourceFiles files_;
  FileId file_;
  Diagnostics diagnostics_;
};

}  // namespace tdc::driver
