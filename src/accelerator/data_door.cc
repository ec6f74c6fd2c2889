#include "accelerator/data_door.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sotto {

DataDoor::Place::Place(DataDoor& door) : door_(door) {
  std::lock_guard lock(door_.mutex_);
  door_.expected_.emplace(ticket_, Descriptor());
}

DataDoor::Place::~Place() {
  std::lock_guard lock(door_.mutex_);
  door_.expected_.erase(ticket_);
}

Descriptor DataDoor::Place::Take() {
  std::lock_guard lock(door_.mutex_);
  const auto place = door_.expected_.find(ticket_);
  if (place == door_.expected_.end()) return {};
  Descriptor connection = std::move(place->second);
  door_.expected_.erase(place);
  return connection;
}

bool DataDoor::IsData(int connection) {
  std::array<char, kHailBegin.size()> first{};
  const ssize_t size = recv(connection, first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
  return size == static_cast<ssize_t>(first.size()) &&
         std::equal(first.begin(), first.end(), kHailBegin.begin());
}

void DataDoor::Enter(Descriptor connection) {
  std::array<uint8_t, kHailBytes> hail{};
  const ssize_t size = recv(connection.get(), hail.data(), hail.size(), MSG_DONTWAIT);
  if (size != static_cast<ssize_t>(hail.size())) return;
  const absl::StatusOr<DataTicket> ticket = DecodeHail(hail);
  if (!ticket.ok()) return;
  std::lock_guard lock(mutex_);
  const auto place = expected_.find(*ticket);
  if (place == expected_.end() || place->second.ok()) return;
  // A new connection has room for it.
  if (send(connection.get(), hail.data(), hail.size(), MSG_NOSIGNAL | MSG_DONTWAIT) != size) return;
  place->second = std::move(connection);
}

}  // namespace sotto
