// The receipt of one run from files to a file, in the form of the service's
// (attest/receipt_document.h): signed by a key that is made for this run and ends with it, under a
// keyset that the TEE's quote vouches for. TRUSTED: holds the key.
#ifndef SOTTO_CLI_RUN_RECEIPT_H_
#define SOTTO_CLI_RUN_RECEIPT_H_

#include <string>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "cli/receipt_job.h"
#include "sotto/model.h"
#include "trusted/identity/receipt_events.h"
#include "trusted/identity/service_identity.h"

namespace sotto {

// 64 hex digits each: of the bytes that were read, and of those that were written.
struct RunDigests {
  std::string input_sha256 = {}, output_sha256 = {};
};

struct RunFacts {
  std::string command = {};  // "score"
  RunDigests files = {};
  std::string model_name = {};
  ModelDigestSet model = {};
  ProtectionFacts protection = {};
  UsageFacts usage = {};
};

class RunReceipt {
 public:
  // Before the work, so that what would fail behind it fails here: makes the keys, has them quoted,
  // and opens the files, which are their owner's alone. FAILED_PRECONDITION where no TEE attests;
  // errors of Attester::Quote(), of FindAttester(), and as base/file.h. REQUIRES: job.wanted().
  static absl::StatusOr<RunReceipt> Begin(const ReceiptJob& job);

  // After the output was written: signs, and names both files, the receipt last.
  absl::Status Finish(const RunFacts& facts);

 private:
  RunReceipt(ServiceIdentity identity, AtomicFile receipt, AtomicFile report)
      : identity_(std::move(identity)), receipt_(std::move(receipt)), report_(std::move(report)) {}

  ServiceIdentity identity_;
  AtomicFile receipt_, report_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_RUN_RECEIPT_H_
