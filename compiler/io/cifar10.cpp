#include "io/cifar10.h"

#include <fmt/format.h>

#include "support/files.h"

namespace tdc::io {
namespace {

// A record is a label and three planes (red, green, blue) of 32 rows of 32.
constexpr size_t kImageBytes = 3 * 32 * 32;
constexpr size_t kRecordBytes = 1 + kImageBytes;
constexpr uint8_t kClasses = 10;

}  // namespace

Result<std::vector<Array>> read_cifar10(const std::string& folder, DataPart part) {
  std::vector<std::string> names;
  if (part == DataPart::kTest) {
    names = {"test_batch.bin"};
  } else {
    for (int i = 1; i <= 5; ++i) names.push_back(fmt::format("data_batch_{}.bin", i));
  }
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  Failure failure;
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    const Result<std::string> bytes = read_file(path);
    if (!bytes.ok()) {
      failure.add(bytes.failure());
      continue;
    }
    const std::string& records = bytes.value();
    if (records.empty() || records.size() % kRecordBytes != 0) {
      failure.add(fail("`{}` has {} bytes, not a whole number of CIFAR-10 records of {} bytes",
                       path, records.size(), kRecordBytes));
      continue;
    }
    for (size_t at = 0; at < records.size(); at += kRecordBytes) {
      const auto label = static_cast<uint8_t>(records[at]);
      if (label >= kClasses) {
        failure.add(fail("`{}`: record {} has label {}; there are {} classes", path,
                         at / kRecordBytes, label, kClasses));
        break;
      }
      labels.push_back(label);
      const auto image = records.begin() + static_cast<std::ptrdiff_t>(at) + 1;
      pixels.insert(pixels.end(), image, image + kImageBytes);
    }
  }
  if (!failure.messages.empty()) return failure;
  const auto count = static_cast<int64_t>(labels.size());
  return std::vector<Array>{make_array("image", {count, 3, 32, 32}, pixels),
                            make_array("label", {count}, labels)};
}

}  // namespace tdc::io
