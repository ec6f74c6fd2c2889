#include "accelerator/relay_inbox.h"

#include <openssl/crypto.h>

#include <chrono>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

// How often a thread that waits for a product looks whether its client is still there.
constexpr std::chrono::milliseconds kClientLook{50};

}  // namespace

bool RelayInbox::HasTicket(const RelayTicket& ticket) const {
  return CRYPTO_memcmp(ticket.data(), ticket_.data(), ticket.size()) == 0;
}

absl::Status RelayInbox::Attach(std::function<void()> cancel) {
  std::lock_guard lock(mutex_);
  if (attached_) return absl::AlreadyExistsError("this relay already has a source");
  if (closed_) return absl::NotFoundError("this relay's session has ended");
  attached_ = true;
  cancel_ = std::move(cancel);
  return absl::OkStatus();
}

void RelayInbox::Detach() {
  std::lock_guard lock(mutex_);
  detached_ = true;
  cancel_ = nullptr;
  changed_.notify_all();
}

absl::Status RelayInbox::Reserve(const RelayHeader& header) {
  std::lock_guard lock(mutex_);
  if (reserved_.size() >= kMaxProducts || header.payload_bytes > max_bytes_ - bytes_) {
    return absl::ResourceExhaustedError(StrCat("no room for a relayed product of ",
                                               header.payload_bytes, " bytes beside ", bytes_,
                                               " already waiting"));
  }
  if (!reserved_.emplace(header.number, header.payload_bytes).second) {
    return absl::InvalidArgumentError(StrCat("relayed product ", header.number, " was sent twice"));
  }
  bytes_ += header.payload_bytes;
  return absl::OkStatus();
}

void RelayInbox::Put(uint64_t number, RelayedProduct product) {
  std::lock_guard lock(mutex_);
  products_.emplace(number, std::move(product));
  changed_.notify_all();
}

absl::Status RelayInbox::WhyNotComing() const {
  if (closed_) return absl::CancelledError("the session has ended");
  if (detached_) return absl::UnavailableError("the relay's source disconnected");
  if (!attached_) return absl::FailedPreconditionError("the relay's source has not connected");
  return absl::OkStatus();
}

absl::StatusOr<RelayedProduct> RelayInbox::Take(uint64_t number,
                                                const std::function<bool()>& given_up) {
  std::unique_lock lock(mutex_);
  for (auto found = products_.find(number);; found = products_.find(number)) {
    if (found != products_.end()) {
      RelayedProduct product = std::move(found->second);
      products_.erase(found);
      bytes_ -= reserved_.extract(number).mapped();
      return product;
    }
    SOTTO_RETURN_IF_ERROR(WhyNotComing());
    if (given_up()) return absl::CancelledError("the client disconnected");
    changed_.wait_for(lock, kClientLook);
  }
}

void RelayInbox::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  if (cancel_) cancel_();
  changed_.notify_all();
}

std::shared_ptr<RelayInbox> RelayInboxes::Add(const RelayTicket& ticket, uint64_t max_bytes) {
  if (Find(ticket) != nullptr) return nullptr;
  auto inbox = std::make_shared<RelayInbox>(ticket, max_bytes);
  std::lock_guard lock(mutex_);
  std::erase_if(inboxes_, [](const auto& old) { return old.expired(); });
  inboxes_.push_back(inbox);
  return {inbox.get(), [inbox](RelayInbox*) { inbox->Close(); }};
}

std::shared_ptr<RelayInbox> RelayInboxes::Find(const RelayTicket& ticket) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<RelayInbox> found;
  for (const std::weak_ptr<RelayInbox>& weak : inboxes_) {
    std::shared_ptr<RelayInbox> inbox = weak.lock();
    if (inbox != nullptr && inbox->HasTicket(ticket)) found = std::move(inbox);
  }
  return found;
}

}  // namespace sotto
