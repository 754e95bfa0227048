#include "schedule/engine.h"

#include <algorithm>

#include "ops/op.h"
#include "schedule/kernel_call.h"
#include "schedule/product_shape.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// Rows of an image at its upper edge, at its lower edge and between meet other rows of a kernel,
/// and are jobs of their own (`kernels/conv2d_engine.c`).
constexpr int64_t kJobsOfImage = 3;

int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// Cycles of one product, its rows along those of the array.
int64_t product_cycles(const chip::Engine& engine, int64_t rows, int64_t columns, int64_t chain) {
  const int64_t blocks = divide_up(rows, engine.rows) * divide_up(columns, engine.columns);
  const int64_t rest = blocks % engine.blocks;
  return (blocks - rest + (rest > 0 ? std::max(rest, engine.latency) : 0)) * chain;
}

}  // namespace

bool can_offload(const Launch& launch, const chip::Chip& chip,
                 const std::function<bool(BufferId)>& is_far) {
  if (!chip.engine || launch.op->kernel->engine_file.empty()) return false;
  bool is_all_near = true;
  visit_views(launch, [&](const View& view, bool) { is_all_near &= !is_far(view.buffer); });
  return is_all_near;
}

double engine_cycles(const Launch& launch, const chip::Engine& engine) {
  const ProductShape shape = product_shape(launch, launch.op->space(launch.call));
  const int64_t work = std::min(product_cycles(engine, shape.rows, shape.columns, shape.chain),
                                product_cycles(engine, shape.columns, shape.rows, shape.chain));
  const int64_t jobs = shape.batch * (launch.op->kernel->gathered ? kJobsOfImage : 1);
  return static_cast<double>(shape.batch * work + jobs * engine.job + engine.launch);
}

std::optional<double> cycles_if_offloaded(const Launch& launch, const chip::Chip& chip,
                                          const CycleTable& table,
                                          const std::function<bool(BufferId)>& is_far) {
  if (!can_offload(launch, chip, is_far)) return std::nullopt;
  const double cycles = engine_cycles(launch, *chip.engine);
  if (cycles >= table.cycles(work_of(launch, chip.cores, is_far), chip)) return std::nullopt;
  return cycles;
}

double fastest_cycles(const Launch& launch, const chip::Chip& chip, const CycleTable& table,
                      const std::function<bool(BufferId)>& is_far) {
  if (const auto cycles = cycles_if_offloaded(launch, chip, table, is_far)) return *cycles;
  return table.cycles(work_of(launch, chip.cores, is_far), chip);
}

}  // namespace tdc::schedule
