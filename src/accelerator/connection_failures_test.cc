#include "accelerator/connection_failures.h"

#include <vector>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using testing::ElementsAre;

constexpr char kNoCertificateLine[] =
    "grpc: Handshake failed with fatal error SSL_ERROR_SSL: error:0A0000C7:SSL routines::peer did "
    "not return a certificate.";

TEST(ConnectionFailuresTest, ReadsTheLinesOfGrpc) {
  const auto reads = [](const std::string& reason) {
    return ReadGrpcLogLine(
        "grpc: Handshake failed with fatal error SSL_ERROR_SSL: error:0A00:SSL "
        "routines::" +
        reason + ".");
  };
  EXPECT_EQ(reads("wrong version number"), ConnectionFailure::kNoTls);
  EXPECT_EQ(reads("http request"), ConnectionFailure::kNoTls);
  EXPECT_EQ(ReadGrpcLogLine(kNoCertificateLine), ConnectionFailure::kNoCertificate);
  EXPECT_EQ(reads("certificate verify failed"), ConnectionFailure::kWrongCertificate);
  EXPECT_EQ(reads("tlsv1 alert unknown ca"), ConnectionFailure::kServerRefused);
  EXPECT_EQ(reads("sslv3 alert bad certificate"), ConnectionFailure::kServerRefused);
  EXPECT_EQ(reads("sslv3 alert certificate unknown"), ConnectionFailure::kServerRefused);
  EXPECT_EQ(reads("no shared cipher"), ConnectionFailure::kOther);
  EXPECT_EQ(ReadGrpcLogLine("grpc: No match found for server name: wrong version number."),
            std::nullopt);
}

TEST(ConnectionFailuresTest, TellsThoseThatWatch) {
  SetLogLevel(LogLevel::kWarning);
  std::vector<ConnectionFailure> seen;
  {
    const ConnectionFailureWatch watch([&](ConnectionFailure f) { seen.push_back(f); });
    testing::internal::CaptureStderr();
    LogLibraryLine(kNoCertificateLine);
    LogLibraryLine("grpc: something else");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // gRPC's words are for debugging.
    LogLibraryLine(kNoCertificateLine);
  }
  LogLibraryLine(kNoCertificateLine);
  EXPECT_THAT(seen,
              ElementsAre(ConnectionFailure::kNoCertificate, ConnectionFailure::kNoCertificate));
}

}  // namespace
}  // namespace sotto
