#include "trusted/api/engine_host.h"

#include <thread>

#include "base/log.h"
#include "base/strings.h"

namespace sotto {

bool EngineHost::TryAgain(const absl::Status& status) {
  if (!MayPass(status)) return false;
  const std::optional<RetrySchedule::Retry> retry = retries_.Next();
  if (!retry) return false;
  Log(LogLevel::kWarning, StrCat(ToStd(status.message()), "; ", retry->ToString()));
  std::this_thread::sleep_for(retry->wait);
  return true;
}

absl::Status EngineHost::Load() {
  engine_.reset();  // Before its successor takes as much memory again.
  totals_ = {};
  while (true) {
    absl::StatusOr<std::unique_ptr<Engine>> engine = backend_->MakeEngine(options_);
    if (!engine.ok() && TryAgain(engine.status())) continue;
    SOTTO_ASSIGN_OR_RETURN(engine_, std::move(engine));
    return absl::OkStatus();
  }
}

void EngineHost::Count(const PassTotals& pass) {
  totals_.tokens += pass.tokens;
  totals_.cpu_seconds += pass.cpu_seconds;
}

void EngineHost::Drop() {
  engine_.reset();
  backend_->Close();
}

}  // namespace sotto
