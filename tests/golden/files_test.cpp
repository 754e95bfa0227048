// Golden tests of weight and data files that are broken or do not fit.
//
//   files/NAME.txt   says what is read by which program, and the bytes of the files
//   files/NAME.expected   all that is said about them
//
// A description has one word and its values per line; `#` starts a comment line.
//
//   program FILE.td          of this folder; otherwise net.td
//   weights FILE             compiles the program with these initial weights
//   weights                  compiles the program, which names its weights itself
//   data SOURCE              reads samples for training, as `--data SOURCE`
//   file NAME                what follows are its bytes:
//     text WORDS, u8 N.., u64 N, f32 X.., zeros COUNT
//     header JSON            of a safetensors file: eight bytes of length and the text
//     npy NAME TYPE SHAPE    starts an array of an .npz archive: its header, as NumPy writes it;
//     its
//                            elements follow, and further arrays
//     with FIELD VALUE       of the array's place in the archive: file (its name there), method,
//     flags,
//                            checksum, unpacked (bytes), offset (in the directory alone)
//     cut COUNT              takes bytes off the end of the file

#include "support/files.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "../unit/temporary_folder.h"
#include "check/interface_of.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "io/load.h"
#include "runner/samples.h"

namespace tdc {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(TDC_SOURCE_DIR) / "tests/golden/files";

std::string little_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

/// One file of a description: plain bytes, or arrays of an archive.
class FileBuilder {
 public:
  void add(const std::string& word, const std::string& rest) {
    std::istringstream values(rest);
    if (word == "text") {
      target() += rest;
    } else if (word == "zeros") {
      target().append(std::stoul(rest), '\0');
    } else if (word == "header") {
      target() += little_endian(rest.size(), 8) + rest;
    } else if (word == "u64") {
      target() += little_endian(std::stoull(rest), 8);
    } else if (word == "u8") {
      for (int value = 0; values >> value;) target().push_back(static_cast<char>(value));
    } else if (word == "f32") {
      for (std::string value; values >> value;) {
        const float number = std::stof(value);
        target().append(reinterpret_cast<const char*>(&number), sizeof number);
      }
    } else if (word == "npy") {
      add_npy(values);
    } else if (word == "with") {
      std::string field, value;
      values >> field >> value;
      REQUIRE(!members_.empty());
      members_.back().fields[field] = value;
    } else if (word == "cut") {
      cut_bytes_ = std::stoul(rest);
    } else {
      FAIL("no word `", word, "`");
    }
  }

  [[nodiscard]] std::string bytes() const {
    std::string all = members_.empty() ? plain_ : archive();
    REQUIRE(cut_bytes_ <= all.size());
    all.resize(all.size() - cut_bytes_);
    return all;
  }

 private:
  struct Member {
    std::string bytes;                          // of the .npy file
    std::map<std::string, std::string> fields;  // what the archive says otherwise
  };

  std::string& target() { return members_.empty() ? plain_ : members_.back().bytes; }

  void add_npy(std::istringstream& values) {
    std::string name, type, shape;
    values >> name >> type;
    std::getline(values, shape);
    const std::string header =
        "{'descr': " + type + ", 'fortran_order': False, 'shape':" + shape + "}\n";
    members_.push_back(
        {.bytes = std::string("\x93NUMPY\x01\x00", 8) + little_endian(header.size(), 2) + header,
         .fields = {{"file", name + ".npy"}}});
  }

  [[nodiscard]] std::string archive() const {
    std::string bytes, directory;
    for (const Member& member : members_) {
      const auto field = [&](const std::string& name, uint64_t otherwise) {
        const auto found = member.fields.find(name);
        return found == member.fields.end() ? otherwise : std::stoull(found->second);
      };
      const std::string& name = member.fields.at("file");
      const uint32_t checksum =
          static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()),
                                      static_cast<uInt>(member.bytes.size())));
      const std::string common = little_endian(20, 2) + little_endian(field("flags", 0), 2) +
                                 little_endian(field("method", 0), 2) + little_endian(0, 4) +
                                 little_endian(field("checksum", checksum), 4) +
                                 little_endian(member.bytes.size(), 4) +
                                 little_endian(field("unpacked", member.bytes.size()), 4) +
                                 little_endian(name.size(), 2) + little_endian(0, 2);
      directory += little_endian(0x02014b50, 4) + little_endian(20, 2) + common +
                   std::string(10, '\0') + little_endian(field("offset", bytes.size()), 4) + name;
      bytes += little_endian(0x04034b50, 4) + common + name + member.bytes;
    }
    return bytes + directory + little_endian(0x06054b50, 4) + little_endian(0, 4) +
           little_endian(members_.size(), 2) + little_endian(members_.size(), 2) +
           little_endian(directory.size(), 4) + little_endian(bytes.size(), 4) +
           little_endian(0, 2);
  }

  std::string plain_;
  std::vector<Member> members_;
  size_t cut_bytes_ = 0;
};

