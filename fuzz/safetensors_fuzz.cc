// The safetensors header: whatever the bytes, entries that are accepted tile the file's data.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "model/dtype.h"
#include "model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto entries = sotto::ParseSafetensorsHeader({data, size}, size, "fuzz");
  if (!entries.ok()) return 0;
  uint64_t covered = entries->empty() ? size : entries->front().begin;
  for (const sotto::SafetensorsEntry& entry : *entries) {
    SOTTO_CHECK(entry.begin == covered && entry.end >= entry.begin && entry.end <= size);
    SOTTO_CHECK(sotto::SafetensorsElementBits(entry.dtype).has_value());
    covered = entry.end;
  }
  SOTTO_CHECK(covered == size);
  return 0;
}
