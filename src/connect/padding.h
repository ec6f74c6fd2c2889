// Requests in buckets: bodies get white space behind them, so that the length of what is sent on
// the network says only in which bucket a body is. Headers, answers and times are not padded.
#ifndef SOTTO_CONNECT_PADDING_H_
#define SOTTO_CONNECT_PADDING_H_

#include <cstddef>

#include "base/status.h"
#include "base/wiping_allocator.h"

namespace sotto {

// The next multiple of `bucket_bytes`, for an empty body too. REQUIRES: bucket_bytes > 0; no
// overflow.
size_t PaddedSize(size_t bytes, size_t bucket_bytes);

// Appends blanks, which JSON (RFC 8259, section 2) allows behind a text. INVALID_ARGUMENT for a
// body that does not begin as an object or an array does: it may mean something else with blanks
// behind it, and must not go out with a length that tells. REQUIRES: bucket_bytes > 0.
absl::Status PadJsonBody(SecretString& body, size_t bucket_bytes);

}  // namespace sotto

#endif  // SOTTO_CONNECT_PADDING_H_
