// The flags about the receipt of a run.
#ifndef SOTTO_CLI_RECEIPT_FLAGS_H_
#define SOTTO_CLI_RECEIPT_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/named_files.h"
#include "cli/receipt_job.h"
#include "cli/run_job.h"
#include "cli/setting.h"

namespace sotto {

class ReceiptFlags {
 public:
  explicit ReceiptFlags(CLI::App& app);

  // After parsing. UsageError naming the flag.
  absl::StatusOr<ReceiptJob> Read() const;

 private:
  Setting receipt_, nonce_, test_attester_;
};

// The file beside `path`, a receipt's, for the report of the keyset that signs it: NAME.report.json
// beside NAME.json.
std::string ReportBesideReceipt(std::string_view path);
// Both, where there are any.
void AddReceiptFiles(const ReceiptJob& job, NamedFiles& files);

// UsageError: a receipt would say of such a run what nobody can know. `what` follows "cannot be
// combined with".
absl::Status NoReceiptWith(std::string_view what);
// What holds for every run; OK without a receipt.
absl::Status CheckReceiptRun(const ReceiptJob& job, const RunJob& run);

}  // namespace sotto

#endif  // SOTTO_CLI_RECEIPT_FLAGS_H_
