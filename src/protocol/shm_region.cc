#include "protocol/shm_region.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/descriptor.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::string_view kPrefix = "sotto-";
constexpr size_t kNameHexDigits = 32;
constexpr size_t kPageBytes = 4096;

absl::Status Failed(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(
      StrCat("shared memory ", path, ": ", what, ": ", std::strerror(errno)));
}

std::string DrawName() {
  std::array<char, kNameHexDigits / 2> random{};
  SOTTO_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()),
                         static_cast<int>(random.size())) == 1);
  return StrCat(kPrefix, absl::BytesToHexString({random.data(), random.size()}));
}

// A name from the peer must not lead out of the directory.
bool IsOurName(const std::string& name) {
  return name.size() == kPrefix.size() + kNameHexDigits && name.starts_with(kPrefix) &&
         std::all_of(name.begin() + kPrefix.size(), name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

ShmChallenge DrawChallenge() {
  ShmChallenge challenge;
  SOTTO_CHECK(RAND_bytes(challenge.data(), static_cast<int>(challenge.size())) == 1);
  return challenge;
}

absl::StatusOr<ShmRegion> ShmRegion::Create(const std::string& directory, uint64_t ring_bytes,
                                            const ShmChallenge& challenge) {
  SOTTO_CHECK(std::has_single_bit(ring_bytes) && ring_bytes >= kMinRingBytes &&
              ring_bytes <= kMaxRingBytes);
  const std::string name = DrawName();
  ShmRegion region(StrCat(directory, "/", name), name, ring_bytes);
  const Descriptor fd(
      open(region.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return Failed(region.path_, "cannot create");
  region.linked_ = true;
  // Allocated now: a full file system is an error here, not a signal at the first touch.
  if (const int error = posix_fallocate(fd.get(), 0, static_cast<off_t>(region.size()))) {
    errno = error;
    return Failed(region.path_, "cannot allocate");
  }
  SOTTO_RETURN_IF_ERROR(region.Map(fd.get()));
  region.WriteChallenge(kServerChallengeAt, challenge);
  return region;
}

absl::StatusOr<ShmRegion> ShmRegion::Open(const std::string& directory, const std::string& name,
                                          uint64_t ring_bytes) {
  if (!IsOurName(name) || !std::has_single_bit(ring_bytes) || ring_bytes < kMinRingBytes ||
      ring_bytes > kMaxRingBytes) {
    return absl::InvalidArgumentError("shared memory with an invalid name or size");
  }
  ShmRegion region(StrCat(directory, "/", name), name, ring_bytes);
  const Descriptor fd(open(region.path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() < 0) return Failed(region.path_, "cannot open");
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return Failed(region.path_, "cannot stat");
  // Devices, as Gramine shows such files, have no size of their own.
  if (S_ISREG(info.st_mode) && static_cast<uint64_t>(info.st_size) != region.size()) {
    return absl::FailedPreconditionError(StrCat("shared memory ", region.path_, ": ", info.st_size,
                                                " bytes, expected ", region.size()));
  }
  SOTTO_RETURN_IF_ERROR(region.Map(fd.get()));
  return region;
}

absl::Status ShmRegion::Map(int fd) {
  void* data = mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return Failed(path_, "cannot map");
  data_ = static_cast<uint8_t*>(data);
  guard_ = std::make_unique<ShmGuard>(data, size());
  for (size_t at = 0; at < size(); at += kPageBytes) {
    static_cast<void>(*static_cast<volatile uint64_t*>(Word(at)));
  }
  if (!torn()) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("shared memory ", path_, " was cut short"));
}

ShmRegion::ShmRegion(ShmRegion&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      ring_bytes_(other.ring_bytes_),
      data_(std::exchange(other.data_, nullptr)),
      guard_(std::move(other.guard_)),
      linked_(std::exchange(other.linked_, false)) {}

ShmRegion::~ShmRegion() {
  Unlink();
  guard_.reset();  // Before the addresses become somebody else's.
  if (data_ != nullptr) munmap(data_, size());
}

void ShmRegion::Unlink() {
  if (std::exchange(linked_, false)) unlink(path_.c_str());
}

ShmChallenge ShmRegion::ReadServerChallenge() const { return ReadChallenge(kServerChallengeAt); }
ShmChallenge ShmRegion::ReadClientChallenge() const { return ReadChallenge(kClientChallengeAt); }
void ShmRegion::WriteClientChallenge(const ShmChallenge& challenge) {
  WriteChallenge(kClientChallengeAt, challenge);
}

void ShmRegion::WriteChallenge(size_t offset, const ShmChallenge& challenge) {
  std::memcpy(data_ + offset, challenge.data(), challenge.size());
}

ShmChallenge ShmRegion::ReadChallenge(size_t offset) const {
  ShmChallenge challenge;
  std::memcpy(challenge.data(), data_ + offset, challenge.size());
  return challenge;
}

}  // namespace sotto
