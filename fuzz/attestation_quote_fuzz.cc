// A quote from a peer: one that is read keeps the bytes of its parts in their places, and no quote
// without collateral is accepted.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attest/quote.h"
#include "base/check.h"
#include "sotto/attestation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto quote = sotto::ParseQuote(bytes);
  if (quote.ok()) {
    SOTTO_CHECK(quote->version >= 3 && quote->version <= 5);
    SOTTO_CHECK(bytes.starts_with(quote->signed_bytes));
    SOTTO_CHECK(quote->signature.size() == sotto::kP256SignatureBytes);
    SOTTO_CHECK(quote->attestation_key.size() == sotto::kP256KeyBytes);
    SOTTO_CHECK(quote->qe_report_bytes.size() == sotto::kEnclaveReportBytes);
    SOTTO_CHECK(bytes.find(quote->pck_chain_pem) != std::string_view::npos);
  }
  const sotto::Verdict verdict = sotto::VerifyQuote(bytes, "{}", {}, {.at = {}});
  SOTTO_CHECK(!verdict.accepted() && !verdict.genuine());
  SOTTO_CHECK(verdict.claims.tee.has_value() == quote.ok());
  SOTTO_CHECK(!sotto::FormatVerdict(verdict).empty() && !sotto::VerdictToJson(verdict).empty());
  return 0;
}
