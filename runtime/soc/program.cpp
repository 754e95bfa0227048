#include "soc/program.h"

#include <fmt/format.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <vector>

namespace tdc::soc {

struct Program::Contents {
  struct Symbol {
    uint32_t begin = 0;
    uint32_t bytes = 0;
    std::string name;
  };
  struct Section {
    uint32_t begin = 0;
    uint32_t bytes = 0;
    bool is_writable = false;
    bool is_code = false;
  };

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::unique_ptr<llvm::object::ELF32LEObjectFile> elf;
  std::unique_ptr<llvm::DWARFContext> debug;
  std::map<std::string, uint32_t> values;
  std::vector<Symbol> functions;  ///< by address
  std::vector<Symbol> objects;    ///< by address
  std::vector<Section> sections;

  static const Symbol* last_at_or_before(const std::vector<Symbol>& symbols, uint32_t address) {
    const auto after =
        std::upper_bound(symbols.begin(), symbols.end(), address,
                         [](uint32_t value, const Symbol& symbol) { return value < symbol.begin; });
    return after == symbols.begin() ? nullptr : &*std::prev(after);
  }
};

Program::Program() = default;
Program::~Program() = default;

std::string Program::open(const std::string& path) {
  auto contents = std::make_unique<Contents>();
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) return buffer.getError().message();
  contents->buffer = std::move(*buffer);
  auto object = llvm::object::ObjectFile::createELFObjectFile(contents->buffer->getMemBufferRef());
  if (!object) return llvm::toString(object.takeError());
  auto* elf = llvm::dyn_cast<llvm::object::ELF32LEObjectFile>(object->get());
  if (elf == nullptr || elf->getArch() != llvm::Triple::riscv32 ||
      elf->getELFFile().getHeader().e_type != llvm::ELF::ET_EXEC) {
    return "not an RV32 executable";
  }
  object->release();
  contents->elf.reset(elf);
  for (const llvm::object::ELFSymbolRef symbol : elf->symbols()) {
    auto name = symbol.getName();
    auto value = symbol.getAddress();
    auto type = symbol.getType();
    if (!name || !value || !type) {
      llvm::consumeError(name.takeError());
      llvm::consumeError(value.takeError());
      llvm::consumeError(type.takeError());
      continue;
    }
    const auto address = static_cast<uint32_t>(*value);
    contents->values.emplace(name->str(), address);
    const Contents::Symbol entry{address, static_cast<uint32_t>(symbol.getSize()), name->str()};
    if (symbol.getELFType() == llvm::ELF::STT_FUNC) contents->functions.push_back(entry);
    if (symbol.getELFType() == llvm::ELF::STT_OBJECT) contents->objects.push_back(entry);
  }
  const auto by_address = [](const Contents::Symbol& a, const Contents::Symbol& b) {
    return std::tie(a.begin, a.name) < std::tie(b.begin, b.name);
  };
  std::sort(contents->functions.begin(), contents->functions.end(), by_address);
  std::sort(contents->objects.begin(), contents->objects.end(), by_address);
  for (const llvm::object::ELFSectionRef section : elf->sections()) {
    const uint64_t flags = section.getFlags();
    if ((flags & llvm::ELF::SHF_ALLOC) == 0 || section.getSize() == 0) continue;
    contents->sections.push_back(
        {static_cast<uint32_t>(section.getAddress()), static_cast<uint32_t>(section.getSize()),
         (flags & llvm::ELF::SHF_WRITE) != 0, (flags & llvm::ELF::SHF_EXECINSTR) != 0});
  }
  // What LLVM has to say about debug information (gcc's address ranges of rv32 are padded) is
  // nothing that a user of the chip can act on; places that cannot be read stay without a line.
  contents->debug = llvm::DWARFContext::create(
      *contents->elf, llvm::DWARFContext::ProcessDebugRelocations::Process, nullptr, "",
      [](llvm::Error error) { llvm::consumeError(std::move(error)); },
      [](llvm::Error warning) { llvm::consumeError(std::move(warning)); });
  contents_ = std::move(contents);
  return {};
}

