#include "support/descriptor.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tdc {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    (void)close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

bool Descriptor::close() {
  const int number = std::exchange(number_, -1);
  return number < 0 || ::close(number) == 0;
}

bool Descriptor::try_lock() const {
  return flock(number_, LOCK_EX | LOCK_NB) == 0;
}

bool Descriptor::is_at(const char* path) const {
  struct stat open = {};
  struct stat named = {};
  return fstat(number_, &open) == 0 && lstat(path, &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

}  // namespace tdc
