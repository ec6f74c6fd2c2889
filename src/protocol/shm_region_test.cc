#include "protocol/shm_region.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "gtest/gtest.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

std::string FileOf(const TempDir& dir, const ShmRegion& region) {
  return dir.path() + "/" + region.name();
}
bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

TEST(ShmRegionTest, BothMappingsAreTheSameMemory) {
  const TempDir dir;
  const ShmChallenge server = DrawChallenge(), client = DrawChallenge();
  absl::StatusOr<ShmRegion> ours = ShmRegion::Create(dir.path(), kMinRingBytes, server);
  ASSERT_TRUE(ours.ok()) << ours.status();
  absl::StatusOr<ShmRegion> theirs = ShmRegion::Open(dir.path(), ours->name(), kMinRingBytes);
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  EXPECT_EQ(theirs->ReadServerChallenge(), server);
  theirs->WriteClientChallenge(client);
  EXPECT_EQ(ours->ReadClientChallenge(), client);
  std::memset(ours->answer_ring(), 0x5a, kMinRingBytes);
  EXPECT_EQ(theirs->answer_ring()[kMinRingBytes - 1], 0x5a);
  *theirs->request_tail_of_client() = 192;
  EXPECT_EQ(*ours->request_tail_of_client(), 192u);
}

TEST(ShmRegionTest, TheFileIsPrivateAndGoesWithItsCreator) {
  const TempDir dir;
  std::string path;
  {
    absl::StatusOr<ShmRegion> region =
        ShmRegion::Create(dir.path(), kMinRingBytes, DrawChallenge());
    ASSERT_TRUE(region.ok()) << region.status();
    path = FileOf(dir, *region);
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_TRUE(ShmRegion::Open(dir.path(), region->name(), kMinRingBytes).ok());
    EXPECT_TRUE(Exists(path)) << "the peer's mapping must not take the name away";
  }
  EXPECT_FALSE(Exists(path));
}

TEST(ShmRegionTest, RefusesNamesThatLeadElsewhere) {
  for (const char* name :
       {"", "sotto-", "../sotto-0123456789abcdef0123456789abcdef", "/etc/passwd",
        "sotto-0123456789abcdef0123456789ABCDEF", "sotto-0123456789abcdef0123456789abcde/"}) {
    EXPECT_EQ(ShmRegion::Open("/dev/shm", name, kMinRingBytes).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST(ShmRegionTest, RefusesSizesThatCannotBe) {
  const std::string name = "sotto-0123456789abcdef0123456789abcdef";
  for (const uint64_t size :
       {uint64_t{0}, kMinRingBytes / 2, kMinRingBytes + 64, kMaxRingBytes * 2, ~uint64_t{0}}) {
    EXPECT_EQ(ShmRegion::Open("/dev/shm", name, size).status().code(),
              absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST(ShmRegionTest, RefusesAFileOfAnotherSize) {
  const TempDir dir;
  absl::StatusOr<ShmRegion> region = ShmRegion::Create(dir.path(), kMinRingBytes, DrawChallenge());
  ASSERT_TRUE(region.ok()) << region.status();
  ASSERT_EQ(truncate(FileOf(dir, *region).c_str(), 4096), 0);
  EXPECT_EQ(ShmRegion::Open(dir.path(), region->name(), kMinRingBytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ShmRegionTest, AFileThatIsCutShortTearsTheMappingAndNoMore) {
  const TempDir dir;
  absl::StatusOr<ShmRegion> region = ShmRegion::Create(dir.path(), kMinRingBytes, DrawChallenge()),
                            other = ShmRegion::Create(dir.path(), kMinRingBytes, DrawChallenge());
  ASSERT_TRUE(region.ok() && other.ok());
  const ShmRegion moved = *std::move(region);
  other->answer_ring()[0] = 7;
  ASSERT_EQ(truncate(FileOf(dir, moved).c_str(), 0), 0);
  EXPECT_FALSE(moved.torn());
  EXPECT_EQ(moved.ReadServerChallenge(), ShmChallenge{});
  EXPECT_TRUE(moved.torn());
  EXPECT_FALSE(other->torn());
  EXPECT_EQ(other->answer_ring()[0], 7);
}

TEST(ShmRegionTest, SaysWhatIsMissing) {
  const std::string name = "sotto-0123456789abcdef0123456789abcdef";
  const absl::Status status = ShmRegion::Open("/nowhere", name, kMinRingBytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("/nowhere/" + name), std::string::npos) << status;
  EXPECT_FALSE(ShmRegion::Create("/nowhere", kMinRingBytes, DrawChallenge()).ok());
}

}  // namespace
}  // namespace sotto
