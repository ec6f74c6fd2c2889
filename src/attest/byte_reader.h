// Reads a quote's fields in order, little-endian, never beyond its end.
#ifndef SOTTO_ATTEST_BYTE_READER_H_
#define SOTTO_ATTEST_BYTE_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/status.h"
#include "base/strings.h"

namespace sotto {

// The first read that does not fit makes status() INVALID_ARGUMENT, with field and offset; that
// read and all later ones give zeros or nothing. So a caller may read many fields and ask once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  // A view of the next `size` bytes.
  std::string_view Bytes(size_t size, std::string_view field) {
    if (status_.ok() && size > bytes_.size() - offset_) {
      status_ =
          absl::InvalidArgumentError(StrCat(field, " at offset ", offset_, " takes ", size,
                                            " bytes; ", bytes_.size() - offset_, " are left"));
    }
    if (!status_.ok()) return {};
    const std::string_view view = bytes_.substr(offset_, size);
    offset_ += size;
    return view;
  }
  template <size_t kSize>
  std::array<uint8_t, kSize> Array(std::string_view field) {
    std::array<uint8_t, kSize> copy{};
    const std::string_view view = Bytes(kSize, field);
    if (!view.empty()) std::memcpy(copy.data(), view.data(), kSize);
    return copy;
  }
  uint16_t U16(std::string_view field) { return static_cast<uint16_t>(Number<2>(field)); }
  uint32_t U32(std::string_view field) { return Number<4>(field); }

  size_t offset() const { return offset_; }
  std::string_view rest() const { return bytes_.substr(offset_); }
  const absl::Status& status() const { return status_; }

 private:
  template <size_t kSize>
  uint32_t Number(std::string_view field) {
    uint32_t number = 0;
    const std::array<uint8_t, kSize> bytes = Array<kSize>(field);
    for (size_t i = 0; i < kSize; ++i) number |= uint32_t{bytes[i]} << (8 * i);
    return number;
  }

  std::string_view bytes_;
  size_t offset_ = 0;
  absl::Status status_;
};

}  // namespace sotto

#endif  // SOTTO_ATTEST_BYTE_READER_H_
