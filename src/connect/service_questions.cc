#include "connect/service_questions.h"

#include <openssl/rand.h>

#include <array>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kNonceBytes = 32;
constexpr size_t kCollateralLimit = size_t{1} << 24;
constexpr unsigned kOk = 200, kBusy = 429, kServerError = 500;

absl::StatusOr<std::string> FreshNonce() {
  std::array<unsigned char, kNonceBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("OpenSSL has no randomness");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// An answer that says nothing about the service's identity, only about its state now.
bool IsPassing(unsigned status) { return status == kBusy || status >= kServerError; }

absl::Status PassingError(std::string_view what, unsigned status) {
  const std::string message = StrCat("the service: ", what, ": HTTP ", status);
  if (status == kBusy) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

}  // namespace

asio::awaitable<absl::StatusOr<ServiceVerdict>> AskReport(ServiceConnection& connection,
                                                          const ConnectOptions& options) {
  const absl::StatusOr<std::string> nonce = FreshNonce();
  if (!nonce.ok()) co_return nonce.status();
  ControlRequest question{.target = StrCat("/v1/aci/attestation?nonce=", *nonce)};
  const absl::StatusOr<ControlReply> report = co_await connection.Ask(std::move(question));
  if (!report.ok()) co_return report.status();
  if (IsPassing(report->status)) co_return PassingError("its report", report->status);
  const absl::StatusOr<std::string> collateral =
      ReadFile(options.collateral_path, kCollateralLimit);
  if (!collateral.ok()) co_return collateral.status();
  const ServiceConnectionFacts facts = connection.Facts();
  if (report->status != kOk) {
    ServiceVerdict none{.tls_spki_sha256 = facts.tls_spki_sha256, .at = options.Now()};
    none.reasons.push_back(
        {"report.none", StrCat("asked for a report, the server answers HTTP ", report->status)});
    co_return none;
  }
  co_return JudgeReport(report->body, *nonce, facts, *collateral, options);
}

asio::awaitable<absl::Status> AskProof(ServiceConnection& connection, ServiceVerdict& verdict) {
  const absl::StatusOr<std::string> exporter = connection.Exporter();
  if (!exporter.ok()) co_return exporter.status();
  ControlRequest question{.method = http::verb::post, .target = "/v1/aci/channel"};
  const absl::StatusOr<ControlReply> proof = co_await connection.Ask(std::move(question));
  if (!proof.ok()) co_return proof.status();
  if (IsPassing(proof->status)) co_return PassingError("its channel's proof", proof->status);
  if (proof->status == kOk) {
    JudgeChannel(proof->body, *exporter, verdict);
  } else {
    verdict.reasons.push_back(
        {"channel.none",
         StrCat("asked for a proof of the channel, the server answers HTTP ", proof->status)});
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<ServiceVerdict>> AskForItself(ServiceConnection& connection,
                                                             const ConnectOptions& options) {
  absl::StatusOr<ServiceVerdict> verdict = co_await AskReport(connection, options);
  if (!verdict.ok() || !verdict->accepted()) co_return verdict;
  const absl::Status asked = co_await AskProof(connection, *verdict);
  if (!asked.ok()) co_return asked;
  // Whoever held the proof back gains no time by it.
  if (verdict->accepted() && options.Now() >= HoldsUntil(*verdict, options)) {
    co_return absl::UnavailableError("the service: what was verified ended meanwhile");
  }
  co_return verdict;
}

}  // namespace sotto
