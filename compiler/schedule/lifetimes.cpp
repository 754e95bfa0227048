#include "schedule/lifetimes.h"

#include <algorithm>
#include <map>

#include "schedule/aliases.h"
#include "schedule/uses.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

class Finder {
 public:
  explicit Finder(const Schedule& schedule)
      : schedule_(schedule), roots_(alias_roots(schedule.buffers)) {
    for (const BufferId buffer : schedule.buffers.ids()) {
      const BufferId root = roots_[buffer];
      TDC_CHECK(ir::byte_size(schedule.buffers[buffer].type) <=
                    ir::byte_size(schedule.buffers[root].type),
                "`{}` is larger than `{}`, whose memory it uses", schedule.buffers[buffer].name,
                schedule.buffers[root].name);
      TDC_CHECK(schedule.buffers[buffer].level == schedule.buffers[root].level,
                "`{}` is not in the level of `{}`, whose memory it uses",
                schedule.buffers[buffer].name, schedule.buffers[root].name);
    }
    uses_.resize(schedule.buffers.size());
  }

  Lifetimes find() {
    for (const EntryPoint& entry : schedule_.entry_points) {
      transfers_.clear();
      collect_transfers(entry.steps);
      const Tick begin = now();
      walk(entry.steps);
      result_.entry_points.push_back({begin, now()});
    }
    for (const BufferId id : schedule_.buffers.ids()) {
      const Buffer& buffer = schedule_.buffers[id];
      if (roots_[id] != id) continue;
      Lifetime lifetime = {.buffer = id, .size = ir::byte_size(buffer.type)};
      if (buffer.kind == BufferKind::variable) {
        lifetime.is_variable = true;
        lifetime.last = std::max<Tick>(0, now() - 1);
      } else if (buffer.kind == BufferKind::temporary && uses_[id].is_used) {
        lifetime.first = uses_[id].first;
        lifetime.last = uses_[id].last;
      } else {
        continue;
      }
      result_.lifetimes.push_back(lifetime);
    }
    return std::move(result_);
  }

 private:
  /// What is known of one root, over the entry points so far.
  struct Uses {
    bool is_used = false;
    Tick first = 0, last = 0;
  };

  [[nodiscard]] Tick now() const { return static_cast<Tick>(result_.steps.size()); }

  void use(BufferId buffer) {
    Uses& uses = uses_[roots_[buffer]];
    if (!uses.is_used) uses = {.is_used = true, .first = now()};
    uses.last = now();
  }

  void collect_transfers(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      const auto* copy = std::get_if<Copy>(&step);
      if (copy != nullptr && copy->transfer) transfers_[*copy->transfer].push_back(copy);
    }
  }

  void walk(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      visit_views(step, [&](const View& view, bool) { use(view.buffer); });
      const auto* launch = std::get_if<Launch>(&step);
      if (launch != nullptr && launch->scratch) use(*launch->scratch);
      if (const auto* wait = std::get_if<Wait>(&step))
        for (const Copy* pending : transfers_[wait->transfer]) {
          use(pending->from.buffer);
          use(pending->to.buffer);
        }
      result_.steps.push_back(&step);
    }
  }

  const Schedule& schedule_;
  Lifetimes result_;
  IdVector<BufferId, BufferId> roots_;
  IdVector<BufferId, Uses> uses_;
  std::map<TransferId, std::vector<const Copy*>> transfers_;  ///< of the entry point being walked
};

}  // namespace

Lifetimes find_lifetimes(const Schedule& schedule) {
  return Finder(schedule).find();
}

}  // namespace tdc::schedule
