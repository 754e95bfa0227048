// The platform of a host against td_platform.h.

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <vector>

#include "td_platform.h"

namespace tdc {
namespace {

template <typename Function>
Function* host_function(const char* name) {
  static void* const library = dlopen(TDC_PLATFORM_HOST, RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(library != nullptr, dlerror());
  void* const function = dlsym(library, name);
  REQUIRE(function != nullptr);
  return reinterpret_cast<Function*>(function);
}

TEST_CASE("host: a transfer copies its rows and nothing between them") {
  //   from  1 2 3 4 5 6 7 8      to  1 2 . 4 5 . 7 8 .
  const auto copy = host_function<decltype(td_dma_copy)>("td_dma_copy");
  const auto wait = host_function<decltype(td_dma_wait)>("td_dma_wait");
  const std::vector<uint8_t> from = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<uint8_t> to(9, 0);
  wait(copy(to.data(), from.data(), 2, 3, /*to_stride=*/3, /*from_stride=*/3));
  CHECK(to == std::vector<uint8_t>{1, 2, 0, 4, 5, 0, 7, 8, 0});
  to.assign(9, 0);
  wait(copy(to.data(), from.data(), 2, 3, /*to_stride=*/2, /*from_stride=*/3));
  CHECK(to == std::vector<uint8_t>{1, 2, 4, 5, 7, 8, 0, 0, 0});
  wait(copy(to.data(), from.data(), 4, 0, 4, 4));
  wait(copy(to.data(), from.data(), 0, 4, 4, 4));
  CHECK(to == std::vector<uint8_t>{1, 2, 4, 5, 7, 8, 0, 0, 0});
}

// ---- signals -----------------------------------------------------------------------------------

/// Ends of a pipe.
struct Pipe {
  int from = -1, to = -1;
  Pipe() {
    std::array<int, 2> ends = {};
    REQUIRE(pipe(ends.data()) == 0);
    from = ends[0];
    to = ends[1];
  }
};

/// A process whose waiting ends with EINTR at every SIGUSR1, and whose exit status is what `body`
/// gives. It ends after 20 seconds, whatever it does.
template <typename Body>
pid_t interrupted_child(const Body& body) {
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, &before);  // until there is a handler
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    struct sigaction action = {};
    action.sa_handler = [](int) {};  // without SA_RESTART
    sigaction(SIGUSR1, &action, nullptr);
    alarm(20);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    _exit(body());
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return child;
}

void interrupt(pid_t child) {
  for (int i = 0; i < 20; ++i) {
    kill(child, SIGUSR1);
    usleep(2000);
  }
}

/// Whether a process ended with status 0.
bool is_success(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("host: signals end no read, and none of its bytes are lost") {
  const auto read = host_function<decltype(td_read)>("td_read");
  const Pipe pipe;
  const pid_t child = interrupted_child([&] {
    close(pipe.to);
    dup2(pipe.from, STDIN_FILENO);
    std::array<char, 6> bytes = {};
    return read(bytes.data(), 6) == 6 && std::memcmp(bytes.data(), "abcdef", 6) == 0 ? 0 : 1;
  });
  close(pipe.from);
  interrupt(child);
  CHECK(::write(pipe.to, "abc", 3) == 3);
  interrupt(child);
  CHECK(::write(pipe.to, "def", 3) == 3);
  close(pipe.to);
  CHECK(is_success(child));
}

TEST_CASE("host: signals end no write, and none of its bytes come twice") {
  const auto write = host_function<decltype(td_write)>("td_write");
  std::vector<uint8_t> bytes(300'000);  // more than a pipe holds
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i % 251);
  const Pipe pipe;
  const pid_t child = interrupted_child([&] {
    close(pipe.from);
    dup2(pipe.to, STDOUT_FILENO);
    close(pipe.to);
    write(bytes.data(), bytes.size());
    return 0;
  });
  close(pipe.to);
  interrupt(child);
  std::vector<uint8_t> found(bytes.size() + 1);
  size_t count = 0;
  while (count < found.size()) {
    const ssize_t more = ::read(pipe.from, found.data() + count, found.size() - count);
    if (more <= 0) break;
    count += static_cast<size_t>(more);
  }
  close(pipe.from);
  found.resize(count);
  CHECK(found == bytes);
  CHECK(is_success(child));
}

}  // namespace
}  // namespace tdc
