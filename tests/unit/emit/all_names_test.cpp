// Names of the user's in generated C, tried with all names that could be in their way: the keywords
// of C and C++, whatever the headers of C and POSIX on this machine hold, and whatever we emit.
// Nothing here knows how names are made; compilers judge.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "check/forms.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "emit/c_names.h"
#include "emit/emit_model.h"
#include "runner/child_process.h"
#include "support/files.h"
#include "unit/patience.h"
#include "unit/temporary_folder.h"

namespace tdc {
namespace {

using Names = std::set<std::string>;

// C23 (ISO/IEC 9899:2024, 6.4.1) and C++23 (ISO/IEC 14882:2024, 5.11, with alternative tokens and
// identifiers with special meaning).
constexpr const char* kKeywords =
    "alignas alignof auto bool break case char const constexpr continue default do double else "
    "enum extern false float for goto if inline int long nullptr register restrict return short "
    "signed sizeof static static_assert struct switch thread_local true typedef typeof "
    "typeof_unqual union unsigned void volatile while _Alignas _Alignof _Atomic _BitInt _Bool "
    "_Complex _Decimal128 _Decimal32 _Decimal64 _Generic _Imaginary _Noreturn _Static_assert "
    "_Thread_local asm fortran "
    "and and_eq bitand bitor catch char16_t char32_t char8_t class co_await co_return co_yield "
    "compl concept const_cast consteval constinit decltype delete dynamic_cast explicit export "
    "friend mutable namespace new noexcept not not_eq operator or or_eq private protected public "
    "reinterpret_cast requires static_cast template this throw try typeid typename using virtual "
    "wchar_t xor xor_eq final import module override";

// Reserved in `.td` files (lex-3).
const Names kReserved = {"and", "as",    "else",   "false",   "if",     "let",   "not",
                         "or",  "param", "repeat", "require", "return", "state", "true"};

// Headers of C11, and of POSIX.1-2017 in as far as they are there.
constexpr const char* kCHeaders =
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal "
    "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath "
    "threads "
    "time uchar wchar wctype";
constexpr const char* kPosixHeaders =
    "aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen "
    "monetary mqueue ndbm net/if netdb netinet/in netinet/tcp nl_types obstack poll pthread pwd "
    "regex sched search semaphore spawn strings stropts sys/ipc sys/mman sys/msg sys/resource "
    "sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times sys/types "
    "sys/uio sys/un sys/utsname sys/wait syslog tar termios ulimit unistd utime utmpx wordexp";

/// Identifiers of a text, but for those of lines that begin with `# `.
Names words_of(std::string_view text) {
  Names words;
  std::string word;
  bool is_line_marker = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
      continue;
    }
    if (!word.empty() && !is_line_marker && std::isdigit(static_cast<unsigned char>(word[0])) == 0)
      words.insert(word);
    word.clear();
    if (c == '\n') is_line_marker = text.substr(std::min(i + 1, text.size())).starts_with("# ");
  }
  return words;
}

