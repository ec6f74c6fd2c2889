#include "sotto/prefill.h"

#include <array>
#include <bit>
#include <utility>

#include "base/cpu.h"
#include "base/strings.h"
#include "model/tensor_names.h"
#include "trusted/api/guarded.h"
#include "trusted/api/memory_needed.h"
#include "trusted/api/model_impl.h"
#include "trusted/api/named_logprobs.h"
#include "trusted/api/option_checks.h"
#include "trusted/api/prefill_impl.h"
#include "trusted/api/prompt_checks.h"
#include "trusted/api/split_backend.h"
#include "trusted/api/weight_cache_policy.h"
#include "trusted/engine/logits.h"
#include "trusted/split/drbg.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

// Of [0, 1), for the clients of one server not to come back all at once.
double DrawUniform() {
  std::array<uint8_t, sizeof(uint32_t)> bytes{};
  ProcessDrbg().Generate(bytes);
  return std::bit_cast<uint32_t>(bytes) / 4294967296.0;
}

// With everything that they leave open or imply.
PrefillOptions Resolved(PrefillOptions options) {
  if (options.threads == 0) options.threads = AvailableProcessors();
  options.pad_compute |= options.split.has_value() || options.oblivious_embedding;
  return options;
}

absl::Status CheckAgainstModel(const PrefillOptions& options, const Model::Impl& model) {
  if (options.prefill_length > model.info.max_positions) {
    return absl::InvalidArgumentError(StrCat("prefill_length: ", options.prefill_length,
                                             " positions, but the model has ",
                                             model.info.max_positions));
  }
  if (options.weight_cache_dir.empty()) return absl::OkStatus();
  return CheckWeightCache(
      {.sealed = model.info.sealed, .pinned = model.pinned, .platform = DetectPlatform().platform});
}

std::unique_ptr<Backend> MakeBackend(const PrefillOptions& options, const Checkpoint& checkpoint,
                                     const PrecisionReport& precision, ThreadPool& pool) {
  if (!options.split.has_value()) {
    return MakeLocalBackend(checkpoint,
                            {.precision = precision.linear,
                             .weight_cache_dir = options.weight_cache_dir,
                             .attention = precision.attention,
                             .lm_head = !options.hidden_states_only,
                             .fixed_weights = options.fixed_weights},
                            pool);
  }
  const PassSize pass{options.batch_size, options.prefill_length, options.positions};
  return std::make_unique<SplitBackend>(checkpoint,
                                        MakeSplitSetup(*options.split, pass, precision.linear,
                                                       options.threads, options.fixed_weights),
                                        pool);
}

RetrySchedule MakeRetries(const PrefillOptions& options) {
  if (!options.split.has_value()) return RetrySchedule(0, {}, DrawUniform);
  return RetrySchedule(options.split->retries, options.split->exchange_timeout, DrawUniform);
}

// Whether no logits are needed but for named tokens. With first_tokens.
bool ScoresNothing(TokenPrompts prompts, const ScoreOptions& scoring) {
  if (scoring.top_k > 0) return false;
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (scoring.first_tokens[i] < prompts[i].size()) return false;
  }
  return true;
}

// It is not packed, which would give its memory back.
void DropLmHead(const Checkpoint& checkpoint) {
  const absl::StatusOr<TensorRef> tensor = checkpoint.Find(kLmHeadName);
  if (tensor.ok()) checkpoint.DropPages(*tensor);
}

absl::Status CheckProcess(pid_t process) {
  if (process == getpid()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "created before this process was forked: its threads and connections are the parent's");
}

}  // namespace

absl::StatusOr<Prefill> Prefill::Create(const Model& model, const PrefillOptions& options) {
  return Guarded([&]() -> absl::StatusOr<Prefill> {
    SOTTO_ASSIGN_OR_RETURN(const PrecisionReport precision, CheckedPrecision(options));
    const Model::Impl& opened = *model.impl_;
    SOTTO_RETURN_IF_ERROR(CheckAgainstModel(options, opened));
    if (options.split.has_value() && ProcessDrbgIsOfAParent()) {
      return absl::FailedPreconditionError(
          "split: this process was forked by one that had used the split mode, whose random "
          "numbers "
          "and gRPC's threads are the parent's");
    }
    const PrefillOptions resolved = Resolved(options);
    auto impl = std::make_unique<Impl>(model, resolved, precision);
    impl->host.emplace(MakeBackend(resolved, opened.checkpoint, precision, impl->pool),
                       EngineOptions{.threads = resolved.threads,
                                     .batch_size = resolved.batch_size,
                                     .prefill_length = resolved.prefill_length,
                                     .oblivious_embedding = resolved.oblivious_embedding},
                       MakeRetries(resolved));
    if (opened.info.head.kind == HeadKind::kClassifier) {
      SOTTO_ASSIGN_OR_RETURN(Classifier classifier, Classifier::Read(opened.checkpoint));
      impl->classifier = std::make_shared<const Classifier>(std::move(classifier));
    }
    SOTTO_RETURN_IF_ERROR(impl->host->Load());
    if (resolved.hidden_states_only && !resolved.split.has_value()) {
      DropLmHead(opened.checkpoint);
    }
    return Prefill(std::move(impl));
  });
}

