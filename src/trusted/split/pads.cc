#include "trusted/split/pads.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "protocol/keystream.h"
#include "trusted/split/protection.h"
#include "trusted/split/ring_masks.h"

namespace sotto {

// Hides with the pad's mask, reveals with its product. The pad dies with the object.
class PadBlinding final : public Blinding {
 public:
  PadBlinding(Pad pad, LinearShape shape) : pad_(std::move(pad)), shape_(shape) {}

  void Hide(size_t first, RowSource source, std::span<uint32_t> scratch,
            MatrixView<uint32_t> hidden) override {
    const size_t n_in = shape_.n_in;
    const std::span<uint32_t> x = scratch.first(n_in), words = scratch.subspan(n_in, n_in);
    SeedExpander mask(pad_.seed());
    for (size_t r = 0; r < hidden.rows(); ++r) {
      source(first + r, {reinterpret_cast<int32_t*>(x.data()), x.size()});
      AddMask<uint32_t>(mask, (first + r) * n_in, words, x);
      std::copy(x.begin(), x.end(), hidden.row(r));
    }
    OPENSSL_cleanse(words.data(), words.size_bytes());
  }

  bool SentRows(size_t) const override { return true; }
  BlindedRows Message(size_t, ConstMatrixView<uint32_t> hidden) const override {
    return PadBlinder::HiddenMessage(hidden);
  }

  void Reveal(size_t row, size_t column, std::span<const uint32_t* const> answers,
              std::span<uint32_t> y) override {
    SumAnswers(answers, y);
    const uint32_t* product = pad_.product() + row * shape_.n_out + column;
    SubtractWords<uint32_t>({product, y.size()}, y);
  }

 private:
  Pad pad_;
  const LinearShape shape_;
};

namespace {

// No exchange at all: keeps the rows and multiplies them here. `weights` outlives it.
class LocalBlinding final : public Blinding {
 public:
  LocalBlinding(const PadWeights& weights, LinearLayer layer, size_t rows)
      : weights_(weights),
        layer_(layer),
        x_(rows, ShapeOf(weights.config(), layer).n_in),
        y_(rows, ShapeOf(weights.config(), layer).n_out) {}

  bool Exchanged() const override { return false; }

  // Nothing is written to `hidden`: rows in the clear have no business there.
  void Hide(size_t first, RowSource source, std::span<uint32_t>,
            MatrixView<uint32_t> hidden) override {
    for (size_t r = first; r < first + hidden.rows(); ++r) {
      source(r, {reinterpret_cast<int32_t*>(x_.view().row(r)), x_.cols()});
    }
  }
  bool SentRows(size_t) const override { return false; }
  BlindedRows Message(size_t, ConstMatrixView<uint32_t>) const override {
    SOTTO_CHECK(false);  // Rows in the clear: there is nothing that may be sent.
    __builtin_unreachable();
  }
  void PrepareToReveal(ThreadPool& pool) override {
    PadWeights::Workspace workspace;
    weights_.Multiply(layer_, x_.view(), y_.view(), workspace, pool);
  }
  void Reveal(size_t row, size_t column, std::span<const uint32_t* const>,
              std::span<uint32_t> y) override {
    std::copy_n(y_.view().row(row) + column, y.size(), y.begin());
  }

 private:
  const PadWeights& weights_;
  const LinearLayer layer_;
  Matrix<uint32_t> x_, y_;
};

std::unique_ptr<Blinder> MakePadsBlinder(const ProtectionInput& input, SplitLinear& split) {
  auto pads = std::make_unique<PadBlinder>(input.pad_weights, input.setup.pads, ProcessDrbg());
  split.pad_stats = [p = pads.get()] { return p->stats(); };
  split.await_stock = [p = pads.get()] { return p->AwaitStock(); };
  return pads;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Blinding>> PadBlinder::Begin(LinearLayer layer, size_t rows) {
  SOTTO_CHECK(rows <= MaxRows(layer));
  SOTTO_ASSIGN_OR_RETURN(std::optional<Pad> pad, factory_.Take(layer));
  if (!pad) return std::make_unique<LocalBlinding>(*weights_, layer, rows);
  return std::make_unique<PadBlinding>(*std::move(pad), ShapeOf(weights_->config(), layer));
}

BlindedRows PadBlinder::HiddenMessage(ConstMatrixView<uint32_t> hidden) {
  return BlindedRows::Ring(BlindingKey(), hidden);
}

const ProtectionSpec kPadsProtection = {
    .protection = Protection::kPads,
    .name = "pads",
    .needs_pad_weights = true,
    .what_they_see = "the accelerator sees random numbers",
    .warning = [](const SplitOptions&) -> std::string_view { return {}; },
    .verified = [](const SplitSetup&) { return true; },
    .make_blinder = MakePadsBlinder};

}  // namespace sotto
