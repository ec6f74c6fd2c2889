// Forward passes over whole prompts. They return logits, scores, embeddings or labels, and never
// generate a token.
//
//   absl::StatusOr<sotto::Model> model = sotto::Model::Open("models/kjv-2m");
//   absl::StatusOr<sotto::Prefill> prefill = sotto::Prefill::Create(*model, {});
//   absl::StatusOr<sotto::TokenIds> ids = model->Encode("In the beginning");
//   absl::StatusOr<std::vector<sotto::Scores>> scores =
//       prefill->Score(std::vector<sotto::TokenIds>{*ids});
//
// Errors are those of model.h. In the split mode also UNAVAILABLE (a server cannot be reached),
// DEADLINE_EXCEEDED (it does not answer), PERMISSION_DENIED (it is not the server that was named)
// and ABORTED (it lied: never try again). A run that was asked to stop returns CANCELLED.
#ifndef SOTTO_PREFILL_H_
#define SOTTO_PREFILL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sotto/model.h"
#include "sotto/precision.h"
#include "sotto/scores.h"
#include "sotto/split.h"

namespace sotto {

// The positions whose logits are computed.
enum class Positions { kAll, kLast };

struct PrefillOptions {
  size_t prefill_length = 128;  // Longest prompt, in tokens. Memory for it is allocated once.
  size_t batch_size = 1;        // Prompts per forward pass; at most 2^28 positions in all.
  // Nullopt: the faster of f32 and bf16, by measurement; in the protected modes always kFixed.
  std::optional<Precision> precision = {};
  // With bf16 and int8; others compute it in f32. Nullopt: the faster one, by measurement.
  std::optional<AttentionPrecision> attention_precision = {};
  FixedWeights fixed_weights =
      FixedWeights::k12Bits;  // With kFixed, and so in the protected modes.
  int threads = 0;            // Including the calling thread, at most 4096; 0: all processors.
  // Always computes batch_size x prefill_length positions, so that time does not reveal lengths.
  // The split mode does so anyway: its traffic has a fixed shape.
  bool pad_compute = false;
  // Reads the whole embedding table for every batch, so that memory accesses do not reveal tokens.
  // Implies pad_compute.
  bool oblivious_embedding = false;
  // What most runs will ask for; pads are stocked accordingly.
  Positions positions = Positions::kAll;
  // Embed() and Classify() are all that will be asked for: lm_head is not packed, which saves its
  // memory and the time it takes (in split mode this changes nothing), and there are no logits.
  bool hidden_states_only = false;
  // Directory that keeps packed weights for the next start; empty: none. They are neither encrypted
  // nor authenticated, hence refused for sealed and pinned models and inside a TEE.
  std::string weight_cache_dir = {};
  std::optional<SplitOptions> split = {};  // Nullopt: this process computes everything.
};

// Checks the options by themselves: INVALID_ARGUMENT, "FIELD: what is wrong with it".
absl::Status Validate(const PrefillOptions& options);

// Token ids of prompts: 1 to prefill_length each, in [0, vocab_size).
using TokenPrompts = std::span<const TokenIds>;

// How far a run has come, in positions; padding that is computed counts.
struct Progress {
  size_t tokens_done = 0, tokens_total = 0;
  double elapsed_seconds = 0;
  std::optional<double> seconds_left = {};  // Nullopt until there is a prediction.
};

struct RunControl {
  // Called from the run's threads, one call at a time, when a batch begins and whenever positions
  // are finished. The run waits for it: return quickly.
  std::function<void(const Progress&)> progress = {};
  // Ends the run with CANCELLED within a fraction of a batch. The Prefill remains usable.
  std::stop_token stop = {};
  // Called on the calling thread, several times a layer; the run, whose threads are free, waits for
  // it, and ends if it throws. A Prefill made beside this one may run in it, no other call be made
  // of this one. Not called in the split mode, nor with padding: when a run continues would tell.
  std::function<void()> pause = {};
  // Of each prompt, whose it is. A common beginning is computed once for the prompts of one owner
  // only, so that the time a run takes tells no owner what another's prompts begin with. Empty: all
  // have the same owner.
  std::vector<size_t> owners = {};
  // What errors call each prompt; empty: "prompt 0", "prompt 1", ...
  std::vector<std::string> names = {};
};

// Finished logits of positions [first_position, first_position + rows) of a prompt:
// [rows, vocab_size], row-major, valid during the call only.
struct LogitsRows {
  size_t prompt = 0, first_position = 0, rows = 0, vocab_size = 0;
  const float* values = nullptr;

