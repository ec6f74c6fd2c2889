// Disk space for sealed pads: one file without a name, so that nothing of it outlives the process,
// however that ends. Whoever watches the disk sees the pads' sizes and when they come and go.
#ifndef SOTTO_TRUSTED_SPLIT_PAD_FILE_H_
#define SOTTO_TRUSTED_SPLIT_PAD_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// Not thread-safe.
class PadFile {
 public:
  // The file is made when it is first written, in `directory`.
  PadFile(std::string directory, uint64_t max_bytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}
  ~PadFile();
  PadFile(const PadFile&) = delete;
  PadFile& operator=(const PadFile&) = delete;

  // Whether `size` bytes have a place within max_bytes. Places are reused for their own size alone:
  // pads come in few sizes.
  bool HasRoomFor(size_t size) const;
  // Writes to a place of its own, beyond max_bytes if it must, and says where. UNAVAILABLE when the
  // system cannot.
  absl::StatusOr<uint64_t> Write(std::string_view bytes);
  // Reads a place and gives it up. DATA_LOSS when it cannot be read.
  absl::StatusOr<std::string> Take(uint64_t place, size_t size);
  // Gives up all places.
  void Clear();

 private:
  absl::Status Open();

  const std::string directory_;
  const uint64_t max_bytes_;
  int fd_ = -1;
  uint64_t end_ = 0;
  std::map<size_t, std::vector<uint64_t>> free_;  // Places by size.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PAD_FILE_H_
