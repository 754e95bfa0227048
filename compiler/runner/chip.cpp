#include "runner/chip.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "runner/build.h"
#include "support/descriptor.h"
#include "support/files.h"
#include "support/hash.h"
#include "support/private_path.h"

// The chip is a CMake project, `runtime/soc`. It takes a minute to build, so it is built once for
// each version of its sources and tools, and kept:
//
//     CACHE/chip/lock                          held while building
//     CACHE/chip/<hash>.building-XXXXXX/       source/  build/  temporary/  result/
//                                                                              |  renamed when
//                                                                              whole
//     CACHE/chip/<hash>/                       tdc-soc  built-from.txt       <-+
//
// A process that is killed leaves its folder, which nobody mistakes for a result and whoever builds
// next removes; the system drops its lock.

namespace tdc::runner {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuildingMark = ".building-";
constexpr const char* kBuiltFrom = "/built-from.txt";
constexpr size_t kHashDigits = 16;
constexpr size_t kShownLogLines = 30;
constexpr std::chrono::milliseconds kTimeBetweenTries{100};

bool is_chip_source(std::string_view path) {
  return path.starts_with("runtime/soc/") ||
         (path.starts_with("runtime/rv32/") && path.ends_with("/chip.h"));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// The C++ compiler that CMake chooses.
std::string compiler_name() {
  const std::string chosen = environment("CXX");
  return chosen.empty() ? "c++" : chosen;
}

/// What `PROGRAM --version` says first; empty if it cannot be asked.
std::string version_of(const std::string& program) {
  const Result<Exit> exit = run_to_end({program, "--version"}, [] { return false; });
  if (!exit.ok() || !exit.value().is_success()) return {};
  const std::string& text = exit.value().errors;
  return text.substr(0, text.find('\n'));
}

/// The hash of all files below `folder`, and of their names.
Result<std::string> hash_of_folder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (entry->is_regular_file()) paths.push_back(entry->path().string());
  if (error) return fail("`{}` cannot be read: {}", folder, error.message());
  std::sort(paths.begin(), paths.end());
  std::string lines;
  for (const std::string& path : paths) {
    const Result<std::string> bytes = read_file(path);
    if (!bytes.ok()) return bytes.failure();
    lines += fmt::format("{} {}\n", path.substr(folder.size()), sha256(bytes.value()));
  }
  return sha256(lines);
}

Result<Done> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail("`{}` cannot be made: {}", path.string(), error.message());
  return Done{};
}

/// The right to build in a cache, until the object's end.
class Lock {
 public:
  /// Waits until no other process has it.
  static Result<Lock> take(const std::string& path, const GivesUp& gives_up,
                           const ShowsBuild& show) {
    Lock lock(Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)));
    if (!lock.file_.is_open()) return fail("`{}` cannot be opened: {}", path, std::strerror(errno));
    while (!lock.file_.try_lock()) {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return fail("`{}` cannot be locked: {}", path, std::strerror(errno));
      if (gives_up()) return fail("interrupted");
      show("waiting for another process that builds it", 0);
      std::this_thread::sleep_for(kTimeBetweenTries);
    }
    return lock;
  }

 private:
  explicit Lock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

/// Whether the chip may lie, and can be built, where it is going to.
Result<Done> check_place(const ChipBuild& chip) {
  const auto is_taken = [](unsigned char c) {
    constexpr std::string_view kMarks = "/._-+@";
    return std::isalnum(c) != 0 || c >= 0x80 ||
           kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  };
  const auto bad = std::find_if_not(chip.folder.begin(), chip.folder.end(), is_taken);
  if (bad != chip.folder.end())
    return fail(
        "the simulated chip cannot be built in `{}`: makefiles do not take `{}` in a path; "
        "let TDC_CACHE name a folder with letters, digits and `. _ - + @` alone",
        chip.folder, std::string(1, *bad));
  for (const std::string& file : {chip.program(), chip.folder + kBuiltFrom})
    if (Result<Done> is_private = check_private(file); !is_private.ok())
      return fail(
          "the simulated chip in `{}` is not used, for it would run as you: {}; take the "
          "right to write from others, or let TDC_CACHE name a folder of your own",
          chip.folder, is_private.failure().messages.front());
  return Done{};
}

/// While it lives, nothing is made that others may write to, by us or by what we start.
class StrictMask {
 public:
  StrictMask() : before_(umask(S_IWGRP | S_IWOTH)) { umask(before_ | S_IWGRP | S_IWOTH); }
  ~StrictMask() { umask(before_); }
  StrictMask(const StrictMask&) = delete;
  StrictMask& operator=(const StrictMask&) = delete;

