#include "testing/own_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kPiece = size_t{1} << 20, kWord = sizeof(uint64_t);
// Most places are told from a secret by two of their bytes.
constexpr size_t kEnds = size_t{1} << 16;
// No process fills this much: a sanitizer's shadow, which reserves terabytes and holds no values.
constexpr size_t kAddressSpaceOnly = size_t{1} << 40;

uint64_t TurnedOver(const uint8_t* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, kWord);
  return ~value;
}

struct Range {
  uintptr_t begin = 0, end = 0;
};

// Private mappings that can be read.
std::vector<Range> PrivateMemory() {
  std::vector<Range> ranges;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string addresses, rights;
    words >> addresses >> rights;
    if (rights.size() < 4 || rights[0] != 'r' || rights[3] != 'p') continue;
    if (line.ends_with("[vvar]") || line.ends_with("[vsyscall]")) continue;
    char* end = nullptr;
    Range range;
    range.begin = std::strtoull(addresses.c_str(), &end, 16);
    range.end = std::strtoull(end + 1, nullptr, 16);
    if (range.end - range.begin < kAddressSpaceOnly) ranges.push_back(range);
  }
  return ranges;
}

}  // namespace

void SecretsToFind::Add(std::span<const uint8_t> secret) {
  SOTTO_CHECK(secret.size() >= kWord);
  std::lock_guard lock(mutex_);
  numbers_.emplace(TurnedOver(secret.data()), numbers_.size());
}

size_t SecretsToFind::size() const {
  std::lock_guard lock(mutex_);
  return numbers_.size();
}

std::vector<size_t> SecretsToFind::CountCopies() const {
  std::lock_guard lock(mutex_);
  std::vector<size_t> counts(numbers_.size());
  const std::vector<uint8_t> possible = PossibleEnds();
  // A shared mapping: what is read into it is not found again.
  auto* const piece = static_cast<uint8_t*>(
      mmap(nullptr, kPiece + kWord, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  SOTTO_CHECK(piece != MAP_FAILED);
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  SOTTO_CHECK(memory >= 0);
  for (const Range& range : PrivateMemory()) {
    for (uintptr_t at = range.begin; at < range.end; at += kPiece) {
      // With the word that begins in this piece and ends in the next.
      const size_t size = std::min<size_t>(kPiece + kWord - 1, range.end - at);
      const ssize_t n = pread(memory, piece, size, static_cast<off_t>(at));
      if (n > 0) CountIn({piece, static_cast<size_t>(n)}, possible.data(), counts);
    }
  }
  close(memory);
  munmap(piece, kPiece + kWord);
  return counts;
}

std::vector<uint8_t> SecretsToFind::PossibleEnds() const {
  std::vector<uint8_t> possible(kEnds);
  for (const auto& [value, number] : numbers_) possible[value % kEnds] = 1;
  return possible;
}

void SecretsToFind::CountIn(std::span<const uint8_t> memory, const uint8_t* possible,
                            std::vector<size_t>& counts) const {
  const uint8_t* const bytes = memory.data();
  const size_t places = memory.size() < kWord ? 0 : memory.size() - kWord + 1;
  for (size_t i = 0; i < places; ++i) {
    if (possible[(bytes[i] | bytes[i + 1] << 8) ^ (kEnds - 1)] == 0) continue;
    const auto found = numbers_.find(TurnedOver(bytes + i));
    if (found != numbers_.end()) ++counts[found->second];
  }
}

}  // namespace sotto
