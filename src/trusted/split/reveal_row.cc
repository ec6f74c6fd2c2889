#include "trusted/split/reveal_row.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "trusted/linear/epilogue.h"
#include "trusted/split/field.h"

namespace sotto {
namespace {

// Words handled at a time: answers, field vector and output of a tile stay in the first-level
// cache, a whole row in the second between the two passes.
constexpr size_t kTile = 1024;

// The product in the clear, to `words`, [n_out]; whether it is the true one, as RevealRow says.
uint64_t RevealAndVerify(const ProtectedLayer& layer, Blinding& blinding, const RevealedRow& row,
                         std::span<uint32_t> words) {
  uint64_t sum = 0;
  for (size_t j = 0; j < words.size(); j += kTile) {
    const std::span<uint32_t> tile = words.subspan(j, std::min(kTile, words.size() - j));
    std::array<const uint32_t*, kMaxServers> parts;
    for (size_t k = 0; k < row.answers.size(); ++k) parts[k] = row.answers[k] + j;
    blinding.Reveal(row.row, j, std::span(parts).first(row.answers.size()), tile);
    if (!row.expected_sum) continue;
    const auto* const acc = reinterpret_cast<const int32_t*>(tile.data());
    sum = FieldAdd(sum, layer.key.OutputPart(j, {acc, tile.size()}));
  }
  return row.expected_sum ? EqualMask(sum, *row.expected_sum) : ~uint64_t{0};
}

}  // namespace

size_t RevealScratchFloats(LinearShape shape) { return shape.n_out; }

uint64_t RevealRow(const ProtectedLayer& layer, Blinding& blinding, const RevealedRow& row,
                   std::span<float> scratch) {
  SOTTO_CHECK(row.answers.size() <= kMaxServers && scratch.size() >= layer.shape.n_out);
  const size_t n_out = layer.shape.n_out;
  auto* const words = reinterpret_cast<uint32_t*>(scratch.data());
  const uint64_t passed = RevealAndVerify(layer, blinding, row, {words, n_out});

  const auto keep_if_passed = [keep = static_cast<uint32_t>(passed)](uint32_t* tile, size_t n) {
    std::for_each(tile, tile + n, [keep](uint32_t& word) { word &= keep; });
  };
  const Epilogue epilogue({.precision = Precision::kFixed,
                           .scales = layer.scales.data(),
                           .bias = layer.bias.empty() ? nullptr : layer.bias.data()});
  const ProductRow product{.values = words, .row_scale = row.t};
  const bool gated = row.tail == LinearTail::kSwiGlu;
  const size_t columns = gated ? n_out / 2 : n_out;
  for (size_t j = 0; j < columns; j += kTile) {
    const size_t n = std::min(kTile, columns - j);
    keep_if_passed(words + j, n);
    if (gated) keep_if_passed(words + columns + j, n);
    epilogue.Finish(product, row.tail, j, n, columns, row.y);
  }
  return passed;
}

}  // namespace sotto
