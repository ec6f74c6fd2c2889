// The flags of `sotto serve`, their environment variables and defaults.
#ifndef SOTTO_CLI_SERVE_FLAGS_H_
#define SOTTO_CLI_SERVE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <string>

#include "base/status.h"
#include "cli/attester_flag.h"
#include "cli/execution_flags.h"
#include "cli/model_flags.h"
#include "cli/run_job.h"
#include "cli/serve_identity.h"
#include "cli/serve_limit_flags.h"
#include "cli/serve_listen_flags.h"
#include "cli/setting.h"
#include "trusted/service/service.h"

namespace sotto {

struct ServeJob : RunJob {
  bool default_length = false, default_batch = false;  // To be chosen once the model is known.
  ServiceOptions service;
  IdentityJob identity;
  std::string test_attester;   // --insecure-test-attester; empty: it is not given.
  bool default_labels = true;  // --rerank-labels is not given.
  std::chrono::milliseconds drain_timeout{30'000};
  bool await_provisioning = false;   // Keys come over the network, from whoever verifies this;
  std::string provisioner_key = {};  // or from the owner of this public key alone.
};

class ServeFlags {
 public:
  explicit ServeFlags(CLI::App& app);

  // After parsing. Errors as PrefillFlags::Read(). Sets the process's log level.
  absl::StatusOr<ServeJob> Read() const;

 private:
  absl::Status ReadShape(ServeJob& job) const;
  absl::StatusOr<std::array<std::string, 2>> ReadLabels() const;
  absl::Status ReadRerank(ServiceOptions& options) const;
  absl::Status CheckFiles(const ServeJob& job) const;

  ModelFlags model_;
  ServeListenFlags listen_;
  ServeIdentityFlags identity_;
  Setting test_attester_;
  Setting served_model_name_, prefill_length_, batch_size_, batch_tokens_, urgent_tokens_;
  ServeLimitFlags limits_;
  CLI::Option* const share_prefixes_;
  Setting embedding_pooling_, rerank_template_, rerank_labels_;
  ExecutionFlags execution_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SERVE_FLAGS_H_
