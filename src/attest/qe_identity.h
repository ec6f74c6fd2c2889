// Intel's identity of its quoting enclaves (Intel PCS API v4, "Enclave Identity").
#ifndef SOTTO_ATTEST_QE_IDENTITY_H_
#define SOTTO_ATTEST_QE_IDENTITY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/quote.h"
#include "attest/tcb_info.h"
#include "base/status.h"

namespace sotto {

struct QeIdentity {
  TeeKind tee = TeeKind::kSgx;  // Which quotes it signs.
  SignedDates dates;
  // Four bytes in the order in which a report has them, 16, and 32.
  std::string misc_select, misc_select_mask, attributes, attributes_mask, mrsigner;
  uint16_t product_id = 0;
  std::vector<SvnLevel> levels;
};

// INVALID_ARGUMENT naming the member; UNIMPLEMENTED for another id or version.
absl::StatusOr<QeIdentity> ParseQeIdentity(std::string_view json);

// What of a quoting enclave's report is not as the identity says, in words; empty if all is.
std::vector<std::string> DifferencesFrom(const QeIdentity& identity, const EnclaveReport& report);

// Whether `value` and `expected` agree where `mask` has ones. All are of one size.
bool EqualUnderMask(std::string_view value, std::string_view expected, std::string_view mask);

}  // namespace sotto

#endif  // SOTTO_ATTEST_QE_IDENTITY_H_
