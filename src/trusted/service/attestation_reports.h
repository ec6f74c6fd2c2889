// The service's attestation reports (attest/aci_report.h), for whoever asks. A quote takes the
// host's quoting service a while, so that they are made one after the other on a thread of their
// own, kept for those who ask the same again, and made only so often. Public data.
#ifndef SOTTO_TRUSTED_SERVICE_ATTESTATION_REPORTS_H_
#define SOTTO_TRUSTED_SERVICE_ATTESTATION_REPORTS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "attest/aci_report.h"
#include "attest/keyset.h"
#include "base/status.h"
#include "trusted/service/rate_limit.h"
#include "trusted/service/task_queue.h"
#include "trusted/tee/attester.h"

namespace sotto {

struct AttestationReportOptions {
  SourceProvenance provenance = {};
  size_t kept = 64;  // The last ones that were asked for.
  std::chrono::steady_clock::duration kept_for = std::chrono::minutes(10);
  double quotes_per_second = 5, quotes_at_once = 20;
  size_t most_waiting = 16;
};

class AttestationReports {
 public:
  using Time = RateLimit::Time;
  // JSON.
  using Report = std::shared_ptr<const std::string>;
  using Done = std::function<void(absl::StatusOr<Report>)>;

  // What a report answers.
  struct Question {
    std::shared_ptr<const WorkloadKeyset> keyset;
    std::optional<std::string> nonce = {};  // IsAttestationNonce(), or none.
  };

  // Of the quotes of `attester`, which outlives it. A quote that is being made when it goes is
  // waited for; of those that wait, `done` is never called.
  explicit AttestationReports(Attester& attester, AttestationReportOptions options = {});

  // Calls `done` once, now or later and on another thread, with the report.
  // BusyError() for too many quotes; UNAVAILABLE where the TEE gives none. Thread-safe.
  void Ask(const Question& question, Time now, Done done);

 private:
  struct Kept {
    Question question;
    Time made;
    Report report;
  };

  Report Find(const Question& question, Time now);
  absl::Status Admit(Time now);
  void Make(const Question& question, Time now, const Done& done);
  absl::StatusOr<Report> MakeReport(const Question& question);

  Attester& attester_;
  const AttestationReportOptions options_;
  std::mutex mutex_;
  RateLimit limit_;
  size_t waiting_ = 0;
  std::list<Kept> kept_;  // The last one first.
  TaskQueue thread_{1};   // The last member: its tasks use the others.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_ATTESTATION_REPORTS_H_
