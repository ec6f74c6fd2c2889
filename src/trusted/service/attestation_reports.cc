#include "trusted/service/attestation_reports.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "trusted/service/service_error.h"

namespace sotto {

AttestationReports::AttestationReports(Attester& attester, AttestationReportOptions options)
    : attester_(attester),
      options_(std::move(options)),
      limit_(options_.quotes_per_second, options_.quotes_at_once) {}

void AttestationReports::Ask(const Question& question, Time now, Done done) {
  Report found;
  absl::Status admitted;
  {
    const std::lock_guard lock(mutex_);
    found = Find(question, now);
    if (found == nullptr) admitted = Admit(now);
  }
  if (found != nullptr) return done(std::move(found));
  if (!admitted.ok()) return done(std::move(admitted));
  thread_.Post([this, question, now, done = std::move(done)] { Make(question, now, done); });
}

// Under the mutex.
AttestationReports::Report AttestationReports::Find(const Question& question, Time now) {
  kept_.remove_if([&](const Kept& kept) { return now - kept.made > options_.kept_for; });
  const auto found = std::ranges::find_if(kept_, [&](const Kept& kept) {
    return kept.question.keyset == question.keyset && kept.question.nonce == question.nonce;
  });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return kept_.front().report;
}

// Under the mutex.
absl::Status AttestationReports::Admit(Time now) {
  if (waiting_ >= options_.most_waiting) {
    return BusyError("too many quotes are being made", /*retry_after_seconds=*/1);
  }
  if (!limit_.Take(now)) {
    return BusyError("too many quotes were asked for", limit_.SecondsUntilNext());
  }
  ++waiting_;
  return absl::OkStatus();
}

// Who waited for the same finds the report of who came first.
void AttestationReports::Make(const Question& question, Time now, const Done& done) {
  Report report;
  {
    const std::lock_guard lock(mutex_);
    report = Find(question, now);
  }
  absl::StatusOr<Report> made = report;
  if (report == nullptr) made = MakeReport(question);
  {
    const std::lock_guard lock(mutex_);
    --waiting_;
    if (made.ok() && report == nullptr) {
      kept_.push_front({.question = question, .made = now, .report = *made});
      if (kept_.size() > options_.kept) kept_.pop_back();
    }
  }
  done(std::move(made));
}

absl::StatusOr<AttestationReports::Report> AttestationReports::MakeReport(
    const Question& question) {
  absl::StatusOr<std::string> quote = attester_.Quote(
      ReportDataSlot(AttestedReportData(question.keyset->digest(), question.nonce)));
  if (!quote.ok()) {
    Log(LogLevel::kWarning, StrCat("no quote: ", ToStd(quote.status().message())));
    return absl::UnavailableError("the TEE gives no quote now");
  }
  return std::make_shared<const std::string>(AciReportToJson(MakeAciReport(
      attester_.tee(), *question.keyset, question.nonce, options_.provenance, *std::move(quote))));
}

}  // namespace sotto
