#include "cli/receipt_flags.h"

#include "base/file.h"
#include "base/strings.h"
#include "cli/attester_flag.h"
#include "cli/command.h"

namespace sotto {
namespace {

constexpr char kReceiptFlag[] = "--receipt";

}  // namespace

ReceiptFlags::ReceiptFlags(CLI::App& app)
    : receipt_(app,
               {.flag = kReceiptFlag,
                .placeholder = "FILE",
                .help = "In a TEE that attests: sign a receipt of input, model and output, and "
                        "write the keyset's report beside it, to NAME.report.json",
                .shown_default = "none"}),
      nonce_(AddNonceFlag(app)),
      test_attester_(AddTestAttesterFlag(app)) {}

absl::StatusOr<ReceiptJob> ReceiptFlags::Read() const {
  ReceiptJob job;
  if (!receipt_.given()) {
    for (const Setting* setting : {&nonce_, &test_attester_}) {
      if (!setting->given()) continue;
      return UsageError(StrCat(setting->source(), ": has no effect without ", kReceiptFlag));
    }
    return job;
  }
  job.path = OutputPath(receipt_.value());
  if (job.path.empty() || DescriptorOfPath(job.path).has_value()) {
    return UsageError(StrCat(kReceiptFlag, ": must be the name of a file"));
  }
  SOTTO_ASSIGN_OR_RETURN(job.nonce, ReadNonce(nonce_));
  job.test_attester = test_attester_.value();
  return job;
}

std::string ReportBesideReceipt(std::string_view path) {
  constexpr std::string_view kExtension = ".json";
  if (path.ends_with(kExtension)) path.remove_suffix(kExtension.size());
  return StrCat(path, ".report", kExtension);
}

void AddReceiptFiles(const ReceiptJob& job, NamedFiles& files) {
  if (!job.wanted()) return;
  files.outputs.push_back({kReceiptFlag, job.path});
  files.outputs.push_back({kReceiptFlag, ReportBesideReceipt(job.path)});
}

absl::Status NoReceiptWith(std::string_view what) {
  return UsageError(StrCat(kReceiptFlag, ": cannot be combined with ", what));
}

absl::Status CheckReceiptRun(const ReceiptJob& job, const RunJob& run) {
  if (!job.wanted() || run.prefill.weight_cache_dir.empty()) return absl::OkStatus();
  return NoReceiptWith("--weight-cache, which does not prove what it was made of");
}

}  // namespace sotto
