// A receipt and its keyset, from a service: no receipt is accepted under a keyset whose key no one
// has, and JSON that has a canonical form has the same one when that is read again.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "attest/canonical_json.h"
#include "attest/keyset.h"
#include "attest/outside_json.h"
#include "base/check.h"
#include "sotto/receipt.h"

namespace {

// The public key is the hash of a word.
constexpr char kKeyset[] =
    R"({"subject":null,"not_after":1800000000,"e2ee_public_keys":[],"tls_public_keys":[],)"
    R"("receipt_signing_keys":[{"key_id":"receipt-1","algo":"ed25519","public_key":)"
    R"("d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto verdict = sotto::VerifyReceipt(text, kKeyset);
  SOTTO_CHECK(verdict.ok() && !verdict->accepted());
  (void)sotto::VerifyReceipt("{}", text);
  const auto parsed = sotto::ParseOutsideObject(text);
  if (!parsed.ok()) return 0;
  const auto canonical = sotto::CanonicalJson(*parsed);
  if (canonical.ok()) {
    const auto again = sotto::ParseOutsideObject(*canonical);
    SOTTO_CHECK(again.ok() && sotto::CanonicalJson(*again).value() == *canonical);
  }
  const auto keyset = sotto::WorkloadKeyset::Parse(*parsed);
  if (keyset.ok()) SOTTO_CHECK(keyset->digest() == sotto::PrefixedSha256(*canonical));
  return 0;
}
