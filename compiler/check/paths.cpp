#include "check/paths.h"

namespace tdc::check {

std::string CallPlace::path_of(const std::string& segment) const {
  return path.empty() ? segment : path + "." + segment;
}

bool Paths::claim_calls(CallPlace& place, SourceRange origin) {
  if (place.caller != nullptr && !claim_calls(*place.caller, place.origin)) return false;
  if (place.is_outside) {
    reporter_.report(origin, diag::parameter_outside_net).at_call_depth(0);
    return false;
  }
  if (place.call == nullptr) return true;
  if (!place.is_claimed) place.has_failed = !claim(place);
  return !place.has_failed;
}

bool Paths::claim(CallPlace& place) {
  place.is_claimed = true;
  if (place.caller != nullptr && place.caller->is_repetition) {
    place.is_repetition = true;
    return true;
  }
  if (place.needs_index) {
    reporter_.report(place.origin, diag::path_in_repeat, place.path)
        .at_call_depth(place.call_depth)
        .hint(diag::hint_index);
    return false;
  }
  const auto [claim, is_new] = claims_.emplace(
      place.path, Claim{.origin = place.origin, .call = place.call, .variable = {}});
  if (is_new) return true;
  if (place.is_shared && claim->second.call == place.call) {
    place.is_repetition = true;
    return true;
  }
  report_duplicate(place.path, claim->second, place.origin, place.call_depth);
  return false;
}

bool Paths::claim_parameter(const std::string& path, SourceRange origin, ir::VariableId variable) {
  const auto [claim, is_new] =
      claims_.emplace(path, Claim{.origin = origin, .call = nullptr, .variable = variable});
  if (!is_new) report_duplicate(path, claim->second, origin, reporter_.call_depth());
  return is_new;
}

std::optional<ir::VariableId> Paths::find_parameter(const std::string& path) const {
  const auto claim = claims_.find(path);
  return claim == claims_.end() ? std::nullopt : claim->second.variable;
}

void Paths::report_duplicate(const std::string& path, const Claim& first, SourceRange second,
                             size_t call_depth) {
  reporter_.report(second, diag::duplicate_path, path)
      .at_call_depth(call_depth)
      .note(first.origin, diag::note_first_here, path)
      .hint(diag::hint_path);
}

}  // namespace tdc::check
