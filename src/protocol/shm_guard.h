// Lets the process outlive shared memory that its peer cuts short. A page of a mapping that the
// file no longer reaches raises SIGBUS at the first touch, which would end the process: with it all
// other sessions of a server, or a client's run. Here that mapping alone becomes private zeros.
#ifndef SOTTO_PROTOCOL_SHM_GUARD_H_
#define SOTTO_PROTOCOL_SHM_GUARD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sotto {

// Guards one mapping, from its construction to its destruction. The first guard of the process
// installs a handler for SIGBUS; whatever does not concern a guarded mapping goes to the handler
// that was there before, or ends the process as ever.
class ShmGuard {
 public:
  // [begin, begin + size): whole pages, mapped as long as the guard lives.
  ShmGuard(void* begin, size_t size);
  ShmGuard(const ShmGuard&) = delete;
  ShmGuard& operator=(const ShmGuard&) = delete;
  ~ShmGuard();

  // True before anybody can read a byte of the zeros, for good: what was read when it is false was
  // in the file.
  const std::atomic<bool>& torn() const { return slot_->torn; }

 private:
  friend struct ShmGuardHandler;
  // Never freed, for the handler may be looking at it; used again.
  struct Slot {
    std::atomic<uintptr_t> begin{0}, end{0};  // Both 0: nobody's.
    std::atomic<bool> torn{false};
    bool taken = false;
    Slot* next = nullptr;
  };
  static Slot* TakeSlot();

  Slot* const slot_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SHM_GUARD_H_