Prefill::Prefill(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Prefill::Prefill(Prefill&&) noexcept = default;

Prefill& Prefill::operator=(Prefill&& other) noexcept {
  if (this != &other) {
    this->~Prefill();
    new (this) Prefill(std::move(other));
  }
  return *this;
}

Prefill::~Prefill() {
  // In a child of fork() there are no threads to end and no connections to close: what there is
  // goes with the process.
  if (impl_ != nullptr && impl_->process != getpid()) (void)impl_.release();
}

absl::StatusOr<RunReport> Prefill::Impl::Run(TokenPrompts prompts, const PassRequest& request,
                                             const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckProcess(process));
  if (!request.hidden_states) {
    SOTTO_RETURN_IF_ERROR(CheckHasLogits(model.impl_->checkpoint.config()));
    if (options.hidden_states_only) {
      return absl::FailedPreconditionError(
          "created with hidden_states_only, and so without lm_head: there are no logits");
    }
  }
  return Guarded([&]() -> absl::StatusOr<RunReport> {
    const std::lock_guard lock(mutex);
    std::unique_lock working(*pool_mutex);
    const std::function<void()> pause = [&] {
      working.unlock();
      control.pause();
      working.lock();
    };
    const bool pauses = control.pause && !options.split.has_value() && !options.pad_compute;
    const ModelInfo& info = model.info();
    SOTTO_RETURN_IF_ERROR(CheckPrompts(prompts, {.prefill_length = options.prefill_length,
                                                 .vocab_size = info.vocab_size,
                                                 .names = control.names}));
    if (!control.owners.empty() && control.owners.size() != prompts.size()) {
      return absl::InvalidArgumentError(
          StrCat("owners: ", control.owners.size(), " given for ", prompts.size(), " prompts"));
    }
    if (request.score != nullptr && request.score->keep_tokens) {
      size_t positions = 0;
      for (const TokenIds& prompt : prompts) positions += RowsOf(prompt);
      SOTTO_RETURN_IF_ERROR(CheckScoresFit(positions, *request.score));
    }
    // The last batch is filled up, so that its size does not tell how many prompts there are.
    std::vector<std::vector<int32_t>> filled;
    if (options.pad_compute && prompts.size() % options.batch_size != 0) {
      filled.assign(prompts.begin(), prompts.end());
      while (filled.size() % options.batch_size != 0) {
        filled.push_back(prompts[filled.size() % prompts.size()]);
      }
    }
    PassRunner runner({.config = model.impl_->checkpoint.config(),
                       .host = *host,
                       .pad_compute = options.pad_compute,
                       .precision_name = std::string(PrecisionName(precision.linear)),
                       .pause = pauses ? &pause : nullptr},
                      filled.empty() ? prompts : TokenPrompts(filled), prompts.size(), request,
                      control);
    absl::StatusOr<RunReport> report = runner.Run();
    // A session that failed stays failed: the next run connects anew.
    if (!report.ok() && options.split.has_value()) host->Drop();
    return report;
  });
}

absl::StatusOr<RunReport> Prefill::Run(TokenPrompts prompts, const RunRequest& request,
                                       const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckPositions(request.positions));
  if (request.embeddings || request.classes) {
    if (request.logits || request.scores || (request.embeddings && request.classes)) {
      return absl::InvalidArgumentError(
          "embeddings, labels and logits or scores each need a run of their own");
    }
    return request.classes ? impl_->RunClassify(prompts, request, control)
                           : impl_->RunEmbed(prompts, request, control);
  }
  const bool all = request.positions == Positions::kAll;
  if (request.scores && !all) {
    return absl::InvalidArgumentError("scores need the logits of all positions");
  }
  const ScoreOptions& scoring = request.score_options;
  if (request.scores) {
    SOTTO_RETURN_IF_ERROR(CheckScoreOptions(prompts, scoring, impl_->model.info().vocab_size));
  }
  PassRequest pass{.logits = all ? LogitsMode::kAll : LogitsMode::kLast,
                   .score = request.scores ? &scoring : nullptr,
                   .scores = request.scores,
                   // Split, batches are all alike, and made-up ones would use up pads and traffic.
                   .calibrate = request.calibrate && !impl_->options.split.has_value(),
                   .last_run = request.last_run};
  if (request.logits) {
    pass.rows = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
      request.logits({.prompt = prompt,
                      .first_position = position,
                      .rows = rows.rows(),
                      .vocab_size = rows.cols(),
                      .values = rows.data()});
    };
  }
  PositionLists positions;
  std::optional<ColumnLists> columns;
  std::optional<NamedLogprobs> named;
  if (request.scores && !scoring.named.empty()) {
    named.emplace(prompts.size(), scoring.named, impl_->options.pad_compute);
    pass.rows = [&named, consumer = std::move(pass.rows)](size_t prompt, size_t position,
                                                          ConstMatrixView<float> rows) {
      named->Take(prompt, position, rows);
      if (consumer) consumer(prompt, position, rows);
    };
    pass.scores = [&](size_t prompt, Scores scores) {
      scores.named = named->TakeOfPrompt(prompt);
      return request.scores(prompt, std::move(scores));
    };
  }
  // A fixed shape computes all positions, and leaves out by a mask.
  if (request.scores && !request.logits && !scoring.first_tokens.empty() &&
      !impl_->options.pad_compute) {
    positions = WantedPositions(prompts, scoring.first_tokens, scoring.named);
    pass.positions = &positions;
    if (ScoresNothing(prompts, scoring)) columns = NamedColumns(prompts.size(), scoring.named);
    if (columns.has_value()) pass.columns = &*columns;
  }
  if (request.check) pass.batch_done = [&](const BatchMembers&) { return request.check(); };
  return impl_->Run(prompts, pass, control);
}

absl::Status Prefill::Logits(TokenPrompts prompts, Positions positions,
                             const LogitsConsumer& consumer, const RunControl& control) {
  return Run(prompts, {.positions = positions, .logits = consumer}, control).status();
}

const PrecisionReport& Prefill::precision() const { return impl_->precision; }
int Prefill::threads() const { return impl_->options.threads; }

}  // namespace sotto
