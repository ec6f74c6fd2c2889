#include "accelerator/failed_handshakes.h"

#include <atomic>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr char kNoCertificateLine[] =
    "grpc: Handshake failed with fatal error SSL_ERROR_SSL: error:0A0000C7:SSL routines::peer did "
    "not return a certificate.";

// What the log says while `fail` runs, and until what failed in it has been dealt with; `counted_`
// counts.
class FailedHandshakesTest : public testing::Test {
 protected:
  std::string Log(std::set<std::string> leavers, milliseconds attempt,
                  const std::function<void(FailedHandshakes&)>& fail) {
    SetLogLevel(LogLevel::kWarning);
    testing::internal::CaptureStderr();
    {
      int asked = 0;
      FailedHandshakes failed({.attempt = attempt,
                               .take_leavers =
                                   [&] {
                                     // The first to ask has no use for them.
                                     return asked++ == 0 ? std::set<std::string>{"earlier"}
                                                         : std::exchange(leavers, {});
                                   },
                               .count = [&](ConnectionFailure) { ++counted_; }});
      fail(failed);
    }
    return testing::internal::GetCapturedStderr();
  }

  std::atomic<int> counted_{0};
};

TEST_F(FailedHandshakesTest, NamesWhoLeftAndCountsAnAttemptOnce) {
  const std::string log = Log({"10.0.0.1"}, std::chrono::hours(1), [](FailedHandshakes&) {
    LogLibraryLine(kNoCertificateLine);
    LogLibraryLine(kNoCertificateLine);
  });
  EXPECT_EQ(counted_, 1);
  EXPECT_THAT(log, HasSubstr("\"event\":\"handshake_failed\",\"peer\":\"10.0.0.1\",\"reason\":"
                             "\"no_certificate\""));
  EXPECT_EQ(log.find("handshake_failed"), log.rfind("handshake_failed"));
  EXPECT_THAT(log, Not(HasSubstr("earlier")));
}

TEST_F(FailedHandshakesTest, WhoeverElseItMayHaveBeenIsNamedToo) {
  EXPECT_THAT(Log({"10.0.0.1", "10.0.0.2"}, milliseconds(0),
                  [](FailedHandshakes&) { LogLibraryLine(kNoCertificateLine); }),
              HasSubstr("\"peer\":\"one of 10.0.0.1, 10.0.0.2\""));
  EXPECT_THAT(Log({"127.0.0.1", "::1"}, milliseconds(0),
                  [](FailedHandshakes&) { LogLibraryLine(kNoCertificateLine); }),
              HasSubstr("\"peer\":\"localhost\""));
  EXPECT_THAT(
      Log({}, milliseconds(0), [](FailedHandshakes&) { LogLibraryLine(kNoCertificateLine); }),
      HasSubstr("\"peer\":\"unknown\""));
}

TEST_F(FailedHandshakesTest, OtherPeersReasonsAndTimesAreOtherAttempts) {
  Log({}, std::chrono::hours(1), [](FailedHandshakes& failed) {
    for (int i = 0; i < 2; ++i) {
      failed.Add(ConnectionFailure::kNoTls, "10.0.0.1");
      failed.Add(ConnectionFailure::kNoTls, "10.0.0.2");
      failed.Add(ConnectionFailure::kOther, "10.0.0.1");
    }
  });
  EXPECT_EQ(counted_, 3);
  const std::string log = Log({}, milliseconds(0), [](FailedHandshakes& failed) {
    for (int i = 0; i < 2; ++i) failed.Add(ConnectionFailure::kServerWithoutTls, "10.0.0.3");
  });
  EXPECT_EQ(counted_, 5);
  // Advice is given once.
  EXPECT_EQ(log.find("server_without_tls"), log.rfind("server_without_tls"));
  EXPECT_THAT(log, HasSubstr("started without a certificate"));
}

}  // namespace
}  // namespace sotto
