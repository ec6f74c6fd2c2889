// What a session can be asked in the clear, apart: only programs for measurements link it.
#include "base/check.h"
#include "protocol/session.h"

namespace sotto {

absl::StatusOr<PendingExchange> Session::SubmitEmbedding(const BlindedRows& ids,
                                                         AnswerRows answer) {
  return Begin({.operation = Operation::kEmbedding,
                .format = ids.format(),
                .rows = static_cast<uint32_t>(ids.rows()),
                .payload_bytes = ids.payload().size()},
               {ids.payload()}, ids.cols(), answer);
}

absl::StatusOr<PendingExchange> Session::SubmitMatMul(size_t batch, const BlindedRows& left,
                                                      const BlindedRows& right, AnswerRows answer) {
  SOTTO_CHECK(batch > 0 && left.rows() % batch == 0 && right.rows() % batch == 0);
  SOTTO_CHECK(left.cols() == right.cols() && left.format() == right.format());
  return Begin({.operation = Operation::kMatMul,
                .format = left.format(),
                .rows = static_cast<uint32_t>(left.rows()),
                .mat_mul = {.batch = static_cast<uint32_t>(batch),
                            .m = static_cast<uint32_t>(left.rows() / batch),
                            .n = static_cast<uint32_t>(right.rows() / batch),
                            .k = static_cast<uint32_t>(left.cols())},
                .payload_bytes = left.payload().size() + right.payload().size()},
               {left.payload(), right.payload()}, left.cols(), answer);
}

}  // namespace sotto
