#include "trusted/engine/engine.h"

#include <algorithm>
#include <string>

#include "base/memory.h"
#include "base/strings.h"
#include "trusted/engine/arena.h"
#include "trusted/engine/attention.h"
#include "trusted/engine/batch_plan.h"
#include "trusted/engine/embedding.h"
#include "trusted/engine/kv_store.h"
#include "trusted/engine/lane.h"
#include "trusted/engine/layers.h"
#include "trusted/engine/lent_parts.h"
#include "trusted/engine/logits.h"
#include "trusted/engine/memory_plan.h"
#include "trusted/engine/norm_weights.h"
#include "trusted/engine/offloaded_attention.h"

namespace sotto {
namespace {

absl::Status CheckPrompts(std::span<const std::vector<int32_t>> prompts, const ModelSpec& config,
                          const EngineOptions& options) {
  if (prompts.empty() || prompts.size() > options.batch_size) {
    return absl::InvalidArgumentError(StrCat("a batch of ", prompts.size(), " prompts; 1 to ",
                                             options.batch_size, " are possible"));
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].empty() || prompts[i].size() > options.prefill_length) {
      return absl::InvalidArgumentError(StrCat("prompt ", i, " has ", prompts[i].size(),
                                               " tokens; 1 to ", options.prefill_length,
                                               " are possible"));
    }
    for (size_t position = 0; position < prompts[i].size(); ++position) {
      const int32_t id = prompts[i][position];
      if (id >= 0 && static_cast<size_t>(id) < config.vocab_size) continue;
      return absl::InvalidArgumentError(StrCat("prompt ", i, ", position ", position,
                                               ": the token id is not below the vocabulary size ",
                                               config.vocab_size));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const ModelSpec& config, const EngineOptions& options) {
  if (options.threads < 1 || options.lanes < 1 || options.batch_size < 1) {
    return absl::InvalidArgumentError("threads, lanes and batch size must be at least 1");
  }
  if (options.prefill_length < 1 || options.prefill_length > config.max_position_embeddings) {
    return absl::InvalidArgumentError(StrCat("prefill length ", options.prefill_length,
                                             "; the model takes 1 to ",
                                             config.max_position_embeddings, " positions"));
  }
  return CheckBatchShape(options.batch_size, options.prefill_length);
}

absl::Status CheckPositions(std::span<const std::vector<int32_t>> prompts,
                            const RunOptions& options, size_t vocab_size) {
  if (!options.columns.empty() &&
      (options.positions == nullptr || options.columns.back() >= vocab_size)) {
    return absl::InvalidArgumentError(
        "chosen columns: of chosen positions only, and below the vocabulary size");
  }
  if (options.positions == nullptr) return absl::OkStatus();
  if (options.pad_compute) {
    return absl::InvalidArgumentError(
        "chosen positions: not in a fixed shape, where all are computed");
  }
  if (options.positions->size() != prompts.size()) {
    return absl::InvalidArgumentError(
        StrCat("positions of ", options.positions->size(), " prompts for ", prompts.size()));
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    const std::vector<size_t>& positions = (*options.positions)[i];
    if (positions.empty() || positions.back() < prompts[i].size()) continue;
    return absl::InvalidArgumentError(StrCat("prompt ", i, " has no position ", positions.back()));
  }
  return absl::OkStatus();
}

class PrefillEngine : public Engine {
 public:
  PrefillEngine(const ModelSpec& config, NormWeights norms, EngineParts parts,
                const AttentionPlan& attention, const MemoryPlan& memory, Arena arena,
                const EngineOptions& options)
      : config_(config),
        options_(options),
        norms_(std::move(norms)),
        linear_(std::move(parts.linear)),
        products_(std::move(parts.attention)),
        attention_plan_(attention),
        arena_(std::move(arena)),
        x_(arena_.TakeMatrix(options.batch_size * options.prefill_length, config.hidden_size)),
        attention_(MakeAttention()),
        attention_layers_(MakeAttentionLayers()),
        lane_pool_(options.lanes),
        embedding_(std::move(parts.embedding)) {
    for (size_t i = 0; i < memory.kv_buffers; ++i) {
      kv_memory_.push_back(reinterpret_cast<std::byte*>(arena_.Take(memory.kv_bytes)));
    }
    for (int i = 0; i < options.lanes; ++i) {
      ThreadPool* const shared = i == 0 ? options.pool : nullptr;
      lanes_.push_back(std::make_unique<Lane>(memory, ThreadsPerLane(options), shared, arena_));
    }
  }

  absl::Status LoadEmbedding(const Checkpoint& checkpoint) {
    if (embedding_ != nullptr) return absl::OkStatus();
    SOTTO_ASSIGN_OR_RETURN(embedding_,
                           MakeEmbedding(checkpoint, lanes_[0]->pool,
                                         options_.oblivious_embedding ? EmbeddingAccess::kOblivious
                                                                      : EmbeddingAccess::kDirect));
    return absl::OkStatus();
  }

  EngineParts Lend() override {
    SOTTO_CHECK(products_ == nullptr);
    return {.linear = std::make_unique<LentLinear>(*linear_),
            .embedding = std::make_unique<LentEmbedding>(*embedding_)};
  }

  size_t arena_bytes() const override { return arena_.size_bytes(); }

