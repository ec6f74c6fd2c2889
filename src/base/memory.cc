#include "base/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();

// The first number of a file such as memory.max; nothing for "max" or a file that is not there.
std::optional<uint64_t> ReadNumber(const char* path) {
  std::ifstream file(path);
  uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

uint64_t MemInfoAvailable() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (uint64_t kib = 0; file >> name >> kib; std::getline(file, unit)) {
    if (name == "MemAvailable:") return kib * 1024;
  }
  return kUnknown;
}

uint64_t ControlGroupAvailable() {
  const auto limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const auto used = ReadNumber("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return kUnknown;
  return *limit > *used ? *limit - *used : 0;
}

std::string Gigabytes(uint64_t bytes) {
  const uint64_t tenths = (bytes + 50'000'000) / 100'000'000;
  return StrCat(tenths / 10, ".", tenths % 10, " GB");
}

}  // namespace

uint64_t AvailableMemoryBytes() { return std::min(MemInfoAvailable(), ControlGroupAvailable()); }

absl::Status CheckMemoryFits(std::string_view what, uint64_t needed_bytes,
                             uint64_t available_bytes) {
  if (needed_bytes <= available_bytes) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(what, " needs ", Gigabytes(needed_bytes),
                                              " of memory; ", Gigabytes(available_bytes),
                                              " are available"));
}

void DropWholePages(uint8_t* mapping, std::span<const uint8_t> part) {
  if (part.empty()) return;
  // Offsets from `mapping`, which begins a page.
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t offset = static_cast<size_t>(part.data() - mapping);
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = (offset + part.size()) / page * page;
  if (begin < end) madvise(mapping + begin, end - begin, MADV_DONTNEED);
}

}  // namespace sotto
