#include "trusted/tee/attester.h"

#include "attest/keyset.h"
#include "attest/quote.h"
#include "base/check.h"
#include "base/strings.h"
#include "trusted/tee/attesters.h"

namespace sotto {
namespace {

absl::Status NotOurs(std::string_view why) {
  return absl::InternalError(StrCat("the system's quote ", why));
}

}  // namespace

absl::StatusOr<std::string> Attester::Quote(std::string_view report_data) {
  SOTTO_CHECK(report_data.size() == kReportDataSlotBytes);
  const std::lock_guard lock(mutex_);
  SOTTO_ASSIGN_OR_RETURN(std::string bytes, MakeQuote(report_data));
  // What an interface with several files gives may be of another's question.
  const absl::StatusOr<sotto::Quote> quote = ParseQuote(bytes);
  if (!quote.ok()) return NotOurs(StrCat("is none: ", ToStd(quote.status().message())));
  if (quote->tee() != tee_) return NotOurs("is of another kind of TEE");
  if (AsText(quote->report_data()) != report_data) return NotOurs("carries other report data");
  return bytes;
}

absl::StatusOr<std::unique_ptr<Attester>> MakeAttester(const PlatformReport& platform,
                                                       const AttesterOptions& options) {
  if (platform.platform == Platform::kTdxGuest) return MakeTdxAttester(options);
  if (platform.platform == Platform::kGramineSgx && platform.attestation_type == "dcap") {
    return MakeGramineAttester(options);
  }
  return nullptr;
}

}  // namespace sotto
