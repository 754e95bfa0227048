#include "survey.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <thread>

#include "support/check.h"

namespace tdc {
namespace {

constexpr size_t kMostFailures = 10;
constexpr int kThrew = 71;

/// Memory that parent and children share.
class SharedCounters {
 public:
  explicit SharedCounters(size_t count) : bytes_(count * sizeof(std::atomic<int64_t>)) {
    void* const memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    TDC_CHECK(memory != MAP_FAILED, "{} bytes", bytes_);
    counters_ = static_cast<std::atomic<int64_t>*>(memory);
    for (size_t i = 0; i < count; ++i) new (&counters_[i]) std::atomic<int64_t>(0);
  }
  ~SharedCounters() { munmap(counters_, bytes_); }
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;

  std::atomic<int64_t>& operator[](size_t index) { return counters_[index]; }

 private:
  size_t bytes_;
  std::atomic<int64_t>* counters_ = nullptr;
};

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM) return "took too long";
    return fmt::format("was ended by signal {}", WTERMSIG(status));
  }
  if (WEXITSTATUS(status) == kThrew) return "threw an exception";
  return fmt::format("ended its process with status {}", WEXITSTATUS(status));
}

/// Ends this process after so much processor time from now, or, waiting for something that never
/// comes, after a hundred times as long.
void limit_time(std::chrono::seconds limit) {
  const itimerval timer = {.it_interval = {}, .it_value = {.tv_sec = limit.count(), .tv_usec = 0}};
  signal(SIGALRM, SIG_DFL);
  setitimer(ITIMER_PROF, &timer, nullptr);
  alarm(static_cast<unsigned>(100 * limit.count()));
}

}  // namespace

Survey survey(int64_t items, size_t outcomes, std::chrono::seconds limit,
              const std::function<size_t(int64_t item)>& ask) {
  const size_t workers = std::max(1U, std::thread::hardware_concurrency());
  SharedCounters counts(outcomes);
  SharedCounters next(1);           // the first item that no worker has taken
  SharedCounters current(workers);  // the item of each worker
  Survey result;

  const auto start = [&](size_t worker) {
    const pid_t child = fork();
    TDC_CHECK(child >= 0);
    if (child > 0) return child;
    try {
      for (int64_t item = next[0]++; item < items; item = next[0]++) {
        current[worker] = item;
        limit_time(limit);
        ++counts[ask(item)];
      }
    } catch (...) {
      _exit(kThrew);
    }
    _exit(0);
  };

  std::vector<pid_t> children;
  for (size_t worker = 0; worker < workers; ++worker) children.push_back(start(worker));
  for (size_t running = workers; running > 0;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    const auto child = std::find(children.begin(), children.end(), ended);
    if (child == children.end()) continue;
    const auto worker = static_cast<size_t>(child - children.begin());
    if (status == 0) {
      --running;
      continue;
    }
    result.failures.push_back(fmt::format("item {} {}", current[worker].load(), describe(status)));
    if (result.failures.size() >= kMostFailures) next[0] = items;
    *child = start(worker);
  }
  for (size_t i = 0; i < outcomes; ++i) result.counts.push_back(counts[i]);
  return result;
}

}  // namespace tdc
