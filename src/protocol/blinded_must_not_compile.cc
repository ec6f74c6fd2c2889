// Each attempt to send what nobody blinded must be refused by the compiler; the ctest entries of
// this file define one macro each and expect the error. Without a macro it compiles.
#include "protocol/blinded.h"

namespace sotto {

size_t Send(const BlindedRows& rows) { return rows.payload().size(); }

size_t Try(ConstMatrixView<float> plain, ConstMatrixView<uint32_t> words) {
#if defined(SOTTO_TRY_PLAIN_MATRIX)
  return Send(plain);
#elif defined(SOTTO_TRY_OWN_KEY)
  return Send(BlindedRows::Ring(BlindingKey(), words));
#elif defined(SOTTO_TRY_BRACED_KEY)
  return Send(BlindedRows::Ring({}, words));
#elif defined(SOTTO_TRY_CONSTRUCTOR)
  return Send(BlindedRows(NumberFormat::kF32, plain.data(), plain.rows(), plain.cols(), 1));
#else
  return plain.rows() + words.rows();
#endif
}

}  // namespace sotto
