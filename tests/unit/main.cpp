#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace {

constexpr unsigned kMostSeconds = 30 * 60;  // far more than any test takes on a busy machine
const char* running_test = "";

void end_tests(int) {
  for (const char* text : {"this test hangs: ", running_test, "\n"})
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  _exit(1);
}

/// Ends the program if a test takes too long, and says which.
struct Watchdog : doctest::IReporter {
  explicit Watchdog(const doctest::ContextOptions&) { std::signal(SIGALRM, end_tests); }
  void test_case_start(const doctest::TestCaseData& test) override {
    running_test = test.m_name;
    alarm(kMostSeconds);
  }
  void test_case_end(const doctest::CurrentTestCaseStats&) override { alarm(0); }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("watchdog", 1, Watchdog);

}  // namespace