 private:
  mode_t before_;
};

/// Removes what builds that were killed have left. Nobody builds now.
void remove_leftovers(const fs::path& parent) {
  std::error_code ignored;
  std::vector<fs::path> leftovers;
  for (auto entry = fs::directory_iterator(parent, ignored);
       !ignored && entry != fs::directory_iterator(); entry.increment(ignored))
    if (entry->path().filename().string().find(kBuildingMark) != std::string::npos)
      leftovers.push_back(entry->path());
  for (const fs::path& path : leftovers) fs::remove_all(path, ignored);
}

Result<Done> unpack_sources(const fs::path& folder) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (!is_chip_source(file.path)) continue;
    const fs::path path = folder / file.path;
    if (Result<Done> made = make_folder(path.parent_path()); !made.ok()) return made;
    if (Result<Done> written = write_file_atomically(path.string(), file.text); !written.ok())
      return written;
    std::error_code error;
    if (file.text.starts_with("#!"))
      fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, error);
    if (error) return fail("`{}` cannot be made executable: {}", path.string(), error.message());
  }
  return Done{};
}

/// Reads `[ 45%] Building ...` out of the text that CMake's makefiles write.
class BuildLog {
 public:
  void add(std::string_view text) {
    line_ += text;
    for (size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
      read(std::string_view(line_).substr(0, end));
      line_.erase(0, end + 1);
    }
  }
  [[nodiscard]] const std::string& doing() const { return doing_; }
  [[nodiscard]] int percent() const { return percent_; }

 private:
  void read(std::string_view line) {
    const size_t close = line.find("%] ");
    if (!line.starts_with('[') || close == std::string_view::npos) return;
    const size_t first = line.find_first_not_of(' ', 1);
    int number = 0;
    const auto [end, error] = std::from_chars(line.data() + first, line.data() + close, number);
    if (error != std::errc() || end != line.data() + close) return;
    percent_ = std::max(percent_, number);
    doing_ = line.substr(close + 3);
  }

  std::string line_;  // the beginning of one that is not whole yet
  std::string doing_ = "Configuring";
  int percent_ = 0;
};

std::string last_lines(std::string_view text, size_t count) {
  size_t begin = text.size();
  while (begin > 0 && count > 0) {
    const size_t before = text.rfind('\n', begin - 1);
    if (before == std::string_view::npos) return std::string(text);
    if (before + 1 < begin || begin < text.size()) --count;
    begin = before;
  }
  return std::string(text.substr(std::min(begin + 1, text.size())));
}

Result<Done> run_step(const std::vector<std::string>& command, const GivesUp& gives_up,
                      const ShowsBuild& show, BuildLog& log) {
  const Result<Exit> exit = run_to_end(command, gives_up, [&](std::string_view text) {
    log.add(text);
    show(log.doing(), log.percent());
  });
  if (!exit.ok()) return exit.failure();
  if (exit.value().is_success()) return Done{};
  return fail("the simulated chip cannot be built: {}\n{}", to_text(exit.value()),
              Verbatim{last_lines(exit.value().errors, kShownLogLines)});
}

}  // namespace

bool ChipBuild::is_built() const {
  const Result<std::string> says = read_file(folder + kBuiltFrom);
  return is_program(program()) && says.ok() && says.value() == built_from;
}

std::string describe_chip_build(std::span<const EmbeddedFile> sources, const ChipTools& tools) {
  std::string files;
  for (const EmbeddedFile& file : sources)
    if (is_chip_source(file.path)) files += fmt::format("{} {}\n", file.path, sha256(file.text));
  return fmt::format(
      "sources    {}\ncheckout   {}\nverilator  {}\ncompiler   {}\nflags      {}\ncmake      {}\n",
      sha256(files), tools.checkout, tools.verilator, tools.compiler, tools.flags, tools.cmake);
}

Result<std::string> cache_folder() {
  if (const std::string chosen = environment("TDC_CACHE"); !chosen.empty())
    return fs::absolute(chosen).string();
  if (const std::string all = environment("XDG_CACHE_HOME"); all.starts_with('/'))
    return all + "/tdc";
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.cache/tdc";
  return fail(
      "there is no folder to keep the simulated chip in: none of TDC_CACHE, XDG_CACHE_HOME "
      "and HOME is set");
}

