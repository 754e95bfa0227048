#include "check/elaboration.h"

namespace tdc::check {

Elaboration::Elaboration(const Library& library_, Reporter& reporter_,
                         const std::set<const ast::Block*>& recursive_, ElaboratedNet& net_)
    : library(library_),
      reporter(reporter_),
      recursive(recursive_),
      net(net_),
      builder([&]() -> ir::Graph& {
        if (net_.module.graphs.empty())
          net_.module.graphs.push_back({.kind = ir::GraphKind::sample,
                                        .name = std::string(ir::to_text(ir::GraphKind::sample))});
        return net_.module.graphs.front();
      }()),
      budget(reporter_),
      paths(reporter_) {}

std::string Elaboration::source(SourceRange range) const {
  return std::string(library.sources().text(range));
}

void Elaboration::report_kind(SourceRange range, const std::string& wanted, const Value& value) {
  reporter.report(range, diag::wrong_kind, wanted, describe(value, builder.graph()));
}

}  // namespace tdc::check
