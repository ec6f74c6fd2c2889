// The only kinds of rows that can be sent to an accelerator. A plain matrix does not convert to
// one: making one takes a BlindingKey, and only the classes named below can make that. They live in
// src/trusted/split, so `grep BlindingKey` finds every place where data leaves the enclave.
#ifndef SOTTO_PROTOCOL_BLINDED_H_
#define SOTTO_PROTOCOL_BLINDED_H_

#include <cstdint>
#include <span>
#include <variant>

#include "base/float_types.h"
#include "base/matrix.h"
#include "protocol/protocol.h"

namespace sotto {

class BlindingKey {
 private:
  friend class ShareBlinder;     // split/shares.h: additive shares, each one uniform
  friend class RelayBlinder;     // split/relay.h: shares whose products meet at one server
  friend class PadBlinder;       // split/pads.h: one-time pads
  friend class UnprotectedRows;  // split/unprotected.h: `--protection plain`, NOT CONFIDENTIAL
  BlindingKey() {}
};

// What makes an exchange part of a relay (docs/wire_format.md, "Relay").
struct RelayPart {
  uint64_t number = 0;  // Of the exchange, the same for both servers.
  Seed mask_seed{};     // The source's alone.
};

// Rows of a linear layer's input that may cross the trust boundary. A view: the memory belongs to
// the caller, is contiguous (stride == cols), and stays unchanged until the exchange has been
// waited for.
class BlindedRows {
 public:
  // Uniformly random elements of Z / 2^32: X - R, or X + R.
  static BlindedRows Ring(BlindingKey, ConstMatrixView<uint32_t> rows);
  // The [rows, cols] matrix that the accelerator expands from `seed` (keystream.h). The seed is
  // copied, and the copy wiped with the object; it must be fresh, and its server must not see the
  // matching share.
  static BlindedRows FromSeed(BlindingKey, const Seed& seed, size_t rows, size_t cols);
  // As FromSeed; the accelerator adds the mask [rows, n_out] of part.mask_seed to the product and
  // sends it to the other accelerator. There is no answer: AnswerRows has no rows.
  static BlindedRows RelaySource(BlindingKey, const Seed& seed, const RelayPart& part, size_t rows,
                                 size_t cols);
  // As Ring; to the product the accelerator adds what the source sends under `number`.
  static BlindedRows RelaySink(BlindingKey, ConstMatrixView<uint32_t> rows, uint64_t number);
  // In the clear, for measurements only.
  static BlindedRows PlainF32(BlindingKey, ConstMatrixView<float> rows);
  static BlindedRows PlainBf16(BlindingKey, ConstMatrixView<BFloat16> rows);
  static BlindedRows PlainTokenIds(BlindingKey, std::span<const int32_t> ids);

  NumberFormat format() const { return format_; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  // Null unless made by FromSeed.
  const Seed* seed() const { return has_seed_ ? &seed_ : nullptr; }
  // Null but for RelaySource and RelaySink.
  const RelayPart* relay() const { return relay_.number != 0 ? &relay_ : nullptr; }
  // What is sent: rows * cols numbers of `format()`; empty for a seed.
  std::span<const uint8_t> payload() const { return payload_; }

 private:
  BlindedRows(NumberFormat format, const void* data, size_t rows, size_t cols, size_t stride);

  NumberFormat format_;
  size_t rows_, cols_;
  std::span<const uint8_t> payload_;
  bool has_seed_ = false;
  Seed seed_{};
  RelayPart relay_{};
};

// Where an answer is written: a view of the caller's memory, contiguous, [rows, n_out], in the
// format of the request (f32 for token ids).
class AnswerRows {
 public:
  AnswerRows(MatrixView<uint32_t> y) : AnswerRows(NumberFormat::kRing32, y) {}
  AnswerRows(MatrixView<float> y) : AnswerRows(NumberFormat::kF32, y) {}
  AnswerRows(MatrixView<BFloat16> y) : AnswerRows(NumberFormat::kBf16, y) {}

  NumberFormat format() const { return format_; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  std::span<uint8_t> bytes() const { return bytes_; }

 private:
  template <typename T>
  AnswerRows(NumberFormat format, MatrixView<T> y)
      : format_(format),
        rows_(y.rows()),
        cols_(y.cols()),
        bytes_(reinterpret_cast<uint8_t*>(y.data()), y.size() * sizeof(T)) {
    SOTTO_CHECK(y.stride() == y.cols() || y.rows() <= 1);
  }

  NumberFormat format_;
  size_t rows_, cols_;
  std::span<uint8_t> bytes_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_BLINDED_H_
