#include "enclave/linear/reveal_row.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "enclave/blinding/field.h"
#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"

namespace sotto {
namespace {

// Words of a tile: with two answers, the field vector and the output, 48 KiB would be 2048.
constexpr size_t kTile = 1024;

}  // namespace

size_t RevealScratchFloats(LinearShape shape) { return kTile + shape.n_out; }

uint64_t RevealRow(const ProtectedLayer& layer, Blinding& blinding, const RevealedRow& row,
                   bool verify, std::span<float> scratch) {
  SOTTO_CHECK(row.answers.size() <= kMaxServers);
  const size_t n_out = layer.shape.n_out;
  float* const whole = scratch.data() + kTile;
  uint64_t sum = 0;
  for (size_t j = 0; j < n_out; j += kTile) {
    const size_t n = std::min(kTile, n_out - j);
    std::array<const uint32_t*, kMaxServers> parts;
    for (size_t k = 0; k < row.answers.size(); ++k) parts[k] = row.answers[k] + j;
    auto* const words = reinterpret_cast<uint32_t*>(scratch.data());
    auto* const acc = reinterpret_cast<int32_t*>(words);
    blinding.Reveal(row.row, j, std::span(parts).first(row.answers.size()), {words, n});
    if (verify) sum = FieldAdd(sum, layer.key.OutputPart(j, {acc, n}));

    const float* const bias = layer.bias.empty() ? nullptr : layer.bias.data() + j;
    float* const y = row.tail == LinearTail::kStore    ? row.y + j
                     : row.tail == LinearTail::kSwiGlu ? whole + j
                                                       : scratch.data();
    ScaleFixedRow(acc, n, row.t, layer.scales.data() + j, bias, y);
    if (row.tail == LinearTail::kAdd) AddRow(y, n, row.y + j);
  }
  if (row.tail == LinearTail::kSwiGlu) SwiGluRow(whole, whole + n_out / 2, n_out / 2, row.y);
  return sum;
}

}  // namespace sotto
