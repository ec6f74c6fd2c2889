#include "trusted/service/receipt_store.h"

namespace sotto {

void ReceiptStore::Put(const ReceiptRecord& record, Time now) {
  const std::lock_guard lock(mutex_);
  DropOld(now);
  if (limits_.records == 0) return;
  if (kept_.size() == limits_.records) DropOldest();
  const ReceiptRecord& kept = kept_.emplace_back(Kept{record, now}).record;
  by_id_[kept.receipt_id] = &kept;
  if (!kept.chat_id.empty()) by_id_[kept.chat_id] = &kept;
}

std::optional<ReceiptRecord> ReceiptStore::Find(std::string_view id, size_t owner, Time now) {
  const std::lock_guard lock(mutex_);
  DropOld(now);
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->owner != owner) return std::nullopt;
  return *found->second;
}

size_t ReceiptStore::size() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

void ReceiptStore::DropOldest() {
  const ReceiptRecord& oldest = kept_.front().record;
  by_id_.erase(oldest.receipt_id);
  if (!oldest.chat_id.empty()) by_id_.erase(oldest.chat_id);
  kept_.pop_front();
}

void ReceiptStore::DropOld(Time now) {
  while (!kept_.empty() && now - kept_.front().put > limits_.age) DropOldest();
}

}  // namespace sotto
