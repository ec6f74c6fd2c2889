#include "protocol/shm_guard.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

constexpr size_t kGuardedBytes = size_t{64} << 10;

// A shared mapping of a file that can be cut short.
class Mapping {
 public:
  Mapping()
      : fd_(open((dir_.path() + "/f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
        data_((SetSize(kGuardedBytes),
               static_cast<volatile uint8_t*>(
                   mmap(nullptr, kGuardedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)))) {}
  ~Mapping() {
    munmap(data(), kGuardedBytes);
    close(fd_);
  }
  void* data() const { return const_cast<uint8_t*>(data_); }
  volatile uint8_t& operator[](size_t i) const { return data_[i]; }
  void SetSize(size_t size) const { ASSERT_EQ(ftruncate(fd_, static_cast<off_t>(size)), 0); }

 private:
  const TempDir dir_;
  const int fd_;
  volatile uint8_t* const data_;
};

TEST(ShmGuardTest, ReadsAndWritesGoOnAfterTheFileIsCutShort) {
  const Mapping mapping;
  const ShmGuard guard(mapping.data(), kGuardedBytes);
  mapping[5] = 3;
  EXPECT_FALSE(guard.torn());
  mapping.SetSize(0);
  mapping[kGuardedBytes - 1] = 1;  // The whole mapping goes with its first page.
  EXPECT_TRUE(guard.torn());
  EXPECT_EQ(mapping[5], 0);
  EXPECT_EQ(mapping[kGuardedBytes - 1], 1);
  mapping.SetSize(kGuardedBytes);
  EXPECT_EQ(mapping[kGuardedBytes - 1], 1) << "the file is not mapped any more";
  EXPECT_TRUE(guard.torn());
}

TEST(ShmGuardTest, WhoeverSeesZerosSeesThatItIsTorn) {
  const Mapping mapping;
  const ShmGuard guard(mapping.data(), kGuardedBytes);
  for (size_t i = 0; i < kGuardedBytes; ++i) mapping[i] = 1;
  std::vector<std::thread> readers;
  for (size_t first = 0; first < 4; ++first) {
    readers.emplace_back([&, first] {
      for (size_t i = first; !guard.torn(); i = (i + 4099) % kGuardedBytes) {
        if (mapping[i] == 0) {
          EXPECT_TRUE(guard.torn());
        }
      }
    });
  }
  mapping.SetSize(0);
  for (std::thread& reader : readers) reader.join();
}

TEST(ShmGuardTest, ASlotIsUsedAgainAndForgetsWhatWas) {
  for (int i = 0; i < 3; ++i) {
    const Mapping mapping;
    const ShmGuard guard(mapping.data(), kGuardedBytes);
    EXPECT_FALSE(guard.torn());
    mapping.SetSize(0);
    EXPECT_EQ(mapping[0], 0);
    EXPECT_TRUE(guard.torn());
  }
}

class ShmGuardDeathTest : public testing::Test {
 protected:
  ShmGuardDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // With a guard on one mapping, touches another that was cut short, or one whose guard is gone.
  static void TouchUnguarded(bool once_guarded) {
    const Mapping guarded, other;
    const ShmGuard guard(guarded.data(), kGuardedBytes);
    if (once_guarded) const ShmGuard past(other.data(), kGuardedBytes);
    other.SetSize(0);
    other[0] = 1;
  }
};

TEST_F(ShmGuardDeathTest, OtherMappingsFaultAsEver) {
  EXPECT_DEATH(TouchUnguarded(false), "");
  EXPECT_DEATH(TouchUnguarded(true), "");
}

TEST_F(ShmGuardDeathTest, AnEarlierHandlerIsStillCalled) {
  EXPECT_EXIT(
      {
        signal(SIGBUS, [](int) { _exit(42); });
        TouchUnguarded(false);
      },
      testing::ExitedWithCode(42), "");
}

TEST_F(ShmGuardDeathTest, ASignalThatWasSentEndsTheProcess) {
  EXPECT_DEATH(
      {
        signal(SIGBUS, SIG_DFL);
        const Mapping mapping;
        const ShmGuard guard(mapping.data(), kGuardedBytes);
        kill(getpid(), SIGBUS);
        while (true) pause();
      },
      "");
}

}  // namespace
}  // namespace sotto
