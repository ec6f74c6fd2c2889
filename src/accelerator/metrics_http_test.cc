#include "accelerator/metrics_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/no_descriptors.h"

namespace sotto {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class MetricsHttpTest : public testing::Test {
 protected:
  // All that the server answers to these bytes.
  std::string Answer(std::string_view request) const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(http_->port()));
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    shutdown(fd, SHUT_WR);
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    return answer;
  }

  int scrapes_ = 0;
  const std::unique_ptr<MetricsHttp> http_ =
      *MetricsHttp::Start("127.0.0.1:0", [this] { return StrCat("scrapes ", ++scrapes_, "\n"); });
};

TEST_F(MetricsHttpTest, AnswersEachScrapeWithTheTextOfTheMoment) {
  for (int i = 1; i <= 3; ++i) {
    const std::string answer = Answer("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 10\r\n"));
    EXPECT_THAT(answer, EndsWith(StrCat("\r\n\r\nscrapes ", i, "\n")));
  }
}

TEST_F(MetricsHttpTest, AQueryDoesNotMatter) {
  EXPECT_THAT(Answer("GET /metrics?a=b HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.0 200 OK"));
}

TEST_F(MetricsHttpTest, NothingElseIsThere) {
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("GET /metricsx HTTP/1.1\r\n\r\n"),
        std::string("POST /metrics HTTP/1.1\r\n\r\n"), std::string("GET /metrics"),
        std::string("\0\xff\n", 3)}) {
    EXPECT_THAT(Answer(request), StartsWith("HTTP/1.0 404 Not Found\r\n"));
  }
  EXPECT_EQ(scrapes_, 0);
}

TEST_F(MetricsHttpTest, WhoeverSaysNothingIsAnsweredNothingAndKeepsNobodyOut) {
  EXPECT_EQ(Answer(""), "");
  EXPECT_THAT(Answer("GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.0 200 OK"));
}

TEST_F(MetricsHttpTest, GoesOnAfterATimeWithoutDescriptors) {
  const Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(http_->port()));
  {
    const NoDescriptors none;
    ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    pollfd polled{.fd = client.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&polled, 1, /*timeout=*/30'000), 1) << "turned away, not left waiting";
  }
  EXPECT_THAT(Answer("GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.0 200 OK"));
}

TEST_F(MetricsHttpTest, APortInUseOrNoAddressIsRefused) {
  const auto text = [] { return std::string(); };
  const auto taken = MetricsHttp::Start(StrCat("127.0.0.1:", http_->port()), text);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.status().message()),
              HasSubstr("metrics: cannot listen on 127.0.0.1:"));
  EXPECT_EQ(MetricsHttp::Start("nonsense", text).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
