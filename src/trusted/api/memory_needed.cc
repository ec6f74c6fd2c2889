#include "trusted/api/memory_needed.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/strings.h"
#include "kernels/gemm.h"
#include "model/linear_layers.h"
#include "model/tensor_names.h"
#include "sotto/scores.h"
#include "trusted/api/classifier.h"
#include "trusted/engine/memory_plan.h"

namespace sotto {
namespace {

// Beyond what is counted, runs of the shipped model took 3 to 5 MB; and the allocator reserves 64
// MB of address space for a thread's heap, which counts under RLIMIT_AS and in an enclave.
constexpr uint64_t kReserveBytes = uint64_t{64} << 20;
constexpr uint64_t kReserveBytesPerThread = uint64_t{4} << 20;

}  // namespace

MemoryNeeded PlanLocalRun(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                          const EngineOptions& options) {
  const ModelSpec& config = checkpoint.config();
  const LocalLinearMemory linear =
      PlanLocalLinear(PackedSpec(config, how), how.precision,
                      WeightFormsOf(checkpoint, how.precision, how.fixed_weights),
                      TokenBlockRows(options), ThreadsPerLane(options));
  const AttentionPlan attention =
      AttentionPlanFor(config, how.attention.value_or(AttentionPrecisionFor(how.precision)));
  const absl::StatusOr<TensorRef> embedding = checkpoint.Find(kEmbeddingName);
  MemoryNeeded needed;
  needed.weight_bytes = linear.weight_bytes + (embedding.ok() ? embedding->size_bytes : 0);
  needed.weight_bytes += ClassifierBytes(config);
  needed.packing_bytes = linear.packing_bytes;
  needed.arena_bytes = PlanMemory(config, attention, linear.workspace_bytes, options).total_bytes();
  if (options.oblivious_embedding) {
    // The rows that were chosen, at most as wide as floats.
    needed.lookup_bytes =
        options.batch_size * options.prefill_length * config.hidden_size * sizeof(float);
  }
  needed.reserve_bytes =
      kReserveBytes + kReserveBytesPerThread * static_cast<uint64_t>(options.threads);
  needed.model_bytes = checkpoint.private_bytes();
  return needed;
}

MemoryNeeded PlanSplitRun(const Checkpoint& checkpoint, const SplitSetup& setup,
                          uint64_t arena_bytes, int threads) {
  MemoryNeeded needed;
  const absl::StatusOr<TensorRef> embedding = checkpoint.Find(kEmbeddingName);
  if (embedding.ok() && !setup.offload.embedding) needed.weight_bytes = embedding->size_bytes;
  needed.weight_bytes += ClassifierBytes(checkpoint.config());
  if (setup.protection == Protection::kPads) {
    // Pads are products of weights that are kept for it.
    for (const LinearLayer layer : AllLinearLayers(checkpoint.config())) {
      const LinearShape shape = ShapeOf(checkpoint.config(), layer);
      needed.weight_bytes +=
          uint64_t{shape.n_in} * shape.n_out * GemmWeightBytes(RingOperandsOf(setup.fixed_weights));
    }
    needed.pad_bytes = setup.pads.store.memory_bytes;
  }
  needed.arena_bytes = arena_bytes;
  needed.reserve_bytes = kReserveBytes + kReserveBytesPerThread * static_cast<uint64_t>(threads);
  needed.model_bytes = checkpoint.private_bytes();
  return needed;
}

std::string DescribeMemoryNeeded(const MemoryNeeded& needed) {
  std::string text =
      StrCat("needs ", DescribeBytes(needed.total_bytes()), ": weights ",
             DescribeBytes(needed.weight_bytes), ", arena ", DescribeBytes(needed.arena_bytes));
  if (needed.lookup_bytes > 0) {
    text += StrCat(", oblivious lookup ", DescribeBytes(needed.lookup_bytes));
  }
  if (needed.packing_bytes > needed.arena_bytes + needed.lookup_bytes) {
    text += StrCat(" (less than the ", DescribeBytes(needed.packing_bytes), " of packing weights)");
  }
  if (needed.pad_bytes > 0) text += StrCat(", pads up to ", DescribeBytes(needed.pad_bytes));
  text += StrCat(", threads and reserve ", DescribeBytes(needed.reserve_bytes));
  if (needed.model_bytes == 0) return text;
  return StrCat(text, "; beside the ", DescribeBytes(needed.model_bytes), " of the sealed model");
}

absl::Status CheckMemoryToBegin() { return CheckMemoryFits("a forward pass", kReserveBytes); }

absl::Status CheckScoresFit(size_t positions, const ScoreOptions& options) {
  const size_t rank_bytes = options.ranks ? sizeof(int32_t) : 0;
  return CheckMemoryFits(
      StrCat("keeping the scores of ", positions, " positions"),
      positions * (sizeof(double) + rank_bytes + options.top_k * sizeof(TokenLogprob)));
}

absl::Status CheckLocalRunFits(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                               const EngineOptions& options) {
  SOTTO_RETURN_IF_ERROR(CheckBatchShape(options.batch_size, options.prefill_length));
  SOTTO_RETURN_IF_ERROR(CheckMemoryToBegin());  // The plan asks oneDNN.
  const MemoryNeeded needed = PlanLocalRun(checkpoint, how, options);
  Log(LogLevel::kInfo, DescribeMemoryNeeded(needed));
  std::string what = StrCat("precision ", PrecisionName(how.precision), " with batches of ",
                            options.batch_size, " x ", options.prefill_length);
  if (needed.model_bytes > 0) {
    what += StrCat(", beside the ", DescribeBytes(needed.model_bytes), " of the sealed model,");
  }
  const absl::Status status = CheckMemoryFits(what, needed.total_bytes());
  if (status.ok() || options.batch_size == 1) return status;
  return absl::Status(status.code(),
                      StrCat(ToStd(status.message()), "; a smaller batch needs less"));
}

}  // namespace sotto
