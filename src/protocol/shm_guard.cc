#include "protocol/shm_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "base/check.h"

namespace sotto {

// What the handler needs; it calls nothing but atomics that are lock-free and system calls.
struct ShmGuardHandler {
  static_assert(std::atomic<uintptr_t>::is_always_lock_free);
  static_assert(std::atomic<bool>::is_always_lock_free);
  using Slot = ShmGuard::Slot;

  static inline std::mutex mutex_;            // For changes of the list; the handler takes none.
  static inline std::atomic<Slot*> first_{};  // Grows at its front.
  static inline struct sigaction before_ {};  // Set once, ahead of the first guard.

  static void Install() {
    struct sigaction action {};
    action.sa_sigaction = &ShmGuardHandler::Handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    SOTTO_CHECK(sigaction(SIGBUS, &action, &before_) == 0);
  }

  static void Handle(int signal, siginfo_t* info, void* context) {
    const int error = errno;
    Slot* const slot =
        info->si_code == BUS_ADRERR ? Find(reinterpret_cast<uintptr_t>(info->si_addr)) : nullptr;
    if (slot == nullptr || !ReplaceByZeros(*slot)) PassOn(signal, info, context);
    errno = error;
  }

  static Slot* Find(uintptr_t address) {
    for (Slot* slot = first_; slot != nullptr; slot = slot->next) {
      if (address >= slot->begin && address < slot->end) return slot;
    }
    return nullptr;
  }

  // Whoever faults inside a mapping is using it: it cannot be unmapped meanwhile. Several threads
  // may come here for the same one.
  static bool ReplaceByZeros(Slot& slot) {
    slot.torn = true;
    const uintptr_t begin = slot.begin;
    return syscall(SYS_mmap, begin, slot.end - begin, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != -1;
  }

  static void PassOn(int signal, siginfo_t* info, void* context) {
    if ((before_.sa_flags & SA_SIGINFO) != 0) return before_.sa_sigaction(signal, info, context);
    if (before_.sa_handler != SIG_DFL && before_.sa_handler != SIG_IGN) {
      return before_.sa_handler(signal);
    }
    // The access is tried again and ends the process; a signal that somebody sent is sent again.
    sigaction(signal, &before_, nullptr);
    if (info->si_code <= 0) raise(signal);
  }
};

ShmGuard::Slot* ShmGuard::TakeSlot() {
  using Handler = ShmGuardHandler;
  std::lock_guard lock(Handler::mutex_);
  static const bool installed = [] {
    Handler::Install();
    return true;
  }();
  static_cast<void>(installed);
  Slot* slot = Handler::first_;
  while (slot != nullptr && slot->taken) slot = slot->next;
  if (slot == nullptr) {
    slot = new Slot;
    slot->next = Handler::first_;
    Handler::first_ = slot;
  }
  slot->taken = true;
  slot->torn = false;
  return slot;
}

ShmGuard::ShmGuard(void* begin, size_t size) : slot_(TakeSlot()) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  slot_->begin = address;
  slot_->end = address + size;
}

ShmGuard::~ShmGuard() {
  std::lock_guard lock(ShmGuardHandler::mutex_);
  slot_->end = 0;
  slot_->begin = 0;
  slot_->taken = false;
}

}  // namespace sotto