  std::span<const float> row(size_t i) const { return {values + i * vocab_size, vocab_size}; }
};

// Called from worker threads, concurrently for different rows. Every row comes exactly once, and
// once more if its batch is repeated (SplitOptions::retries). With pad_compute, padding comes as
// well: prompts up to a multiple of batch_size, positions up to prefill_length. To hide lengths
// from an observer, treat all rows alike.
using LogitsConsumer = std::function<void(const LogitsRows&)>;

// What one run computes.
struct RunRequest {
  Positions positions = Positions::kAll;
  LogitsConsumer logits = {};  // Null: none.
  // Receives the scores of each prompt, on the calling thread, as batches finish, in any order;
  // with pad_compute after the last batch (with last_run, once connections have ended). An error
  // ends the run. Null: none. Otherwise positions must be kAll.
  std::function<absl::Status(size_t prompt, Scores scores)> scores = {};
  ScoreOptions score_options = {};
  // Like `scores`, what Embed() or Classify() gives of each prompt. One of the two, without logits
  // and scores; `positions` are of no account.
  std::function<absl::Status(size_t prompt, Hidden embedding)> embeddings = {};
  EmbedOptions embed_options = {};
  std::function<absl::Status(size_t prompt, Classification classification)> classes = {};
  // Called after each batch; an error ends the run. A `logits` that failed reports it here.
  std::function<absl::Status()> check = {};
  // Predicts the time of every batch from the first on, after a short calibration where that pays.
  // Otherwise, and in the split mode, predictions begin after the first batch.
  bool calibrate = false;
  // Meant for the last run: ends the connections before scores are delivered, so that no server can
  // observe how long that takes.
  bool last_run = false;
};

struct BatchReport {
  std::vector<size_t> prompts = {};
  double seconds = 0;
  std::optional<double> predicted_seconds = {};  // As predicted just before it ran.
};

// What an accelerator says about itself, and the traffic with it.
struct AcceleratorReport {
  std::string endpoint = {}, software_version = {}, operands = {}, data_plane = {};
  std::vector<std::string> devices = {};
  std::string tls_key_sha256 = {};  // Empty: no TLS.
  uint64_t bytes_sent = 0, bytes_received = 0;
  double device_seconds = 0;
};

struct PadReport {
  uint64_t made = 0, used = 0;
  uint64_t waits = 0;            // Exchanges that waited for a pad.
  uint64_t local_exchanges = 0;  // Exchanges multiplied in this process for want of one.
  double offline_seconds = 0, offline_cpu_seconds = 0;
};

// Counted since the last connection was made.
struct SplitReport {
  Protection protection = Protection::kPads;
  bool verified = true;
  std::vector<std::string> offloaded = {};  // "linear", ...
  std::vector<AcceleratorReport> accelerators = {};
  bool relayed = false;
  std::string why_no_relay = {};
  uint64_t exchanges = 0;
  uint64_t exchanges_of_run = 0;  // Of these, those of this run's batches, repetitions left out.
  double bytes_sent_per_token = 0, bytes_received_per_token = 0;
  // Processor seconds of this process; meaningless where the system does not count them (Gramine).
  double trusted_cpu_seconds = 0, masking_seconds = 0, wire_seconds = 0;
  double device_seconds = 0;   // Of all servers, by their own account.
  double waiting_seconds = 0;  // For servers, summed over lanes.
  std::optional<PadReport> pads = {};
  int reconnections = 0;
};

struct RunReport {
  std::vector<BatchReport> batches = {};           // In the order they ran.
  double seconds = 0;                              // Start of the first to end of the last batch.
  std::optional<double> calibration_seconds = {};  // Not part of `seconds`; nullopt: none.
  std::optional<SplitReport> split = {};
};

// The precisions in use, and why: named, measured, or implied by the mode. Reasons are prose.
struct PrecisionReport {
  Precision linear = Precision::kF32;
  std::string linear_reason = {};
  std::optional<FixedWeights> fixed_weights = {};  // Of kFixed.
  AttentionPrecision attention = AttentionPrecision::kF32;
  std::string attention_reason = {};
};

// Owns packed weights, memory for the batches, and connections to servers. Thread-safe: calls run
// one at a time, so a callback must not make one. Move-only; one that was moved from may only be
// destroyed or assigned to. After fork() a child may destroy it; calls return FAILED_PRECONDITION.
//
// A prompt's results are the same to the bit whatever other prompts are in the call, and whatever
// the batch size and the number of threads.
//
// FAILED_PRECONDITION for what the model's head does not compute: logits and scores need an lm_head
// (ModelInfo::head), Classify() needs a classifier. Hidden states can be had of any.
class Prefill {
 public:
  // Checks options and memory, packs the weights, and connects. Keeps the model open.
  static absl::StatusOr<Prefill> Create(const Model& model, const PrefillOptions& options = {});
  // One that runs in the pauses of `other` (RunControl::pause), or between its runs: with its
  // weights, threads and precision, and memory of its own for batches of another shape. `other`
  // outlives it. INVALID_ARGUMENT for longer prompts than its, in the split mode, and where padding
  // is computed.
  static absl::StatusOr<Prefill> CreateBeside(const Prefill& other, size_t prefill_length,
                                              size_t batch_size);
  Prefill(Prefill&&) noexcept;
  Prefill& operator=(Prefill&&) noexcept;
  ~Prefill();

