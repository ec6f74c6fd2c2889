// Clients that are slow, silent or late, against an HTTP server with short limits. What a test
// waits for is that a connection ends; how long that takes it does not judge.
#include "trusted/service/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "trusted/service/service_error.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::StartsWith;

constexpr milliseconds kShort{200}, kEver{600'000};
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A client that waits half a minute for an answer before a test fails.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) const {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // All that comes until the server closes the connection; "(broken)" behind it where it broke, or
  // stayed open.
  std::string ReadAll() const {
    std::string all;
    char part[4096];
    while (true) {
      const ssize_t bytes = recv(fd_, part, sizeof(part), 0);
      if (bytes == 0) return all;
      if (bytes < 0) return all + "(broken)";
      all.append(part, static_cast<size_t>(bytes));
    }
  }
  // One answer: a head, and as much as its Content-Length says, which may come apart.
  std::string ReadAnswer() const {
    std::string answer;
    while (!IsWhole(answer)) {
      const std::string more = Read();
      if (more.empty()) break;
      answer += more;
    }
    return answer;
  }
  // The first of it.
  std::string Read() const {
    char part[4096];
    const ssize_t bytes = recv(fd_, part, sizeof(part), 0);
    return {part, static_cast<size_t>(std::max<ssize_t>(bytes, 0))};
  }

 private:
  static bool IsWhole(std::string_view answer) {
    constexpr std::string_view kLength = "Content-Length: ";
    const size_t end = answer.find("\r\n\r\n"), length = answer.find(kLength);
    if (end == std::string_view::npos) return false;
    if (length > end) return true;
    return answer.size() >=
           end + 4 + std::stoul(std::string(answer.substr(length + kLength.size())));
  }

  const int fd_;
  bool connected_ = false;
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpLimits limits) {
    const HttpCallbacks callbacks{
        .admit = [this](const HttpHead& head) -> HttpAdmission {
          if (head.path == "/hold") {
            held_.set_value();
            let_go_.get_future().wait();
          } else if (draining_) {
            return {.refusal = HttpErrorResponse(503, "the server is shutting down")};
          }
          return {.known = head.authorization == "Bearer good"};
        },
        .handle =
            [this](const HttpRequest& request, const HttpReply& reply) {
              if (request.head.path == "/forget") return;
              if (request.head.path == "/late") {
                late_ = reply;
                return;
              }
              HttpResponse response;
              response.body.assign(answer_bytes_, 'a');
              reply(std::move(response));
            },
        .error = [](int status, const std::string& text,
                    std::string_view) { return HttpErrorResponse(status, text); },
        .connections = [this](size_t count) { connections_ = count; }};
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start({.listen = "127.0.0.1:0", .limits = limits}, callbacks);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  static HttpLimits Endless() {
    return {.header_timeout = kEver,
            .body_timeout = kEver,
            .write_timeout = kEver,
            .idle_timeout = kEver,
            .handler_timeout = kEver};
  }
  void ExpectWell() {
    const RawClient client(server_->port());
    ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 200"));
  }

  std::atomic<bool> draining_{false};
  std::atomic<size_t> connections_{0};
  std::promise<void> held_, let_go_;  // The server's thread, by a request for /hold.
  HttpReply late_;                    // Of a request for /late; to be let go before the server is.
  size_t answer_bytes_ = 10;
  std::unique_ptr<HttpServer> server_;  // The last member: it calls back.
};

