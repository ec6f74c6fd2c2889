// Forward passes over whole prompts: logits, scores or hidden states out, no token ever generated.
//
//   absl::StatusOr<sotto::Model> model = sotto::Model::Open("models/kjv-2m");
//   absl::StatusOr<sotto::Prefill> prefill = sotto::Prefill::Create(*model, {});
//   absl::StatusOr<sotto::TokenIds> ids = model->Encode("In the beginning");
//   absl::StatusOr<std::vector<sotto::Scores>> scores =
//       prefill->Score(std::vector<sotto::TokenIds>{*ids});
//
// Errors as in model.h; in the split mode also UNAVAILABLE and DEADLINE_EXCEEDED (a server is not
// there, does not answer), PERMISSION_DENIED (it is not the one that was asked for) and ABORTED (it
// lied: never try again). CANCELLED when asked to stop.
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

// Positions whose logits are wanted.
enum class Positions { kAll, kLast };

struct PrefillOptions {
  size_t prefill_length = 128;  // Longest prompt, in tokens. Memory is taken for it once.
  size_t batch_size = 1;        // Prompts in one forward pass.
  // None: the faster of f32 and bf16, measured; fixed in the protected modes, which have no other.
  std::optional<Precision> precision = {};
  // Under bf16 and int8; none: the faster one, measured.
  std::optional<AttentionPrecision> attention_precision = {};
  int threads = 0;  // The calling one included; 0: all processors.
  // Computes batch_size x prefill_length positions whatever the prompts, so that time does not tell
  // lengths. Always so in the split mode: traffic has a fixed shape.
  bool pad_compute = false;
  // Reads the whole embedding table for every batch, so that memory accesses do not tell tokens.
  // Needs, and implies, pad_compute.
  bool oblivious_embedding = false;
  // What most runs will ask for: pads are stocked for it.
  Positions positions = Positions::kAll;
  // Where packed weights are kept for the next start; empty: nowhere. Neither encrypted nor
  // authenticated, and so refused for sealed and pinned models and inside a TEE.
  std::string weight_cache_dir = {};
  std::optional<SplitOptions> split = {};  // None: all is computed in this process.
};

// A problem of the options by themselves: INVALID_ARGUMENT, "FIELD: what is wrong with it".
absl::Status Validate(const PrefillOptions& options);

// Id lists, each of 1 .. prefill_length ids below vocab_size.
using TokenPrompts = std::span<const TokenIds>;

// How far a run is. Positions computed, padding included.
struct Progress {
  size_t tokens_done = 0, tokens_total = 0;
  double elapsed_seconds = 0;
  std::optional<double> seconds_left = {};  // None while nothing is known.
};

struct RunControl {
  // Called from the run's threads, one at a time, when a batch begins and whenever positions are
  // finished; quick, please: the run waits.
  std::function<void(const Progress&)> progress = {};
  // Ends the run with CANCELLED, within a fraction of a batch. The Prefill can be used again.
  std::stop_token stop = {};
  // What errors call each prompt; empty: "prompt 0".
  std::vector<std::string> names = {};
};

// Finished logits: rows [first_position, first_position + rows) of a prompt, [rows, vocab_size],
// valid during the call.
struct LogitsRows {
  size_t prompt = 0, first_position = 0, rows = 0, vocab_size = 0;
  const float* values = nullptr;

  std::span<const float> row(size_t i) const { return {values + i * vocab_size, vocab_size}; }
};

// Called from worker threads, several at once for different rows; every row comes exactly once, and
// once more when a batch is repeated (SplitOptions::retries). With pad_compute, padding comes as
// well: prompts up to a multiple of batch_size, positions up to prefill_length. To keep lengths
// from whoever watches, do for all rows the same.
using LogitsConsumer = std::function<void(const LogitsRows&)>;

