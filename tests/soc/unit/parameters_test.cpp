#include "soc/parameters.h"

#include <doctest/doctest.h>

namespace tdc::soc {
namespace {

TEST_CASE("parameters are set by name, within their range") {
  Parameters parameters;
  CHECK(set_parameter(parameters, "cores=3") == "");
  CHECK(parameters.cores == 3);
  CHECK(fpu_count(parameters) == 2);
  CHECK(set_parameter(parameters, "cores=17") == "cores is from 1 to 16");
  CHECK(set_parameter(parameters, "cores=x") == "`x` is not a whole number");
  CHECK(set_parameter(parameters, "core=1") == "there is no parameter `core`");
  CHECK(set_parameter(parameters, "cores") == "expected NAME=VALUE");
  CHECK(parameters.cores == 3);
}

TEST_CASE("every parameter has a reason and a default within its range") {
  for (const ParameterInfo& info : parameter_infos()) {
    CAPTURE(info.name);
    CHECK(!info.reason.empty());
    CHECK(info.standard >= info.smallest);
    CHECK(info.standard <= info.largest);
  }
}

TEST_CASE("presets and combinations") {
  Parameters parameters;
  CHECK(apply_preset(parameters, "reference_sdk") == "");
  CHECK(parameters.l3_read_start_cycles == 1940);
  CHECK(apply_preset(parameters, "other") != "");
  CHECK(check_parameters(parameters) == "");
  parameters.l1_banks = 12;
  CHECK(check_parameters(parameters) == "l1_banks is a power of two");
}

}  // namespace
}  // namespace tdc::soc
