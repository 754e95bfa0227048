# Puts the standard library, the kernels, the runtime, the sources of the simulated chip and what `tdc explain` prints into the binary. The
# assembler copies the bytes (`.incbin`), so the size of the files costs no compile time and no program has to run first.
# Sets `embedded_source`, a C++ file that defines `tdc::embedded_files`.

file(GLOB_RECURSE embedded_paths CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
  ${CMAKE_SOURCE_DIR}/stdlib/*.td
  ${CMAKE_SOURCE_DIR}/kernels/*.c ${CMAKE_SOURCE_DIR}/kernels/*.h
  ${CMAKE_SOURCE_DIR}/runtime/*.c ${CMAKE_SOURCE_DIR}/runtime/*.h ${CMAKE_SOURCE_DIR}/runtime/*.S
  ${CMAKE_SOURCE_DIR}/runtime/*.ld ${CMAKE_SOURCE_DIR}/runtime/rv32/*/cycles.txt ${CMAKE_SOURCE_DIR}/runtime/soc/*)
list(FILTER embedded_paths EXCLUDE REGEX "\\.md$")
# What `tdc explain` prints: rules and reference of the manual, explanations of messages, and the programs that provoke them.
file(GLOB explained_paths CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests/golden/errors/*.td)
list(APPEND embedded_paths ${explained_paths} compiler/diag/explanations.txt grammar/language.md grammar/reference.md)
# Byte order, which `find_embedded_file` searches by.
list(SORT embedded_paths COMPARE STRING CASE SENSITIVE)

set(embedded_data "")
set(embedded_symbols "")
set(embedded_entries "")
set(embedded_inputs "")
set(embedded_count 0)
foreach(path IN LISTS embedded_paths)
  set(symbol tdc_embedded_${embedded_count})
  string(APPEND embedded_data
    "    \".global ${symbol}, ${symbol}_end\\n\"\n"
    "    \"${symbol}: .incbin \\\"${CMAKE_SOURCE_DIR}/${path}\\\"\\n\"\n"
    "    \"${symbol}_end: .byte 0\\n\"\n")
  string(APPEND embedded_symbols "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
  string(APPEND embedded_entries "      file(\"${path}\", ${symbol}, ${symbol}_end),\n")
  list(APPEND embedded_inputs ${CMAKE_SOURCE_DIR}/${path})
  math(EXPR embedded_count "${embedded_count} + 1")
endforeach()

set(embedded_source ${CMAKE_CURRENT_BINARY_DIR}/generated/embedded_files_data.cpp)
file(CONFIGURE OUTPUT ${embedded_source} @ONLY CONTENT [[// Written by support/embedded_files.cmake.
#include "support/embedded_files.h"

#include <vector>

asm(".pushsection .rodata\n"
@embedded_data@    ".popsection\n");

extern "C" {
@embedded_symbols@}

namespace tdc {
namespace {

EmbeddedFile file(std::string_view path, const char* begin, const char* end) {
  return {.path = path, .text = {begin, static_cast<size_t>(end - begin)}};
}

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
  static const std::vector<EmbeddedFile> kFiles = {
@embedded_entries@  };
  return kFiles;
}

}  // namespace tdc
]])
# The compiler does not report files that the assembler reads.
set_source_files_properties(${embedded_source} PROPERTIES OBJECT_DEPENDS "${embedded_inputs}")
