// What the service remembers of answered requests, for receipts: a bounded number, for a bounded
// time, and no text. TRUSTED: a digest of a text that is easily guessed confirms the guess.
#ifndef SOTTO_TRUSTED_SERVICE_RECEIPT_STORE_H_
#define SOTTO_TRUSTED_SERVICE_RECEIPT_STORE_H_

#include <openssl/crypto.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sotto {

using Sha256Digest = std::array<uint8_t, 32>;

class ServiceIdentity;

struct ReceiptRecord {
  // Whom the request was made to, whose key signs; kept as long as the record.
  std::shared_ptr<const ServiceIdentity> identity = {};
  std::string receipt_id = {};
  std::string chat_id = {};   // What the answer calls itself; empty: nothing.
  std::string endpoint = {};  // "/v1/completions"
  bool names_model = false;   // The request does.
  size_t owner = 0;           // Whose key asked (ApiKeys::OwnerOf); 0: nobody's.
  int64_t served_at = 0;      // Seconds since 1970.
  uint64_t prompts = 0, tokens = 0;
  uint64_t exchanges_verified = 0;  // With accelerators, of the passes that computed it.
  Sha256Digest request_sha256 = {}, response_sha256 = {};

  ReceiptRecord() = default;
  ReceiptRecord(const ReceiptRecord&) = default;
  ReceiptRecord& operator=(const ReceiptRecord&) = default;
  ~ReceiptRecord() {
    OPENSSL_cleanse(request_sha256.data(), request_sha256.size());
    OPENSSL_cleanse(response_sha256.data(), response_sha256.size());
  }
};

// Thread-safe. Takes about half a kilobyte a record.
class ReceiptStore {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    size_t records = 16384;  // One more takes the place of the oldest.
    std::chrono::steady_clock::duration age = std::chrono::hours(1);
  };

  explicit ReceiptStore(const Limits& limits) : limits_(limits) {}

  // Both wipe those that are too old.
  void Put(const ReceiptRecord& record, Time now);
  // By either id; nullopt for one that is unknown, too old, or another owner's.
  std::optional<ReceiptRecord> Find(std::string_view id, size_t owner, Time now);
  size_t size() const;

 private:
  struct Kept {
    ReceiptRecord record;
    Time put;
  };

  void DropOldest();
  void DropOld(Time now);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::list<Kept> kept_;  // The oldest first.
  // The keys are of the records.
  std::unordered_map<std::string_view, const ReceiptRecord*> by_id_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RECEIPT_STORE_H_
