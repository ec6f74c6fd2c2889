// A key file's text: 32 bytes as they are, or 64 hex digits, or one line that holds none of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/sealed_chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto key = sotto::ParseKey(text, "fuzz");
  if (!key.ok()) {
    SOTTO_CHECK(key.status().message() == "fuzz: a key file must hold 32 bytes or 64 hex digits");
    return 0;
  }
  SOTTO_CHECK(key->span().size() == sotto::kSealKeyBytes);
  if (size == sotto::kSealKeyBytes) {
    SOTTO_CHECK(std::equal(text.begin(), text.end(), key->span().begin(),
                           [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; }));
    return 0;
  }
  sotto::Hash256 again{};
  std::copy(key->span().begin(), key->span().end(), again.begin());
  std::string digits(text.substr(0, 2 * sotto::kSealKeyBytes));
  for (char& digit : digits) digit = static_cast<char>(digit | 0x20);  // Lower case.
  SOTTO_CHECK(sotto::HashToHex(again) == digits);
  return 0;
}
