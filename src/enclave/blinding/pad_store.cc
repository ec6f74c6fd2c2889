#include "enclave/blinding/pad_store.h"

#include <cstdio>

#include "base/file.h"
#include "base/strings.h"
#include "enclave/blinding/sealed_pad.h"

namespace sotto {
namespace {

std::string RandomName(Drbg& random) {
  std::array<uint8_t, 8> bytes;
  random.Generate(bytes);
  std::string name;
  for (uint8_t byte : bytes) name += StrCat(absl::Hex(byte, absl::kZeroPad2));
  return name;
}

}  // namespace

PadStore::PadStore(size_t kinds, PadStoreOptions options, Drbg& random)
    : options_(std::move(options)),
      key_(32),
      name_(RandomName(random)),
      in_memory_(kinds),
      in_files_(kinds) {
  random.Generate(key_.span());
}

PadStore::~PadStore() { Clear(); }

bool PadStore::HasRoomFor(size_t size_bytes) const {
  return memory_used_ + size_bytes <= options_.memory_bytes ||
         (!options_.directory.empty() && directory_used_ + size_bytes <= options_.directory_bytes);
}

absl::Status PadStore::Put(size_t kind, Pad pad) {
  const size_t size = pad.secrets.size();
  const bool fits_memory = memory_used_ + size <= options_.memory_bytes;
  if (fits_memory || options_.directory.empty()) {
    memory_used_ += size;
    in_memory_[kind].push_back(std::move(pad));
    return absl::OkStatus();
  }
  const FilePad file{next_number_++, pad.rows, size};
  SOTTO_RETURN_IF_ERROR(Write(file, kind, pad.secrets));
  directory_used_ += size;
  in_files_[kind].push_back(file);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Pad>> PadStore::Take(size_t kind) {
  if (!in_memory_[kind].empty()) {
    Pad pad = std::move(in_memory_[kind].front());
    in_memory_[kind].pop_front();
    memory_used_ -= pad.secrets.size();
    return pad;
  }
  if (in_files_[kind].empty()) return std::nullopt;
  const FilePad file = in_files_[kind].front();
  in_files_[kind].pop_front();
  directory_used_ -= file.size_bytes;
  SOTTO_ASSIGN_OR_RETURN(Pad pad, Read(file, kind));
  return pad;
}

void PadStore::Clear() {
  for (auto& pads : in_memory_) pads.clear();
  for (auto& files : in_files_) {
    for (const FilePad& file : files) std::remove(PathOf(file.number).c_str());
    files.clear();
  }
  memory_used_ = directory_used_ = 0;
}

std::string PadStore::PathOf(uint64_t number) const {
  return StrCat(options_.directory, "/sotto-", name_, "-", number, ".pad");
}

absl::Status PadStore::Write(const FilePad& file, size_t kind, const SecretBuffer& secrets) {
  return WriteFileAtomically(PathOf(file.number),
                             SealPad(key_.span(), {file.number, kind, file.rows}, secrets.span()));
}

absl::StatusOr<Pad> PadStore::Read(const FilePad& file, size_t kind) {
  const std::string path = PathOf(file.number);
  const absl::StatusOr<std::string> sealed = ReadFile(path);
  std::remove(path.c_str());
  if (!sealed.ok()) return absl::DataLossError(std::string(sealed.status().message()));
  Pad pad{file.rows, SecretBuffer(file.size_bytes)};
  if (!OpenPad(key_.span(), {file.number, kind, file.rows}, *sealed, pad.secrets)) {
    return absl::DataLossError(StrCat(path, ": not the pad that this process wrote"));
  }
  return pad;
}

}  // namespace sotto
