// The limits of `sotto serve`: what one request may be, what all together may take, and how long.
#ifndef SOTTO_CLI_SERVE_LIMIT_FLAGS_H_
#define SOTTO_CLI_SERVE_LIMIT_FLAGS_H_

#include <CLI/CLI.hpp>
#include <chrono>

#include "base/status.h"
#include "cli/setting.h"
#include "trusted/service/service.h"

namespace sotto {

class ServeLimitFlags {
 public:
  explicit ServeLimitFlags(CLI::App& app);

  // After parsing. UsageError naming the flag.
  absl::Status Read(ServiceOptions& options, std::chrono::milliseconds& drain_timeout) const;

 private:
  absl::Status ReadQueue(ServiceOptions& options) const;
  absl::Status ReadMemory(ServiceOptions& options) const;
  absl::Status ReadTimes(ServiceOptions& options, std::chrono::milliseconds& drain_timeout) const;

  Setting max_queue_, max_queue_tokens_, max_request_tokens_, max_request_prompts_;
  Setting max_connections_, max_body_bytes_, body_memory_bytes_, answer_memory_bytes_;
  Setting header_seconds_, body_seconds_, write_seconds_, idle_seconds_;
  Setting request_seconds_, drain_seconds_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_LIMIT_FLAGS_H_
