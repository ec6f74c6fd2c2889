// The attesters there are (attester.h), and how they use the system's files.
#ifndef SOTTO_TRUSTED_TEE_ATTESTERS_H_
#define SOTTO_TRUSTED_TEE_ATTESTERS_H_

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "trusted/tee/attester.h"

namespace sotto {

std::unique_ptr<Attester> MakeGramineAttester(const AttesterOptions& options);
// FAILED_PRECONDITION where configfs has no reports.
absl::StatusOr<std::unique_ptr<Attester>> MakeTdxAttester(const AttesterOptions& options);

// Of files that the system makes up as they are read and written. UNAVAILABLE naming the file.
// Writes all of `bytes` at once, as such files want it, and closes the file, which is when they
// take effect.
absl::Status WriteSystemFile(const std::string& path, std::string_view bytes);
// All of it; more bytes than any quote has are an error.
absl::StatusOr<std::string> ReadSystemFile(const std::string& path);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TEE_ATTESTERS_H_
