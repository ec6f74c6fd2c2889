// The sink's end of a relay: products that another accelerator sends to one session of this one,
// kept until the session asks for them.
#ifndef SOTTO_ACCELERATOR_RELAY_INBOX_H_
#define SOTTO_ACCELERATOR_RELAY_INBOX_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

struct RelayedProduct {
  uint32_t layer = 0;
  Matrix<uint32_t> words;  // [rows, n_out]
};

// Thread-safe. Bounded: what does not fit is refused, never waited for, since the client knows the
// limit and the source answers to the client.
class RelayInbox {
 public:
  // Products at once, whatever their size.
  static constexpr size_t kMaxProducts = 64;

  RelayInbox(const RelayTicket& ticket, uint64_t max_bytes)
      : ticket_(ticket), max_bytes_(max_bytes) {}

  uint64_t max_bytes() const { return max_bytes_; }
  // Constant-time.
  bool HasTicket(const RelayTicket& ticket) const;

  // The source's stream. `cancel` makes that stream end; it is called when the inbox closes.
  // ALREADY_EXISTS while (or after) another source is attached.
  absl::Status Attach(std::function<void()> cancel);
  // The source has left: products that are not here yet will not come.
  void Detach();

  // Room for a product that is about to be read: RESOURCE_EXHAUSTED when there is none, given back
  // by Take. INVALID_ARGUMENT for a number that is here already.
  absl::Status Reserve(const RelayHeader& header);
  void Put(uint64_t number, RelayedProduct product);

  // Waits for product `number`; once. `given_up` is asked now and then whether to stop waiting
  // (CANCELLED). UNAVAILABLE when the source has left, FAILED_PRECONDITION when none ever came.
  absl::StatusOr<RelayedProduct> Take(uint64_t number, const std::function<bool()>& given_up);

  // The session is over: ends the source's stream.
  void Close();

 private:
  // REQUIRES: mutex_ held.
  absl::Status WhyNotComing() const;

  const RelayTicket ticket_;
  const uint64_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t bytes_ = 0;
  bool attached_ = false, detached_ = false, closed_ = false;
  std::function<void()> cancel_;           // While attached.
  std::map<uint64_t, uint64_t> reserved_;  // Bytes by number.
  std::map<uint64_t, RelayedProduct> products_;
};

// The inboxes of all sessions. Thread-safe.
class RelayInboxes {
 public:
  // An inbox that is found by its ticket, and closes when the last copy of what is returned goes.
  // Null for a ticket that is in use.
  std::shared_ptr<RelayInbox> Add(const RelayTicket& ticket, uint64_t max_bytes);
  // Null when there is none.
  std::shared_ptr<RelayInbox> Find(const RelayTicket& ticket);

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<RelayInbox>> inboxes_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_RELAY_INBOX_H_
