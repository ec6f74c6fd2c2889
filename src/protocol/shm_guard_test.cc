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

constexpr size_t kBytes = size_t{64} << 10;

// A shared mapping of a file that can be cut short.
class Mapping {
 public:
  Mapping()
      : fd_(open((dir_.path() + "/f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
        data_(
            (SetSize(kBytes), static_cast<volatile uint8_t*>(mmap(
                                  nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)))) {}
  ~Mapping() {
    munmap(data(), kBytes);
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
  const ShmGuard guard(mapping.data(), kBytes);
  mapping[5] = 3;
  EXPECT_FALSE(guard.torn());
  mapping.SetSize(0);
  mapping[kBytes - 1] = 1;  // The whole mapping goes with its first page.
  EXPECT_TRUE(guard.torn());
  EXPECT_EQ(mapping[5], 0);
  EXPECT_EQ(mapping[kBytes - 1], 1);
  mapping.SetSize(kBytes);
  EXPECT_EQ(mapping[kBytes - 1], 1) << "the file is not mapped any more";
  EXPECT_TRUE(guard.torn());
}

TEST(ShmGuardTest, WhoeverSeesZerosSeesThatItIsTorn) {
  const Mapping mapping;
  const ShmGuard guard(mapping.data(), kBytes);
  for (size_t i = 0; i < kBytes; ++i) mapping[i] = 1;
  std::vector<std::thread> readers;
  for (size_t first = 0; first < 4; ++first) {
    readers.emplace_back([&, first] {
      for (size_t i = first; !guard.torn(); i = (i + 4099) % kBytes) {
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
    const ShmGuard guard(mapping.data(), kBytes);
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
    const ShmGuard guard(guarded.data(), kBytes);
    if (once_guarded) const ShmGuard past(other.data(), kBytes);
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
        const ShmGuard guard(mapping.data(), kBytes);
        kill(getpid(), SIGBUS);
        while (true) pause();
      },
      "");
}

}  // namespace
}  // namespace sotto
