// A data plane through a stream socket of its own: TCP, or a Unix socket where the endpoint is one.
// The same for both sides. Large writes and reads through one buffer each way; no spinning.
#ifndef SOTTO_PROTOCOL_SOCKET_PIPE_H_
#define SOTTO_PROTOCOL_SOCKET_PIPE_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "protocol/byte_pipe.h"

namespace sotto {

// How a data connection begins: a client sends the hail with the ticket that its session was given,
// and the server, when a session waits for that ticket, sends the same back. Neither TLS nor HTTP/2
// begins like it, so data connections come to the port that gRPC's come to.
inline constexpr size_t kHailBytes = 64;
inline constexpr std::string_view kHailBegin = "SOTTODAT";
inline constexpr size_t kDataTicketBytes = 16;
using DataTicket = std::array<uint8_t, kDataTicketBytes>;
DataTicket DrawDataTicket();  // From the system's random source.
std::array<uint8_t, kHailBytes> EncodeHail(const DataTicket& ticket);
// INVALID_ARGUMENT for anything but a hail.
absl::StatusOr<DataTicket> DecodeHail(std::span<const uint8_t, kHailBytes> hail);

// The client's: connects, sends the hail and waits for the answer. UNAVAILABLE, with the reason,
// when there is no connection that the server takes by `deadline`.
absl::StatusOr<Descriptor> OpenDataConnection(const std::string& endpoint, const DataTicket& ticket,
                                              std::chrono::steady_clock::time_point deadline);

class SocketPipe final : public BytePipe {
 public:
  // A connected stream socket, hails done.
  explicit SocketPipe(Descriptor socket);

  absl::Status Write(std::span<const uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) override;
  absl::Status Flush(PipeWait wait) override;
  absl::StatusOr<bool> HasData() override;
  absl::Status Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) override;
  uint64_t bytes_read() const override { return read_; }
  bool Pause(For what, Poller::Wait& pause) override;
  void AwaitData(Clock::time_point until) override;
  void Stop() override;

 private:
  // Takes what is there into the input buffer, which holds less than a unit. Whether it has one
  // now.
  absl::StatusOr<bool> Receive();
  // Waits until the socket is ready for one of `events`, `until` at the latest.
  void Poll(int events, Clock::time_point until) const;
  // Bytes that are received and not read, in units: pieces of any size come through a socket.
  size_t whole_units() const { return (in_end_ - in_begin_) / kPipeUnit * kPipeUnit; }

  const Descriptor socket_;
  std::atomic<bool> stopped_{false};
  std::vector<uint8_t> out_;  // What is to be sent: out_used_ bytes.
  size_t out_used_ = 0;
  std::vector<std::span<uint8_t>> unencrypted_;  // Of out_: may hold seeds, and is wiped when sent.
  uint64_t written_ = 0;                         // Since the start, padding included.
  std::vector<uint8_t> in_;
  size_t in_begin_ = 0, in_end_ = 0;  // Of in_: received and not read.
  uint64_t read_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_SOCKET_PIPE_H_
