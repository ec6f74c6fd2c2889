#include "base/memory.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "base/strings.h"
#include "base/temporary_files.h"

namespace sotto {
namespace {

constexpr size_t kCacheLineBytes = 64, kHugePageBytes = size_t{2} << 20;
constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max();

// The first number of a file such as memory.max; nothing for "max" or a file that is not there.
std::optional<uint64_t> ReadNumber(const std::string& path) {
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

// Of one control group of version 2.
uint64_t ControlGroupAvailable(const std::string& directory) {
  const auto limit = ReadNumber(directory + "/memory.max");
  const auto used = ReadNumber(directory + "/memory.current");
  if (!limit || !used) return kUnknown;
  return *limit > *used ? *limit - *used : 0;
}

// Of the process's own group and of all above it: each has a limit of its own.
uint64_t ControlGroupsAvailable() {
  const std::string root = "/sys/fs/cgroup";
  uint64_t least = ControlGroupAvailable(root);
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    std::string group = line.substr(3);
    for (; group.size() > 1; group.resize(group.rfind('/'))) {
      least = std::min(least, ControlGroupAvailable(root + group));
    }
  }
  return least;
}

// What RLIMIT_AS leaves of the address space.
uint64_t AddressSpaceAvailable() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnknown;
  const auto pages = ReadNumber("/proc/self/statm");
  if (!pages) return kUnknown;
  const uint64_t used = *pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

}  // namespace

uint64_t AvailableMemoryBytes() {
  return std::min({MemInfoAvailable(), ControlGroupsAvailable(), AddressSpaceAvailable()});
}

std::string DescribeBytes(uint64_t bytes) {
  if (bytes < 999'500'000) return StrCat((bytes + 500'000) / 1'000'000, " MB");
  const uint64_t tenths = (bytes + 50'000'000) / 100'000'000;
  return StrCat(tenths / 10, ".", tenths % 10, " GB");
}

absl::Status CheckMemoryFits(std::string_view what, uint64_t needed_bytes,
                             uint64_t available_bytes) {
  if (needed_bytes <= available_bytes) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(what, " needs ", DescribeBytes(needed_bytes),
                                              " of memory; ", DescribeBytes(available_bytes),
                                              " is available"));
}

void* TryAlignedAlloc(size_t size_bytes) {
  const bool huge = size_bytes >= 2 * kHugePageBytes;
  const size_t lines = std::max<size_t>(1, (size_bytes + kCacheLineBytes - 1) / kCacheLineBytes);
  const size_t rounded = lines * kCacheLineBytes;
  void* p = nullptr;
  if (posix_memalign(&p, huge ? kHugePageBytes : kCacheLineBytes, rounded) != 0) return nullptr;
  // Advice only: where huge pages are unavailable (Gramine), small ones serve.
  if (huge) madvise(p, rounded, MADV_HUGEPAGE);
  return p;
}

void MemoryRanOut() {
  if (const std::new_handler handler = std::get_new_handler(); handler != nullptr) handler();
  throw std::bad_alloc();
}

void ExitWhenMemoryRunsOut() {
  std::set_terminate([] {
    try {
      if (std::current_exception() != nullptr) throw;
    } catch (const std::system_error&) {  // Of the standard library's, threads alone throw it.
      RemoveTemporaryFilesAndExit("sotto: error: cannot start a thread", EXIT_FAILURE);
    } catch (...) {
    }
    std::abort();
  });
  std::set_new_handler(
      [] { RemoveTemporaryFilesAndExit("sotto: error: out of memory", EXIT_FAILURE); });
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
