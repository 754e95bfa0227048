#pragma once

#include <utility>

namespace tdc {

/// An open file or folder, closed with its object.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { (void)close(); }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }
  /// False, with `errno`, if what was written did not arrive. Nothing if it is closed.
  bool close();

  /// Takes the lock of the open file (`flock`) that its writer holds until it is closed; false if
  /// another has it.
  [[nodiscard]] bool try_lock() const;
  /// Whether `path`, if it is a link that link, still names what is open.
  [[nodiscard]] bool is_at(const char* path) const;

 private:
  int number_ = -1;
};

}  // namespace tdc
