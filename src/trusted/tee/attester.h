// Quotes: what the hardware signs about the code that runs here, for whoever is outside to verify
// (docs/attestation.md). TRUSTED.
#ifndef SOTTO_TRUSTED_TEE_ATTESTER_H_
#define SOTTO_TRUSTED_TEE_ATTESTER_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sotto/attestation.h"
#include "trusted/tee/platform.h"

namespace sotto {

class Attester {
 public:
  virtual ~Attester() = default;
  Attester(const Attester&) = delete;
  Attester& operator=(const Attester&) = delete;

  TeeKind tee() const { return tee_; }

  // A DCAP quote of this process that carries `report_data`, 64 bytes. Thread-safe, one at a time;
  // blocks for as long as the host's quoting service takes, which may be seconds. UNAVAILABLE, with
  // the file, when there is none: the host can refuse at any time. INTERNAL for a quote of
  // something else, which never leaves.
  absl::StatusOr<std::string> Quote(std::string_view report_data);

 protected:
  explicit Attester(TeeKind tee) : tee_(tee) {}
  virtual absl::StatusOr<std::string> MakeQuote(std::string_view report_data) = 0;

 private:
  const TeeKind tee_;
  // Neither Gramine's files nor a report of configfs may be used by two at once.
  std::mutex mutex_;
};

struct AttesterOptions {
  // Before every path below; empty: the system's.
  std::string root = {};
  // The report's name in configfs; empty: one that no other process takes.
  std::string tsm_report = {};
};

// Of a process that runs on `platform`:
//  - an SGX enclave under Gramine whose manifest asks for DCAP: ROOT/dev/attestation (Gramine's
//    manual, "Attestation and secret provisioning");
//  - a TDX guest: ROOT/sys/kernel/config/tsm/report (Linux, Documentation/ABI/testing/configfs-tsm,
//    since 6.7). /dev/tdx_guest alone gives reports that only the same machine can check, no
//    quotes.
// Null where there is no TEE, and for an enclave whose manifest asks for no attestation.
// FAILED_PRECONDITION for a guest whose kernel offers no quotes: what is missing.
absl::StatusOr<std::unique_ptr<Attester>> MakeAttester(const PlatformReport& platform,
                                                       const AttesterOptions& options = {});

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TEE_ATTESTER_H_
