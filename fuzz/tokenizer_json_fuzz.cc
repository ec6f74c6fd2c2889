// tokenizer.json: any bytes are refused with one line or make a tokenizer that works.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = sotto::Tokenizer::Parse(json, "t.json");
  if (!tokenizer.ok()) {
    const std::string_view message = sotto::ToStd(tokenizer.status().message());
    SOTTO_CHECK(message.starts_with("t.json: "));
    return 0;
  }
  // A pattern may need too many steps; nothing else may fail.
  const auto ids = tokenizer->Encode("ab <s>\u00e9\n 12", {.add_bos = true});
  if (!ids.ok()) return 0;
  const auto text = tokenizer->Decode(*ids, {});
  SOTTO_CHECK(text.ok());
  SOTTO_CHECK(sotto::IsValidUtf8(*text));
  return 0;
}
