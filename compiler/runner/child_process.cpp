#include "runner/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "support/check.h"

// Every wait is a `poll` with a time limit, after which `gives_up` is asked: a signal that arrives
// just before a `poll` would otherwise be noticed only when the program next says something.

extern char** environ;

namespace tdc::runner {
namespace {

constexpr int kPollMilliseconds = 100;
constexpr size_t kKeptErrorBytes = 64 * 1024;
constexpr std::chrono::milliseconds kTimeToEnd{2000};

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

/// Starts `command` with these descriptors as its standard streams, and nothing else of ours.
Result<pid_t> spawn(const std::vector<std::string>& command, int input, int output, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t process = 0;
  const int error =
      posix_spawnp(&process, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail("`{}` cannot be started: {}", command[0], std::strerror(error));
  return process;
}

Exit to_exit(int wait_status, std::string errors) {
  const bool by_signal = WIFSIGNALED(wait_status);
  return {.by_signal = by_signal,
          .code = by_signal ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status),
          .errors = std::move(errors)};
}

/// Adds what can be read now to `piece`, up to a limit. False at the end of the stream.
bool read_available(int descriptor, std::string& piece) {
  std::array<char, 4096> chunk;
  while (piece.size() < kKeptErrorBytes) {
    const ssize_t count = read(descriptor, chunk.data(), chunk.size());
    if (count > 0) {
      piece.append(chunk.data(), static_cast<size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    } else if (errno == EAGAIN) {
      return true;
    }
  }
  return true;
}

/// Adds to a text of which only the end is kept.
void add_to_end(std::string& text, std::string_view piece) {
  text += piece;
  if (text.size() > 2 * kKeptErrorBytes) text.erase(0, text.size() - kKeptErrorBytes);
}

}  // namespace

std::string to_text(const Exit& exit) {
  return exit.by_signal ? fmt::format("signal {} ({})", exit.code, strsignal(exit.code))
                        : fmt::format("exit status {}", exit.code);
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& command,
                                         GivesUp gives_up) {
  // A pair of sockets and not of pipes: writing to a program that has ended is then an error
  // instead of a signal. The program sees no difference.
  std::array<int, 2> stream;
  std::array<int, 2> errors;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream.data()) != 0)
    return fail("`{}` cannot be started: {}", command[0], std::strerror(errno));
  if (pipe2(errors.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    close(stream[0]);
    close(stream[1]);
    return fail("`{}` cannot be started: {}", command[0], std::strerror(error));
  }
  const Result<pid_t> process = spawn(command, stream[1], stream[1], errors[1]);
  close(stream[1]);
  close(errors[1]);
  if (!process.ok()) {
    close(stream[0]);
    close(errors[0]);
    return process.failure();
  }
  fcntl(stream[0], F_SETFL, O_NONBLOCK);
  fcntl(errors[0], F_SETFL, O_NONBLOCK);
  return ChildProcess(process.value(), stream[0], errors[0], command[0], std::move(gives_up));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      stream_(std::exchange(other.stream_, -1)),
      errors_(std::exchange(other.errors_, -1)),
      name_(std::move(other.name_)),
      gives_up_(std::move(other.gives_up_)),
      error_text_(std::move(other.error_text_)) {}

ChildProcess::~ChildProcess() {
  if (process_ > 0) {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  close_if_open(stream_);
  close_if_open(errors_);
}

void ChildProcess::read_errors() {
  if (errors_ < 0) return;
  std::string piece;
  if (!read_available(errors_, piece)) close_if_open(errors_);
  add_to_end(error_text_, piece);
}

Result<Done> ChildProcess::exchange(std::span<const std::byte> request,
                                    std::span<std::byte> reply) {
  TDC_CHECK(process_ > 0, "the program has ended");
  bool has_ended = false;
  while (!has_ended && (!request.empty() || !reply.empty())) {
    if (gives_up_()) return fail("interrupted");
    const short wanted = static_cast<short>((request.empty() ? 0 : POLLOUT) | POLLIN);
    std::array<pollfd, 2> sources = {{{.fd = stream_, .events = wanted, .revents = 0},
                                      {.fd = errors_, .events = POLLIN, .revents = 0}}};
    if (poll(sources.data(), sources.size(), kPollMilliseconds) <= 0) continue;
    if (sources[1].revents != 0) read_errors();
    if (!request.empty() && (sources[0].revents & POLLOUT) != 0) {
      const ssize_t count = send(stream_, request.data(), request.size(), MSG_NOSIGNAL);
      if (count > 0) request = request.subspan(static_cast<size_t>(count));
      has_ended = count < 0 && errno != EAGAIN && errno != EINTR;
    }
    if ((sources[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      // With nothing to receive this looks whether the other end is still there.
      std::byte unexpected{};
      const std::span<std::byte> target = reply.empty() ? std::span(&unexpected, 1) : reply;
      const ssize_t count = recv(stream_, target.data(), target.size(), 0);
      if (count > 0 && reply.empty()) return fail("`{}` answered before it was asked", name_);
      if (count > 0) reply = reply.subspan(static_cast<size_t>(count));
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) has_ended = true;
    }
  }
  if (!has_ended) return Done{};
  const Exit exit = finish();
  return fail("`{}` ended with {}{}{}", name_, to_text(exit),
              Verbatim{exit.errors.empty() ? "" : ":\n"}, Verbatim{exit.errors});
}

Exit ChildProcess::finish() {
  TDC_CHECK(process_ > 0, "the program has ended");
  shutdown(stream_, SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + kTimeToEnd;
  int status = 0;
  pid_t ended = 0;
  while (ended == 0) {
    if (std::chrono::steady_clock::now() >= end) {
      kill(-process_, SIGKILL);
      ended = waitpid(process_, &status, 0);
      break;
    }
    ended = waitpid(process_, &status, WNOHANG);
    read_errors();
    if (ended == 0) poll(nullptr, 0, 2);
  }
  read_errors();
  close_if_open(stream_);
  close_if_open(errors_);
  process_ = -1;
  return to_exit(status, std::move(error_text_));
}

Result<Exit> run_to_end(const std::vector<std::string>& command, const GivesUp& gives_up,
                        const Watch& watch) {
  std::array<int, 2> output;
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) return fail("`/dev/null` cannot be opened: {}", std::strerror(errno));
  if (pipe2(output.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    close(nothing);
    return fail("`{}` cannot be started: {}", command[0], std::strerror(error));
  }
  const Result<pid_t> process = spawn(command, nothing, output[1], output[1]);
  close(nothing);
  close(output[1]);
  if (!process.ok()) {
    close(output[0]);
    return process.failure();
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  std::string text;
  bool is_given_up = false;
  while (true) {
    if (gives_up()) {
      is_given_up = true;
      kill(-process.value(), SIGKILL);
      break;
    }
    pollfd source = {.fd = output[0], .events = POLLIN, .revents = 0};
    std::string piece;
    const bool has_more =
        poll(&source, 1, kPollMilliseconds) <= 0 || read_available(output[0], piece);
    add_to_end(text, piece);
    if (watch) watch(piece);
    if (!has_more) break;
  }
  close(output[0]);
  int status = 0;
  while (waitpid(process.value(), &status, 0) < 0 && errno == EINTR) {
  }
  if (is_given_up) return fail("interrupted");
  return to_exit(status, std::move(text));
}

}  // namespace tdc::runner
