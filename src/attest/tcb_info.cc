#include "attest/tcb_info.h"

#include <algorithm>
#include <cstdio>

#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

constexpr size_t kTdxModuleVersion = 1;  // In TEE_TCB_SVN; its SVN is at 0.

absl::StatusOr<std::array<uint8_t, 16>> ReadComponents(const JsonObject& tcb, const char* member) {
  SOTTO_ASSIGN_OR_RETURN(const std::vector<JsonObject> components, tcb.Objects(member));
  std::array<uint8_t, 16> svns{};
  if (components.size() != svns.size()) {
    return absl::InvalidArgumentError(
        StrCat(member, " has ", components.size(), " members, not 16"));
  }
  for (size_t i = 0; i < svns.size(); ++i) {
    SOTTO_ASSIGN_OR_RETURN(const int64_t svn, components[i].Integer("svn", 0, UINT8_MAX));
    svns[i] = static_cast<uint8_t>(svn);
  }
  return svns;
}

absl::StatusOr<PlatformLevel> ReadPlatformLevel(const JsonObject& level, TeeKind tee) {
  PlatformLevel read;
  SOTTO_ASSIGN_OR_RETURN(const JsonObject tcb, level.Object("tcb"));
  SOTTO_ASSIGN_OR_RETURN(read.sgx_svns, ReadComponents(tcb, "sgxtcbcomponents"));
  if (tee == TeeKind::kTdx) {
    SOTTO_ASSIGN_OR_RETURN(read.tdx_svns, ReadComponents(tcb, "tdxtcbcomponents"));
  }
  SOTTO_ASSIGN_OR_RETURN(const int64_t pce_svn, tcb.Integer("pcesvn", 0, UINT16_MAX));
  read.pce_svn = static_cast<uint16_t>(pce_svn);
  SOTTO_ASSIGN_OR_RETURN(read.state, ReadLevelState(level));
  return read;
}

absl::StatusOr<TdxModuleIdentity> ReadTdxModule(const JsonObject& json) {
  TdxModuleIdentity module;
  SOTTO_ASSIGN_OR_RETURN(module.mrsigner, json.Bytes("mrsigner", 48));
  SOTTO_ASSIGN_OR_RETURN(module.attributes, json.Bytes("attributes", 8));
  SOTTO_ASSIGN_OR_RETURN(module.attributes_mask, json.Bytes("attributesMask", 8));
  return module;
}

absl::StatusOr<std::vector<TdxModuleIdentity>> ReadTdxModules(const JsonObject& json) {
  std::vector<TdxModuleIdentity> modules;
  SOTTO_ASSIGN_OR_RETURN(const JsonObject any, json.Object("tdxModule"));
  SOTTO_ASSIGN_OR_RETURN(modules.emplace_back(), ReadTdxModule(any));
  SOTTO_ASSIGN_OR_RETURN(const auto identities, json.OptionalObjects("tdxModuleIdentities"));
  for (const JsonObject& identity : identities) {
    SOTTO_ASSIGN_OR_RETURN(TdxModuleIdentity module, ReadTdxModule(identity));
    SOTTO_ASSIGN_OR_RETURN(module.id, identity.Text("id"));
    SOTTO_ASSIGN_OR_RETURN(module.levels, ReadSvnLevels(identity));
    modules.push_back(std::move(module));
  }
  return modules;
}

