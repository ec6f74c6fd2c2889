#include "base/temporary_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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

// kTaken: the name is being written.
enum class SlotState { kFree, kTaken, kFile, kDirectory };

struct Slot {
  std::atomic<SlotState> state{SlotState::kFree};
  char name[kMaxNameBytes];
};

// A fixed table of lock-free states: a signal handler may read nothing more.
std::array<Slot, 64> g_slots;
std::atomic<int> g_busy{0};
std::atomic<bool> g_stopping{false};

// While one exists, no signal's removal begins: names and table agree when it does.
class NoRemoval {
 public:
  NoRemoval() {
    // No handler may run on this thread meanwhile: it would wait for itself.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
    g_busy.fetch_add(1);
    if (!g_stopping.load()) return;
    g_busy.fetch_sub(1);
    for (;;) pause();
  }
  ~NoRemoval() {
    const int error = errno;
    g_busy.fetch_sub(1);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  NoRemoval(const NoRemoval&) = delete;

 private:
  sigset_t before_;
};

void Remember(const std::string& name, SlotState kind) {
  if (name.size() >= kMaxNameBytes) return;
  for (Slot& slot : g_slots) {
    SlotState expected = SlotState::kFree;
    if (!slot.state.compare_exchange_strong(expected, SlotState::kTaken)) continue;
    std::memcpy(slot.name, name.c_str(), name.size() + 1);
    slot.state = kind;
    return;
  }
}

void Forget(const std::string& name) {
  for (Slot& slot : g_slots) {
    const SlotState state = slot.state.load();
    if (state != SlotState::kFile && state != SlotState::kDirectory) continue;
    if (name != slot.name) continue;
    slot.state = SlotState::kFree;
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

// With the files in it. Async-signal-safe: system calls only, and readdir(3) is more than one.
void RemoveDirectory(const char* name) {
  const int fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  alignas(dirent64) std::array<char, 4096> entries;
  for (ssize_t n; (n = getdents64(fd, entries.data(), entries.size())) > 0;) {
    for (ssize_t at = 0; at < n;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      unlinkat(fd, entry->d_name, 0);
      at += entry->d_reclen;
    }
  }
  close(fd);
  rmdir(name);
}

// Runs as a signal handler: async-signal-safe calls only.
void RemoveAllAndExit(int signal) {
  if (g_stopping.exchange(true)) return;
  // Threads about to create or rename finish first; later ones see g_stopping and wait for the end.
  while (g_busy.load() != 0) {
  }
  for (Slot& slot : g_slots) {
    const SlotState state = slot.state.load();
    if (state == SlotState::kFile) unlink(slot.name);
    if (state == SlotState::kDirectory) RemoveDirectory(slot.name);
  }
  Say("sotto: error: stopped by ");
  Say(SignalName(signal));
  Say("; unfinished output files were removed\n");
  _exit(128 + signal);
}

}  // namespace

int CreateTemporaryFile(std::string& pattern) {
  const NoRemoval guard;
  const int fd = mkostemp(pattern.data(), O_CLOEXEC);
  if (fd >= 0) Remember(pattern, SlotState::kFile);
  return fd;
}

bool CreateTemporaryDirectory(std::string& pattern) {
  const NoRemoval guard;
  if (mkdtemp(pattern.data()) == nullptr) return false;
  Remember(pattern, SlotState::kDirectory);
  return true;
}

bool RenameTemporary(const std::string& name, const std::string& target) {
  const NoRemoval guard;
  if (rename(name.c_str(), target.c_str()) != 0) return false;
  Forget(name);
  return true;
}

void ForgetTemporary(const std::string& name) { Forget(name); }

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
