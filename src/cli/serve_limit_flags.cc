#include "cli/serve_limit_flags.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/strings.h"
#include "cli/command.h"
#include "http/memory_budget.h"

namespace sotto {
namespace {

constexpr int64_t kMostOf = 1'000'000;
constexpr int64_t kMostTokens = std::numeric_limits<int32_t>::max();
constexpr int64_t kMostQueued = int64_t{1} << 40;
constexpr int64_t kLongestBody = std::numeric_limits<int32_t>::max();
constexpr int64_t kLeastAnswers = int64_t{1} << 20;
constexpr int64_t kMostMemory = int64_t{1} << 40;
constexpr int64_t kLongestSeconds = 86400;

absl::Status ReadSeconds(const Setting& setting, std::chrono::milliseconds& timeout,
                         int64_t least = 1) {
  SOTTO_ASSIGN_OR_RETURN(const int64_t seconds, setting.Integer(least, kLongestSeconds));
  timeout = std::chrono::seconds(seconds);
  return absl::OkStatus();
}

}  // namespace

ServeLimitFlags::ServeLimitFlags(CLI::App& app)
    : max_queue_(app, {.flag = "--max-queue",
                       .placeholder = "N",
                       .help = "Requests that wait; one more is refused (429)",
                       .default_value = "1024"}),
      max_queue_tokens_(app, {.flag = "--max-queue-tokens",
                              .placeholder = "N",
                              .help = "Tokens of all requests that wait; more are refused (429)",
                              .default_value = "1048576",
                              .shown_default = "1048576, or --max-request-tokens if that is more"}),
      max_request_tokens_(app, {.flag = "--max-request-tokens",
                                .placeholder = "N",
                                .help = "Most tokens of one request",
                                .default_value = "131072"}),
      max_request_prompts_(app, {.flag = "--max-request-prompts",
                                 .placeholder = "N",
                                 .help = "Most prompts of one request, or documents to rerank",
                                 .default_value = "2048"}),
      max_connections_(app, {.flag = "--max-connections",
                             .placeholder = "N",
                             .help = "Connections at once; one more closes the longest idle",
                             .default_value = "4096"}),
      max_body_bytes_(app, {.flag = "--max-body-bytes",
                            .placeholder = "N",
                            .help = "Longest body of a request",
                            .default_value = "8388608"}),
      body_memory_bytes_(app, {.flag = "--body-memory-bytes",
                               .placeholder = "N",
                               .help = "Memory for all bodies that are read or worked on; a "
                                       "request beyond it is refused (429)",
                               .shown_default = "268435456, or twice --max-body-bytes if that is "
                                                "more"}),
      answer_memory_bytes_(app, {.flag = "--answer-memory-bytes",
                                 .placeholder = "N",
                                 .help = "Memory for all answers that are made or sent; a request "
                                         "beyond it is refused (429), one that alone would take "
                                         "more too (413)",
                                 .default_value = "536870912"}),
      header_seconds_(app, {.flag = "--header-seconds",
                            .placeholder = "SECONDS",
                            .help = "Longest time for a TLS handshake, or for a request's header",
                            .default_value = "10"}),
      body_seconds_(app, {.flag = "--body-seconds",
                          .placeholder = "SECONDS",
                          .help = "Longest time for a request's body",
                          .default_value = "60"}),
      write_seconds_(app, {.flag = "--write-seconds",
                           .placeholder = "SECONDS",
                           .help = "How long a client may take nothing of its answer",
                           .default_value = "60"}),
      idle_seconds_(app, {.flag = "--idle-seconds",
                          .placeholder = "SECONDS",
                          .help = "How long a connection is kept that asks nothing",
                          .default_value = "75"}),
      request_seconds_(app, {.flag = "--request-seconds",
                             .placeholder = "SECONDS",
                             .help = "Longest wait for a request's results (504 behind it)",
                             .default_value = "600"}),
      drain_seconds_(app, {.flag = "--drain-seconds",
                           .placeholder = "SECONDS",
                           .help = "What accepted requests get to finish after SIGTERM",
                           .default_value = "30"}) {}

absl::Status ServeLimitFlags::ReadQueue(ServiceOptions& options) const {
  SOTTO_ASSIGN_OR_RETURN(options.scheduler.max_jobs, max_queue_.Integer(1, kMostOf));
  SOTTO_ASSIGN_OR_RETURN(options.request.tokens, max_request_tokens_.Integer(1, kMostTokens));
  SOTTO_ASSIGN_OR_RETURN(options.request.prompts, max_request_prompts_.Integer(1, kMostOf));
  SOTTO_ASSIGN_OR_RETURN(options.scheduler.max_tokens, max_queue_tokens_.Integer(1, kMostQueued));
  if (options.scheduler.max_tokens >= options.request.tokens) return absl::OkStatus();
  if (max_queue_tokens_.given()) {
    return UsageError(StrCat("--max-queue-tokens: ", options.scheduler.max_tokens,
                             ", less than the ", options.request.tokens,
                             " of --max-request-tokens: such a request would never be taken"));
  }
  options.scheduler.max_tokens = options.request.tokens;
  return absl::OkStatus();
}

absl::Status ServeLimitFlags::ReadMemory(ServiceOptions& options) const {
  HttpLimits& limits = options.http.limits;
  SOTTO_ASSIGN_OR_RETURN(limits.max_connections, max_connections_.Integer(1, kMostOf));
  SOTTO_ASSIGN_OR_RETURN(limits.max_body_bytes, max_body_bytes_.Integer(1, kLongestBody));
  SOTTO_ASSIGN_OR_RETURN(options.max_answer_bytes,
                         answer_memory_bytes_.Integer(kLeastAnswers, kMostMemory));
  if (!body_memory_bytes_.given()) {
    limits.max_held_bytes = std::max(limits.max_held_bytes, 2 * limits.max_body_bytes);
    return absl::OkStatus();
  }
  SOTTO_ASSIGN_OR_RETURN(limits.max_held_bytes, body_memory_bytes_.Integer(1, kMostMemory));
  const size_t most = MemoryBudget(limits.max_held_bytes).limit();
  if (most >= limits.max_body_bytes) return absl::OkStatus();
  return UsageError(StrCat("--body-memory-bytes: ", limits.max_held_bytes,
                           ", of which one body may take ", most, ", less than the ",
                           limits.max_body_bytes, " of --max-body-bytes"));
}

absl::Status ServeLimitFlags::ReadTimes(ServiceOptions& options,
                                        std::chrono::milliseconds& drain_timeout) const {
  HttpLimits& limits = options.http.limits;
  SOTTO_RETURN_IF_ERROR(ReadSeconds(header_seconds_, limits.header_timeout));
  SOTTO_RETURN_IF_ERROR(ReadSeconds(body_seconds_, limits.body_timeout));
  SOTTO_RETURN_IF_ERROR(ReadSeconds(write_seconds_, limits.write_timeout));
  SOTTO_RETURN_IF_ERROR(ReadSeconds(idle_seconds_, limits.idle_timeout));
  SOTTO_RETURN_IF_ERROR(ReadSeconds(request_seconds_, options.request_timeout));
  return ReadSeconds(drain_seconds_, drain_timeout, 0);
}

absl::Status ServeLimitFlags::Read(ServiceOptions& options,
                                   std::chrono::milliseconds& drain_timeout) const {
  SOTTO_RETURN_IF_ERROR(ReadQueue(options));
  SOTTO_RETURN_IF_ERROR(ReadMemory(options));
  return ReadTimes(options, drain_timeout);
}

}  // namespace sotto
