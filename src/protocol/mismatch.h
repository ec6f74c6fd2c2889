// What a server and a client do not agree on, said with both sides' values: whoever reads it finds
// out which is wrong.
#ifndef SOTTO_PROTOCOL_MISMATCH_H_
#define SOTTO_PROTOCOL_MISMATCH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// UNIMPLEMENTED saying which of the two is older, and what to upgrade: to `newer_release`, unless
// it is empty. REQUIRES: the versions differ.
absl::Status OtherProtocolVersion(uint32_t server, uint32_t client, std::string_view newer_release);

// FAILED_PRECONDITION: weights of which SHA-256 the server serves, and its client expects; in hex.
absl::Status OtherWeights(std::string_view served, std::string_view expected);
// Whether that is it, on a client, be it the server's word.
bool IsOtherWeights(const absl::Status& status);

// PERMISSION_DENIED: the SHA-256 of the key shown and of the one pinned, or seen first, both
// public; in hex.
absl::Status KeyIsNotPinned(std::string_view shown, std::string_view pinned);
absl::Status KeyHasChanged(std::string_view shown, std::string_view first);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_MISMATCH_H_
