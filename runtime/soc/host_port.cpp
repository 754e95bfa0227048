#include "soc/host_port.h"

#include <unistd.h>

#include <cerrno>

namespace tdc::soc {

uint32_t HostPort::read(uint8_t* data, uint32_t count) {
  uint32_t done = 0;
  while (done < count) {
    const ssize_t step = ::read(input_, data + done, count - done);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) break;
    done += static_cast<uint32_t>(step);
  }
  return done;
}

bool HostPort::write_all(int descriptor, const uint8_t* data, uint64_t count) {
  uint64_t done = 0;
  while (done < count) {
    const ssize_t step = ::write(descriptor, data + done, count - done);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return false;
    done += static_cast<uint64_t>(step);
  }
  return true;
}

bool HostPort::write(const uint8_t* data, uint32_t count) {
  return write_all(output_, data, count);
}

void HostPort::put(char character) {
  line_ += character;
  if (character == '\n') flush();
}

void HostPort::flush() {
  // A console that nobody reads does not end the run.
  (void)write_all(console_, reinterpret_cast<const uint8_t*>(line_.data()), line_.size());
  line_.clear();
}

}  // namespace tdc::soc