  // Hands every row of logits to `consumer`.
  absl::Status Logits(TokenPrompts prompts, Positions positions, const LogitsConsumer& consumer,
                      const RunControl& control = {});
  // One per prompt, in their order.
  absl::StatusOr<std::vector<Scores>> Score(TokenPrompts prompts, const ScoreOptions& options = {},
                                            const RunControl& control = {});
  // For each of `named`, the log-probability of each of its ids. lm_head is computed only for the
  // named positions (with pad_compute: for all), and where all of them are NamedAmong::kNamed only
  // for the named tokens (ScoreOptions::named).
  absl::StatusOr<std::vector<std::vector<double>>> LogprobsOf(TokenPrompts prompts,
                                                              std::span<const NamedTokens> named,
                                                              const RunControl& control = {});
  // One per prompt, in their order.
  absl::StatusOr<std::vector<Hidden>> HiddenStates(TokenPrompts prompts, Pooling pooling,
                                                   const RunControl& control = {}) {
    return Embed(prompts, {.pooling = pooling}, control);
  }
  // The same, cut and scaled as the options say. INVALID_ARGUMENT for more dimensions than a hidden
  // state has.
  absl::StatusOr<std::vector<Hidden>> Embed(TokenPrompts prompts, const EmbedOptions& options = {},
                                            const RunControl& control = {});
  // One per prompt, in their order. Computed in this process in every mode, from the hidden states,
  // in f32.
  absl::StatusOr<std::vector<Classification>> Classify(TokenPrompts prompts,
                                                       const RunControl& control = {});
  // The general form of the calls above.
  absl::StatusOr<RunReport> Run(TokenPrompts prompts, const RunRequest& request,
                                const RunControl& control = {});

  const PrecisionReport& precision() const;
  int threads() const;

 private:
  struct Impl;
  explicit Prefill(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto

#endif  // SOTTO_PREFILL_H_
