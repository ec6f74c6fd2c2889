#include "accelerator/watchdog.h"

#include <future>
#include <thread>

#include "accelerator/listen_sockets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/loopback.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class WatchdogTest : public testing::Test {
 protected:
  int listener() const { return sockets_->fds().front().get(); }
  WatchdogOptions Options(std::string greeting) {
    return {.interval = milliseconds(1),
            .timeout = milliseconds(200),
            .misses = 2,
            .greeting = std::move(greeting),
            .on_dead = [this](const absl::Status& why) { dead_.set_value(why); }};
  }
  // Answers looks with `answer` (nothing: ends them) until `looks` of them have been seen.
  void Serve(int looks, std::string_view greeting, std::string_view answer) {
    for (int i = 0; i < looks; ++i) {
      const Descriptor connection = AcceptWaiting(listener());
      std::string got(greeting.size(), '\0');
      if (!greeting.empty()) recv(connection.get(), got.data(), got.size(), MSG_WAITALL);
      EXPECT_EQ(got, greeting);
      send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  bool Dead() { return future_.wait_for(milliseconds(0)) == std::future_status::ready; }

  std::unique_ptr<ListenSockets> sockets_ = *ListenSockets::Open("--listen", "127.0.0.1:0");
  std::promise<absl::Status> dead_;
  std::future<absl::Status> future_ = dead_.get_future();
};

// The kernel completes these connections all the same.
TEST_F(WatchdogTest, NoticesAListenerThatNobodyServes) {
  const Watchdog watchdog(listener(), Options(""));
  const absl::Status why = future_.get();
  EXPECT_EQ(why.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(why.message()), HasSubstr("no reply"));
}

TEST_F(WatchdogTest, NoticesAListenerThatIsGone) {
  const Watchdog watchdog(listener(), Options(""));
  sockets_.reset();
  EXPECT_THAT(std::string(future_.get().message()), HasSubstr("no longer answered"));
}

TEST_F(WatchdogTest, BytesOrAnEndAreSignsOfLife) {
  for (const std::string_view answer : {"x", ""}) {
    WatchdogOptions options = Options("hello");
    options.timeout = milliseconds(30'000);
    const Watchdog watchdog(listener(), options);
    Serve(5, "hello", answer);
    EXPECT_FALSE(Dead());
  }
}

TEST_F(WatchdogTest, OneMissIsNone) {
  WatchdogOptions options = Options("");
  options.timeout = milliseconds(2000);
  const Watchdog watchdog(listener(), options);
  for (int i = 0; i < 2; ++i) {
    const Descriptor unanswered = AcceptWaiting(listener());
    char byte = 0;
    EXPECT_EQ(recv(unanswered.get(), &byte, 1, 0), 0) << "the watchdog has turned away";
    Serve(1, "", "x");
  }
  EXPECT_FALSE(Dead());
}

TEST(TlsClientHelloTest, IsATlsRecordOfAHandshake) {
  const std::string hello = TlsClientHello();
  ASSERT_GT(hello.size(), 50u);
  EXPECT_EQ(hello[0], 22);  // RFC 8446, section 5.1: handshake.
  EXPECT_EQ(hello[5], 1);   // Section 4: client_hello.
}

}  // namespace
}  // namespace sotto
