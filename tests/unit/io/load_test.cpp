#include "io/load.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../mutate.h"
#include "../temporary_folder.h"
#include "io/idx.h"
#include "io/npz.h"
#include "support/files.h"

namespace tdc::io {
namespace {

using Messages = std::vector<std::string>;

/// A CIFAR-10 record: the label, then 3,072 pixels counting up from `first`.
std::string record(char label, uint8_t first) {
  std::string bytes(1, label);
  for (int i = 0; i < 3072; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

void put(const TemporaryFolder& folder, const std::string& name, std::string_view bytes) {
  REQUIRE(write_file_atomically(folder / name, bytes).ok());
}

// Written by hand from the format's description: u8, rank 3, dims 2, 1, 3; and u8, rank 1, dim 2.
const std::string kImages(
    "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03"
    "abcdef",
    22);
const std::string kLabels("\0\0\x08\x01\0\0\0\x02\x07\x09", 10);

/// The arrays that `--data SPELLING` reads.
Result<std::vector<Array>> load(const std::string& spelling, DataPart part) {
  const Result<DataSource> source = parse_data_source(spelling);
  if (!source.ok()) return source.failure();
  Result<ArrayFile> file = load_data(source.value(), part);
  if (!file.ok()) return file.failure();
  return std::move(file.value().arrays);
}

TEST_CASE("CIFAR-10 is read in its parts") {
  const TemporaryFolder folder;
  put(folder, "test_batch.bin", record(9, 3));
  for (int i = 1; i <= 5; ++i)
    put(folder, fmt::format("data_batch_{}.bin", i),
        record(static_cast<char>(i), 0) + record(0, static_cast<uint8_t>(i)));
  const std::string source = "cifar10:" + folder.path().string();

  const Result<std::vector<Array>> train = load(source, DataPart::kTrain);
  REQUIRE(train.ok());
  CHECK(train.value()[0].name == "image");
  CHECK(train.value()[0].dims == std::vector<int64_t>{10, 3, 32, 32});
  CHECK(train.value()[0].view<uint8_t>()[9 * 3072 + 40] == 45);
  CHECK(train.value()[1] == make_array<uint8_t>("label", {10}, {1, 0, 2, 0, 3, 0, 4, 0, 5, 0}));
  const Result<std::vector<Array>> test = load(source, DataPart::kTest);
  REQUIRE(test.ok());
  CHECK(test.value()[1] == make_array<uint8_t>("label", {1}, {9}));
}

TEST_CASE("mistakes in CIFAR-10 files are listed together") {
  const TemporaryFolder folder;
  put(folder, "data_batch_1.bin", record(1, 0));
  put(folder, "data_batch_2.bin", record(1, 0).substr(1));
  put(folder, "data_batch_3.bin", record(1, 0) + record(10, 0));
  put(folder, "data_batch_4.bin", "");
  const std::string path = folder.path().string();
  CHECK(read_cifar10(path, DataPart::kTrain).failure().messages ==
        Messages{"`" + path +
                     "/data_batch_2.bin` has 3072 bytes, not a whole number of CIFAR-10 records of "
                     "3073 bytes",
                 "`" + path + "/data_batch_3.bin`: record 1 has label 10; there are 10 classes",
                 "`" + path +
                     "/data_batch_4.bin` has 0 bytes, not a whole number of CIFAR-10 records of "
                     "3073 bytes",
                 "`" + path + "/data_batch_5.bin` cannot be read: No such file or directory"});
}

TEST_CASE("IDX files are read") {
  const TemporaryFolder folder;
  put(folder, "i", kImages);
  put(folder, "l", kLabels);
  const Result<std::vector<Array>> read =
      load("idx:" + (folder / "i") + "," + (folder / "l"), DataPart::kTrain);
  REQUIRE(read.ok());
  CHECK(read.value() ==
        std::vector<Array>{make_array<uint8_t>("image", {2, 1, 3}, {'a', 'b', 'c', 'd', 'e', 'f'}),
                           make_array<uint8_t>("label", {2}, {7, 9})});
  // Wider elements are big-endian: 1.0, -2.0 and 258.
  CHECK(parse_idx(std::string_view("\0\0\x0d\x01\0\0\0\x02\x3f\x80\0\0\xc0\0\0\0", 16), "f", "x")
            .value() == make_array<float>("x", {2}, {1, -2}));
  CHECK(parse_idx(std::string_view("\0\0\x0b\x01\0\0\0\x01\x01\x02", 10), "f", "x").value() ==
        make_array<int16_t>("x", {1}, {258}));
}

TEST_CASE("IDX files that are not read say why") {
  const auto message = [](std::string_view bytes) {
    return parse_idx(bytes, "f", "x").failure().messages.at(0);
  };
  CHECK(message("\x1f\x8b\x08") == "`f` is compressed by gzip; unpack it first");
  CHECK(message("PK\x03\x04") ==
        "`f` is not an IDX file: it does not start with two zero bytes, a type and a rank");
  CHECK(message(std::string_view("\0\0\x07\x01", 4)) ==
        "`f` is not an IDX file: no element type has code 0x07");
  CHECK(message(std::string_view("\0\0\x08\x03\0\0\0\x02", 8)) ==
        "`f` ends inside its header: rank 3, 8 bytes");
  CHECK(message(kImages + "x") == "`f` is u8[2, 1, 3] and needs 6 bytes, but has 7");
  CHECK(message(kImages.substr(0, 20)) == "`f` is u8[2, 1, 3] and needs 6 bytes, but has 4");
  CHECK(message(std::string("\0\0\x0e\x03", 4) + std::string(12, '\xff'))
            .ends_with("needs more than 2^63 bytes, but has 0"));
  const TemporaryFolder folder;
  put(folder, "i", kImages);
  put(folder, "l", std::string("\0\0\x08\x01\0\0\0\x01\x07", 9));
  CHECK(read_idx_pair(folder / "i", folder / "l").failure().messages ==
        Messages{"`" + (folder / "i") + "` holds 2 samples, `" + (folder / "l") +
                 "` holds 1 labels"});
}

TEST_CASE("damaged IDX files never crash, and every prefix is refused") {
  constexpr unsigned kSeed = 22;
  std::mt19937 random(kSeed);
  for (size_t size = 0; size < kImages.size(); ++size)
    CHECK(!parse_idx(std::string_view(kImages).substr(0, size), "f", "x").ok());
  for (int i = 0; i < 20'000; ++i) (void)parse_idx(mutate(kImages, random), "f", "x");
}

TEST_CASE("sources and weight files are told apart by their spelling") {
  const auto message = [](const std::string& source) {
    return load(source, DataPart::kTrain).failure().messages.at(0);
  };
  CHECK(
      message("digits.csv") ==
      "`digits.csv` is no data source; write `FILE.npz`, `cifar10:FOLDER` or `idx:IMAGES,LABELS`");
  CHECK(message("idx:a") == "`idx:a` names one file; write `idx:IMAGES,LABELS`");
  CHECK(message("missing.npz") == "`missing.npz` cannot be read: No such file or directory");
  CHECK(load_weights("w.pt").failure() ==
        fail("`w.pt` is no weight file; `.safetensors` and `.npz` are read"));

  const TemporaryFolder folder;
  const std::vector<Array> arrays = {make_array<float>("a", {2}, {1, 2})};
  for (const char* name : {"w.npz", "w.safetensors"}) {
    REQUIRE(save_weights(folder / name, arrays).ok());
    CHECK(load_weights(folder / name).value().arrays == arrays);
  }
}

TEST_CASE("a data source is spelled as it is read, and need not be spelled at all") {
  const auto source = [](const char* spelling) { return parse_data_source(spelling).value(); };
  CHECK(source("a,b:c.npz") == DataSource{.kind = "npz", .paths = {"a,b:c.npz"}});
  CHECK(source("cifar10:a,b") == DataSource{.kind = "cifar10", .paths = {"a,b"}});
  CHECK(source("idx:i,l") == DataSource{.kind = "idx", .paths = {"i", "l"}});
  for (const char* spelling : {"a,b:c.npz", "cifar10:a,b", "idx:i,l"})
    CHECK(to_text(source(spelling)) == spelling);

  // A path with a comma has no spelling, but a `data` block can name it.
  const TemporaryFolder folder;
  put(folder, "images, all", kImages);
  put(folder, "l", kLabels);
  CHECK(
      load_data({.kind = "idx", .paths = {folder / "images, all", folder / "l"}}, DataPart::kTrain)
          .ok());
}

}  // namespace
}  // namespace tdc::io