  absl::Status Run(std::span<const std::vector<int32_t>> prompts, const RunOptions& options,
                   LogitsSink sink) override {
    SOTTO_RETURN_IF_ERROR(CheckPrompts(prompts, config_, options_));
    SOTTO_RETURN_IF_ERROR(CheckPositions(prompts, options, config_.vocab_size));
    if (!options.hidden_states) SOTTO_RETURN_IF_ERROR(CheckHasLogits(config_));
    if (options.pause != nullptr && lanes_.size() > 1) {
      return absl::InvalidArgumentError("pauses: not with several lanes");
    }
    const BatchPlan plan =
        options.pad_compute ? FixedShapePlan(prompts, options_.batch_size, options_.prefill_length)
                            : PackedPlan(prompts, options.owners);
    const MatrixView<float> x = x_.Rows(0, plan.rows());
    Lane& lane = *lanes_[0];
    SOTTO_RETURN_IF_ERROR(embedding_->Lookup(plan.row_ids, x, lane.pool));
    const DecoderParts parts{&config_,          &norms_,      linear_.get(), attention_.get(),
                             attention_layers_, options.stop, options.pause};
    SOTTO_RETURN_IF_ERROR(RunAllLayers(parts, plan, x));
    if (options.hidden_states) return DeliverHiddenStates(parts, plan, x, lane, sink);
    if (options.positions != nullptr) {
      return DeliverLogitsAt(parts, plan, {*options.positions, options.columns}, x, lane, sink);
    }
    return options.logits == LogitsMode::kAll ? DeliverAllLogits(parts, plan, x, lane, sink)
                                              : DeliverLastLogits(parts, plan, x, lane, sink);
  }

 private:
  std::unique_ptr<Attention> MakeAttention() {
    if (products_ == nullptr) return std::make_unique<Attention>(attention_plan_);
    return std::make_unique<OffloadedAttention>(attention_plan_, *products_);
  }

  std::vector<AttentionLayer> MakeAttentionLayers() {
    const std::vector<RopeSpec> ropes = DistinctRopes(config_);
    std::vector<RopeTable> tables;
    for (const RopeSpec& rope : ropes) tables.push_back(TakeRopeTable(rope));
    std::vector<AttentionLayer> layers;
    for (const LayerSpec& layer : config_.layers) {
      const auto it = std::ranges::find(ropes, layer.attention.rope);
      layers.push_back({&layer.attention, tables[static_cast<size_t>(it - ropes.begin())]});
    }
    return layers;
  }

  RopeTable TakeRopeTable(const RopeSpec& rope) {
    const std::vector<double> frequencies = RopeInverseFrequencies(rope, config_.heads().head_dim);
    const size_t positions = options_.prefill_length;
    const MatrixView<float> cos = arena_.TakeMatrix(positions, frequencies.size());
    const MatrixView<float> sin = arena_.TakeMatrix(positions, frequencies.size());
    FillRopeTable(frequencies, 0, cos, sin);
    return {cos, sin};
  }

  absl::Status RunAllLayers(const DecoderParts& parts, const BatchPlan& plan, MatrixView<float> x) {
    const std::vector<TokenBlock> blocks =
        SplitIntoTokenBlocks(plan, TokenBlockRows(options_), lanes_.size());
    std::vector<AttentionTasks> tasks;
    tasks.reserve(blocks.size());
    for (const TokenBlock& block : blocks) tasks.push_back(attention_->PlanTasks(plan, block));
    std::vector<BlockState> states;
    for (size_t i = 0; i < blocks.size(); ++i) {
      states.push_back({&plan, &blocks[i], &tasks[i], x.Rows(blocks[i].first_row, blocks[i].rows)});
    }
    std::vector<KvStore> stores;
    for (std::byte* memory : kv_memory_) stores.emplace_back(attention_plan_, plan, memory);
    return RunLayers(parts, states, stores, lanes_, lane_pool_);
  }

  const ModelSpec config_;
  const EngineOptions options_;
  const NormWeights norms_;
  const std::unique_ptr<Linear> linear_;
  const std::unique_ptr<MatrixProducts> products_;  // Null: attention is computed here.
  const AttentionPlan attention_plan_;
  Arena arena_;
  const MatrixView<float> x_;  // The residual stream, [rows, hidden_size].
  const std::unique_ptr<const Attention> attention_;
  const std::vector<AttentionLayer> attention_layers_;  // Of config_.layers.
  std::vector<std::byte*> kv_memory_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  ThreadPool lane_pool_;
  std::unique_ptr<Embedding> embedding_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(const Checkpoint& checkpoint,
                                                       EngineParts parts,
                                                       const EngineOptions& options) {
  const ModelSpec& config = checkpoint.config();
  SOTTO_RETURN_IF_ERROR(CheckOptions(config, options));
  SOTTO_ASSIGN_OR_RETURN(NormWeights norms, ReadNormWeights(checkpoint));
  const AttentionPlan attention =
      AttentionPlanFor(config, parts.attention == nullptr ? parts.linear->attention_precision()
                                                          : AttentionPrecision::kF32);
  const MemoryPlan memory = PlanMemory(
      config, attention,
      parts.linear->WorkspaceBytes(TokenBlockRows(options), ThreadsPerLane(options)), options);
  SOTTO_RETURN_IF_ERROR(
      CheckMemoryFits(StrCat("a batch of ", options.batch_size, " x ", options.prefill_length),
                      memory.total_bytes()));
  SOTTO_ASSIGN_OR_RETURN(Arena arena, Arena::Create(memory.total_bytes()));
  auto engine = std::make_unique<PrefillEngine>(config, std::move(norms), std::move(parts),
                                                attention, memory, std::move(arena), options);
  SOTTO_RETURN_IF_ERROR(engine->LoadEmbedding(checkpoint));
  return engine;
}

}  // namespace sotto
