#include "schedule/aliases.h"

#include "support/check.h"

namespace tdc::schedule {

IdVector<BufferId, BufferId> alias_roots(const IdVector<BufferId, Buffer>& buffers) {
  IdVector<BufferId, BufferId> roots;  // not valid: not yet known
  roots.resize(buffers.size());
  std::vector<BufferId> chain;
  for (const BufferId id : buffers.ids()) {
    BufferId at = id;
    while (!roots[at].is_valid() && buffers[at].alias) {
      chain.push_back(at);
      TDC_CHECK(chain.size() <= buffers.size(), "the aliases of `{}` form a cycle",
                buffers[id].name);
      at = buffers[at].alias->of;
    }
    const BufferId root = roots[at].is_valid() ? roots[at] : at;
    roots[at] = root;
    for (const BufferId link : chain) roots[link] = root;
    chain.clear();
  }
  return roots;
}

bool is_same_memory(const View& a, const View& b, const IdVector<BufferId, BufferId>& roots) {
  return roots[a.buffer] == roots[b.buffer] && a.offset == b.offset && a.extent == b.extent &&
         a.stride == b.stride;
}

IdVector<ir::VariableId, BufferId> variable_buffers(const Schedule& schedule) {
  IdVector<ir::VariableId, BufferId> result;
  result.resize(schedule.variables.size());
  for (const BufferId id : schedule.buffers.ids()) {
    const Buffer& buffer = schedule.buffers[id];
    if (buffer.variable && !buffer.alias) result[*buffer.variable] = id;
  }
  for (const ir::VariableId id : schedule.variables.ids())
    TDC_CHECK(result[id].is_valid(), "variable {} has no buffer", id.index);
  return result;
}

}  // namespace tdc::schedule
