#include "trusted/split/pad_store.h"

#include <utility>

#include "base/strings.h"

namespace sotto {

PadStore::PadStore(size_t kinds, PadStoreOptions options, Drbg& random)
    : options_(std::move(options)),
      key_(32),
      file_(options_.directory, options_.directory_bytes),
      in_memory_(kinds),
      in_file_(kinds) {
  random.Generate(key_.span());
}

bool PadStore::HasRoomFor(size_t size_bytes) const {
  return memory_used_ + size_bytes <= options_.memory_bytes ||
         file_.HasRoomFor(size_bytes + kSealedPadOverhead);
}

absl::Status PadStore::Put(size_t kind, Pad pad) {
  const size_t size = pad.secrets.size();
  const bool fits_memory = memory_used_ + size <= options_.memory_bytes;
  if (fits_memory || options_.directory.empty()) {
    memory_used_ += size;
    in_memory_[kind].push_back(std::move(pad));
    return absl::OkStatus();
  }
  SealedPad sealed{.identity = {next_number_++, kind, pad.rows}, .size_bytes = size};
  SOTTO_ASSIGN_OR_RETURN(sealed.place,
                         file_.Write(SealPad(key_.span(), sealed.identity, pad.secrets.span())));
  in_file_[kind].push_back(sealed);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Pad>> PadStore::Take(size_t kind) {
  if (!in_memory_[kind].empty()) {
    Pad pad = std::move(in_memory_[kind].front());
    in_memory_[kind].pop_front();
    memory_used_ -= pad.secrets.size();
    return pad;
  }
  if (in_file_[kind].empty()) return std::nullopt;
  const SealedPad sealed = in_file_[kind].front();
  in_file_[kind].pop_front();
  SOTTO_ASSIGN_OR_RETURN(Pad pad, Read(sealed));
  return pad;
}

absl::StatusOr<Pad> PadStore::Read(const SealedPad& sealed) {
  SOTTO_ASSIGN_OR_RETURN(const std::string bytes,
                         file_.Take(sealed.place, sealed.size_bytes + kSealedPadOverhead));
  Pad pad{sealed.identity.rows, SecretBuffer(sealed.size_bytes)};
  if (!OpenPad(key_.span(), sealed.identity, bytes, pad.secrets)) {
    return absl::DataLossError(
        StrCat(options_.directory, ": does not hold the pad that this process wrote"));
  }
  return pad;
}

void PadStore::Clear() {
  for (auto& pads : in_memory_) pads.clear();
  for (auto& pads : in_file_) pads.clear();
  file_.Clear();
  memory_used_ = 0;
}

}  // namespace sotto
