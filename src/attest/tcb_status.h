// TCB states: their names, and how those of several parts of a platform become one.
#ifndef SOTTO_ATTEST_TCB_STATUS_H_
#define SOTTO_ATTEST_TCB_STATUS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sotto/attestation.h"

namespace sotto {

std::optional<TcbStatus> ParseTcbStatus(std::string_view name);

// The state of a platform in `platform` whose quoting enclave, or TDX module, is in `part`: a part
// that is out of date makes the platform so, and one that is revoked revokes it (Intel's quote
// verification library, TcbLevelCheck).
TcbStatus MergeTcbStatus(TcbStatus platform, TcbStatus part);

// A level of TCB info or of an identity, as far as it says something of what fits it.
struct TcbLevelState {
  TcbStatus status;
  std::vector<std::string> advisories;
};

// Both, with the advisories of either once.
TcbLevelState MergeLevels(const TcbLevelState& platform, const TcbLevelState& part);

}  // namespace sotto

#endif  // SOTTO_ATTEST_TCB_STATUS_H_
