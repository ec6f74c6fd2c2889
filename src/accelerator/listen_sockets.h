// The sockets that listen at an endpoint. Made here and not by gRPC, whose listener is dead for
// good after one failed accept(2), takes over a Unix socket that another server is using, and does
// not say why it cannot listen.
#ifndef SOTTO_ACCELERATOR_LISTEN_SOCKETS_H_
#define SOTTO_ACCELERATOR_LISTEN_SOCKETS_H_

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

class ListenSockets {
 public:
  // Listens at HOST:PORT (every address of the host, one port for all; port 0: any) or unix:PATH. A
  // Unix socket that a server has left behind is replaced; one that somebody listens on, or a file
  // that is no socket, is not. INVALID_ARGUMENT for an endpoint that cannot be, UNAVAILABLE when it
  // cannot be had: both begin with `option` and name the endpoint, and say why.
  static absl::StatusOr<std::unique_ptr<ListenSockets>> Open(const std::string& option,
                                                             const std::string& endpoint);
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;
  // Removes the Unix socket's file, if it is still the one made here.
  ~ListenSockets();

  // Non-blocking; at least one.
  const std::vector<Descriptor>& fds() const { return fds_; }
  // "HOST:PORT" with the port in use, or "unix:PATH".
  const std::string& address() const { return address_; }
  int port() const { return port_; }  // 0 for a Unix socket.

 private:
  ListenSockets() = default;
  absl::Status OpenTcp(const std::string& endpoint);
  absl::Status OpenUnix(const std::string& path);

  std::vector<Descriptor> fds_;
  std::string address_, unix_path_;
  int port_ = 0;
  struct stat made_ {};  // The Unix socket's file.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_LISTEN_SOCKETS_H_
