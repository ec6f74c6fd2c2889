// SHA-256 of text that comes in pieces.
#ifndef SOTTO_CLI_HASH_TEXT_H_
#define SOTTO_CLI_HASH_TEXT_H_

#include <cstdint>
#include <string_view>

#include "model/sha256.h"

namespace sotto {

inline void HashText(std::string_view text, Sha256& hash) {
  hash.Update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace sotto

#endif  // SOTTO_CLI_HASH_TEXT_H_
