#include "protocol/blinded.h"

namespace sotto {

BlindedRows::BlindedRows(NumberFormat format, const void* data, size_t rows, size_t cols,
                         size_t stride)
    : format_(format),
      rows_(rows),
      cols_(cols),
      payload_(static_cast<const uint8_t*>(data),
               data == nullptr ? 0 : rows * cols * BytesOf(format)) {
  SOTTO_CHECK(stride == cols || rows <= 1);
}

BlindedRows BlindedRows::Ring(BlindingKey, ConstMatrixView<uint32_t> rows) {
  return {NumberFormat::kRing32, rows.data(), rows.rows(), rows.cols(), rows.stride()};
}

BlindedRows BlindedRows::FromSeed(BlindingKey, const Seed& seed, size_t rows, size_t cols) {
  BlindedRows blinded(NumberFormat::kRing32, nullptr, rows, cols, cols);
  blinded.has_seed_ = true;
  blinded.seed_ = seed;
  return blinded;
}

BlindedRows BlindedRows::RelaySource(BlindingKey key, const Seed& seed, const RelayPart& part,
                                     size_t rows, size_t cols) {
  SOTTO_CHECK(part.number != 0);
  BlindedRows blinded = FromSeed(key, seed, rows, cols);
  blinded.relay_ = part;
  return blinded;
}

BlindedRows BlindedRows::RelaySink(BlindingKey key, ConstMatrixView<uint32_t> rows,
                                   uint64_t number) {
  SOTTO_CHECK(number != 0);
  BlindedRows blinded = Ring(key, rows);
  blinded.relay_.number = number;
  return blinded;
}

BlindedRows BlindedRows::PlainF32(BlindingKey, ConstMatrixView<float> rows) {
  return {NumberFormat::kF32, rows.data(), rows.rows(), rows.cols(), rows.stride()};
}

BlindedRows BlindedRows::PlainBf16(BlindingKey, ConstMatrixView<BFloat16> rows) {
  return {NumberFormat::kBf16, rows.data(), rows.rows(), rows.cols(), rows.stride()};
}

BlindedRows BlindedRows::PlainTokenIds(BlindingKey, std::span<const int32_t> ids) {
  return {NumberFormat::kTokenIds, ids.data(), ids.size(), 1, 1};
}

}  // namespace sotto
