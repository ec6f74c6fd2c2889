// Pads at rest: (seed, R W^T) blocks, each taken out once. Beyond the memory they may take, they
// are in a file without a name, encrypted under a key that never leaves this process and dies with
// it: a pad that an attacker copies and puts back is noise to every other process, and no process
// asks for the same pad twice.
#ifndef SOTTO_TRUSTED_SPLIT_PAD_STORE_H_
#define SOTTO_TRUSTED_SPLIT_PAD_STORE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/secret_buffer.h"
#include "base/status.h"
#include "protocol/protocol.h"
#include "trusted/split/drbg.h"
#include "trusted/split/pad_file.h"
#include "trusted/split/sealed_pad.h"

namespace sotto {

// One exchange's worth of masks. Wiped when destroyed.
struct Pad {
  size_t rows = 0;       // Of X it can hide at most.
  SecretBuffer secrets;  // The seed, padded to 64 bytes, then R W^T: [rows, n_out] words.

  static constexpr size_t kProductOffset = 64;
  static Pad Make(size_t rows, size_t n_out) {
    return {rows, SecretBuffer(kProductOffset + rows * n_out * sizeof(uint32_t))};
  }
  Seed& seed() { return *reinterpret_cast<Seed*>(secrets.span().data()); }
  uint32_t* product() {
    return reinterpret_cast<uint32_t*>(secrets.span().data() + kProductOffset);
  }
};

struct PadStoreOptions {
  size_t memory_bytes = 0;     // For pads in memory.
  std::string directory;       // For the others; none are kept when empty.
  size_t directory_bytes = 0;  // For the others.
};

// Not thread-safe: its owner locks.
class PadStore {
 public:
  // Kinds of pads (one a layer) are numbered [0, kinds).
  PadStore(size_t kinds, PadStoreOptions options, Drbg& random);
  // Destroys all pads, wipes the key.
  ~PadStore() = default;
  PadStore(const PadStore&) = delete;
  PadStore& operator=(const PadStore&) = delete;

  // Whether a pad of that many bytes has a place.
  bool HasRoomFor(size_t size_bytes) const;
  // Keeps a pad, beyond the limits if it must. UNAVAILABLE when the file can't be written.
  absl::Status Put(size_t kind, Pad pad);
  // Removes a pad and hands it over; nullopt when there is none. It is gone from here before its
  // first byte is used. DATA_LOSS when the file does not hold what was written: that pad is lost.
  absl::StatusOr<std::optional<Pad>> Take(size_t kind);
  size_t count(size_t kind) const { return in_memory_[kind].size() + in_file_[kind].size(); }
  // Destroys every pad.
  void Clear();

 private:
  struct SealedPad {
    PadIdentity identity;
    size_t size_bytes = 0;  // Of the secrets.
    uint64_t place = 0;     // In the file.
  };
  absl::StatusOr<Pad> Read(const SealedPad& sealed);

  const PadStoreOptions options_;
  SecretBuffer key_;
  PadFile file_;
  uint64_t next_number_ = 0;
  size_t memory_used_ = 0;
  std::vector<std::deque<Pad>> in_memory_;
  std::vector<std::deque<SealedPad>> in_file_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PAD_STORE_H_
