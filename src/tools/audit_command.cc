#include "tools/audit_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "base/cpu.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "cli/config_warning.h"
#include "cli/default_model.h"
#include "cli/setting.h"
#include "cli/split_flags.h"
#include "cli/split_tls_flags.h"
#include "tools/audit.h"
#include "tools/recording_channel.h"
#include "trusted/api/split_backend.h"
#include "trusted/split/pad_weights.h"
#include "trusted/split/protected_layers.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

// Long enough for every attack: some look for correlations over the prompt's tokens.
constexpr char kOurText[] =
    "And it came to pass in those days that a letter was brought to the city by night, and no man "
    "knew from whence it came. The keeper of the gate read it not, for it was sealed; neither did "
    "the scribes read it, nor they that carried it; but they measured it, and weighed it, and "
    "wrote down the hour of its coming. And the king said, What is written therein? And they "
    "answered and said, We know the length of it, and the day, but the words we know not. Then was "
    "the king glad, and said, So let it be with every letter that passeth through this house.";

constexpr size_t kMaxTokens = 512;
constexpr size_t kPadMemoryBytes = size_t{512} << 20;

struct AuditFlags {
  explicit AuditFlags(CLI::App& app);

  Setting model;
  std::string prompt = {};  // Empty: a text of ours.
  std::vector<std::string> accelerators = {};
  std::string protection = "auto";
  SplitTlsFlags tls;
  bool no_relay = false;
};

AuditFlags::AuditFlags(CLI::App& app)
    : model(app, {.flag = "--model",
                  .placeholder = "DIR",
                  .help = "Model directory",
                  .variable = "LLAMA_MODEL_PATH",
                  .shown_default = "the shipped model"}),
      tls(app, OwnCertificateFlags()) {
  app.add_option("--prompt", prompt, "The prompt to look for (a built-in text)");
  app.add_option("--accelerator", accelerators, "HOST:PORT or unix:PATH; repeatable");
  app.add_option("--protection", protection, "auto, shares, pads or plain (auto)");
  app.add_flag("--no-relay", no_relay, "Never let servers send products to each other");
}

absl::StatusOr<std::vector<int32_t>> Tokens(const AuditFlags& flags, const Checkpoint& checkpoint) {
  SOTTO_ASSIGN_OR_RETURN(const std::string* json, checkpoint.TokenizerJson());
  const std::string source = StrCat(checkpoint.directory(), "/", kTokenizerName);
  if (json == nullptr) return absl::NotFoundError(StrCat(source, ": no such file"));
  SOTTO_ASSIGN_OR_RETURN(const Tokenizer tokenizer, Tokenizer::Parse(*json, source));
  SOTTO_ASSIGN_OR_RETURN(
      std::vector<int32_t> ids,
      tokenizer.Encode(flags.prompt.empty() ? kOurText : flags.prompt, {.add_bos = true}));
  const size_t most = std::min(kMaxTokens, checkpoint.config().max_position_embeddings);
  if (ids.size() > most) ids.resize(most);
  if (ids.empty()) return UsageError("--prompt: the text has no tokens");
  return ids;
}

absl::StatusOr<SplitOptions> Options(const AuditFlags& flags) {
  SplitOptions options;
  options.endpoints = flags.accelerators;
  const auto protection = ParseProtection(flags.protection, flags.accelerators.size());
  if (!protection.ok()) {
    return UsageError(StrCat("--protection: ", ToStd(protection.status().message())));
  }
  options.protection = *protection;
  options.plain_verified = true;  // So that what is sent can be told from what was masked.
  if (flags.no_relay) options.relay = RelayUse::kNever;
  SOTTO_RETURN_IF_ERROR(flags.tls.Read(options));
  options.pads.memory_bytes = kPadMemoryBytes;
  SOTTO_RETURN_IF_ERROR(CheckSplitUsage(options));
  return options;
}

// What the auditor multiplies with to see what a relay's source sends its sink.
absl::StatusOr<PadWeights> ReadWeights(const Checkpoint& checkpoint, ThreadPool& pool) {
  PadWeights weights(checkpoint.config(), FixedWeights::k12Bits);
  SOTTO_RETURN_IF_ERROR(
      ProtectedLayers::Read(checkpoint, FixedWeights::k12Bits, ProcessDrbg(), pool,
                            [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
                              weights.AddRows(layer, first, wq);
                            })
          .status());
  return weights;
}

// One forward pass over the prompt; what it computes is not kept.
absl::Status Run(Engine& engine, const std::vector<int32_t>& tokens) {
  const std::vector<std::vector<int32_t>> prompts{tokens};
  return engine.Run(prompts, {.logits = LogitsMode::kLast},
                    [](size_t, size_t, ConstMatrixView<float>) {});
}

absl::Status RunAudit(const AuditFlags& flags) {
  if (flags.accelerators.empty()) return UsageError("--accelerator: name a server to attack");
  SOTTO_ASSIGN_OR_RETURN(const SplitOptions options, Options(flags));
  SOTTO_ASSIGN_OR_RETURN(const std::string model, ModelOf(flags.model));
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(model));
  WarnOfConfig(checkpoint.directory(), checkpoint.config().unknown_fields,
               checkpoint.config().warnings);
  SOTTO_ASSIGN_OR_RETURN(const std::vector<int32_t> tokens, Tokens(flags, checkpoint));
  const std::string warning = ConfidentialityWarning(options);
  if (!warning.empty()) Log(LogLevel::kWarning, warning);

  ThreadPool pool(AvailableProcessors());
  Transcript transcript;
  SplitBackend backend(
      checkpoint,
      MakeSplitSetup(options, {1, tokens.size(), Positions::kLast}, Precision::kFixed, 1), pool,
      [&](size_t server, std::shared_ptr<AcceleratorChannel> channel) {
        return std::make_unique<RecordingChannel>(server, std::move(channel), transcript);
      });
  SOTTO_ASSIGN_OR_RETURN(
      const std::unique_ptr<Engine> engine,
      backend.MakeEngine({.threads = pool.threads(), .prefill_length = tokens.size()}));
  std::optional<PadWeights> weights;
  if (backend.split().relayed) {
    SOTTO_ASSIGN_OR_RETURN(weights, ReadWeights(checkpoint, pool));
    transcript.set_product([&](LinearLayer layer, ConstMatrixView<uint32_t> x) {
      Matrix<uint32_t> y(x.rows(), ShapeOf(checkpoint.config(), layer).n_out);
      PadWeights::Workspace workspace;
      weights->Multiply(layer, x, y.view(), workspace, pool);
      return y;
    });
  }
  SOTTO_RETURN_IF_ERROR(Run(*engine, tokens));
  SOTTO_ASSIGN_OR_RETURN(
      const AuditSubject subject,
      MakeAuditSubject(checkpoint, backend.runtime().first_layer_limit(), tokens));

  const std::vector<AuditFinding> findings = RunAttacks(transcript, subject);
  std::printf("protection %s%s, %zu tokens, %zu messages\n%s",
              std::string(ProtectionName(backend.setup().protection)).c_str(),
              weights ? " with a relay" : "", tokens.size(), transcript.messages().size(),
              FormatFindings(findings).c_str());
  if (!AnyAttackSucceeded(findings)) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("protection ",
                                              ProtectionName(backend.setup().protection),
                                              ": an attack on the recorded messages succeeded"));
}

}  // namespace

void AddAudit(CLI::App& app, Invocation& invocation) {
  const auto flags = std::make_shared<AuditFlags>(app);
  app.callback([flags, &invocation] { invocation.run = [flags] { return RunAudit(*flags); }; });
}

}  // namespace sotto
