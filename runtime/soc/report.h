#pragma once

#include <string>

#include "soc/cluster.h"

namespace tdc::soc {

/// Everything a run measured as JSON, for `--report`; README.md describes the fields.
std::string json_report(Cluster& cluster, const Parameters& parameters, int status,
                        const std::string& fault, double seconds);

/// The same as a table for people: one column a core, where its cycles went.
std::string text_report(Cluster& cluster, const Parameters& parameters);

/// The parameters with their reasons, one a line.
std::string parameter_table(const Parameters& parameters);

}  // namespace tdc::soc
