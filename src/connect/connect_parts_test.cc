// The parts of src/connect that need no connection: addresses, padding, headers, receipts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "connect/forwarded_headers.h"
#include "connect/local_error.h"
#include "connect/options.h"
#include "connect/padding.h"
#include "connect/receipt_keeper.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

namespace http = boost::beast::http;
using testing::HasSubstr;

TEST(ServiceUrl, NamesAHostAndAPort) {
  const struct {
    const char *url, *host, *port, *authority;
  } cases[] = {
      {"https://a.example:8443", "a.example", "8443", "a.example:8443"},
      {"https://a.example/", "a.example", "443", "a.example:443"},
      {"https://127.0.0.1:1", "127.0.0.1", "1", "127.0.0.1:1"},
      {"https://[::1]:8443", "::1", "8443", "[::1]:8443"},
      {"https://[::1]", "::1", "443", "[::1]:443"},
  };
  for (const auto& c : cases) {
    const auto address = ParseServiceUrl(c.url);
    ASSERT_TRUE(address.ok()) << c.url;
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->Authority(), c.authority);
  }
}

TEST(ServiceUrl, OthersAreRefused) {
  for (const char* const url :
       {"", "a.example:8443", "http://a.example", "https://", "https://a/v1", "https://u@a",
        "https://a?b", "https://a:0", "https://a:65536", "https://a b", "https://unix:/tmp/a",
        "https://a\n", "HTTPS//a", "https://::1", "https://a#b", "https://a:1:2"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseServiceUrl(url).status())) << url;
  }
}

TEST(Padding, GoesToTheNextMultiple) {
  EXPECT_EQ(PaddedSize(0, 10), 10u);
  EXPECT_EQ(PaddedSize(1, 10), 10u);
  EXPECT_EQ(PaddedSize(10, 10), 10u);
  EXPECT_EQ(PaddedSize(11, 10), 20u);
  SecretString body = " {\"a\":1}";
  EXPECT_EQ(PadJsonBody(body, 16), absl::OkStatus());
  EXPECT_EQ(body, " {\"a\":1}        ");
  body = "[]";
  EXPECT_EQ(PadJsonBody(body, 2), absl::OkStatus());
  EXPECT_EQ(body, "[]");
}

TEST(Padding, IsForJsonAlone) {
  for (const char* const text : {"", "  ", "a=b", "\x1f\x8b compressed", "--boundary", "\"a\""}) {
    SecretString body = text;
    EXPECT_TRUE(absl::IsInvalidArgument(PadJsonBody(body, 16))) << text;
  }
}

TEST(ForwardedHeaders, ThoseOfOneHopStay) {
  http::fields from;
  from.insert("Connection", "close, X-One");
  from.insert("Connection", "x-two");
  for (const char* const name :
       {"X-One", "X-Two", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Proxy-Connection", "Proxy-Authorization", "Expect"}) {
    from.insert(name, "v");
  }
  from.insert("Authorization", "Bearer k");
  from.insert("X-Many", "1");
  from.insert("X-Many", "2");
  const http::fields to = EndToEndFields(from);
  EXPECT_EQ(std::distance(to.begin(), to.end()), 3);
  EXPECT_EQ(to["Authorization"], "Bearer k");
  EXPECT_EQ(to.count("X-Many"), 2u);
}

TEST(ForwardedHeaders, OnlyPathsAreForwarded) {
  http::request_header<> header;
  header.method(http::verb::options);
  for (const char* const target : {"*", "http://a/", "a:443", ""}) {
    header.target(target);
    EXPECT_TRUE(absl::IsInvalidArgument(CheckForwardable(header))) << target;
  }
  header.target("/v1/models?a=b");
  EXPECT_EQ(CheckForwardable(header), absl::OkStatus());
  header.method(http::verb::connect);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckForwardable(header)));
}

TEST(ForwardedHeaders, HostsOfThisMachine) {
  for (const char* const host :
       {"localhost", "LocalHost:8080", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:80"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* const host : {"", "evil.example", "evil.example:8080", "localhost.evil.example",
                                 "10.0.0.1", "127.0.0.1.evil.example", "unix:/a", ":1", "[::2]"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(ReceiptKeeper, IdsThatAreNoFileNamesAreNone) {
  for (const char* const id : {"rcpt-1", "a.b_c", "A"}) EXPECT_TRUE(IsReceiptId(id)) << id;
  for (const char* const id : {"", ".", "..", ".a", "a/b", "a b", "a\n", "\xc3\xa9", "a?b"}) {
    EXPECT_FALSE(IsReceiptId(id)) << id;
  }
  EXPECT_FALSE(IsReceiptId(std::string(129, 'a')));
}

TEST(ReceiptKeeper, MakesItsDirectoryForItsOwnerAlone) {
  const TempDir dir;
  ASSERT_EQ(ReceiptKeeper::Prepare(dir.File("receipts")), absl::OkStatus());
  struct stat found {};
  ASSERT_EQ(stat(dir.File("receipts").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0700u);
  EXPECT_EQ(ReceiptKeeper::Prepare(dir.File("receipts")), absl::OkStatus());
  EXPECT_TRUE(absl::IsInvalidArgument(ReceiptKeeper::Prepare(dir.Write("file", ""))));
  EXPECT_FALSE(ReceiptKeeper::Prepare(dir.File("a/b")).ok());
}

TEST(LocalError, HasANameAndAStatus) {
  const LocalError refused = ErrorOfService(absl::PermissionDeniedError("why \xff"));
  EXPECT_EQ(refused.status, 502);
  EXPECT_THAT(refused.body, HasSubstr("\"code\":\"attestation_refused\""));
  EXPECT_THAT(refused.body, HasSubstr("\"type\":\"server_error\""));
  EXPECT_EQ(ErrorOfService(absl::UnavailableError("")).status, 503);
  EXPECT_TRUE(ErrorOfService(absl::UnavailableError("")).retry_later);
  EXPECT_EQ(ErrorOfService(absl::DeadlineExceededError("")).status, 504);
  EXPECT_EQ(ErrorOfService(absl::InternalError("")).status, 500);
  EXPECT_EQ(ErrorOfReceipt("").status, 502);
}

}  // namespace
}  // namespace sotto
