#include "base/temporary_files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace sotto {
namespace {

constexpr size_t kMaxNameBytes = 4096;

enum class SlotState { kFree, kTaken, kInUse };  // kTaken: the name is being written.

struct Slot {
  std::atomic<SlotState> state{SlotState::kFree};
  char name[kMaxNameBytes];
};

// A fixed table of lock-free states: a signal handler may read nothing more.
std::array<Slot, 64> g_slots;
std::atomic<int> g_creating{0};
std::atomic<bool> g_stopping{false};

void Remember(const std::string& name) {
  if (name.size() >= kMaxNameBytes) return;
  for (Slot& slot : g_slots) {
    SlotState expected = SlotState::kFree;
    if (!slot.state.compare_exchange_strong(expected, SlotState::kTaken)) continue;
    std::memcpy(slot.name, name.c_str(), name.size() + 1);
    slot.state = SlotState::kInUse;
    return;
  }
}

// Async-signal-safe.
void Say(std::string_view text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

std::string_view SignalName(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    default:
      return "SIGHUP";
  }
}

// Runs as a signal handler: async-signal-safe calls only.
void RemoveAllAndExit(int signal) {
  if (g_stopping.exchange(true)) return;
  // Threads about to create a file finish first; later ones see g_stopping and wait for the end.
  while (g_creating.load() != 0) {
  }
  for (Slot& slot : g_slots) {
    if (slot.state.load() == SlotState::kInUse) unlink(slot.name);
  }
  Say("sotto: error: stopped by ");
  Say(SignalName(signal));
  Say("; unfinished output files were removed\n");
  _exit(128 + signal);
}

}  // namespace

int CreateTemporaryFile(std::string& pattern) {
  // No handler may run on this thread between the file's creation and its entry in the table: it
  // would wait for itself.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  g_creating.fetch_add(1);
  if (g_stopping.load()) {
    g_creating.fetch_sub(1);
    for (;;) pause();
  }
  const int fd = mkostemp(pattern.data(), O_CLOEXEC);
  const int error = errno;
  if (fd >= 0) Remember(pattern);
  g_creating.fetch_sub(1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return fd;
}

void ForgetTemporaryFile(const std::string& name) {
  for (Slot& slot : g_slots) {
    if (slot.state.load() == SlotState::kInUse && name == slot.name) {
      slot.state = SlotState::kFree;
      return;
    }
  }
}

void RemoveTemporaryFilesOnSignals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = RemoveAllAndExit;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace sotto
