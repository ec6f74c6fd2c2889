#include "protocol/socket_pipe.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "protocol/tcp_connect.h"

namespace sotto {
namespace {

using Clock = BytePipe::Clock;

// Written and read at once: few calls, and what was just encrypted is still in the second-level
// cache when the kernel copies it.
constexpr size_t kBufferBytes = size_t{256} << 10;
// A look at the clock and at who stopped, in the middle of a message.
constexpr std::chrono::milliseconds kLongestPoll{50};
constexpr int kHourMs = 3'600'000;
constexpr int kKeepaliveSeconds = 20;

absl::Status Gone(std::string_view why) {
  return absl::UnavailableError(StrCat("the data connection is gone: ", why));
}

bool MustWait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// A Unix socket has none of these, nor has every TEE: none is needed for anything to be right.
void SetTcpOptions(int socket) {
  const auto set = [&](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  // What lies between forgets a connection that is silent; a peer may vanish without a word.
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveSeconds / 2);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

absl::Status SendHail(int socket, const std::array<uint8_t, kHailBytes>& hail) {
  const ssize_t sent = send(socket, hail.data(), hail.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(hail.size()) ? absl::OkStatus() : Gone(std::strerror(errno));
}

}  // namespace

DataTicket DrawDataTicket() {
  DataTicket ticket;
  SOTTO_CHECK(RAND_bytes(ticket.data(), static_cast<int>(ticket.size())) == 1);
  return ticket;
}

std::array<uint8_t, kHailBytes> EncodeHail(const DataTicket& ticket) {
  std::array<uint8_t, kHailBytes> hail{};
  std::copy(kHailBegin.begin(), kHailBegin.end(), hail.begin());
  std::copy(ticket.begin(), ticket.end(), hail.begin() + kHailBegin.size());
  return hail;
}

absl::StatusOr<DataTicket> DecodeHail(std::span<const uint8_t, kHailBytes> hail) {
  DataTicket ticket;
  std::copy_n(hail.begin() + kHailBegin.size(), ticket.size(), ticket.begin());
  const auto whole = EncodeHail(ticket);
  if (std::equal(whole.begin(), whole.end(), hail.begin())) return ticket;
  return absl::InvalidArgumentError("no data connection begins like this");
}

absl::StatusOr<Descriptor> OpenDataConnection(const std::string& endpoint, const DataTicket& ticket,
                                              Clock::time_point deadline) {
  SOTTO_ASSIGN_OR_RETURN(Descriptor socket, ConnectTo(endpoint, deadline, kLongestPoll));
  const auto hail = EncodeHail(ticket);
  SOTTO_RETURN_IF_ERROR(SendHail(socket.get(), hail));
  std::array<uint8_t, kHailBytes> answer{};
  size_t received = 0;
  // Whoever answers byte by byte gets no more time for it. MSG_WAITALL is not everywhere: Gramine
  // lacks it.
  while (received < answer.size() && Clock::now() < deadline) {
    const ssize_t size = recv(socket.get(), answer.data() + received, answer.size() - received, 0);
    if (size == 0 || (size < 0 && !MustWait())) break;
    received += static_cast<size_t>(std::max<ssize_t>(size, 0));
  }
  if (received < answer.size() || answer != hail) return Gone("the server did not take it");
  return socket;
}

SocketPipe::SocketPipe(Descriptor socket)
    : socket_(std::move(socket)), out_(kBufferBytes), in_(kBufferBytes) {
  const int flags = fcntl(socket_.get(), F_GETFL);
  SOTTO_CHECK(flags >= 0 && fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK) == 0);
  SetTcpOptions(socket_.get());
}

absl::Status SocketPipe::Write(std::span<const uint8_t> bytes, PayloadCipher* cipher,
                               PipeWait wait) {
  while (!bytes.empty()) {
    if (out_used_ == out_.size()) SOTTO_RETURN_IF_ERROR(Flush(wait));
    const size_t size = std::min(bytes.size(), out_.size() - out_used_);
    uint8_t* const to = out_.data() + out_used_;
    CopyThrough(written_, bytes.data(), to, size, cipher);
    if (cipher == nullptr) unencrypted_.push_back({to, size});
    const size_t padded = PaddedSize(size);  // The buffer's size and its use are whole units.
    std::memset(to + size, 0, padded - size);
    out_used_ += padded;
    written_ += padded;
    bytes = bytes.subspan(size);
  }
  return absl::OkStatus();
}

absl::Status SocketPipe::Flush(PipeWait wait) {
  size_t sent = 0;
  while (sent < out_used_) {
    const ssize_t size =
        send(socket_.get(), out_.data() + sent, out_used_ - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      sent += static_cast<size_t>(size);
    } else if (MustWait()) {
      SOTTO_RETURN_IF_ERROR(wait());
    } else {
      return Gone(std::strerror(errno));
    }
  }
  for (const std::span<uint8_t> part : unencrypted_) OPENSSL_cleanse(part.data(), part.size());
  unencrypted_.clear();
  out_used_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<bool> SocketPipe::Receive() {
  std::copy(in_.begin() + in_begin_, in_.begin() + in_end_, in_.begin());
  in_end_ -= std::exchange(in_begin_, 0);
  const ssize_t size =
      recv(socket_.get(), in_.data() + in_end_, in_.size() - in_end_, MSG_DONTWAIT);
  if (size == 0) return Gone("the peer closed it");
  if (size > 0) {
    in_end_ += static_cast<size_t>(size);
  } else if (!MustWait()) {
    return Gone(std::strerror(errno));
  }
  return whole_units() > 0;
}

absl::StatusOr<bool> SocketPipe::HasData() {
  if (whole_units() > 0) return true;
  return Receive();
}

absl::Status SocketPipe::Read(std::span<uint8_t> bytes, PayloadCipher* cipher, PipeWait wait) {
  size_t left = PaddedSize(bytes.size());
  while (left > 0) {
    SOTTO_ASSIGN_OR_RETURN(const bool has_data, HasData());
    if (!has_data) {
      SOTTO_RETURN_IF_ERROR(wait());
      continue;
    }
    const size_t taken = std::min(left, whole_units());
    const size_t size = std::min(taken, bytes.size());
    CopyThrough(read_, in_.data() + in_begin_, bytes.data(), size, cipher);
    bytes = bytes.subspan(size);
    in_begin_ += taken;
    read_ += taken;
    left -= taken;
  }
  return absl::OkStatus();
}

void SocketPipe::Poll(int events, Clock::time_point until) const {
  const Clock::time_point now = Clock::now();
  if (until <= now) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      std::min<Clock::duration>(until - now, std::chrono::milliseconds(kHourMs)));
  pollfd wait{.fd = socket_.get(), .events = 0, .revents = 0};
  wait.events = static_cast<decltype(wait.events)>(events);
  poll(&wait, 1, static_cast<int>(left.count()));
}

bool SocketPipe::Pause(For what, Poller::Wait&) {
  const int events = (what == For::kWriting ? 0 : POLLIN) | (what == For::kReading ? 0 : POLLOUT);
  if (!stopped_) Poll(events, Clock::now() + kLongestPoll);
  return true;
}

void SocketPipe::AwaitData(Clock::time_point until) {
  if (whole_units() == 0 && !stopped_) Poll(POLLIN, until);
}

void SocketPipe::Stop() {
  stopped_ = true;
  shutdown(socket_.get(), SHUT_RDWR);  // Which ends every poll of it.
}

}  // namespace sotto