// All that one pass can give.
struct RunRequest {
  Positions positions = Positions::kAll;
  LogitsConsumer logits = {};  // Null: not wanted.
  // Scores of each prompt, on the calling thread, as batches finish, in any order; with pad_compute
  // after the last one, and when no server is connected any more. An error ends the run. Null: not
  // wanted; else positions must be kAll.
  std::function<absl::Status(size_t prompt, Scores scores)> scores = {};
  ScoreOptions score_options = {};
  // Asked after each batch; an error ends the run: how a consumer that failed says so.
  std::function<absl::Status()> check = {};
  // Predicts how long each batch will take from the first one on, by a short calibration where that
  // pays; else, and in the split mode, the first batch teaches it.
  bool calibrate = false;
  // The last run: connections end, and with them what a server could watch, before scores come.
  bool last_run = false;
};

struct BatchReport {
  std::vector<size_t> prompts = {};
  double seconds = 0;
  std::optional<double> predicted_seconds = {};  // Before it ran.
};

// What an accelerator says of itself, and what went to it and came back.
struct AcceleratorReport {
  std::string endpoint = {}, software_version = {}, operands = {}, data_plane = {};
  std::vector<std::string> devices = {};
  std::string tls_key_sha256 = {};  // Empty: no TLS.
  uint64_t bytes_sent = 0, bytes_received = 0;
  double device_seconds = 0;
};

struct PadReport {
  uint64_t made = 0, used = 0;
  uint64_t waits = 0, local_exchanges = 0;  // Exchanges that waited for a pad; multiplied here.
  double offline_seconds = 0, offline_cpu_seconds = 0;
};

// Since the last connection.
struct SplitReport {
  Protection protection = Protection::kPads;
  bool verified = true;
  std::vector<std::string> offloaded = {};  // "linear", ...
  std::vector<AcceleratorReport> accelerators = {};
  bool relayed = false;
  std::string why_no_relay = {};
  uint64_t exchanges = 0;
  double bytes_sent_per_token = 0, bytes_received_per_token = 0;
  // Processor seconds, of no meaning where the system does not count them (Gramine).
  double trusted_cpu_seconds = 0, masking_seconds = 0, wire_seconds = 0;
  double device_seconds = 0, waiting_seconds = 0;
  std::optional<PadReport> pads = {};
  int reconnections = 0;
};

struct RunReport {
  std::vector<BatchReport> batches = {};           // In the order they ran.
  double seconds = 0;                              // First batch's start to last batch's end.
  std::optional<double> calibration_seconds = {};  // Before them, where it paid.
  std::optional<SplitReport> split = {};
};

// What is computed in, and why: named, measured, or given by the mode. The reasons are for people.
struct PrecisionReport {
  Precision linear = Precision::kF32;
  std::string linear_reason = {};
  AttentionPrecision attention = AttentionPrecision::kF32;
  std::string attention_reason = {};
};

// Weights ready to multiply, memory for the batches, and connections where there are servers. One
// call at a time (a second one waits). Move-only. After fork() a child may let it go; its calls
// return FAILED_PRECONDITION.
//
// A prompt's results are the same to the bit whatever else is in the call, the batch size, the
// number of threads.
class Prefill {
 public:
  // Checks options and memory, packs weights, connects. Keeps the model open.
  static absl::StatusOr<Prefill> Create(const Model& model, const PrefillOptions& options = {});
  Prefill(Prefill&&) noexcept;
  Prefill& operator=(Prefill&&) noexcept;
  ~Prefill();

  absl::Status Logits(TokenPrompts prompts, Positions positions, const LogitsConsumer& consumer,
                      const RunControl& control = {});
  // In the prompts' order.
  absl::StatusOr<std::vector<Scores>> Score(TokenPrompts prompts, const ScoreOptions& options = {},
                                            const RunControl& control = {});
  // For each of `named`, the log-probability of each of its tokens among the whole vocabulary.
  // lm_head is computed for the positions named, no others (with pad_compute: for all).
  absl::StatusOr<std::vector<std::vector<double>>> LogprobsOf(TokenPrompts prompts,
                                                              std::span<const NamedTokens> named,
                                                              const RunControl& control = {});
  absl::StatusOr<std::vector<Hidden>> HiddenStates(TokenPrompts prompts, Pooling pooling,
                                                   const RunControl& control = {});
  // The general form.
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
