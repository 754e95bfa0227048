#pragma once

#include <set>
#include <string>
#include <string_view>

#include "emit/addresses.h"
#include "emit/model.h"
#include "emit/words.h"
#include "schedule/loops.h"

namespace tdc::emit {

/// What steps need of the rest of the file.
struct StepParts {
  std::set<std::string_view> kernels;  ///< `run_KERNEL` for each
  bool copies = false;                 ///< `copy_elements`
};

/// Writes the steps of entry points, in the order of the schedule: markers count through all.
class StepWriter {
 public:
  StepWriter(const Model& model, Addresses& addresses);

  /// The statements of the next entry point.
  std::string run(const schedule::EntryPoint& entry_point);
  [[nodiscard]] const StepParts& parts() const { return parts_; }

 private:
  void set_arguments(const schedule::EntryPoint& entry_point);
  std::string write_loop(const schedule::EntryPoint& entry_point, const schedule::Stretch& stretch);
  std::string place_of(SourceRange range) const;
  std::string comment(int64_t number, const std::string& what, const schedule::View& view,
                      SourceRange origin) const;
  std::string write_step(const schedule::EntryPoint& entry_point, const schedule::Stretch& stretch,
                         size_t place, std::string_view indent);
  std::string write_each(const schedule::EntryPoint& entry_point, const schedule::Stretch& stretch,
                         size_t place, std::string_view indent);
  std::string mark_of(const schedule::EntryPoint& entry_point, const schedule::Stretch& stretch,
                      size_t place, std::string_view indent);
  std::string write_copy(const std::vector<const schedule::Copy*>& turns, int64_t begin,
                         int64_t number, std::string_view indent);
  std::string write_transfer(const std::vector<const schedule::Copy*>& turns, int64_t begin,
                             int64_t number, std::string_view indent);
  std::string write_wait(const schedule::EntryPoint& entry_point, size_t step,
                         std::string_view indent);
  std::string write_launch(const std::vector<const schedule::Launch*>& turns, int64_t begin,
                           int64_t number, std::string_view indent);
  std::string struct_text(const ops::KernelDef& kernel, const ArgumentFits& fits,
                          const std::string& name, const std::string& place,
                          std::string_view indent);
  std::string field_text(const ops::KernelField& field, const std::vector<Fit>& fits,
                         const std::string& place);
  std::string fit_text(const Fit& fit, const std::string& name, std::string_view type);
  void add_table(const Fit& fit, const std::string& name, std::string_view type);
  std::string word_text(const Word& word, int64_t step) const;

  static constexpr int64_t kUnknown = -1;

  const Model& model_;
  const schedule::Schedule& schedule_;
  Addresses& addresses_;
  Words words_;
  std::set<schedule::BufferId> caller_buffers_;  // of the entry point being written
  std::vector<int64_t> numbers_;                 // of its steps
  StepParts parts_;
  std::set<schedule::TicketId> transfers_, jobs_;  // tickets of the entry point being written
  std::string tables_;                             // of the loop being written
  int64_t marked_ = kUnknown;                      // the step of the last marker
  int64_t step_ = 0;                               // counted through all entry points
};

}  // namespace tdc::emit
