#include "trusted/linear/epilogue.h"

namespace sotto {
namespace {

Epilogue::Columns ColumnsFrom(const PackedLayer& layer, size_t first) {
  const bool quantised = !layer.scales.empty();
  return {.precision = layer.precision,
          .scales = quantised ? &layer.scales[first] : nullptr,
          .weight_sums = quantised ? &layer.weight_sums[first] : nullptr,
          .bias = layer.bias.empty() ? nullptr : &layer.bias[first]};
}

void PrefetchRun(const float* row, ColumnRun run) {
  constexpr size_t kLineFloats = 16;
  for (size_t i = 0; i < run.count; i += kLineFloats) {
    __builtin_prefetch(row + run.first + i, /*rw=*/1);
  }
}

}  // namespace

BlockEpilogue::BlockEpilogue(const PackedLayer& layer, size_t block, LinearTail tail)
    : columns_(ColumnsOfBlock(layer.layer.kind, layer.weights.n_out(), block)),
      tail_(tail),
      epilogue_(ColumnsFrom(layer, block * kGemmColumnBlock)) {}

void BlockEpilogue::Prefetch(const float* y_row) const {
  PrefetchRun(y_row, columns_.a);
  if (tail_ != LinearTail::kSwiGlu) PrefetchRun(y_row, columns_.b);
}

void BlockEpilogue::Finish(const ProductRow& row, float* y_row) const {
  const auto [a, b] = columns_;
  switch (tail_) {
    case LinearTail::kStore:
      epilogue_.Store(row, 0, a.count, y_row + a.first);
      if (b.count > 0) epilogue_.Store(row, a.count, b.count, y_row + b.first);
      return;
    case LinearTail::kAdd:
      epilogue_.Add(row, 0, a.count, y_row + a.first);
      if (b.count > 0) epilogue_.Add(row, a.count, b.count, y_row + b.first);
      return;
    case LinearTail::kSwiGlu:
      return epilogue_.SwiGlu(row, 0, a.count, a.count, y_row + a.first);
  }
}

}  // namespace sotto
