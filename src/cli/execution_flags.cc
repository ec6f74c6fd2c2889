#include "cli/execution_flags.h"

#include <array>
#include <string_view>

#include "base/cpu.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/command.h"

namespace sotto {
namespace {

constexpr int64_t kMaxThreads = 1024;
// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kProgressModes = {"auto", "always", "never"};

void WarnOfThreads(int threads, int processors) {
  if (threads <= processors) return;
  Log(LogLevel::kWarning, StrCat("--threads: ", threads, " threads share ", processors,
                                 processors == 1 ? " processor" : " processors",
                                 ", which is slower than a thread for each"));
}

}  // namespace

ExecutionFlags::ExecutionFlags(CLI::App& app, const PrecisionDefaults& defaults,
                               const OwnCertificateFlags& own)
    : precision_(app, defaults),
      threads_(app, {.flag = "--threads",
                     .placeholder = "N",
                     .help = "Number of threads",
                     .shown_default = "all processors"}),
      pad_compute_(AddSwitch(app, "--pad-compute",
                             "Compute padding too, so that timing does not reveal prompt lengths")),
      oblivious_embedding_(AddSwitch(app, "--oblivious-embedding",
                                     "Read the whole embedding table for every batch, so that "
                                     "memory accesses do not reveal tokens; computes padding too")),
      progress_(app, {.flag = "--progress",
                      .placeholder = "WHEN",
                      .help = "Show progress on stderr: always, never, or auto (on a terminal, for "
                              "work of more than a second)",
                      .default_value = "auto"}),
      log_level_(app, {.flag = "--log-level",
                       .placeholder = "LEVEL",
                       .help = "Messages on stderr: error, warning, info or debug",
                       .default_value = "warning"}),
      split_(app, own) {}

absl::Status ExecutionFlags::ApplyLogLevel() const {
  const absl::StatusOr<LogLevel> level = ParseLogLevel(log_level_.value());
  if (!level.ok()) {
    return UsageError(StrCat(log_level_.source(), ": ", ToStd(level.status().message())));
  }
  SetLogLevel(*level);
  return absl::OkStatus();
}

absl::Status ExecutionFlags::Read(RunJob& job) const {
  PrefillOptions& prefill = job.prefill;
  SOTTO_ASSIGN_OR_RETURN(prefill.split, split_.Read());
  SOTTO_RETURN_IF_ERROR(precision_.Read(prefill));
  prefill.oblivious_embedding = oblivious_embedding_->count() > 0;
  prefill.pad_compute =
      prefill.split.has_value() || prefill.oblivious_embedding || pad_compute_->count() > 0;
  prefill.threads = AvailableProcessors();
  if (threads_.given()) {
    SOTTO_ASSIGN_OR_RETURN(prefill.threads, threads_.Integer(1, kMaxThreads));
    WarnOfThreads(prefill.threads, AvailableProcessors());
  }
  job.model.threads = prefill.threads;
  SOTTO_ASSIGN_OR_RETURN(const size_t progress, progress_.Choice(kProgressModes));
  job.progress = static_cast<ProgressMode>(progress);
  if (prefill.split.has_value()) SOTTO_RETURN_IF_ERROR(CheckSplitUsage(*prefill.split));
  const absl::Status valid = InFlagTerms(Validate(prefill));
  return absl::IsInvalidArgument(valid) ? UsageError(ToStd(valid.message())) : valid;
}

}  // namespace sotto
