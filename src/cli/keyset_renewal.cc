#include "cli/keyset_renewal.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "attest/dates.h"
#include "base/log.h"
#include "base/strings.h"

namespace sotto {
namespace {

using std::chrono::sys_seconds;

// The clock may be set while the process sleeps.
constexpr timespec kLookAtClock{.tv_sec = 60, .tv_nsec = 0};
constexpr std::chrono::minutes kRetry{10};

// In seconds, of which "never" is a number, too.
sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// The next signal, or 0 once it is `due`.
int NextSignal(const sigset_t& signals, sys_seconds due) {
  while (Now() < due) {
    const int signal = sigtimedwait(&signals, nullptr, &kLookAtClock);
    if (signal > 0) return signal;
  }
  return 0;
}

absl::Status MakeAndRenew(const RenewService& renew, ServedIdentity& served) {
  SOTTO_ASSIGN_OR_RETURN(ServiceRenewal renewal, MakeIdentity(served.job, served.place));
  const std::shared_ptr<const ServiceIdentity> identity = renewal.identity;
  SOTTO_RETURN_IF_ERROR(renew(std::move(renewal)));
  served.identity = identity;
  return absl::OkStatus();
}

// As under nohup(1). A signal that is ignored and blocked would come all the same.
bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

sigset_t ServiceSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, kWakeSignal}) sigaddset(&signals, signal);
  // A terminal that closes ends the service as SIGTERM does.
  if (!IsIgnored(SIGHUP)) sigaddset(&signals, SIGHUP);
  return signals;
}

int RenewUntilSignal(const RenewService& renew, ServedIdentity& served) {
  const sigset_t signals = ServiceSignals();
  const bool renewable = served.identity != nullptr;
  sys_seconds due = renewable ? RenewalTime(served.job, *served.identity) : sys_seconds::max();
  while (true) {
    const int signal = NextSignal(signals, due);
    if (signal != 0 && signal != SIGUSR1) return signal;
    if (!renewable) continue;
    const absl::Status renewed = MakeAndRenew(renew, served);
    due = RenewalTime(served.job, *served.identity);
    if (renewed.ok()) continue;
    const sys_seconds end{std::chrono::seconds(served.identity->keyset().not_after())};
    Log(LogLevel::kWarning, StrCat("the keyset, which ends at ", FormatDate(end),
                                   ", is not renewed: ", ToStd(renewed.message())));
    due = std::max<sys_seconds>(due, Now() + kRetry);
  }
}

void ServeUntilStopped(Service& service, ServedIdentity served) {
  const RenewService renew = [&service](ServiceRenewal renewal) {
    return service.Renew(std::move(renewal));
  };
  // Nobody here wakes it.
  while (RenewUntilSignal(renew, served) == kWakeSignal) {
  }
}

}  // namespace sotto
