// What a run that signs a receipt of itself is told about it, as far as the command line says.
#ifndef SOTTO_CLI_RECEIPT_JOB_H_
#define SOTTO_CLI_RECEIPT_JOB_H_

#include <optional>
#include <string>

namespace sotto {

struct ReceiptJob {
  std::string path = {};                  // Empty: no receipt.
  std::optional<std::string> nonce = {};  // Of whoever verifies the report.
  std::string test_attester = {};         // --insecure-test-attester; empty: it is not given.

  bool wanted() const { return !path.empty(); }
};

}  // namespace sotto

#endif  // SOTTO_CLI_RECEIPT_JOB_H_
