#include "accelerator/metrics_http.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <string_view>
#include <utility>

#include "accelerator/metrics_request.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr timeval kReaderPatience{.tv_sec = 2, .tv_usec = 0};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsHttp>> MetricsHttp::Start(const std::string& address,
                                                                std::function<std::string()> text) {
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ListenSockets> sockets,
                         ListenSockets::Open("metrics", address));
  if (sockets->port() == 0) return absl::InvalidArgumentError("metrics: must be HOST:PORT");
  return std::unique_ptr<MetricsHttp>(new MetricsHttp(std::move(sockets), std::move(text)));
}

MetricsHttp::MetricsHttp(std::unique_ptr<ListenSockets> sockets, std::function<std::string()> text)
    : text_(std::move(text)),
      loop_(std::move(sockets),
            {.take = [this](const Descriptor& connection, int) { Answer(connection.get()); }}) {}

void MetricsHttp::Answer(int connection) const {
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kReaderPatience, sizeof(kReaderPatience));
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kReaderPatience, sizeof(kReaderPatience));
  std::array<char, 2048> request;  // The first line is all that matters.
  const ssize_t size = recv(connection, request.data(), request.size(), 0);
  if (size <= 0) return;
  const std::string answer =
      AnswerMetricsRequest({request.data(), static_cast<size_t>(size)}, text_);
  for (size_t sent = 0; sent < answer.size();) {
    const ssize_t n = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

}  // namespace sotto
