#include "check/interface_of.h"

#include "support/check.h"

namespace tdc::check {

interface::Interface interface_of(const Program& program) {
  interface::Interface result = {.net = program.net,
                                 .prefix = program.prefix,
                                 .inputs = {},
                                 .targets = {},
                                 .training = {},
                                 .chip = program.deployment.chip};
  const ir::Graph* sample = program.module.find_graph(ir::GraphKind::sample);
  TDC_CHECK(sample != nullptr, "a checked program has a graph of one sample");
  for (const ir::Input& input : sample->inputs) {
    const bool is_target = input.kind == ir::InputKind::target;
    if (!is_target && input.kind != ir::InputKind::sample) continue;
    interface::Field field = {.name = input.name,
                              .type = sample->type(input.value),
                              .is_target = is_target,
                              .classes = input.classes};
    if (program.data)
      for (const InputScaling& scaling : program.data->scalings)
        if (scaling.input == field.name) {
          field.mean = scaling.mean;
          field.deviation = scaling.deviation;
        }
    (is_target ? result.targets : result.inputs).push_back(std::move(field));
  }
  if (program.training)
    result.training = {.name = program.training->name,
                       .learning_rate = program.training->optimizer.learning_rate,
                       .schedule = program.training->schedule,
                       .batch = program.training->batch,
                       .accumulate = program.training->accumulate};
  return result;
}

}  // namespace tdc::check