Result<ChipBuild> find_chip() {
  const Result<std::string> cache = cache_folder();
  if (!cache.ok()) return cache.failure();
  ChipTools tools = {.verilator = version_of("verilator"),
                     .compiler = version_of(compiler_name()),
                     .cmake = version_of("cmake"),
                     .flags = environment("CXXFLAGS")};
  if (constexpr std::string_view kCheckout = TDC_CV32E40P_DIR; !kCheckout.empty()) {
    const Result<std::string> hash = hash_of_folder(std::string(kCheckout));
    if (!hash.ok()) return hash.failure();
    tools.checkout = fmt::format("{} {}", kCheckout, hash.value());
  }
  ChipBuild chip = {.folder = {}, .built_from = describe_chip_build(embedded_files(), tools)};
  chip.folder =
      fmt::format("{}/chip/{}", cache.value(), sha256(chip.built_from).substr(0, kHashDigits));
  if (Result<Done> fit = check_place(chip); !fit.ok()) return fit.failure();
  return chip;
}

std::vector<std::string> missing_chip_tools() {
  std::vector<Tool> tools = {{"verilator", "package `verilator`"},
                             {"cmake", "package `cmake`"},
                             {"make", "package `make`"},
                             {compiler_name(), "package `g++`"}};
  constexpr std::string_view kCheckout = TDC_CV32E40P_DIR;
  const bool fetches = kCheckout.empty();
  if (fetches) tools.push_back({"python3", "package `python3`"});
  std::vector<std::string> missing = missing_programs(tools);
  if (fetches && missing.empty()) {
    const Result<Exit> pip =
        run_to_end({"python3", "-m", "pip", "--version"}, [] { return false; });
    if (!pip.ok() || !pip.value().is_success())
      missing.emplace_back("`python3` has no pip (package `python3-pip`)");
  }
  return missing;
}

Result<Done> build_chip(const ChipBuild& chip, const GivesUp& gives_up, const ShowsBuild& show) {
  if (chip.is_built()) return Done{};
  const StrictMask strict_mask;
  const fs::path parent = fs::path(chip.folder).parent_path();
  if (Result<Done> made = make_folder(parent); !made.ok()) return made;
  const Result<Lock> lock = Lock::take((parent / "lock").string(), gives_up, show);
  if (!lock.ok()) return lock.failure();
  if (chip.is_built()) return Done{};

  remove_leftovers(parent);
  Result<TemporaryFolder> work =
      TemporaryFolder::make(fmt::format("{}{}", chip.folder, kBuildingMark));
  if (!work.ok()) return work.failure();
  const std::string& folder = work.value().path();
  for (const char* part : {"source", "temporary", "result"})
    if (Result<Done> made = make_folder(fs::path(folder) / part); !made.ok()) return made;
  if (Result<Done> done = unpack_sources(fs::path(folder) / "source"); !done.ok()) return done;

  // What the steps leave when they are interrupted goes with the folder.
  const std::vector<std::string> cmake = {"env", "TMPDIR=" + folder + "/temporary", "cmake"};
  const auto cmake_with = [&](std::vector<std::string> words) {
    words.insert(words.begin(), cmake.begin(), cmake.end());
    return words;
  };
  BuildLog log;
  if (Result<Done> done =
          run_step(cmake_with({"-S", folder + "/source/runtime/soc", "-B", folder + "/build", "-G",
                               "Unix Makefiles", "-DCMAKE_BUILD_TYPE=Release",
                               "-DTDC_CV32E40P_DIR=" TDC_CV32E40P_DIR}),
                   gives_up, show, log);
      !done.ok()) {
    Failure failure = done.failure();
    if (gives_up()) return failure;
    failure.messages.emplace_back(
        "it needs Debian's packages `verilator`, `cmake`, `make`, `g++`, `llvm-19-dev`, "
        "`libfmt-dev` and `python3-pip`");
    return failure;
  }
  const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  if (Result<Done> done = run_step(cmake_with({"--build", folder + "/build", "--target", "tdc_soc",
                                               "-j", fmt::format("{}", jobs)}),
                                   gives_up, show, log);
      !done.ok())
    return done;

  std::error_code error;
  fs::rename(folder + "/build/tdc-soc", folder + "/result/tdc-soc", error);
  if (!error) {
    if (Result<Done> written =
            write_file_atomically(folder + "/result" + kBuiltFrom, chip.built_from);
        !written.ok())
      return written;
    std::error_code ignored;
    fs::remove_all(chip.folder, ignored);  // not what it should be, or it would have been used
    fs::rename(folder + "/result", chip.folder, error);
  }
  if (error) return fail("`{}` cannot be made: {}", chip.folder, error.message());
  return Done{};
}

}  // namespace tdc::runner