// Which TEE it is of; UNIMPLEMENTED for any other version or meaning of its numbers.
absl::StatusOr<TeeKind> ReadTcbInfoKind(const JsonObject& json) {
  SOTTO_ASSIGN_OR_RETURN(const std::string id, json.Text("id"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t version, json.Integer("version", 0, INT32_MAX));
  SOTTO_ASSIGN_OR_RETURN(const int64_t type, json.Integer("tcbType", 0, INT32_MAX));
  if (version != 3 || type != 0 || (id != "SGX" && id != "TDX")) {
    return absl::UnimplementedError(StrCat("id \"", TerminalText(id).substr(0, 20), "\", version ",
                                           version, ", tcbType ", type,
                                           "; supported are SGX and TDX, version 3, tcbType 0"));
  }
  return id == "SGX" ? TeeKind::kSgx : TeeKind::kTdx;
}

template <size_t kSize>
bool Reaches(const std::array<uint8_t, kSize>& has, const std::array<uint8_t, kSize>& needs,
             size_t first) {
  for (size_t i = first; i < kSize; ++i) {
    if (has[i] < needs[i]) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<SignedDates> ReadSignedDates(const JsonObject& json) {
  SignedDates dates;
  SOTTO_ASSIGN_OR_RETURN(dates.issue_date, json.Date("issueDate"));
  SOTTO_ASSIGN_OR_RETURN(dates.next_update, json.Date("nextUpdate"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t number,
                         json.Integer("tcbEvaluationDataNumber", 0, UINT32_MAX));
  dates.tcb_evaluation_data_number = static_cast<uint32_t>(number);
  return dates;
}

absl::StatusOr<TcbLevelState> ReadLevelState(const JsonObject& level) {
  SOTTO_ASSIGN_OR_RETURN(const std::string name, level.Text("tcbStatus"));
  const std::optional<TcbStatus> status = ParseTcbStatus(name);
  if (!status.has_value()) {
    return absl::UnimplementedError(
        StrCat("tcbStatus \"", TerminalText(name).substr(0, 100), "\" is unknown"));
  }
  TcbLevelState state{*status, {}};
  SOTTO_ASSIGN_OR_RETURN(state.advisories, level.OptionalTexts("advisoryIDs"));
  return state;
}

absl::StatusOr<std::vector<SvnLevel>> ReadSvnLevels(const JsonObject& parent) {
  SOTTO_ASSIGN_OR_RETURN(const std::vector<JsonObject> levels, parent.Objects("tcbLevels"));
  std::vector<SvnLevel> read;
  for (const JsonObject& level : levels) {
    SOTTO_ASSIGN_OR_RETURN(const JsonObject tcb, level.Object("tcb"));
    SOTTO_ASSIGN_OR_RETURN(const int64_t svn, tcb.Integer("isvsvn", 0, UINT16_MAX));
    SOTTO_ASSIGN_OR_RETURN(TcbLevelState state, ReadLevelState(level));
    read.push_back({static_cast<uint16_t>(svn), std::move(state)});
  }
  return read;
}

std::optional<TcbLevelState> StateOfSvn(const std::vector<SvnLevel>& levels, uint16_t svn) {
  for (const SvnLevel& level : levels) {
    if (svn >= level.svn) return level.state;
  }
  return std::nullopt;
}

absl::StatusOr<TcbInfo> ParseTcbInfo(std::string_view text) {
  TcbInfo info;
  SOTTO_ASSIGN_OR_RETURN(const JsonObject json, JsonObject::Parse(text));
  SOTTO_ASSIGN_OR_RETURN(info.tee, ReadTcbInfoKind(json));
  SOTTO_ASSIGN_OR_RETURN(info.dates, ReadSignedDates(json));
  SOTTO_ASSIGN_OR_RETURN(info.fmspc, json.Bytes("fmspc", 6));
  SOTTO_ASSIGN_OR_RETURN(info.pce_id, json.Bytes("pceId", 2));
  SOTTO_ASSIGN_OR_RETURN(const std::vector<JsonObject> levels, json.Objects("tcbLevels"));
  for (const JsonObject& level : levels) {
    SOTTO_ASSIGN_OR_RETURN(info.levels.emplace_back(), ReadPlatformLevel(level, info.tee));
  }
  if (info.tee == TeeKind::kTdx) {
    SOTTO_ASSIGN_OR_RETURN(info.tdx_modules, ReadTdxModules(json));
  }
  return info;
}

std::optional<TcbLevelState> StateOfPlatform(const TcbInfo& info, const PckExtensions& pck,
                                             const TdReport* td) {
  const bool versioned = td != nullptr && td->tee_tcb_svn[kTdxModuleVersion] > 0;
  for (const PlatformLevel& level : info.levels) {
    const bool fits =
        Reaches(pck.svns, level.sgx_svns, 0) && pck.pce_svn >= level.pce_svn &&
        (td == nullptr || Reaches(td->tee_tcb_svn, level.tdx_svns, versioned ? 2 : 0));
    if (fits) return level.state;
  }
  return std::nullopt;
}

const TdxModuleIdentity* TdxModuleOf(const TcbInfo& info, const TdReport& td) {
  std::array<char, 16> id{};
  if (const uint8_t version = td.tee_tcb_svn[kTdxModuleVersion]; version > 0) {
    std::snprintf(id.data(), id.size(), "TDX_%02X", version);
  }
  const auto found =
      std::find_if(info.tdx_modules.begin(), info.tdx_modules.end(),
                   [&](const TdxModuleIdentity& module) { return module.id == id.data(); });
  return found == info.tdx_modules.end() ? nullptr : &*found;
}

}  // namespace sotto