// A header whose bytes come one after the other, none of them late, and which never ends.
TEST_F(HttpServerTest, ASlowHeaderEndsTheConnection) {
  HttpLimits limits = Endless();
  limits.header_timeout = kShort;
  Start(limits);
  const RawClient loris(server_->port());
  ASSERT_TRUE(loris.Send("GET / HTTP/1.1\r\nX: "));
  int sent = 0;
  while (sent < 1500 && loris.Send("a")) {
    ++sent;
    if (sent == 2) ExpectWell();  // Others are served meanwhile.
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_LT(sent, 1500);
}

TEST_F(HttpServerTest, ASlowBodyEndsTheConnection) {
  HttpLimits limits = Endless();
  limits.body_timeout = kShort;
  Start(limits);
  const RawClient loris(server_->port());
  ASSERT_TRUE(loris.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"));
  int sent = 0;
  while (sent < 1500 && loris.Send("a")) {
    ++sent;
    if (sent == 2) ExpectWell();
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_LT(sent, 1500);
}

TEST_F(HttpServerTest, AnIdleConnectionEnds) {
  HttpLimits limits = Endless();
  limits.idle_timeout = kShort;
  Start(limits);
  const RawClient silent(server_->port()), served(server_->port());
  ASSERT_TRUE(served.Send(kGet));
  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_THAT(served.ReadAll(), StartsWith("HTTP/1.1 200"));
}

// Strangers, whatever they do, make room for each other before one who may ask does.
TEST_F(HttpServerTest, StrangersGoFirst) {
  HttpLimits limits = Endless();
  limits.max_connections = 5;
  constexpr std::string_view kKnown =
      "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\n\r\n";
  for (const std::string_view bytes :
       {std::string_view(), std::string_view("G"), kGet.substr(0, 20), kGet,
        std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")}) {
    Start(limits);
    const RawClient kept(server_->port());
    ASSERT_TRUE(kept.Send(kKnown));
    EXPECT_THAT(kept.ReadAnswer(), StartsWith("HTTP/1.1 200"));
    std::vector<std::unique_ptr<RawClient>> strangers;
    for (int i = 0; i < 30; ++i) {
      strangers.push_back(std::make_unique<RawClient>(server_->port()));
      if (!bytes.empty()) strangers.back()->Send(bytes);
    }
    ASSERT_TRUE(kept.Send(kKnown));
    EXPECT_THAT(kept.ReadAnswer(), StartsWith("HTTP/1.1 200")) << bytes;
    ExpectWell();
  }
}

// What a proxy may read in another way gets no second request answered behind it.
TEST_F(HttpServerTest, AHeaderThatReadsInTwoWaysEndsTheConnection) {
  Start(Endless());
  for (const std::string_view lines :
       {"Host: a\r\nTransfer-Encoding: xchunked\r\n",
        "Host: a\r\nTransfer-Encoding: gzip\r\n",
        "Host: a\r\nTransfer-Encoding: identity\r\n",
        "Host: a\r\nTransfer-Encoding:\r\n",
        "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
        "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked;q=1\r\n",
        "Host: a\r\nTransfer-Encoding: ,chunked\r\n",
        "Host: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 0\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
        "Host: a\r\nContent-Length: 0, 0\r\n",
        "Host: a\r\nContent-Length: +0\r\n",
        "Host: a\r\nContent-Length:\r\n",
        "Host: a\r\nContent-Length: 0x0\r\n",
        "Host: a\r\nTransfer-Encoding:\r\n chunked\r\n",
        "Host: a\r\nX: a\r\n\tContent-Length: 5\r\n",
        " Host: a\r\n",
        "X: a\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n"}) {
    const RawClient client(server_->port());
    std::string request("POST / HTTP/1.1\r\n");
    request.append(lines).append("\r\n").append(kGet);
    ASSERT_TRUE(client.Send(request));
    const std::string answer = client.ReadAll();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << lines;
    EXPECT_EQ(answer.find("HTTP/1.1 200"), std::string::npos) << lines;
  }
  const RawClient old(server_->port());
  ASSERT_TRUE(old.Send("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_THAT(old.ReadAll(), StartsWith("HTTP/1.0 400"));
}

TEST_F(HttpServerTest, AHeaderThatReadsInOneWayIsServed) {
  Start(Endless());
  for (const std::string_view request :
       {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n"
        "1\r\na\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 01\r\nConnection: close\r\n\r\na",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n"}) {
    const RawClient client(server_->port());
    ASSERT_TRUE(client.Send(request));
    const std::string answer = client.ReadAll();
    EXPECT_THAT(answer.substr(8), StartsWith(" 200")) << request;
    EXPECT_THAT(answer, testing::ContainsRegex("\r\nDate: ..., .. ... .... ..:..:.. GMT\r\n"));
  }
  const RawClient proxied(server_->port());
  ASSERT_TRUE(proxied.Send("GET http://a/forget?b HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(proxied.ReadAnswer(), StartsWith("HTTP/1.1 500"));
}

// A byte at a time, with an empty line behind each body, and one request behind another.
TEST_F(HttpServerTest, RequestsMayComeInAnyPieces) {
  Start(Endless());
  const std::string one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\r\n \r\n";
  const std::string last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const RawClient client(server_->port());
  for (const char byte : one + one + last) ASSERT_TRUE(client.Send(std::string_view(&byte, 1)));
  const std::string answers = client.ReadAll();
  size_t count = 0;
  for (size_t at = 0; (at = answers.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3u);
}

// An answer of more than the kernel holds for somebody who reads nothing, and leaves.
TEST_F(HttpServerTest, AnAnswerEndsWithItsClient) {
  answer_bytes_ = size_t{32} << 20;
  Start(Endless());
  auto deaf = std::make_unique<RawClient>(server_->port());
  ASSERT_TRUE(deaf->Send(kGet));
  EXPECT_THAT(deaf->Read(), StartsWith("HTTP/1.1 200"));
  deaf.reset();
  for (int i = 0; i < 1500 && connections_ > 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(connections_, 0u);
}

// However long the answer, which may be written for many minutes to somebody who reads.
TEST_F(HttpServerTest, AnAnswerThatNobodyTakesEndsTheConnection) {
  answer_bytes_ = size_t{64} << 20;
  HttpLimits limits = Endless();
  limits.write_timeout = kShort;
  Start(limits);
  const RawClient deaf(server_->port());
  ASSERT_TRUE(deaf.Send(kGet));
  EXPECT_THAT(deaf.Read(), StartsWith("HTTP/1.1 200"));
  for (int i = 0; i < 1500 && connections_ > 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(connections_, 0u);
}

// As a handler does that memory ends for.
TEST_F(HttpServerTest, AReplyThatIsForgottenIsAnError) {
  Start(Endless());
  const RawClient client(server_->port());
  ASSERT_TRUE(client.Send("GET /forget HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500"));
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

// Though the handler has not answered, and whatever it does.
TEST_F(HttpServerTest, WhoWaitsTooLongIsToldSo) {
  HttpLimits limits = Endless();
  limits.handler_timeout = kShort;
  Start(limits);
  const RawClient client(server_->port());
  ASSERT_TRUE(client.Send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 504"));
  late_({});
  late_ = nullptr;
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WhoComesLateIsToldSo) {
  Start(Endless());
  const RawClient early(server_->port()), kept(server_->port());
  ASSERT_TRUE(kept.Send(kGet));
  EXPECT_THAT(kept.ReadAnswer(), StartsWith("HTTP/1.1 200"));
  draining_ = true;
  server_->Drain(kEver);
  EXPECT_EQ(kept.ReadAll(), "");  // No request: it just ends.
  // Made before the drain and heard after it; made after it.
  const RawClient late(server_->port());
  ASSERT_TRUE(early.Send(kGet) && late.Send(kGet));
  EXPECT_THAT(early.ReadAll(), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(late.ReadAll(), StartsWith("HTTP/1.1 503"));
}

// Connections that the system has made while the server looked elsewhere get an answer, not a
// reset; then nobody listens any more.
TEST_F(HttpServerTest, NobodyIsLeftOnTheDoorstep) {
  Start(Endless());
  auto holding = std::make_unique<RawClient>(server_->port());
  ASSERT_TRUE(holding->Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
  held_.get_future().wait();  // From here on the server's thread does nothing.
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    ASSERT_TRUE(clients.back()->Send(kGet));
  }
  draining_ = true;
  std::thread closing([this] {
    server_->Drain(kEver);
    server_->Close(kEver);
  });
  let_go_.set_value();
  for (const auto& client : clients) EXPECT_THAT(client->ReadAll(), StartsWith("HTTP/1.1 503"));
  clients.clear();
  EXPECT_THAT(holding->ReadAnswer(), StartsWith("HTTP/1.1 200"));
  holding.reset();
  closing.join();
  EXPECT_FALSE(RawClient(server_->port()).connected());
}

}  // namespace
}  // namespace sotto
