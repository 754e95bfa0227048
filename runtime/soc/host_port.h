#pragma once

#include <cstdint>
#include <string>

namespace tdc::soc {

/// The chip's connection to the host: a byte stream in each direction and a console. Its transfers
/// take no simulated time; they stand for what a debug probe does from outside.
class HostPort {
 public:
  /// File descriptors, which stay open.
  HostPort(int input, int output, int console)
      : input_(input), output_(output), console_(console) {}

  /// Reads until `count` bytes are there or the stream ends; returns how many there are.
  uint32_t read(uint8_t* data, uint32_t count);
  /// Writes all; false if the other side is gone.
  bool write(const uint8_t* data, uint32_t count);
  /// Adds a character to the console, which shows whole lines.
  void put(char character);
  /// Shows what is left of the last line.
  void flush();

 private:
  static bool write_all(int descriptor, const uint8_t* data, uint64_t count);

  int input_;
  int output_;
  int console_;
  std::string line_;
};

}  // namespace tdc::soc