struct Description {
  std::string program = "net.td";
  std::optional<std::string> weights, data;
  std::map<std::string, FileBuilder> files;
};

Description read_description(const std::filesystem::path& path) {
  Description description;
  FileBuilder* file = nullptr;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, rest;
    if (!(words >> word) || word.starts_with('#')) continue;
    std::getline(words >> std::ws, rest);
    if (word == "program") {
      description.program = rest;
    } else if (word == "weights") {
      description.weights = rest;
    } else if (word == "data") {
      description.data = rest;
    } else if (word == "file") {
      file = &description.files[rest];
    } else {
      REQUIRE(file != nullptr);
      file->add(word, rest);
    }
  }
  REQUIRE(description.weights.has_value() != description.data.has_value());
  return description;
}

std::string without(std::string text, const std::string& part) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
  return text;
}

/// The program in the folder, so that what it names is looked for there.
struct Source {
  SourceFiles files;
  FileId file;
  Diagnostics diagnostics;

  Source(const std::string& name, const TemporaryFolder& folder)
      : file(files.add(folder / name, read_file((kFolder / name).string()).value())) {}
};

/// What is said when the program starts from the weights; it must not compile.
std::string said_about_weights(const Description& description, const TemporaryFolder& folder) {
  Source source(description.program, folder);
  driver::CompileOptions options;
  if (!description.weights->empty()) options.weights = folder / *description.weights;
  driver::Dump none;
  const auto compiled = driver::compile(source.files, source.file, options,
                                        driver::DefaultDeploy::host, source.diagnostics, none);
  CHECK(!compiled.has_value());
  return render(source.diagnostics, source.files);
}

/// What is said when the program is trained with the data; there must be no samples.
std::string said_about_data(const Description& description, const TemporaryFolder& folder) {
  Source source(description.program, folder);
  driver::Dump none;
  const auto program = driver::check_program(source.files, source.file, {},
                                             driver::DefaultDeploy::host, source.diagnostics, none);
  REQUIRE(program.has_value());
  const auto load = [&]() -> Result<runner::Samples> {
    Result<io::DataSource> data = io::parse_data_source(*description.data);
    if (!data.ok()) return data.failure();
    for (std::string& path : data.value().paths) path = folder / path;
    Result<io::ArrayFile> file = io::load_data(data.value(), io::DataPart::kTrain);
    if (!file.ok()) return file.failure();
    return runner::Samples::make(
        std::move(file.value()),
        runner::fields_of(check::interface_of(*program), /*with_targets=*/true),
        io::to_text(data.value()));
  };
  const Failure failure = load().failure();
  CHECK(!failure.messages.empty());
  std::string text;
  for (const std::string& message : failure.messages) text += message + "\n";
  return text;
}

TEST_CASE("golden: weight and data files that are broken or do not fit") {
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".txt") cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  REQUIRE(!cases.empty());
  for (const std::filesystem::path& path : cases) {
    INFO(path.string());
    const Description description = read_description(path);
    const TemporaryFolder folder;
    for (const auto& [name, file] : description.files)
      REQUIRE(write_file_atomically(folder / name, file.bytes()).ok());
    const std::string said = without(description.weights ? said_about_weights(description, folder)
                                                         : said_about_data(description, folder),
                                     folder.path().string() + "/");
    std::filesystem::path expected = path;
    expected.replace_extension(".expected");
    if (std::getenv("TDC_UPDATE_GOLDEN") != nullptr)
      std::ofstream(expected, std::ios::binary) << said;
    REQUIRE(std::filesystem::exists(expected));
    CHECK(read_file(expected.string()).value() == said);
  }
}

}  // namespace
}  // namespace tdc
