#include "accelerator/relay_inbox.h"

#include <atomic>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

constexpr RelayTicket kTicket{1, 2, 3};

bool Never() { return false; }

RelayedProduct Product(uint32_t layer) { return {.layer = layer, .words = Matrix<uint32_t>(1, 2)}; }

class RelayInboxTest : public testing::Test {
 protected:
  absl::Status Reserve(uint64_t number, uint64_t bytes) {
    return inbox_.Reserve({.number = number, .payload_bytes = bytes});
  }
  Code TakeCode(uint64_t number) { return inbox_.Take(number, Never).status().code(); }

  RelayInbox inbox_{kTicket, 100};
};

TEST_F(RelayInboxTest, KnowsItsTicket) {
  RelayTicket other = kTicket;
  other.back() ^= 1;
  EXPECT_TRUE(inbox_.HasTicket(kTicket));
  EXPECT_FALSE(inbox_.HasTicket(other));
}

TEST_F(RelayInboxTest, GivesProductsByNumberOnceEach) {
  ASSERT_TRUE(inbox_.Attach([] {}).ok());
  for (const uint32_t number : {1, 2}) {
    ASSERT_TRUE(Reserve(number, 8).ok());
    inbox_.Put(number, Product(10 * number));
  }
  EXPECT_EQ(inbox_.Take(2, Never)->layer, 20u);
  EXPECT_EQ(inbox_.Take(1, Never)->layer, 10u);
  EXPECT_EQ(inbox_.Take(1, [] { return true; }).status().code(), Code::kCancelled);
}

TEST_F(RelayInboxTest, RefusesWhatDoesNotFitUntilSomethingIsTaken) {
  ASSERT_TRUE(inbox_.Attach([] {}).ok());
  ASSERT_TRUE(Reserve(1, 60).ok());
  EXPECT_EQ(Reserve(2, 41).code(), Code::kResourceExhausted);
  EXPECT_EQ(Reserve(2, ~uint64_t{0}).code(), Code::kResourceExhausted);
  ASSERT_TRUE(Reserve(2, 40).ok());
  EXPECT_EQ(Reserve(3, 1).code(), Code::kResourceExhausted);
  inbox_.Put(1, Product(0));
  ASSERT_TRUE(inbox_.Take(1, Never).ok());
  EXPECT_TRUE(Reserve(3, 60).ok());
}

TEST_F(RelayInboxTest, RefusesMoreThanItCounts) {
  for (uint64_t number = 1; number <= RelayInbox::kMaxProducts; ++number) {
    ASSERT_TRUE(Reserve(number, 0).ok());
  }
  EXPECT_EQ(Reserve(RelayInbox::kMaxProducts + 1, 0).code(), Code::kResourceExhausted);
}

TEST_F(RelayInboxTest, RefusesANumberTwice) {
  ASSERT_TRUE(Reserve(7, 10).ok());
  EXPECT_EQ(Reserve(7, 10).code(), Code::kInvalidArgument);
  ASSERT_TRUE(Reserve(8, 90).ok());  // The refused one took no room.
}

TEST_F(RelayInboxTest, SaysWhyAProductIsNotComing) {
  EXPECT_EQ(TakeCode(1), Code::kFailedPrecondition);
  ASSERT_TRUE(inbox_.Attach([] {}).ok());
  EXPECT_EQ(inbox_.Attach([] {}).code(), Code::kAlreadyExists);
  ASSERT_TRUE(Reserve(1, 8).ok());
  inbox_.Put(1, Product(4));
  inbox_.Detach();
  EXPECT_TRUE(inbox_.Take(1, Never).ok());  // Here before the source left.
  EXPECT_EQ(TakeCode(2), Code::kUnavailable);
  EXPECT_EQ(inbox_.Attach([] {}).code(), Code::kAlreadyExists);
  inbox_.Close();
  EXPECT_EQ(TakeCode(2), Code::kCancelled);
}

TEST_F(RelayInboxTest, ClosingEndsTheSourcesStreamAndLetsNoOtherIn) {
  int ended = 0;
  ASSERT_TRUE(inbox_.Attach([&] { ++ended; }).ok());
  inbox_.Close();
  EXPECT_EQ(ended, 1);
  RelayInbox unused(kTicket, 100);
  unused.Close();
  EXPECT_EQ(unused.Attach([] {}).code(), Code::kNotFound);
}

TEST_F(RelayInboxTest, WhoeverLeftIsNotCancelled) {
  ASSERT_TRUE(inbox_.Attach([] { ADD_FAILURE() << "the stream is gone"; }).ok());
  inbox_.Detach();
  inbox_.Close();
}

TEST_F(RelayInboxTest, TakeWaitsForThePut) {
  ASSERT_TRUE(inbox_.Attach([] {}).ok());
  std::atomic<bool> asked = false;
  std::thread source([&] {
    while (!asked) std::this_thread::yield();
    EXPECT_TRUE(Reserve(5, 8).ok());
    inbox_.Put(5, Product(50));
  });
  const auto product = inbox_.Take(5, [&] {
    asked = true;
    return false;
  });
  source.join();
  ASSERT_TRUE(product.ok()) << product.status();
  EXPECT_EQ(product->layer, 50u);
}

TEST_F(RelayInboxTest, DetachAndCloseWakeWhoeverWaits) {
  for (const auto& [end, code] : {std::pair{&RelayInbox::Detach, Code::kUnavailable},
                                  std::pair{&RelayInbox::Close, Code::kCancelled}}) {
    RelayInbox inbox(kTicket, 100);
    ASSERT_TRUE(inbox.Attach([] {}).ok());
    std::atomic<bool> asked = false;
    std::thread other([&inbox, &asked, end = end] {
      while (!asked) std::this_thread::yield();
      (inbox.*end)();
    });
    const absl::Status status = inbox
                                    .Take(1,
                                          [&asked] {
                                            asked = true;
                                            return false;
                                          })
                                    .status();
    other.join();
    EXPECT_EQ(status.code(), code) << status;
  }
}

TEST(RelayInboxesTest, AreFoundByTicketWhileTheirSessionLasts) {
  RelayInboxes inboxes;
  auto inbox = inboxes.Add(kTicket, 100);
  ASSERT_NE(inbox, nullptr);
  EXPECT_EQ(inboxes.Add(kTicket, 100), nullptr);
  EXPECT_EQ(inboxes.Find(RelayTicket{9}), nullptr);
  auto found = inboxes.Find(kTicket);
  ASSERT_EQ(found.get(), inbox.get());
  inbox.reset();  // The session's copy: the inbox closes, whoever else has found it.
  EXPECT_EQ(found->Attach([] {}).code(), Code::kNotFound);
  found.reset();
  EXPECT_EQ(inboxes.Find(kTicket), nullptr);
  EXPECT_NE(inboxes.Add(kTicket, 100), nullptr);
}

}  // namespace
}  // namespace sotto
