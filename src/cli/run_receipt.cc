#include "cli/run_receipt.h"

#include <chrono>
#include <ctime>
#include <memory>

#include "attest/receipt_document.h"
#include "base/strings.h"
#include "cli/attester_flag.h"
#include "cli/receipt_flags.h"
#include "trusted/service/response_json.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

constexpr AtomicFileOptions kOwnersFile = {.owner_only = true};
// As that of a service. No run takes as long.
constexpr std::chrono::hours kKeysetLife{720};

int64_t EndOfKeyset() {
  return std::time(nullptr) + std::chrono::duration_cast<std::chrono::seconds>(kKeysetLife).count();
}

ReceiptDocument DocumentOf(const RunFacts& facts) {
  return {.receipt_id = std::string(std::string_view(RandomId("rcpt-"))),
          .model = facts.model_name,
          .endpoint = facts.command,
          .method = "sotto",
          .served_at = std::time(nullptr),
          .request_sha256 = StrCat("sha256:", facts.files.input_sha256),
          .response_sha256 = StrCat("sha256:", facts.files.output_sha256),
          .events = {ModelEvent(facts.model), ProtectionEvent(facts.protection),
                     UsageEvent(facts.usage)}};
}

}  // namespace

absl::StatusOr<RunReceipt> RunReceipt::Begin(const ReceiptJob& job) {
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Attester> attester, FindAttester(job.test_attester));
  if (attester == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("--receipt: no report can be made: ", DescribePlatform(DetectPlatform())));
  }
  SOTTO_ASSIGN_OR_RETURN(AtomicFile receipt, AtomicFile::Create(job.path, kOwnersFile));
  SOTTO_ASSIGN_OR_RETURN(AtomicFile report,
                         AtomicFile::Create(ReportBesideReceipt(job.path), kOwnersFile));
  SOTTO_ASSIGN_OR_RETURN(ServiceIdentity identity,
                         ServiceIdentity::Make({.not_after = EndOfKeyset()}));
  SOTTO_ASSIGN_OR_RETURN(const std::string text,
                         MakeReport(*attester, identity.keyset(), job.nonce));
  SOTTO_RETURN_IF_ERROR(report.Append(text));
  return RunReceipt(std::move(identity), std::move(receipt), std::move(report));
}

absl::Status RunReceipt::Finish(const RunFacts& facts) {
  const ReceiptDocument document = DocumentOf(facts);
  if (document.served_at > identity_.keyset().not_after()) {
    return absl::FailedPreconditionError(
        "--receipt: the keyset ended before the run did; there is no receipt");
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text,
                         SignReceipt(document, {identity_.keyset(), identity_.receipt_key_id(),
                                                identity_.receipt_key()}));
  SOTTO_RETURN_IF_ERROR(receipt_.Append(StrCat(text, "\n")));
  SOTTO_RETURN_IF_ERROR(report_.Commit());
  return receipt_.Commit();
}

}  // namespace sotto
