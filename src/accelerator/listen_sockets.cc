#include "accelerator/listen_sockets.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/strings.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

constexpr int kBacklog = 128;
// With port 0 the first address's port must be free at the others too.
constexpr int kPortAttempts = 16;

absl::Status Why(int error) { return absl::UnavailableError(std::strerror(error)); }

Descriptor Socket(int family) {
  return Descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// An address that this host does not have, as a name may have beside one that it does.
bool NotHere(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(const std::string& endpoint) {
  const size_t colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), endpoint.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(gai_strerror(error));
  return Addresses(found, freeaddrinfo);
}

// With errno set when not ok().
Descriptor ListenAt(const addrinfo& info, int port) {
  sockaddr_storage address{};
  std::memcpy(&address, info.ai_addr, info.ai_addrlen);
  if (port != 0) {
    auto& word = info.ai_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                            : reinterpret_cast<sockaddr_in&>(address).sin_port;
    word = htons(static_cast<uint16_t>(port));
  }
  Descriptor fd = Socket(info.ai_family);
  if (!fd.ok()) return fd;
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // Connections inherit it.
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), info.ai_addrlen) == 0 &&
      listen(fd.get(), kBacklog) == 0) {
    return fd;
  }
  const int error = errno;
  fd.Reset();
  errno = error;
  return fd;
}

// Files of hosts may name an address twice.
bool IsRepeated(const addrinfo& info, const addrinfo* list) {
  for (; list != &info; list = list->ai_next) {
    if (list->ai_addrlen == info.ai_addrlen &&
        std::memcmp(list->ai_addr, info.ai_addr, info.ai_addrlen) == 0) {
      return true;
    }
  }
  return false;
}

// One socket for each address of the list that is this host's, with one port for all; else errno.
std::vector<Descriptor> ListenAtAll(const addrinfo* list) {
  std::vector<Descriptor> fds;
  int port = 0, not_here = 0;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (IsRepeated(*info, list)) continue;
    Descriptor fd = ListenAt(*info, port);
    if (fd.ok()) {
      port = PortOf(fd.get());
      fds.push_back(std::move(fd));
    } else if (NotHere(errno)) {
      not_here = errno;
    } else {
      const int error = errno;
      fds.clear();
      errno = error;
      return fds;
    }
  }
  if (fds.empty()) errno = not_here;
  return fds;
}

absl::StatusOr<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return Why(ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Held while a socket's file is looked at and replaced: of two servers that start at once, one is
// the first. Lies on the directory, so that nothing is left behind.
Descriptor LockDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  Descriptor fd(open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.ok()) flock(fd.get(), LOCK_EX);
  return fd;
}

// OK when nothing is at `path`, any longer.
absl::Status RemoveStale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return errno == ENOENT ? absl::OkStatus() : Why(errno);
  if (!S_ISSOCK(info.st_mode))
    return absl::UnavailableError("a file that is not a socket is there");
  const Descriptor probe = Socket(AF_UNIX);
  if (!probe.ok()) return Why(errno);
  const auto* const target = reinterpret_cast<const sockaddr*>(&address);
  // EAGAIN: whoever listens has a full queue. Only nobody refuses.
  if (connect(probe.get(), target, sizeof(address)) == 0 || errno != ECONNREFUSED) {
    return absl::UnavailableError("already in use by another server");
  }
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : Why(errno);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ListenSockets>> ListenSockets::Open(const std::string& option,
                                                                   const std::string& endpoint) {
  if (const absl::Status status = CheckEndpoint(endpoint, /*for_listening=*/true); !status.ok()) {
    return absl::InvalidArgumentError(StrCat(option, ": ", ToStd(status.message())));
  }
  std::unique_ptr<ListenSockets> sockets(new ListenSockets);
  const absl::Status status = endpoint.starts_with(kUnixPrefix)
                                  ? sockets->OpenUnix(endpoint.substr(kUnixPrefix.size()))
                                  : sockets->OpenTcp(endpoint);
  if (status.ok()) return sockets;
  return absl::Status(status.code(), ToAbsl(StrCat(option, ": cannot listen on ", endpoint, ": ",
                                                   ToStd(status.message()))));
}

absl::Status ListenSockets::OpenTcp(const std::string& endpoint) {
  SOTTO_ASSIGN_OR_RETURN(const Addresses addresses, Resolve(endpoint));
  const bool any_port = endpoint.ends_with(":0");
  for (int left = any_port ? kPortAttempts : 1; left > 0 && fds_.empty(); --left) {
    fds_ = ListenAtAll(addresses.get());
  }
  if (fds_.empty()) return Why(errno);
  port_ = PortOf(fds_.front().get());
  address_ = StrCat(endpoint.substr(0, endpoint.rfind(':')), ":", port_);
  return absl::OkStatus();
}

absl::Status ListenSockets::OpenUnix(const std::string& path) {
  // gRPC's clients read these as parts of a URI.
  if (path.find_first_of("%?#") != std::string::npos) {
    return absl::InvalidArgumentError("the path must not contain %, ? or #");
  }
  SOTTO_ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  const Descriptor lock = LockDirectoryOf(path);
  SOTTO_RETURN_IF_ERROR(RemoveStale(path, address));
  Descriptor fd = Socket(AF_UNIX);
  if (!fd.ok() ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Why(errno);
  }
  unix_path_ = path;
  if (lstat(path.c_str(), &made_) != 0 || listen(fd.get(), kBacklog) != 0) return Why(errno);
  fds_.push_back(std::move(fd));
  address_ = StrCat(kUnixPrefix, path);
  return absl::OkStatus();
}

ListenSockets::~ListenSockets() {
  if (unix_path_.empty()) return;
  const Descriptor lock = LockDirectoryOf(unix_path_);
  struct stat info {};
  if (lstat(unix_path_.c_str(), &info) == 0 && info.st_dev == made_.st_dev &&
      info.st_ino == made_.st_ino) {
    unlink(unix_path_.c_str());
  }
}

}  // namespace sotto
