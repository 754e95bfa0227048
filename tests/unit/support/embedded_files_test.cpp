#include "support/embedded_files.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/files.h"

namespace tdc {
namespace {

TEST_CASE("embedded files are the files of the source tree, byte for byte, in order") {
  const std::span<const EmbeddedFile> files = embedded_files();
  CHECK(std::ranges::is_sorted(files, {}, &EmbeddedFile::path));
  for (const EmbeddedFile& file : files) {
    CAPTURE(file.path);
    const Result<std::string> source =
        read_file(std::string(TDC_SOURCE_DIR) + "/" + std::string(file.path));
    REQUIRE(source.ok());
    CHECK(source.value() == file.text);
    CHECK(find_embedded_file(file.path) == &file);
  }
}

TEST_CASE("runtime files and the simulated chip are embedded, what describes them is not") {
  CHECK(find_embedded_file("runtime/td_platform.h") != nullptr);
  CHECK(find_embedded_file("runtime/rv32/qemu_user/start.S") != nullptr);
  CHECK(find_embedded_file("runtime/rv32/qemu_user/link.ld") != nullptr);
  CHECK(find_embedded_file("runtime/none.h") == nullptr);
  CHECK(find_embedded_file("runtime/soc/CMakeLists.txt") != nullptr);
  CHECK(find_embedded_file("runtime/soc/rtl/tdc_core.sv") != nullptr);
  CHECK(find_embedded_file("runtime/soc/fetch") != nullptr);
  CHECK(find_embedded_file("runtime/soc/README.md") == nullptr);
}

}  // namespace
}  // namespace tdc
