#include "base/temporary_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/descriptor.h"
#include "base/stale_temporaries.h"
#include "base/unnamed_file.h"

namespace sotto {
namespace {

constexpr size_t kMaxNameBytes = 4096;

// kTaken: the name is being written.
enum class SlotState { kFree, kTaken, kFile, kDirectory };

struct Slot {
  std::atomic<SlotState> state{SlotState::kFree};
  char name[kMaxNameBytes];
};

// How often a new name is tried, where others come and take it.
constexpr int kMaxTries = 100;

// A fixed table of lock-free states: a signal handler may read nothing more.
std::array<Slot, 64> g_slots;
std::atomic<int> g_busy{0};
std::atomic<bool> g_stopping{false};
// What became of the outputs; read once g_stopping is set and g_busy is 0.
std::array<char, 4096> g_outcome;
size_t g_outcome_bytes = 0;
bool g_terminal = false;  // Whether stderr is one; written before any handler runs.

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

void SayOutcome() {
  Say("; ");
  Say(g_outcome_bytes > 0 ? std::string_view(g_outcome.data(), g_outcome_bytes)
                          : "unfinished output files were removed");
  Say("\n");
}

// The trailing XXXXXX, as mkstemp(3) would.
bool FillRandomPart(std::string& pattern) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::array<unsigned char, 6> random;
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return false;
  }
  for (size_t i = 0; i < random.size(); ++i) {
    pattern[pattern.size() - random.size() + i] = kLetters[random[i] % kLetters.size()];
  }
  return true;
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

// Threads that create or rename meanwhile never return. False when another thread does this
// already.
bool RemoveAll() {
  if (g_stopping.exchange(true)) return false;
  // Threads about to create or rename finish first; later ones see g_stopping and wait for the end.
  while (g_busy.load() != 0) {
  }
  for (Slot& slot : g_slots) {
    const SlotState state = slot.state.load();
    if (state == SlotState::kFile) unlink(slot.name);
    if (state == SlotState::kDirectory) RemoveDirectory(slot.name);
  }
  return true;
}

// Runs as a signal handler: async-signal-safe calls only.
void RemoveAllAndExit(int signal) {
  if (!RemoveAll()) return;
  // The terminal has written ^C, or a line of progress stands there.
  if (g_terminal) Say("\n");
  Say("sotto: error: stopped by ");
  Say(SignalName(signal));
  SayOutcome();
  _exit(128 + signal);
}

}  // namespace

int CreateTemporaryFile(std::string& pattern) {
  const NoRemoval guard;
  const std::string template_name = pattern;
  for (int i = 0; i < kMaxTries; ++i) {
    Descriptor file(mkostemp(pattern.data(), O_CLOEXEC));
    if (file.get() < 0) return -1;
    if (MarkInUse(file.get(), pattern)) {
      Remember(pattern, SlotState::kFile);
      return file.Release();
    }
    pattern = template_name;
  }
  errno = EEXIST;
  return -1;
}

int CreateTemporaryDirectory(std::string& pattern) {
  const NoRemoval guard;
  const std::string template_name = pattern;
  for (int i = 0; i < kMaxTries; ++i) {
    if (mkdtemp(pattern.data()) == nullptr) return -1;
    Descriptor directory(open(pattern.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory.get() >= 0 && MarkInUse(directory.get(), pattern)) {
      Remember(pattern, SlotState::kDirectory);
      return directory.Release();
    }
    pattern = template_name;
  }
  errno = EEXIST;
  return -1;
}

bool LinkTemporary(int fd, std::string& pattern) {
  const NoRemoval guard;
  const std::string template_name = pattern;
  for (int i = 0; i < kMaxTries; ++i) {
    pattern = template_name;
    if (!FillRandomPart(pattern)) return false;
    if (LinkUnnamedFile(fd, pattern)) {
      Remember(pattern, SlotState::kFile);
      return MarkInUse(fd, pattern);
    }
    if (errno != EEXIST) return false;
  }
  return false;
}

bool RenameTemporary(const std::string& name, const std::string& target) {
  const NoRemoval guard;
  if (rename(name.c_str(), target.c_str()) != 0) return false;
  Forget(name);
  return true;
}

void ForgetTemporary(const std::string& name) { Forget(name); }

void SayOfOutputs(std::string_view text) {
  const NoRemoval guard;
  g_outcome_bytes = std::min(text.size(), g_outcome.size());
  std::copy_n(text.begin(), g_outcome_bytes, g_outcome.begin());
}

void RemoveTemporaryFilesAndExit(std::string_view message, int exit_code) {
  while (!RemoveAll()) pause();  // Another thread ends the process.
  Say(message);
  SayOutcome();
  _exit(exit_code);
}

void RemoveTemporaryFilesOnSignals() {
  g_terminal = isatty(STDERR_FILENO) == 1;
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
