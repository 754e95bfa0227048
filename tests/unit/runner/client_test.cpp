#include "runner/client.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "unit/patience.h"

namespace tdc::runner {
namespace {

const emit::RunnerSizes kSizes = {.train_input_bytes = 24,
                                  .eval_input_bytes = 12,
                                  .infer_input_bytes = 8,
                                  .result_bytes = 8,
                                  .metrics = 2,
                                  .variables = 2,
                                  .batch = 2,
                                  .accumulate = 3};

Result<Client> start_fake(std::vector<std::string> arguments = {}, GivesUp gives_up = patience()) {
  arguments.insert(arguments.begin(), TDC_FAKE_MODEL);
  return Client::start(arguments, kSizes, std::move(gives_up));
}

/// Images and labels as they lie in a message.
std::vector<std::byte> message(const std::vector<float>& numbers,
                               const std::vector<int32_t>& labels) {
  std::vector<std::byte> bytes(4 * (numbers.size() + labels.size()));
  std::memcpy(bytes.data(), numbers.data(), 4 * numbers.size());
  if (!labels.empty())
    std::memcpy(bytes.data() + 4 * numbers.size(), labels.data(), 4 * labels.size());
  return bytes;
}

/// The message of a training step in which the fake model does `what`.
std::vector<std::byte> misbehaviour(float what) {
  return message({what, 0, 0, 0}, {0, 0});
}

TEST_CASE("client: all operations of the protocol arrive with their arguments and results") {
  Result<Client> started = start_fake();
  REQUIRE(started.ok());
  Client& client = started.value();
  CHECK(client.train_step(message({1, 2, 3, 4}, {0, 1})).value() == 102.0F);
  CHECK(client.eval(message({0.5F, 0.25F}, {3})).value() ==
        Evaluation{.loss = 0.5F, .metrics = {0.25F, 3}});
  CHECK(client.infer(message({5, 6}, {})).value() == message({6, 5}, {}));
  CHECK(client.read_variable(0).value() == std::vector<float>{1, 2});
  CHECK(client.read_variable(1).value() == std::vector<float>{10, 20, 30});
  CHECK(client.write_variable(0, std::vector<float>{7, 8}).ok());
  CHECK(client.read_variable(0).value() == std::vector<float>{7, 8});
  CHECK(client.cycles().value() > 0);
  CHECK(client.stop().value().empty());
}

TEST_CASE("client: flush applies a group that is not full, and nothing twice") {
  Result<Client> started = start_fake();
  REQUIRE(started.ok());
  Client& client = started.value();
  REQUIRE(client.train_step(message({1, 0, 1, 0}, {0, 0})).ok());
  REQUIRE(client.train_step(message({2, 0, 2, 0}, {0, 0})).ok());
  CHECK(client.read_variable(0).value() == std::vector<float>{1, 2});
  REQUIRE(client.flush().ok());
  CHECK(client.read_variable(0).value() == std::vector<float>{2, 1.5F});
  REQUIRE(client.flush().ok());
  CHECK(client.read_variable(0).value() == std::vector<float>{2, 1.5F});
  CHECK(client.stop().ok());
}

TEST_CASE("client: a refused operation is named, and the next one still works") {
  Result<Client> started = start_fake({"--no-training"});
  REQUIRE(started.ok());
  Client& client = started.value();
  CHECK(client.train_step(message({1, 2, 3, 4}, {0, 1})).failure().messages ==
        std::vector<std::string>{"a training step failed: the model has no such function"});
  CHECK(client.flush().failure().messages ==
        std::vector<std::string>{"the last update failed: the model has no such function"});
  CHECK(client.write_variable(1, std::vector<float>{1, 2, 3}).failure().messages ==
        std::vector<std::string>{"writing variable 1 failed: the variable is frozen"});
  // More elements than the device takes in one piece, none of which may stay in the stream.
  CHECK(client.write_variable(0, std::vector<float>(100000)).failure().messages ==
        std::vector<std::string>{"writing variable 0 failed: there is no such variable"});
  CHECK(client.write_variable(2, std::vector<float>{1}).failure().messages ==
        std::vector<std::string>{"writing variable 2 failed: there is no such variable"});
  CHECK(client.read_variable(2).failure().messages ==
        std::vector<std::string>{"reading variable 2 failed: there is no such variable"});
  CHECK(client.read_variable(0).value() == std::vector<float>{1, 2});
  CHECK(client.stop().ok());
}

TEST_CASE("client: a status of the model is passed on") {
  Result<Client> started = start_fake();
  REQUIRE(started.ok());
  CHECK(started.value().train_step(misbehaviour(1000)).failure().messages ==
        std::vector<std::string>{"a training step failed: the model's status is 9"});
  CHECK(
      started.value().train_step(misbehaviour(1006)).failure().messages ==
      std::vector<std::string>{"a training step failed: a class number is not one of its classes"});
  CHECK(started.value().stop().ok());
}

TEST_CASE("client: the end of the program is reported with how it came") {
  const std::string name = TDC_FAKE_MODEL;
  Result<Client> exits = start_fake();
  CHECK(exits.value().train_step(misbehaviour(1001)).failure().messages ==
        std::vector<std::string>{"`" + name + "` ended with exit status 7"});
  Result<Client> dies = start_fake();
  CHECK(dies.value().train_step(misbehaviour(1002)).failure().messages ==
        std::vector<std::string>{"`" + name +
                                 "` ended with signal 9 (Killed):\nassertion failed: something\n"});
}

TEST_CASE("client: much text on standard error does not block the program") {
  Result<Client> started = start_fake();
  REQUIRE(started.value().train_step(misbehaviour(1005)).ok());
  const Result<std::string> errors = started.value().stop();
  REQUIRE(errors.ok());
  CHECK(errors.value().ends_with("much to say about this\n"));
}

TEST_CASE("client: an answer that is none is noticed") {
  Result<Client> started = start_fake();
  REQUIRE(started.ok());
  CHECK_FALSE(started.value().train_step(misbehaviour(1003)).ok());
}

TEST_CASE("client: giving up ends the wait and the program") {
  bool gives_up = false;
  {
    Result<Client> started = start_fake({}, [&] { return gives_up; });
    REQUIRE(started.ok());
    // The program loops for ever on this one.
    const auto begin = std::chrono::steady_clock::now();
    GivesUp later = [&] {
      return std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(300);
    };
    Result<Client> loops = start_fake({}, later);
    CHECK(loops.value().train_step(misbehaviour(1004)).failure().messages ==
          std::vector<std::string>{"interrupted"});
    gives_up = true;
    CHECK_FALSE(started.value().flush().ok());
  }
}

TEST_CASE("client: programs that are no runners, or hold another model, are refused") {
  CHECK(Client::start({"tdc-no-such-program"}, kSizes, patience()).failure().messages ==
        std::vector<std::string>{
            "`tdc-no-such-program` cannot be started: No such file or directory"});
  CHECK(Client::start({"echo", "some text that is longer than the greeting is, which has 44 bytes"},
                      kSizes, patience())
            .failure()
            .messages ==
        std::vector<std::string>{
            "`echo` does not speak the runner protocol: it starts with 0x656d6f73"});
  CHECK(Client::start({"true"}, kSizes, patience()).failure().messages ==
        std::vector<std::string>{"`true` ended with exit status 0"});
  emit::RunnerSizes other = kSizes;
  other.batch = 3;
  CHECK(Client::start({TDC_FAKE_MODEL}, other, patience()).failure().messages ==
        std::vector<std::string>{"`" TDC_FAKE_MODEL
                                 "` holds another model: its messages have other sizes"});
  REQUIRE(setenv("TDC_FAKE_INIT_STATUS", "5", 1) == 0);
  const Result<Client> refused = start_fake();
  REQUIRE(unsetenv("TDC_FAKE_INIT_STATUS") == 0);
  CHECK(refused.failure().messages ==
        std::vector<std::string>{"`" TDC_FAKE_MODEL
                                 "` cannot initialise its model: the model's status is 5"});
}

TEST_CASE("run_to_end: both outputs and the status") {
  const Result<Exit> exit = run_to_end({"sh", "-c", "echo out; echo err >&2; exit 4"}, patience());
  REQUIRE(exit.ok());
  CHECK(exit.value().code == 4);
  CHECK(exit.value().errors == "out\nerr\n");
  CHECK_FALSE(run_to_end({"sleep", "60"}, [] { return true; }).ok());
  std::string seen;
  REQUIRE(run_to_end({"sh", "-c", "echo one; sleep 0.3; echo two"}, patience(),
                     [&](std::string_view piece) { seen += piece.empty() ? "." : piece; })
              .ok());
  CHECK(seen.starts_with("one\n."));
  CHECK(seen.find(".two\n") != std::string::npos);
}

}  // namespace
}  // namespace tdc::runner
