#include "accelerator/connection_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

// And the time until a failed one is asked for.
constexpr auto kYoung = kHandshakeTimeout + std::chrono::seconds(5);
constexpr size_t kMaxLeavers = 100;
// A network is given to one customer: its hosts are one peer.
constexpr size_t kIpv6PrefixBytes = 8;

std::optional<ino_t> InodeOf(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode)) return std::nullopt;
  return info.st_ino;
}

std::string Ipv6Peer(in6_addr address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, address.s6_addr + 12, text.data(), text.size());
    return text.data();
  }
  if (!IN6_IS_ADDR_LOOPBACK(&address)) {
    std::fill(std::begin(address.s6_addr) + kIpv6PrefixBytes, std::end(address.s6_addr), 0);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

}  // namespace

std::string PeerOfSocket(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  if (address.ss_family == AF_INET6) {
    return Ipv6Peer(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  if (address.ss_family == AF_INET) {
    std::array<char, INET_ADDRSTRLEN> text{};
    const in_addr& ipv4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    inet_ntop(AF_INET, &ipv4, text.data(), text.size());
    return text.data();
  }
  ucred credentials{};
  size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return "unix";
  return StrCat("user ", credentials.uid);
}

bool ConnectionTable::Admit(int fd) {
  const std::optional<ino_t> inode = InodeOf(fd);
  if (!inode) return false;
  const std::string peer = PeerOfSocket(fd);
  std::lock_guard lock(mutex_);
  // Its number was another connection's, which has been closed.
  if (const auto old = open_.find(fd); old != open_.end()) Forget(old);
  if (!HasRoomFor(peer)) ForgetClosed();
  if (!HasRoomFor(peer)) return false;
  open_.emplace(fd, Connection{*inode, peer, Clock::now()});
  ++peers_[peer];
  return true;
}

bool ConnectionTable::HasRoomFor(const std::string& peer) const {
  const auto found = peers_.find(peer);
  const size_t of_peer = found == peers_.end() ? 0 : found->second;
  return open_.size() < limits_.total && of_peer < limits_.per_peer;
}

void ConnectionTable::Forget(std::map<int, Connection>::iterator connection) {
  const auto peer = peers_.find(connection->second.peer);
  // Nobody may ask for them for long.
  if (Clock::now() - connection->second.admitted < kYoung && leavers_.size() < kMaxLeavers) {
    leavers_.insert(connection->second.peer);
  }
  if (--peer->second == 0) peers_.erase(peer);
  open_.erase(connection);
}

size_t ConnectionTable::size() const {
  std::lock_guard lock(mutex_);
  return open_.size();
}

std::set<std::string> ConnectionTable::TakeLeavers() {
  std::lock_guard lock(mutex_);
  ForgetClosed();
  return std::exchange(leavers_, {});
}

void ConnectionTable::ForgetClosed() {
  for (auto next = open_.begin(); next != open_.end();) {
    const auto connection = next++;
    if (InodeOf(connection->first) != connection->second.inode) Forget(connection);
  }
}

}  // namespace sotto
