#include "emit/c_names.h"

#include <doctest/doctest.h>

namespace tdc::emit {
namespace {

TEST_CASE("c-3: what is the user's has an ending that says what it is for") {
  CHECK(parameter_name({.name = "image", .buffer = {}, .input_kind = ir::InputKind::sample}) ==
        "image_in");
  CHECK(parameter_name({.name = "xor", .buffer = {}, .input_kind = ir::InputKind::target}) ==
        "xor_in");
  CHECK(parameter_name({.name = "loss", .buffer = {}, .value = {}, .is_output = true}) ==
        "loss_out");
}

TEST_CASE("c names: the loss and the metrics have fixed names") {
  schedule::Argument output = {.name = "loss",
                               .buffer = {},
                               .value = {},
                               .is_output = true,
                               .output_kind = ir::OutputKind::loss};
  CHECK(parameter_name(output) == "loss");
  output = {.name = "x",
            .buffer = {},
            .value = {},
            .is_output = true,
            .output_kind = ir::OutputKind::metric};
  CHECK(parameter_name(output) == "metrics");
}

TEST_CASE("c-1: headers lie where they hide no other") {
  const FileNames names = file_names("time");
  CHECK(names.header == "include/tdc/time.h");
  CHECK(names.include == "tdc/time.h");
  CHECK(names.source == "time.c");
  CHECK(names.weights == "time_weights.S");
  CHECK(names.weight_elements == "include/tdc/time_weights.bin");
  CHECK(names.weight_include == "tdc/time_weights.bin");
  CHECK(names.runner == "time_runner.c");
  CHECK(header_guard("td_platform") == "TDC_TD_PLATFORM_H");
}

TEST_CASE("c-2: a prefix that would make a name of C or of the runtime is changed") {
  for (const char* name : {"time", "errno", "features", "stdint", "td_platform", "int", "xor", "n"})
    CHECK(free_prefix(name) == name);
  CHECK(taken_name("mtx") == "mtx_init");
  CHECK(taken_name("w") == "W_OK");
  CHECK(taken_name("__c11_atomic") == "__c11_atomic_init");
  CHECK(free_prefix("mtx") == "net_mtx");
  CHECK(free_prefix("td_runner") == "net_td_runner");
  CHECK(free_prefix("__x") == "net_x");
}

TEST_CASE("c names: a string literal holds any bytes") {
  CHECK(string_literal("blocks.0.weight") == "\"blocks.0.weight\"");
  CHECK(string_literal("a\"b\\c\n1\x7f?"
                       "?/") == "\"a\\\"b\\\\c\\0121\\177\\?\\?/\"");
}

}  // namespace
}  // namespace tdc::emit
