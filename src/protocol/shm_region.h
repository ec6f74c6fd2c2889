// The memory that the two processes of one host share for a session: a page of control words, then
// a ring for each direction (docs/wire_format.md, "Shared memory"). The peer may write anything to
// any byte of it at any time, and cut the file short: then torn() becomes true.
#ifndef SOTTO_PROTOCOL_SHM_REGION_H_
#define SOTTO_PROTOCOL_SHM_REGION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "protocol/shm_guard.h"
#include "protocol/shm_ring.h"

namespace sotto {

// Of each direction; a power of two. As large as the largest answer that sotto asks for at once, so
// that a server need not wait in the middle of one for a client that sleeps: with 1 MiB, the waking
// cost the client twice as much as the copying.
inline constexpr uint64_t kDefaultRingBytes = uint64_t{8} << 20;
inline constexpr uint64_t kMinRingBytes = uint64_t{64} << 10, kMaxRingBytes = uint64_t{64} << 20;

using ShmChallenge = std::array<uint8_t, 32>;
ShmChallenge DrawChallenge();  // From the system's random source.

// One mapping, MAP_SHARED, every page present. Not copyable; unmapped on destruction.
class ShmRegion {
 public:
  // Creates a new file, mode 0600, with a random name in `directory`, and writes `challenge` to it.
  static absl::StatusOr<ShmRegion> Create(const std::string& directory, uint64_t ring_bytes,
                                          const ShmChallenge& challenge);
  // Maps what the peer created. INVALID_ARGUMENT for a name or size no honest peer would offer;
  // FAILED_PRECONDITION when it cannot be mapped (another host, another user).
  static absl::StatusOr<ShmRegion> Open(const std::string& directory, const std::string& name,
                                        uint64_t ring_bytes);
  ShmRegion(ShmRegion&& other) noexcept;
  ShmRegion& operator=(ShmRegion&&) = delete;
  ~ShmRegion();

  const std::string& name() const { return name_; }  // Without the directory.
  uint64_t ring_bytes() const { return ring_bytes_; }
  // The file no longer reaches as far as the mapping: what is read here now means nothing.
  const std::atomic<bool>& torn() const { return guard_->torn(); }

  // Takes the file's name away; the mappings stay. Only the creator calls it.
  void Unlink();

  ShmChallenge ReadServerChallenge() const;
  ShmChallenge ReadClientChallenge() const;
  void WriteClientChallenge(const ShmChallenge& challenge);

  // The two directions, for either side.
  RingMemory requests() {
    return Ring(request_ring(), request_tail_of_client(), request_head_of_server());
  }
  RingMemory answers() {
    return Ring(answer_ring(), answer_tail_of_server(), answer_head_of_client());
  }

  // Cursors and flags, each on cache lines of its own; the side that writes is in the name.
  uint64_t* request_tail_of_client() { return Word(128); }
  uint64_t* request_head_of_server() { return Word(256); }
  uint64_t* answer_tail_of_server() { return Word(384); }
  uint64_t* answer_head_of_client() { return Word(512); }
  uint64_t* asleep_of_server() { return Word(640); }
  uint8_t* request_ring() { return data_ + kControlBytes; }
  uint8_t* answer_ring() { return data_ + kControlBytes + ring_bytes_; }

 private:
  static constexpr size_t kControlBytes = 4096;
  static constexpr size_t kServerChallengeAt = 0, kClientChallengeAt = 32;

  ShmRegion(std::string path, std::string name, uint64_t ring_bytes)
      : path_(std::move(path)), name_(std::move(name)), ring_bytes_(ring_bytes) {}
  size_t size() const { return kControlBytes + 2 * ring_bytes_; }
  uint64_t* Word(size_t offset) { return reinterpret_cast<uint64_t*>(data_ + offset); }
  RingMemory Ring(uint8_t* data, uint64_t* tail, uint64_t* head) const {
    return {.data = data, .capacity = ring_bytes_, .tail = tail, .head = head, .torn = &torn()};
  }
  absl::Status Map(int fd);
  void WriteChallenge(size_t offset, const ShmChallenge& challenge);
  ShmChallenge ReadChallenge(size_t offset) const;

  std::string path_, name_;
  uint64_t ring_bytes_ = 0;
  uint8_t* data_ = nullptr;
  std::unique_ptr<ShmGuard> guard_;  // While mapped.
  bool linked_ = false;              // This object created the file, and it still has its name.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_REGION_H_