std::string Program::load(Memories& memories, uint32_t cores) const {
  auto headers = contents_->elf->getELFFile().program_headers();
  if (!headers) return llvm::toString(headers.takeError());
  for (const auto& header : *headers) {
    if (header.p_type != llvm::ELF::PT_LOAD || header.p_memsz == 0) continue;
    uint8_t* place = memories.range(header.p_vaddr, header.p_memsz);
    if (place == nullptr ||
        header.p_offset + header.p_filesz > contents_->buffer->getBufferSize()) {
      return fmt::format("its segment of {} bytes at {:#010x} is outside the chip's memories",
                         static_cast<uint32_t>(header.p_memsz),
                         static_cast<uint32_t>(header.p_vaddr));
    }
    std::copy_n(contents_->buffer->getBufferStart() + header.p_offset, header.p_filesz, place);
    std::fill(place + header.p_filesz, place + header.p_memsz, uint8_t{0});
  }
  for (const Contents::Section& section : contents_->sections) {
    memories.mark(section.begin, section.bytes,
                  static_cast<uint8_t>(kMapped | (section.is_writable ? kWritable : 0) |
                                       (section.is_code ? kCode : 0)));
  }
  const std::optional<StackLayout> layout = stacks();
  const auto stack_cores = symbol("td_stack_cores");
  if (!layout || !stack_cores) return {};
  if (*stack_cores < cores) {
    return fmt::format("it has stacks for {} cores, the chip has {}", *stack_cores, cores);
  }
  for (uint32_t core = 0; core < cores; ++core) memories.mark(layout->begin_of(core), 4, kGuard);
  return {};
}

std::optional<StackLayout> Program::stacks() const {
  const auto begin = symbol("td_stacks");
  const auto main_bytes = symbol("td_stack_bytes");
  const auto worker_bytes = symbol("td_worker_stack_bytes");
  if (!begin || !main_bytes || !worker_bytes) return std::nullopt;
  return StackLayout{*begin, *main_bytes, *worker_bytes};
}

uint32_t Program::entry() const {
  return static_cast<uint32_t>(contents_->elf->getELFFile().getHeader().e_entry);
}

std::optional<uint32_t> Program::symbol(const std::string& name) const {
  const auto found = contents_->values.find(name);
  if (found == contents_->values.end()) return std::nullopt;
  return found->second;
}

std::string Program::function_at(uint32_t pc) const {
  const auto* function = Contents::last_at_or_before(contents_->functions, pc);
  if (function == nullptr || pc - function->begin >= std::max(function->bytes, 1U)) return {};
  return function->name;
}

std::string Program::describe_pc(uint32_t pc) const {
  const std::string function = function_at(pc);
  std::string text = function.empty() ? "" : "`" + function + "`";
  using Kind = llvm::DILineInfoSpecifier::FileLineInfoKind;
  const llvm::DILineInfo line =
      contents_->debug->getLineInfoForAddress({pc, llvm::object::SectionedAddress::UndefSection},
                                              llvm::DILineInfoSpecifier(Kind::RawValue));
  if (line.Line != 0) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " at ", line.FileName, line.Line);
  }
  return text;
}

std::string Program::describe_data(uint32_t address) const {
  const auto* object = Contents::last_at_or_before(contents_->objects, address);
  // A miss by more than this is not a miss of that buffer.
  constexpr uint32_t kFarBytes = 1 << 20;
  if (object == nullptr || address - object->begin >= object->bytes + kFarBytes) return {};
  const uint32_t offset = address - object->begin;
  if (offset < object->bytes) {
    return fmt::format("byte {} of `{}` ({} bytes)", offset, object->name, object->bytes);
  }
  return fmt::format("{} bytes past the end of `{}` ({} bytes)", offset - object->bytes,
                     object->name, object->bytes);
}

}  // namespace tdc::soc
