#include "emit/emit_project.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <set>

#include "emit/c_names.h"
#include "emit/emit_model.h"
#include "emit/emit_runner.h"
#include "emit/emit_weights.h"
#include "emit/kernel_header.h"
#include "ops/registry.h"
#include "support/check.h"
#include "support/embedded_files.h"
#include "support/text.h"

namespace tdc::emit {
namespace {

/// Files below kernels/ that the schedule's launches call.
std::set<std::string_view> called_files(const schedule::Schedule& schedule) {
  std::set<std::string_view> files;
  for (const schedule::EntryPoint& entry_point : schedule.entry_points)
    for (const schedule::Step& step : entry_point.steps)
      if (const auto* launch = std::get_if<schedule::Launch>(&step)) {
        const ops::KernelDef& kernel = *launch->op->kernel;
        files.insert(launch->is_on_engine ? kernel.engine_file : kernel.file);
      }
  return files;
}

/// All ops whose kernels stand in these files, in the registry's order: a file is compiled as a
/// whole.
std::vector<const ops::OpDef*> ops_of(const std::set<std::string_view>& files) {
  std::vector<const ops::OpDef*> result;
  for (const ops::OpDef* op : ops::all_ops())
    if (op->kernel && (files.contains(op->kernel->file) || files.contains(op->kernel->engine_file)))
      result.push_back(op);
  return result;
}

/// File names in `#include "..."` lines.
std::vector<std::string> includes_of(std::string_view text) {
  constexpr std::string_view kInclude = "#include \"";
  std::vector<std::string> names;
  for (size_t at = text.find(kInclude); at != std::string_view::npos;
       at = text.find(kInclude, at + 1)) {
    const size_t begin = at + kInclude.size();
    names.emplace_back(text.substr(begin, text.find('"', begin) - begin));
  }
  return names;
}

/// The paths of files below kernels/, and of what these include from the same folder.
std::vector<std::string> kernel_files(const std::set<std::string_view>& files) {
  std::set<std::string> paths;
  std::vector<std::string> open;
  const auto add = [&](const std::string& path) {
    if (find_embedded_file(path) != nullptr && paths.insert(path).second) open.push_back(path);
  };
  for (const std::string_view file : files) {
    const std::string path = fmt::format("kernels/{}", file);
    TDC_CHECK(find_embedded_file(path) != nullptr, "no file {}", path);
    add(path);
  }
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    for (const std::string& name : includes_of(embedded_text(path))) add("kernels/" + name);
  }
  return {paths.begin(), paths.end()};
}

bool is_runtime_file(std::string_view path) {
  if (!path.starts_with("runtime/") || path.starts_with("runtime/soc/")) return false;
  return path.ends_with(".c") || path.ends_with(".h") || path.ends_with(".S") ||
         path.ends_with(".ld");
}

/// The door through which names enter the makefile and the CMake file, those of files and folders
/// too. What it lets through means nothing but itself there: each part of a path is a plain name.
/// Whoever accepts a name from a user refuses others.
const std::string& plain(const std::string& path) {
  for (const std::filesystem::path& part : std::filesystem::path(path))
    TDC_CHECK(is_plain_name(part.string()), "the name `{}` in a build file", path);
  return path;
}

/// What the memory plan counted, for the assertions of the linker script: all levels together.
std::string linker_symbols(const Model& model) {
  const chip::Chip& chip = model.interface.chip;
  Bytes code, stack, worker_stack, constants, memory;
  for (const memory::LevelPlan& level : model.plan.levels) {
    const memory::Beside& beside = level.beside;
    code += beside.code;
    stack += chip.main_stack_bytes(level.level);
    worker_stack += chip.worker_stack_bytes(level.level);
    constants += beside.constants + beside.frozen + beside.image;
    memory += beside.buffers + align_up(level.peak, memory::kAlignment);
  }
  std::string text;
  const auto add = [&](std::string_view symbol, int64_t value) {
    text += fmt::format(" -Wl,--defsym=td_{}={}", symbol, value);
  };
  if (code.count > 0) {
    add("code_bytes", code.count);
    for (const memory::LevelPlan& level : model.plan.levels)
      add("code_bytes_" + chip.levels[level.level].name, level.beside.code.count);
  }
  if (stack.count > 0) {
    add("stack_bytes", stack.count);
    add("worker_stack_bytes", worker_stack.count);
    add("stack_cores", chip.cores);
  }
  add("constant_bytes", constants.count);
  add("memory_bytes", memory.count);
  return text;
}

std::string makefile(const Model& model, const std::vector<std::string>& kernels) {
  const chip::Chip& chip = model.interface.chip;
  std::string kernel_sources;
  for (const std::string& path : kernels)
    if (path.ends_with(".c")) kernel_sources += " " + plain(path);
  const std::string reserved = chip.platform == "host" ? "" : linker_symbols(model);
  const FileNames names = file_names(model.interface.prefix);
  return fmt::format(
      R"(# Builds the model as a library and its runner. Written by tdc.
#
#   make                        for this machine
#   make PLATFORM=qemu_user     for qemu-riscv32 (rv32imfc, freestanding)
#   make PLATFORM={platform} CC=clang-19 ...
#
# Platforms: host, and the folders of runtime/rv32/.
NAME := {prefix}
PLATFORM ?= host
OUT := build/$(PLATFORM)

SOURCES := {source} {weights}{kernels} $(wildcard runtime/*.c)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror
# Bits are the same everywhere: products and sums are fused only where the source says fmaf.
CFLAGS += -std=c11 -O3 -ffp-contract=off -fno-math-errno -fno-strict-aliasing $(WARNINGS)
CPPFLAGS += -Iinclude -Iruntime -Ikernels

ifeq ($(PLATFORM),host)
  SOURCES += runtime/host/platform_host.c
  CFLAGS += -march=native
  LINK = $(CC) $(CFLAGS)
  AR ?= ar
else
  ifeq ($(origin CC),default)
    CC := riscv64-unknown-elf-gcc
  endif
  DIR := runtime/rv32/$(PLATFORM)
  SOURCES += $(wildcard runtime/rv32/*.c $(DIR)/*.c $(DIR)/*.S)
  # Debug information is not loaded; it is there for debuggers, and for the simulated chip to name source lines.
  # Version 4, because GNU ld 2.40 crashes on what clang writes in version 5.
  TARGET := -march=rv32imfc -mabi=ilp32f -gdwarf-4
  CFLAGS += $(TARGET) -ffreestanding -fdata-sections -ffunction-sections
  ifneq ($(findstring clang,$(CC)),)
    CFLAGS += --target=riscv32-unknown-elf
  endif
  LINK = riscv64-unknown-elf-gcc $(TARGET) -nostdlib -nostartfiles -static -Wl,--gc-sections -T $(DIR)/link.ld
  ifeq ($(PLATFORM),{platform})
    LINK +={reserved}
  endif
  LIBS := -lgcc
  AR := riscv64-unknown-elf-ar
endif

# Objects lie apart from the program, whatever it is called. `q`: files of one name are all in the library.
OBJECTS := $(patsubst %,$(OUT)/.objects/%.o,$(SOURCES))
INCLUDED := $(wildcard include/tdc/* runtime/*.h kernels/*.h)
LIBRARY := $(OUT)/lib$(NAME)_model.a

all: $(LIBRARY) $(OUT)/$(NAME)

# The steps of the model are calls: they are to be small.
$(OUT)/.objects/{source}.o: CFLAGS += -Os

$(OUT)/.objects/%.o: % $(INCLUDED)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(AR) qcsD $@ $^

$(OUT)/$(NAME): $(OUT)/.objects/$(NAME)_runner.c.o $(OBJECTS)
	$(LINK) -o $@ $^ $(LIBS)

clean:
	rm -rf build

.PHONY: all clean
)",
      fmt::arg("prefix", plain(model.interface.prefix)), fmt::arg("source", plain(names.source)),
      fmt::arg("weights", plain(names.weights)), fmt::arg("kernels", kernel_sources),
      fmt::arg("reserved", reserved), fmt::arg("platform", plain(chip.platform)));
}

/// Sources of `runtime/` that belong to no platform.
std::vector<std::string> common_runtime_sources() {
  std::vector<std::string> paths;
  for (const EmbeddedFile& file : embedded_files()) {
    const std::filesystem::path path = file.path;
    if (path.parent_path() == "runtime" && path.extension() == ".c") paths.push_back(path.string());
  }
  return paths;
}

std::string cmake_lists(const Model& model, const std::vector<std::string>& kernels) {
  const FileNames names = file_names(model.interface.prefix);
  std::vector<std::string> sources = {names.source, names.weights};
  for (const std::string& path : kernels)
    if (path.ends_with(".c")) sources.push_back(path);
  for (std::string& path : common_runtime_sources()) sources.push_back(std::move(path));
  for (const std::string& path : sources) plain(path);
  return fmt::format(
      R"(# The model as a library, for projects that build with CMake. Written by tdc.
#
#   add_subdirectory(FOLDER)
#   target_link_libraries(YOURS PRIVATE {0}_model)   # and in C: #include "{2}"
#
# The functions of runtime/td_platform.h come from your board: runtime/host/ is the smallest version.
cmake_minimum_required(VERSION 3.16)
project({0}_model LANGUAGES C ASM)
add_library({0}_model STATIC
  {1})
target_include_directories({0}_model PUBLIC "${{CMAKE_CURRENT_SOURCE_DIR}}/include" "${{CMAKE_CURRENT_SOURCE_DIR}}/runtime"
                           PRIVATE "${{CMAKE_CURRENT_SOURCE_DIR}}/kernels")
target_compile_options({0}_model PRIVATE -ffp-contract=off -fno-math-errno -fno-strict-aliasing)
set_target_properties({0}_model PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
set_source_files_properties({3} PROPERTIES OBJECT_DEPENDS "${{CMAKE_CURRENT_SOURCE_DIR}}/{4}")
)",
      plain(model.interface.prefix), fmt::join(sources, "\n  "), names.include, names.weights,
      plain(names.weight_elements));
}

}  // namespace

std::vector<OutputFile> emit_project(const Model& model, const Json& report) {
  const FileNames names = file_names(model.interface.prefix);
  const std::set<std::string_view> called = called_files(model.schedule);
  const std::vector<std::string> kernels = kernel_files(called);
  std::vector<OutputFile> files = {
      {.path = names.header, .text = emit_header(model)},
      {.path = names.source, .text = emit_source(model)},
      {.path = names.weights, .text = emit_weights(model)},
      {.path = names.weight_elements, .text = weight_elements(model)},
      {.path = names.runner, .text = emit_runner(model)},
      {.path = "kernels/td_kernels.h", .text = kernel_header(ops_of(called))},
      {.path = "Makefile", .text = makefile(model, kernels)},
      {.path = "CMakeLists.txt", .text = cmake_lists(model, kernels)},
      {.path = "report.json", .text = to_text(report, 2) + "\n"},
  };
  for (const std::string& path : kernels)
    files.push_back({.path = path, .text = std::string(embedded_text(path))});
  for (const EmbeddedFile& file : embedded_files())
    if (is_runtime_file(file.path))
      files.push_back({.path = std::string(file.path), .text = std::string(file.text)});
  return files;
}

}  // namespace tdc::emit
