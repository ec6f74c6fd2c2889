#include "accelerator/plane_offers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "testing/temp_dir.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

class PlaneOffersTest : public testing::Test {
 protected:
  PlaneOffersTest() {
    pb::Hello hello;
    hello.set_wants_shm(true);
    hello.set_wants_tcp(true);
    offers_.Offer(hello, "ipv4:127.0.0.1:5", welcome_);
  }
  Code TakeUp(pb::DataPlane plane, const std::string& challenge, const std::string& keys = "",
              NumberFormat format = NumberFormat::kRing32) {
    pb::Ready ready;
    ready.set_data_plane(plane);
    ready.set_challenge(challenge);
    ready.set_plane_keys(keys);
    return offers_.TakeUp(ready, format).status().code();
  }
  std::string file() const { return dir_.path() + "/" + welcome_.shm().name(); }

  const TempDir dir_;
  DataDoor door_;
  PlaneOffers offers_{dir_.path(), door_};
  pb::Welcome welcome_;
};

TEST_F(PlaneOffersTest, WhatSomebodyCutOffIsUnavailable) {
  ASSERT_TRUE(welcome_.has_shm());
  EXPECT_EQ(TakeUp(pb::TCP, ""), Code::kUnavailable);
  ASSERT_EQ(truncate(file().c_str(), 0), 0);
  EXPECT_EQ(TakeUp(pb::SHM, std::string(32, 'x')), Code::kUnavailable);
}

TEST_F(PlaneOffersTest, AMemoryThatTheClientHasNotWrittenIsNotTakenUp) {
  EXPECT_EQ(TakeUp(pb::SHM, std::string(32, 'x')), Code::kInvalidArgument);
  EXPECT_EQ(TakeUp(pb::SHM, ""), Code::kInvalidArgument);
}

TEST_F(PlaneOffersTest, KeysAreForRingRowsBesideTheStream) {
  EXPECT_EQ(TakeUp(pb::GRPC, ""), Code::kOk);
  EXPECT_EQ(TakeUp(pb::GRPC, "", std::string(kPlaneKeysBytes, 'k')), Code::kInvalidArgument);
  const std::string zeros(32, '\0');  // The client's challenge before it writes one.
  EXPECT_EQ(TakeUp(pb::SHM, zeros, std::string(kPlaneKeysBytes, 'k'), NumberFormat::kF32),
            Code::kInvalidArgument);
}

TEST_F(PlaneOffersTest, AHostElsewhereIsOfferedNoMemory) {
  PlaneOffers offers(dir_.path(), door_);
  pb::Hello hello;
  hello.set_wants_shm(true);
  pb::Welcome welcome;
  offers.Offer(hello, "ipv4:192.0.2.1:5", welcome);
  EXPECT_FALSE(welcome.has_shm());
  EXPECT_FALSE(welcome.has_tcp());
}

}  // namespace
}  // namespace sotto
