// Intel's TCB info: which versions of a platform's parts are in which state (Intel PCS API v4,
// "TCB Info", version 3).
#ifndef SOTTO_ATTEST_TCB_INFO_H_
#define SOTTO_ATTEST_TCB_INFO_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/json_object.h"
#include "attest/pck_extensions.h"
#include "attest/quote.h"
#include "attest/tcb_status.h"
#include "base/status.h"

namespace sotto {

// When Intel's signed JSON holds.
struct SignedDates {
  std::chrono::sys_seconds issue_date, next_update;
  uint32_t tcb_evaluation_data_number = 0;
};
absl::StatusOr<SignedDates> ReadSignedDates(const JsonObject& json);

// The state and the advisories of a member of tcbLevels.
absl::StatusOr<TcbLevelState> ReadLevelState(const JsonObject& level);

struct PlatformLevel {
  std::array<uint8_t, 16> sgx_svns{}, tdx_svns{};
  uint16_t pce_svn = 0;
  TcbLevelState state;
};

// By the SVN of an enclave: of a TDX module, or of a quoting enclave.
struct SvnLevel {
  uint16_t svn = 0;
  TcbLevelState state;
};
absl::StatusOr<std::vector<SvnLevel>> ReadSvnLevels(const JsonObject& parent);
// The state of `svn`: that of the first level that it reaches.
std::optional<TcbLevelState> StateOfSvn(const std::vector<SvnLevel>& levels, uint16_t svn);

struct TdxModuleIdentity {
  std::string id;  // "TDX_03" for version 3; empty for the one of all versions.
  std::string mrsigner, attributes, attributes_mask;  // 48, 8 and 8 bytes.
  std::vector<SvnLevel> levels;                       // None of the one of all versions.
};

struct TcbInfo {
  TeeKind tee = TeeKind::kSgx;
  SignedDates dates;
  std::string fmspc, pce_id;
  std::vector<PlatformLevel> levels;
  std::vector<TdxModuleIdentity> tdx_modules;
};

// INVALID_ARGUMENT naming the member; UNIMPLEMENTED for another id, version or type.
absl::StatusOr<TcbInfo> ParseTcbInfo(std::string_view json);

// The first level that the platform reaches in every component: SGX's of its PCK certificate and,
// for a guest, TDX's of its report. The first two of those are the TDX module's version, and
// belong to its identity where it has one (TEE_TCB_SVN[1] is not 0).
std::optional<TcbLevelState> StateOfPlatform(const TcbInfo& info, const PckExtensions& pck,
                                             const TdReport* td);

// The identity in `info` of the TDX module that made `td`; null if there is none.
const TdxModuleIdentity* TdxModuleOf(const TcbInfo& info, const TdReport& td);

}  // namespace sotto

#endif  // SOTTO_ATTEST_TCB_INFO_H_
