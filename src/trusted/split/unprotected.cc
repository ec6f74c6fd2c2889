#include "trusted/split/unprotected.h"

#include <algorithm>

namespace sotto {
namespace {

class NoBlinding final : public Blinding {
 public:
  void Hide(size_t first, RowSource source, std::span<uint32_t> scratch,
            MatrixView<uint32_t> hidden) override {
    const std::span<uint32_t> x = scratch.first(hidden.cols());
    for (size_t r = 0; r < hidden.rows(); ++r) {
      source(first + r, {reinterpret_cast<int32_t*>(x.data()), x.size()});
      std::copy(x.begin(), x.end(), hidden.row(r));
    }
  }

  bool SentRows(size_t) const override { return true; }

  BlindedRows Message(size_t, ConstMatrixView<uint32_t> hidden) const override {
    return UnprotectedRows::Ring(hidden);
  }

  void Reveal(size_t, size_t, std::span<const uint32_t* const> answers,
              std::span<uint32_t> y) override {
    std::copy_n(answers[0], y.size(), y.begin());
  }
};

}  // namespace

BlindedRows UnprotectedRows::F32(ConstMatrixView<float> rows) {
  return BlindedRows::PlainF32(BlindingKey(), rows);
}
BlindedRows UnprotectedRows::Bf16(ConstMatrixView<BFloat16> rows) {
  return BlindedRows::PlainBf16(BlindingKey(), rows);
}
BlindedRows UnprotectedRows::Ring(ConstMatrixView<uint32_t> rows) {
  return BlindedRows::Ring(BlindingKey(), rows);
}
BlindedRows UnprotectedRows::TokenIds(std::span<const int32_t> ids) {
  return BlindedRows::PlainTokenIds(BlindingKey(), ids);
}

size_t UnprotectedRows::MaxRows(LinearLayer) const { return kMaxRows; }

absl::StatusOr<std::unique_ptr<Blinding>> UnprotectedRows::Begin(LinearLayer, size_t) {
  return std::make_unique<NoBlinding>();
}

}  // namespace sotto
