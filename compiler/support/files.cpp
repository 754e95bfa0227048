#include "support/files.h"

#include <system_error>

#include <llvm/Support/Error.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>

#include <filesystem>

namespace tdc {

Result<std::string> read_file(const std::string& path) {
  llvm::sys::fs::file_status status;
  if (const std::error_code error = llvm::sys::fs::status(path, status))
    return fail("`{}` cannot be read: {}", path, error.message());
  if (llvm::sys::fs::is_directory(status)) return fail("`{}` cannot be read: it is a folder", path);
  const auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                                  /*RequiresNullTerminator=*/false,
                                                  /*IsVolatile=*/true);
  if (!buffer) return fail("`{}` cannot be read: {}", path, buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

Result<Done> write_file_atomically(const std::string& path, std::string_view bytes) {
  const auto failed = [&](llvm::Error error) {
    return fail("`{}` cannot be written: {}", path, llvm::toString(std::move(error)));
  };
  // The temporary file is registered with LLVM's signal handlers until it is kept or discarded.
  llvm::Expected<llvm::sys::fs::TempFile> file =
      llvm::sys::fs::TempFile::create(path + ".%%%%%%%%.tmp");
  if (!file) return failed(file.takeError());
  std::error_code write_error;
  {
    llvm::raw_fd_ostream out(file->FD, /*shouldClose=*/false);
    out.write(bytes.data(), bytes.size());
    out.flush();
    write_error = out.error();
    out.clear_error();
  }
  if (write_error) {
    llvm::consumeError(file->discard());
    return failed(llvm::errorCodeToError(write_error));
  }
  if (llvm::Error error = file->keep(path)) return failed(std::move(error));
  return Done{};
}

std::string absolute_path(const std::string& path) {
  return std::filesystem::absolute(path).string();
}

std::string beside(std::string_view source, const std::string& path) {
  const size_t slash = source.rfind('/');
  if (path.starts_with('/') || slash == std::string_view::npos) return path;
  return std::string(source.substr(0, slash + 1)) + path;
}

}  // namespace tdc
