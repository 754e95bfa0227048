#include "driver/run_summary.h"

#include <doctest/doctest.h>

namespace tdc::driver {
namespace {

TEST_CASE("run summary: the loss is its means over the first and last tenth of the updates") {
  CHECK(loss_text({}).empty());
  CHECK(loss_text(std::vector<float>{2.5F}) == "  loss 2.5 at the first update, 2.5 at the last\n");
  CHECK(loss_text(std::vector<float>{4, 9, 9, 2}) ==
        "  loss 4 at the first update, 2 at the last\n");
  // Ten updates have a tenth of one, eleven one of two.
  std::vector<float> losses = {8, 4, 9, 9, 9, 9, 9, 9, 9, 3};
  CHECK(loss_text(losses) == "  loss 8 at the first update, 3 at the last\n");
  losses.push_back(1);
  CHECK(loss_text(losses) == "  loss 6 in the mean of the first 2 updates, 2 of the last 2\n");
  losses.assign(20'000, 0.25F);
  CHECK(loss_text(losses) ==
        "  loss 0.25 in the mean of the first 2,000 updates, 0.25 of the last 2,000\n");
}

TEST_CASE("run summary: a run that was stopped says how far it came") {
  const std::vector<float> losses = {2, 1};
  CHECK(training_text(Ending::done, losses, 2, 8, std::chrono::seconds(4), 10) ==
        "trained 2 of 2 updates, 8 samples in 4.0 s (2 samples/s)\n"
        "  loss 2 at the first update, 1 at the last\n");
  CHECK(training_text(Ending::interrupted, losses, 300, 8, std::chrono::seconds(4), 10)
            .starts_with("interrupted after 2 of 300 updates"));
  CHECK(training_text(Ending::stopped, losses, 2, 8, std::chrono::seconds(4), 10)
            .starts_with("stopped after 2 of 2 updates"));
}

TEST_CASE("learn-6: batches that hold samples from both ends of the data are counted") {
  CHECK(filled_text(50, 50, 5).empty());
  CHECK(filled_text(48, 50, 4).empty());
  CHECK(filled_text(100, 50, 5).empty());
  const std::string last = "  the last batch is filled with ";
  CHECK(filled_text(8, 5, 4) == last + "3 samples from the start of the data\n");
  CHECK(filled_text(6, 5, 2) == last + "1 sample from the start of the data\n");
  CHECK(filled_text(8, 3, 8) == last + "5 samples from the start of the data\n");
  // Passes of 5 in batches of 4: the ends 5, 10 and 15 lie in three batches, 20 is one's end.
  CHECK(filled_text(20, 5, 4) == "  3 batches go on from the end of the data to its start\n");
  CHECK(filled_text(9 * 4, 20, 3) == "  1 batch goes on from the end of the data to its start\n");
}

}  // namespace
}  // namespace tdc::driver
