// The platform of threads, on which emitted C is tested, keeps its promises and notices misuse.

#include "unit/threads.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "runner/child_process.h"
#include "unit/patience.h"

namespace tdc::test {
namespace {

runner::Exit exercise(const std::string& what, uint64_t seed) {
  std::vector<std::string> command = on_threads(TDC_THREADS_EXERCISE, seed);
  command.push_back(what);
  const Result<runner::Exit> exit = runner::run_to_end(command, patience());
  REQUIRE(exit.ok());
  CAPTURE(what);
  CAPTURE(seed);
  return exit.value();
}

TEST_CASE(
    "threads: every core runs and meets all others, transfers and jobs of the engine are complete "
    "after a wait") {
  std::set<std::string> sizes;
  for (uint64_t seed = 0; seed < 16; ++seed) {
    const runner::Exit teams = exercise("teams", seed);
    CHECK_MESSAGE(teams.is_success(), teams.errors);
    sizes.insert(teams.errors);  // what it wrote
    CHECK(exercise("waits", seed).is_success());
    CHECK(exercise("wait_all", seed).is_success());
    CHECK(exercise("jobs", seed).is_success());
  }
  CHECK(sizes.size() == 16);
}

TEST_CASE("threads: a wait that is missing, and what the platform forbids, is noticed") {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    CHECK(exercise("no_wait", seed).code == 1);
    CHECK(exercise("jobs_no_wait", seed).code == 1);
    CHECK(exercise("waits_for_no_start", seed).code == 103);
    CHECK(exercise("runs_a_job", seed).code == 103);
    CHECK(exercise("talks", seed).code == 103);
  }
  CHECK(exercise("meets_alone", 1).errors.find("not all cores come to a barrier") !=
        std::string::npos);
}

}  // namespace
}  // namespace tdc::test
