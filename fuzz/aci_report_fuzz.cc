// An attestation report or a channel's proof, from a server that nobody has reason to trust yet: a
// report that is read says the same when it is written and read again, and no channel is proved
// under a key that no one has.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attest/aci_report.h"
#include "attest/channel_proof.h"
#include "base/check.h"

namespace {

// The public key is the hash of a word.
sotto::WorkloadKeyset Nobodys() {
  return sotto::WorkloadKeyset::Make(
      std::nullopt, 1800000000, {}, {},
      {{"channel-1", std::string(sotto::kChannelKeyAlgo),
        "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto report = sotto::ParseAciReport(text, std::nullopt);
  if (report.ok()) {
    const std::string written = sotto::AciReportToJson(*report);
    const auto again = sotto::ParseAciReport(written, std::nullopt);
    SOTTO_CHECK(again.ok() && sotto::AciReportToJson(*again) == written);
    SOTTO_CHECK(again->keyset.digest() == report->keyset.digest() && again->quote == report->quote);
  }
  const auto proof = sotto::ParseChannelProof(text);
  if (proof.ok()) {
    static const sotto::WorkloadKeyset keyset = Nobodys();
    SOTTO_CHECK(!sotto::CheckChannelProof(*proof, keyset, std::string(32, '\0')).ok());
  }
  return 0;
}
