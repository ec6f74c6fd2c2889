#include "accelerator/connection_failures.h"

#include <mutex>
#include <set>
#include <utility>

#include "accelerator/event_log.h"

namespace sotto {
namespace {

// How gRPC 1.51 begins the line; OpenSSL's reason follows.
constexpr std::string_view kHandshakeFailed = "Handshake failed with fatal error";

// Pieces of OpenSSL 3's reasons, in order of preference.
constexpr std::pair<std::string_view, ConnectionFailure> kReasons[] = {
    {"wrong version number", ConnectionFailure::kNoTls},
    {"http request", ConnectionFailure::kNoTls},
    {"peer did not return a certificate", ConnectionFailure::kNoCertificate},
    {"certificate verify failed", ConnectionFailure::kWrongCertificate},
    {"unknown ca", ConnectionFailure::kServerRefused},
    {"alert bad certificate", ConnectionFailure::kServerRefused},
    {"alert certificate", ConnectionFailure::kServerRefused},
    {"alert unsupported certificate", ConnectionFailure::kServerRefused},
};

struct Watchers {
  std::mutex mutex;
  std::set<const ConnectionFailureWatch*> all;
};

Watchers& AllWatchers() {
  static Watchers watchers;
  return watchers;
}

}  // namespace

std::string_view ConnectionFailureName(ConnectionFailure failure) {
  switch (failure) {
    case ConnectionFailure::kNoTls:
      return "no_tls";
    case ConnectionFailure::kNoCertificate:
      return "no_certificate";
    case ConnectionFailure::kWrongCertificate:
      return "wrong_certificate";
    case ConnectionFailure::kServerRefused:
      return "server_refused";
    case ConnectionFailure::kServerWithoutTls:
      return "server_without_tls";
    case ConnectionFailure::kOther:
      break;
  }
  return "other";
}

std::string_view DescribeConnectionFailure(ConnectionFailure failure) {
  switch (failure) {
    case ConnectionFailure::kNoTls:
      return "a client connected without TLS, which this server requires";
    case ConnectionFailure::kNoCertificate:
      return "a client showed no certificate, which this server requires";
    case ConnectionFailure::kWrongCertificate:
      return "a client's certificate was not signed by the client authority, or is not valid now";
    case ConnectionFailure::kServerRefused:
      return "a client did not accept this server's certificate";
    case ConnectionFailure::kServerWithoutTls:
      return "a client tried TLS, but this server was started without a certificate";
    case ConnectionFailure::kOther:
      break;
  }
  return "a TLS handshake failed";
}

std::optional<ConnectionFailure> ReadGrpcLogLine(std::string_view line) {
  if (line.find(kHandshakeFailed) == std::string_view::npos) return std::nullopt;
  for (const auto& [piece, failure] : kReasons) {
    if (line.find(piece) != std::string_view::npos) return failure;
  }
  return ConnectionFailure::kOther;
}

void LogLibraryLine(std::string_view line) {
  LogEvent(LogLevel::kDebug, "library", {{"line", std::string(line)}});
  const std::optional<ConnectionFailure> failure = ReadGrpcLogLine(line);
  if (!failure) return;
  std::lock_guard lock(AllWatchers().mutex);
  for (const ConnectionFailureWatch* watch : AllWatchers().all) watch->seen_(*failure);
}

ConnectionFailureWatch::ConnectionFailureWatch(std::function<void(ConnectionFailure)> seen)
    : seen_(std::move(seen)) {
  std::lock_guard lock(AllWatchers().mutex);
  AllWatchers().all.insert(this);
}

ConnectionFailureWatch::~ConnectionFailureWatch() {
  std::lock_guard lock(AllWatchers().mutex);
  AllWatchers().all.erase(this);
}

}  // namespace sotto
