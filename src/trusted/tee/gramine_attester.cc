// Quotes of an SGX enclave, by Gramine (libos/src/fs/dev/attestation.c): what is written into
// user_report_data takes effect when the file is closed, and opening `quote` asks the host's
// quoting service for one. The host can refuse, but not lie: the quote is checked by whoever gets
// it.
#include <utility>

#include "base/strings.h"
#include "trusted/tee/attesters.h"

namespace sotto {
namespace {

class GramineAttester : public Attester {
 public:
  explicit GramineAttester(std::string directory)
      : Attester(TeeKind::kSgx), directory_(std::move(directory)) {}

 private:
  absl::StatusOr<std::string> MakeQuote(std::string_view report_data) override {
    SOTTO_RETURN_IF_ERROR(WriteSystemFile(directory_ + "/user_report_data", report_data));
    return ReadSystemFile(directory_ + "/quote");
  }

  const std::string directory_;
};

}  // namespace

std::unique_ptr<Attester> MakeGramineAttester(const AttesterOptions& options) {
  return std::make_unique<GramineAttester>(options.root + "/dev/attestation");
}

}  // namespace sotto
