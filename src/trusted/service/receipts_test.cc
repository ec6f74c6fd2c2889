#include "trusted/service/receipts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "attest/keyset.h"
#include "base/strings.h"
#include "sotto/receipt.h"
#include "trusted/identity/receipt_events.h"
#include "trusted/service/api_keys.h"

namespace sotto {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ReceiptStore::Time kStart{};

ReceiptRecord RecordOf(size_t number, size_t owner = 0) {
  ReceiptRecord record;
  record.receipt_id = StrCat("rcpt-", number);
  record.chat_id = StrCat("cmpl-", number);
  record.owner = owner;
  record.tokens = number;
  return record;
}

TEST(ReceiptStoreTest, FindsByEitherId) {
  ReceiptStore store({});
  store.Put(RecordOf(7), kStart);
  for (const char* id : {"rcpt-7", "cmpl-7"}) {
    const auto found = store.Find(id, 0, kStart);
    ASSERT_TRUE(found.has_value()) << id;
    EXPECT_EQ(found->tokens, 7u);
  }
  for (const char* id : {"", "rcpt-", "rcpt-70", "RCPT-7"}) {
    EXPECT_FALSE(store.Find(id, 0, kStart).has_value()) << id;
  }
}

TEST(ReceiptStoreTest, AnAnswerWithoutAnIdHasOne) {
  ReceiptStore store({});
  ReceiptRecord record = RecordOf(7);
  record.chat_id.clear();
  store.Put(record, kStart);
  EXPECT_TRUE(store.Find("rcpt-7", 0, kStart).has_value());
  EXPECT_FALSE(store.Find("", 0, kStart).has_value());
}

TEST(ReceiptStoreTest, AnotherOwnersIsNotFound) {
  ReceiptStore store({});
  store.Put(RecordOf(7, 2), kStart);
  EXPECT_TRUE(store.Find("rcpt-7", 2, kStart).has_value());
  for (const size_t owner : {0, 1, 3}) {
    EXPECT_FALSE(store.Find("rcpt-7", owner, kStart).has_value()) << owner;
    EXPECT_FALSE(store.Find("cmpl-7", owner, kStart).has_value()) << owner;
  }
}

TEST(ReceiptStoreTest, TheOldestGoesWhereThereAreTooMany) {
  ReceiptStore store({.records = 3});
  for (size_t i = 0; i < 1000; ++i) {
    store.Put(RecordOf(i), kStart);
    EXPECT_EQ(store.size(), std::min<size_t>(i + 1, 3));
    if (i < 3) continue;
    EXPECT_FALSE(store.Find(StrCat("rcpt-", i - 3), 0, kStart).has_value());
    EXPECT_FALSE(store.Find(StrCat("cmpl-", i - 3), 0, kStart).has_value());
    EXPECT_TRUE(store.Find(StrCat("rcpt-", i - 2), 0, kStart).has_value());
  }
  ReceiptStore none({.records = 0});
  none.Put(RecordOf(1), kStart);
  EXPECT_EQ(none.size(), 0u);
}

TEST(ReceiptStoreTest, AgeEndsThem) {
  ReceiptStore store({.age = seconds(10)});
  store.Put(RecordOf(1), kStart);
  store.Put(RecordOf(2), kStart + seconds(5));
  EXPECT_TRUE(store.Find("rcpt-1", 0, kStart + seconds(10)).has_value());
  EXPECT_FALSE(store.Find("rcpt-1", 0, kStart + seconds(11)).has_value());
  EXPECT_TRUE(store.Find("rcpt-2", 0, kStart + seconds(11)).has_value());
  EXPECT_EQ(store.size(), 1u);
  store.Put(RecordOf(3), kStart + seconds(16));
  EXPECT_EQ(store.size(), 1u);
}

ProtectionFacts Facts() { return {.platform = "none", .precision = "f32"}; }

std::vector<nlohmann::json> AboutService() {
  return {ModelEvent({.model = "a", .config = "b", .weights = "c"}), ProtectionEvent(Facts())};
}

class ReceiptsTest : public testing::Test {
 protected:
  std::shared_ptr<const ServiceIdentity> identity_ =
      std::make_shared<const ServiceIdentity>(*ServiceIdentity::Make({.not_after = 4'000'000'000}));
  Receipts receipts_{AboutService(), "the-model", {}};

  std::string KeysetText() const { return identity_->keyset().json().dump(); }
  // Keeps one; its id.
  std::string Keep(ReceiptRecord record, std::string_view answer) {
    HttpResponse response;
    response.body = SecretString(answer);
    receipts_.Keep(std::move(record), response);
    EXPECT_EQ(response.headers.size(), 1u);
    EXPECT_EQ(response.headers[0].first, "X-Receipt-Id");
    return response.headers[0].second;
  }
};

TEST_F(ReceiptsTest, OneIsOfItsBodiesAndEvents) {
  ReceiptRecord record = Receipts::Begin(identity_, "/v1/completions", "question");
  record.chat_id = "cmpl-1";
  record.names_model = true;
  record.prompts = 2;
  record.tokens = 17;
  record.exchanges_verified = 5;
  const std::string id = Keep(record, "answer");
  const auto text = receipts_.Find(id, 0);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*receipts_.Find("cmpl-1", 0), *text);
  const auto verdict =
      VerifyReceipt(*text, KeysetText(), {.request_body = "question", .response_body = "answer"});
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_THAT(verdict->reasons, IsEmpty());
  EXPECT_EQ(verdict->receipt_id, id);
  EXPECT_EQ(verdict->model, "the-model");
  EXPECT_EQ(verdict->endpoint, "/v1/completions");
  EXPECT_THAT(verdict->events, ElementsAre("request.received", "request.forwarded", "sotto.model",
                                           "sotto.protection", "sotto.usage", "response.returned"));
  const nlohmann::json parsed = nlohmann::json::parse(*text);
  EXPECT_EQ(parsed["chat_id"], "cmpl-1");
  EXPECT_EQ(
      parsed["event_log"][4],
      (nlohmann::json{
          {"type", "sotto.usage"}, {"prompts", 2}, {"tokens", 17}, {"exchanges_verified", 5}}));
  const auto altered =
      VerifyReceipt(*text, KeysetText(), {.request_body = "Question", .response_body = "answer "});
  ASSERT_TRUE(altered.ok());
  ASSERT_EQ(altered->reasons.size(), 2u);
}

TEST_F(ReceiptsTest, ALaterIdentitySignsNothingOfBefore) {
  const std::string keyset = KeysetText();
  const std::string id = Keep(Receipts::Begin(identity_, "/v1/score", "a"), "b");
  identity_ =
      std::make_shared<const ServiceIdentity>(*ServiceIdentity::Make({.not_after = 4'000'000'000}));
  EXPECT_EQ(VerifyReceipt(*receipts_.Find(id, 0), keyset)->reasons.size(), 0u);
  const std::string later = Keep(Receipts::Begin(identity_, "/v1/score", "a"), "b");
  EXPECT_EQ(VerifyReceipt(*receipts_.Find(later, 0), KeysetText())->reasons.size(), 0u);
}

TEST_F(ReceiptsTest, WhatWasNotNamedIsNull) {
  const std::string id = Keep(Receipts::Begin(identity_, "/v1/embeddings", ""), "");
  const auto text = receipts_.Find(id, 0);
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json parsed = nlohmann::json::parse(*text);
  EXPECT_TRUE(parsed["chat_id"].is_null());
  EXPECT_TRUE(parsed["model"].is_null());
  EXPECT_EQ(VerifyReceipt(*text, KeysetText())->reasons.size(), 0u);
}

TEST_F(ReceiptsTest, IdsDoNotRepeatAndStrangersFindNone) {
  ReceiptRecord record = Receipts::Begin(identity_, "/v1/score", "a");
  record.owner = 1;
  const std::string id = Keep(record, "b");
  EXPECT_NE(Keep(Receipts::Begin(identity_, "/v1/score", "a"), "b"), id);
  EXPECT_TRUE(receipts_.Find(id, 1).ok());
  EXPECT_TRUE(absl::IsNotFound(receipts_.Find(id, 2).status()));
  EXPECT_TRUE(absl::IsNotFound(receipts_.Find("rcpt-0", 1).status()));
}

TEST(ApiKeysTest, EachKeyHasItsNumber) {
  const std::string a(16, 'a'), b(16, 'b'), c(16, 'c');
  const auto keys = ApiKeys::Parse(StrCat(a, "\n", b, "\n", a, "\n"));
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->OwnerOf("Bearer " + a), 1u);
  EXPECT_EQ(keys->OwnerOf("bearer  " + b), 2u);
  EXPECT_EQ(keys->OwnerOf("Bearer " + c), std::nullopt);
  EXPECT_EQ(keys->OwnerOf(""), std::nullopt);
  EXPECT_EQ(ApiKeys().OwnerOf(""), 0u);
}

}  // namespace
}  // namespace sotto
