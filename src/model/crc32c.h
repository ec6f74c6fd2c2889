// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's instruction where it has one.
#ifndef SOTTO_MODEL_CRC32C_H_
#define SOTTO_MODEL_CRC32C_H_

#include <cstdint>
#include <span>

namespace sotto {

uint32_t Crc32c(std::span<const uint8_t> data);

}  // namespace sotto

#endif  // SOTTO_MODEL_CRC32C_H_
