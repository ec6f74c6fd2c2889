#include "cli/serve_command.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/attester_flag.h"
#include "cli/keyset_renewal.h"
#include "cli/progress.h"
#include "cli/protection_facts.h"
#include "cli/run_messages.h"
#include "cli/serve_flags.h"
#include "cli/serve_provisioning.h"
#include "cli/status_line.h"
#include "trusted/api/confidentiality.h"
#include "trusted/linear/local.h"
#include "trusted/tee/platform.h"
#include "trusted/tee/source_provenance.h"

namespace sotto {
namespace {

// Longer prompts than most need; more are to be asked for, as memory is taken for all of a batch.
constexpr size_t kUsualServedLength = 2048;
// Most prompts of an urgent pass.
constexpr size_t kUrgentPrompts = 8;

absl::Status ResolveLength(const ModelInfo& model, ServeJob& job) {
  PrefillOptions& prefill = job.prefill;
  if (job.default_length) {
    if (!prefill.pad_compute) prefill.prefill_length = kUsualServedLength;
    prefill.prefill_length = std::min(prefill.prefill_length, model.max_positions);
  }
  if (prefill.prefill_length <= model.max_positions) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(job.prefill_length_source, ": ", prefill.prefill_length,
                                           " positions, but the model has ", model.max_positions));
}

absl::StatusOr<Prefill> MakePrefill(const Model& model, ServeJob& job) {
  const StatusLine loading(job.progress, LoadingLine);
  while (true) {
    absl::StatusOr<Prefill> prefill = Prefill::Create(model, job.prefill);
    // A batch that nobody asked for gives way where memory is short.
    const bool smaller = absl::IsFailedPrecondition(prefill.status()) && job.default_batch &&
                         job.prefill.batch_size > 1;
    if (!smaller) {
      SOTTO_RETURN_IF_ERROR(InFlagTerms(prefill.status()));
      return prefill;
    }
    job.prefill.batch_size /= 2;
  }
}

// For receipts, which need no digests where nobody could verify them. Weights take seconds to hash,
// by the model's threads: before a Prefill takes those, or others would have to be made for it.
absl::Status HashModel(const Model& model, ServeJob& job) {
  if (job.service.identity == nullptr || job.service.receipts.records == 0) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(job.service.digests, model.Digests());
  return absl::OkStatus();
}

// For urgent passes; nullopt where there are none, for want of memory too.
std::optional<Prefill> MakeBeside(const Prefill& prefill, ServeJob& job) {
  PassLimits& urgent = job.service.scheduler.urgent;
  urgent.tokens = std::min(urgent.tokens, job.prefill.prefill_length);
  urgent.prompts = std::min(kUrgentPrompts, job.prefill.batch_size);
  if (job.prefill.pad_compute) urgent.tokens = 0;
  if (urgent.tokens == 0) return std::nullopt;
  absl::StatusOr<Prefill> beside = Prefill::CreateBeside(prefill, urgent.tokens, urgent.prompts);
  if (beside.ok()) return *std::move(beside);
  Log(LogLevel::kWarning, StrCat("no urgent passes: ", ToStd(beside.status().message())));
  urgent.tokens = 0;
  return std::nullopt;
}

// What of the service's options depends on the model.
ServiceOptions OptionsFor(const ModelInfo& model, ServeJob& job) {
  ServiceOptions options = std::move(job.service);
  options.reports.provenance = BuiltFrom();
  options.longest_prompt = job.prefill.prefill_length;
  options.scheduler.pass.prompts = job.prefill.batch_size;
  // A pass of a fixed shape costs the same whatever is in it.
  if (job.prefill.pad_compute) {
    options.scheduler.pass.tokens = job.prefill.batch_size * job.prefill.prefill_length;
  }
  // Attention costs 2 x hidden x layers operations for each pair of tokens seen, half of them; the
  // linear layers 2 x parameters for each token.
  options.scheduler.cost = PromptCost(static_cast<double>(model.parameters) /
                                      static_cast<double>(model.hidden_size * model.layers));
  return options;
}

ProtectionReport ReportProtection(const ServeJob& job, const PrecisionReport& precision) {
  const std::optional<SplitOptions>& split = job.prefill.split;
  const Confidentiality judged =
      JudgeConfidentiality(DetectPlatform(), split.has_value() ? &*split : nullptr);
  ProtectionReport report{
      .hidden_from_host = judged.from_host,
      .host_reason = judged.host_reason,
      .precision = std::string(PrecisionName(precision.linear)),
      .precision_reason = precision.linear_reason,
      .attention_precision = std::string(AttentionPrecisionName(precision.attention)),
      .test_attester = !job.test_attester.empty()};
  if (precision.fixed_weights.has_value()) {
    report.fixed_weight_bits = FixedWeightBits(*precision.fixed_weights);
  }
  if (judged.from_accelerators.has_value()) {
    report.accelerators = {.count = split->endpoints.size(),
                           .hidden = *judged.from_accelerators,
                           .reason = judged.accelerators_reason};
  }
  report.facts = ProtectionFactsOf(job.prefill, precision);
  return report;
}

// What a request to rerank would find out.
absl::Status CheckRerank(const Model& model, const ServeJob& job) {
  if (!job.service.rerank.has_value()) return absl::OkStatus();
  const absl::StatusOr<SecretIds> labels = job.service.rerank->LabelIds(model);
  if (!labels.ok()) {
    return absl::Status(labels.status().code(),
                        ToAbsl(StrCat("--rerank-template and --rerank-labels: ",
                                      ToStd(labels.status().message()))));
  }
  if (!labels->empty() || job.default_labels) return absl::OkStatus();
  return UsageError("--rerank-labels: has no effect with a classifier, which has its own label");
}

absl::Status WithListenFlag(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  if (!message.starts_with("listen")) return status;
  return absl::Status(status.code(), ToAbsl(StrCat("--", message)));
}

// A guest whose kernel gives no quotes serves without them, as far as it can.
absl::StatusOr<std::shared_ptr<Attester>> FindServiceAttester(const ServeJob& job) {
  auto attester = FindAttester(job.test_attester);
  if (!absl::IsFailedPrecondition(attester.status())) return attester;
  Log(LogLevel::kWarning, StrCat("no attestation: ", ToStd(attester.status().message())));
  return nullptr;
}

// "https://localhost"
std::string UrlOf(const HttpServerOptions& http) {
  return StrCat(http.terms.tls.has_value() ? "https" : "http", "://",
                http.listen.substr(0, http.listen.rfind(':')));
}

void PrintListening(const std::string& url, int port) {
  std::printf("listening on %s:%d\n", url.c_str(), port);
  std::fflush(stdout);
}

// With what can be said of it before it is loaded.
absl::StatusOr<Model> OpenServed(ServeJob& job) {
  absl::StatusOr<Model> model = Model::Open(job.model_path, job.model);
  SOTTO_RETURN_IF_ERROR(model.status());
  SOTTO_RETURN_IF_ERROR(ResolveLength(model->info(), job));
  SOTTO_RETURN_IF_ERROR(CheckRerank(*model, job));
  return model;
}

// `waiting`: whose sockets the service takes over; or null.
absl::Status ServeModel(const Model& model, ServeJob job, ServedIdentity served,
                        std::unique_ptr<ProvisioningService> waiting) {
  SayModel(job, model.info());
  WarnOfEmbedding(model.info(), {.pooling = job.service.embedding_pooling, .normalize = true},
                  "--embedding-pooling");
  SOTTO_RETURN_IF_ERROR(HashModel(model, job));
  SOTTO_ASSIGN_OR_RETURN(Prefill prefill, MakePrefill(model, job));
  std::optional<Prefill> beside = MakeBeside(prefill, job);
  SayPrecision(prefill);
  job.service.protection = ReportProtection(job, prefill.precision());
  const bool listened = waiting != nullptr;
  if (listened) job.service.http.sockets = waiting->HandOver();
  waiting = nullptr;  // An enclave has room for the threads of one of both.
  const std::string url = UrlOf(job.service.http);
  const std::chrono::milliseconds drain_timeout = job.drain_timeout;
  absl::StatusOr<std::unique_ptr<Service>> service = Service::Start(
      model, prefill, beside.has_value() ? &*beside : nullptr, OptionsFor(model.info(), job));
  SOTTO_RETURN_IF_ERROR(WithListenFlag(service.status()));
  if (listened) {
    Notice("serving with the keys that were provisioned");
  } else {
    PrintListening(url, (*service)->port());
  }
  ServeUntilStopped(**service, std::move(served));
  Notice("finishing what was accepted");
  (*service)->Drain(drain_timeout);
  return absl::OkStatus();
}

absl::Status ServeProvisioned(ServeJob job, ServedIdentity served) {
  absl::StatusOr<std::unique_ptr<ProvisioningService>> waiting = StartWaiting(job);
  SOTTO_RETURN_IF_ERROR(WithListenFlag(waiting.status()));
  PrintListening(UrlOf(job.service.http), (*waiting)->port());
  Notice("waiting for `sotto provision`");
  SOTTO_ASSIGN_OR_RETURN(const std::optional<Model> model,
                         AwaitModel(**waiting, OpenServed, job, served));
  if (!model.has_value()) return absl::OkStatus();
  return ServeModel(*model, std::move(job), std::move(served), *std::move(waiting));
}

absl::Status Serve(ServeJob job) {
  SOTTO_ASSIGN_OR_RETURN(job.service.attester, FindServiceAttester(job));
  if (job.await_provisioning && job.service.attester == nullptr) {
    return UsageError(
        "--await-provisioning: no TEE attests this service, and so nobody could "
        "know whom the keys go to");
  }
  ServedIdentity served{.job = job.identity, .place = PlaceOf(job.service)};
  SOTTO_RETURN_IF_ERROR(GiveIdentity(job.identity, job.service));
  served.identity = job.service.identity;
  WarnBeforePrompts(job);
  if (job.await_provisioning) return ServeProvisioned(std::move(job), std::move(served));
  const absl::StatusOr<Model> model = OpenServed(job);
  SOTTO_RETURN_IF_ERROR(InFlagTerms(model.status()));
  return ServeModel(*model, std::move(job), std::move(served), nullptr);
}

}  // namespace

void AddServeCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "serve", "Serve a model over HTTPS: OpenAI's completions and embeddings, scores, reranking");
  command->footer(
      "A flag overrides its environment variable [..], which overrides the default (..).");
  const auto flags = std::make_shared<ServeFlags>(*command);
  command->callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(ServeJob job, flags->Read());
      // Before any thread exists: all inherit it, and one waits for them.
      const sigset_t signals = ServiceSignals();
      pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      return Serve(std::move(job));
    };
  });
}

}  // namespace sotto