std::vector<std::string> split(const char* text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// `#include` lines of those that exist.
std::string includes(const char* names) {
  std::string text;
  for (const std::string& name : split(names))
    text += fmt::format("#if __has_include(<{0}.h>)\n#include <{0}.h>\n#endif\n", name);
  return text;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// Runs a compiler, which must succeed.
void compile(const std::vector<std::string>& command) {
  const Result<runner::Exit> exit = runner::run_to_end(command, patience());
  REQUIRE(exit.ok());
  REQUIRE_MESSAGE(exit.value().is_success(), fmt::format("{}", fmt::join(command, " ")), "\n",
                  exit.value().errors);
}

/// All identifiers and macros that a compiler sees in these headers.
Names words_of_headers(const TemporaryFolder& folder, const char* headers) {
  write(folder / "headers.c", includes(headers));
  Names words;
  for (const char* compiler : {"gcc", "clang-19"}) {
    for (const char* standard : {"-std=c11", "-std=gnu11"}) {
      compile({compiler, standard, "-D_GNU_SOURCE", "-E", "-dD", folder / "headers.c", "-o",
               folder / "headers.i"});
      words.merge(words_of(read_file(folder / "headers.i").value()));
    }
  }
  return words;
}

/// All texts that were compiled.
SourceFiles& sources() {
  static SourceFiles files;
  return files;
}

driver::Compilation compile_text(const std::string& text) {
  SourceFiles& files = sources();
  const FileId file = files.add("names.td", text);
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Compilation> result = driver::compile(
      files, file, {.file = "names.td"}, driver::DefaultDeploy::host, diagnostics, none);
  REQUIRE_MESSAGE(result.has_value(), render(diagnostics, files));
  return *std::move(result);
}

emit::Model model_of(const driver::Compilation& compilation) {
  return {.interface = compilation.interface,
          .schedule = compilation.schedule,
          .plan = compilation.plan,
          .initial_values = compilation.initial_values,
          .files = sources()};
}

/// A net `Qq` whose C has every kind of name: frozen and trained weights, metrics, class numbers,
/// a function that scales.
driver::Compilation compile_everything() {
  return compile_text(
      "tdl 1\nuse std.nn\nnet Qq(x: f32[3], word: class(4)) -> y: f32[2] {\n"
      "  return concat([x, Embedding(word, 4, 2) as table], axis: 0) |> Linear(2) as out\n}\n"
      "train t of Qq {\n  target z: class(2)\n  loss cross_entropy(y, z)\n"
      "  metric accuracy(y, z)\n  optimizer sgd(lr: 0.1)\n  schedule cosine(steps: 9, warmup: 2)\n"
      "  batch 2 accumulate 2\n  freeze table.**\n}\n"
      "data d for Qq { train npz(\"d.npz\") }\n");
}

/// Everything that we emit for it.
Names emitted_names(const driver::Compilation& compilation) {
  Names words;
  for (const OutputFile& file : compilation.files)
    if (!file.path.ends_with(".bin")) words.merge(words_of(file.text));
  return words;
}

const std::vector<std::string> kC = {"-std=c11",           "-Wall",        "-Wextra",
                                     "-Wpedantic",         "-Wconversion", "-Wshadow",
                                     "-Wdouble-promotion", "-Werror",      "-fsyntax-only"};

/// `compiler` accepts the file, beside the project in `folder`.
void accepts(const std::string& compiler, const std::vector<std::string>& options,
             const TemporaryFolder& folder, const std::string& file) {
  std::vector<std::string> command = {compiler};
  command.insert(command.end(), options.begin(), options.end());
  for (const char* path : {"include", "runtime", "kernels"})
    command.insert(command.end(), {"-I", folder / path});
  command.push_back(folder / file);
  compile(command);
}

void accepts_as_cpp(const TemporaryFolder& folder, const std::string& file,
                    const std::vector<std::string>& standards) {
  for (const char* compiler : {"g++", "clang++-19"})
    for (const std::string& standard : standards)
      accepts(compiler,
              {"-std=" + standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"},
              folder, file);
}

/// What all programs include before ours, so that their macros could do harm.
std::string all_headers(bool is_cpp) {
  std::string text = includes(kCHeaders);
  if (is_cpp) {
    // Those are for C alone.
    for (const char* name : {"stdatomic", "stdnoreturn", "threads", "complex", "tgmath"}) {
      const std::string lines = includes(name);
      text.erase(text.find(lines), lines.size());
    }
    text += "#include <atomic>\n#include <vector>\n#include <algorithm>\n";
  }
  return text + includes(kPosixHeaders);
}

/// A net of which each name is an input, a result, a target or a parameter.
std::string program_of(const std::vector<std::string>& names, size_t first, size_t count) {
  const auto name = [&](size_t role, size_t i) {
    return names[(first + role * count + i) % names.size()];
  };
  std::string inputs, results, parameters, sums, returned, targets, losses;
  for (size_t i = 0; i < count; ++i) {
    const char* comma = i == 0 ? "" : ", ";
    inputs += fmt::format("{}{}: f32[2]", comma, name(0, i));
    results += fmt::format("{}{}: f32[2]", comma, name(1, i));
    targets += fmt::format("  target {}: f32[2]\n", name(2, i));
    parameters += fmt::format("  param {}: f32[2] = ones\n", name(3, i));
    sums += fmt::format("  tdc_test_{} = {} * {}\n", i, name(0, i), name(3, i));
    returned += fmt::format("{}tdc_test_{}", comma, i);
    losses += fmt::format("{}mse({}, {})", i == 0 ? "" : " + ", name(1, i), name(2, i));
  }
  return fmt::format(
      "tdl 1\nnet N{0}({1}) -> {2} {{\n{3}{4}  return {5}\n}}\ntrain t of N{0} {{\n{6}  loss {7}\n"
      "  optimizer sgd(lr: 0.1)\n}}\n",
      first, inputs, results, parameters, sums, returned, targets, losses);
}

TEST_CASE("all names: as inputs, results, targets, parameters, nets, prefixes and memory levels") {
  const TemporaryFolder folder;
  const driver::Compilation everything = compile_everything();
  REQUIRE(write_output_folder(folder / "project", everything.files).ok());
  for (const char* path : {"include", "runtime", "kernels"})
    std::filesystem::rename(folder / (std::string("project/") + path), folder / path);

  Names all = words_of_headers(folder, kCHeaders);
  CHECK(all.size() > 2000);
  all.merge(emitted_names(everything));
  for (const std::string& each : split(kKeywords)) all.insert(each);
  for (const char* list : {kCHeaders, kPosixHeaders})
    for (const std::string& each : split(list)) all.merge(words_of(each));
  for (const char* each : {"NULL", "N_OK", "n_l2", "init", "td_platform", "errno", "features"})
    all.insert(each);

  SUBCASE("inputs, results, targets and parameters") {
    std::vector<std::string> names;
    std::ranges::set_difference(all, kReserved, std::back_inserter(names));
    constexpr size_t kCount = 240;
    std::string cpp = all_headers(true);
    for (size_t first = 0; first < names.size(); first += kCount) {
      const driver::Compilation net = compile_text(program_of(names, first, kCount));
      for (const OutputFile& file : net.files) {
        if (file.path == emit::file_names(net.program.prefix).header ||
            file.path == "kernels/td_kernels.h")
          write(folder / file.path, file.text);
        if (file.path == emit::file_names(net.program.prefix).source)
          write(folder / "net.c", all_headers(false) + file.text);
      }
      for (const char* compiler : {"gcc", "clang-19"}) {
        std::vector<std::string> options = kC;
        options.insert(options.begin(), "-D_GNU_SOURCE");
        accepts(compiler, options, folder, "net.c");
      }
      cpp += fmt::format("#include \"{}\"\n", emit::file_names(net.program.prefix).include);
    }
    write(folder / "all.cpp", cpp);
    accepts_as_cpp(folder, "all.cpp", {"c++11", "c++14", "c++17", "c++20"});
  }

  SUBCASE("nets and prefixes") {
    Names prefixes;
    for (const std::string& each : all) prefixes.insert(emit::free_prefix(check::snake_case(each)));
    // A name that ends like one of ours may stand behind its beginning.
    const std::vector<std::string> kEndings = {"_init", "_infer", "_eval", "_status", "_OK"};
    for (const std::string& each : all)
      for (const std::string& ending : kEndings)
        if (each.ends_with(ending) && each.size() > ending.size())
          prefixes.insert(
              emit::free_prefix(check::snake_case(each.substr(0, each.size() - ending.size()))));
    interface::Interface interface = everything.interface;
    emit::Model model = model_of(everything);
    const emit::Model changed = {.interface = interface,
                                 .schedule = model.schedule,
                                 .plan = model.plan,
                                 .initial_values = model.initial_values,
                                 .files = sources()};
    std::string headers;
    for (const std::string& prefix : prefixes) {
      interface.prefix = prefix;
      write(folder / emit::file_names(prefix).header, emit::emit_header(changed));
      headers += fmt::format("#include \"{}\"\n", emit::file_names(prefix).include);
    }
    headers +=
        "#include \"td_platform.h\"\n#include \"td_runner.h\"\n"
        "#include \"td_schedule.h\"\n#include \"td_input.h\"\n";
    // Before and after the headers of the system.
    write(folder / "after.c", all_headers(false) + headers);
    write(folder / "before.c", headers + all_headers(false));
    write(folder / "after.cpp", all_headers(true) + headers);
    for (const char* compiler : {"gcc", "clang-19"})
      for (const char* file : {"after.c", "before.c"})
        accepts(compiler,
                {"-D_GNU_SOURCE", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"},
                folder, file);
    accepts_as_cpp(folder, "after.cpp", {"c++11", "c++20"});
    // Sources: for words of C, headers, and what is ours.
    for (const char* each :
         {"time",     "errno", "features", "stdint",  "td_platform", "td_kernels", "td_matmul_f32",
          "int",      "xor",   "state",    "scalars", "apply",       "args",       "run",
          "learning", "fill",  "copy",     "net_mtx", "net_atomic",  "net_f"}) {
      interface.prefix = each;
      write(folder / emit::file_names(each).header, emit::emit_header(changed));
      write(folder / "net.c", emit::emit_source(changed));
      accepts("gcc", kC, folder, "net.c");
    }
  }

  SUBCASE("memory levels") {
    interface::Interface interface = everything.interface;
    memory::MemoryPlan plan = everything.plan;
    interface.prefix = "levels";
    all.erase("memory");  // that of the host
    for (const std::string& each : all) {
      memory::LevelPlan level = {};
      level.level = interface.chip.levels.push_back({.name = each, .capacity = {16}});
      level.peak = {16};
      plan.levels.push_back(level);
    }
    const emit::Model model = {.interface = interface,
                               .schedule = everything.schedule,
                               .plan = plan,
                               .initial_values = everything.initial_values,
                               .files = sources()};
    write(folder / "include/tdc/levels.h", emit::emit_header(model));
    write(folder / "levels.c", all_headers(false) + emit::emit_source(model));
    for (const char* compiler : {"gcc", "clang-19"}) {
      std::vector<std::string> options = kC;
      options.insert(options.end(), {"-D_GNU_SOURCE", "-Wno-unused-variable"});
      accepts(compiler, options, folder, "levels.c");
    }
  }
}

TEST_CASE("all names: the list of prefixes that are taken is that of the headers and the runtime") {
  const TemporaryFolder folder;
  const driver::Compilation everything = compile_everything();
  const Names emitted = emitted_names(everything);
  // What stands behind the prefix in C of a net `Qq`.
  Names endings;
  for (const std::string& each : emitted)
    if (each.starts_with("qq_") || each.starts_with("QQ_")) endings.insert(each.substr(2));
  CHECK(endings.contains("_init"));
  CHECK(endings.contains("_OK"));
  CHECK(endings.size() > 20);
  Names others = words_of_headers(folder, kCHeaders);
  others.merge(words_of_headers(folder, kPosixHeaders));
  for (const std::string& each : emitted)
    if (each.starts_with("td_") || each.starts_with("TD_")) others.insert(each);
  int found = 0;
  for (const std::string& each : others)
    for (const std::string& ending : endings) {
      if (each.size() <= ending.size() || !each.ends_with(ending)) continue;
      const std::string stem = each.substr(0, each.size() - ending.size());
      const bool is_upper = std::isupper(static_cast<unsigned char>(ending[1])) != 0;
      if (stem != (is_upper ? emit::upper(stem) : check::snake_case(stem))) continue;
      CAPTURE(each);
      CHECK(emit::taken_name(check::snake_case(emit::upper(stem))).has_value());
      ++found;
    }
  CHECK(found > 10);
}

}  // namespace
}  // namespace tdc
