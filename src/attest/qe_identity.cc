#include "attest/qe_identity.h"

#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

absl::StatusOr<TeeKind> ReadQeKind(const JsonObject& json) {
  SOTTO_ASSIGN_OR_RETURN(const std::string id, json.Text("id"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t version, json.Integer("version", 0, INT32_MAX));
  if (id == "QE" && version == 2) return TeeKind::kSgx;
  if (id == "TD_QE" && (version == 2 || version == 3)) return TeeKind::kTdx;
  return absl::UnimplementedError(StrCat("id \"", TerminalText(id).substr(0, 20), "\", version ",
                                         version,
                                         "; supported are QE of version 2, and TD_QE of 2 and 3"));
}

}  // namespace

absl::StatusOr<QeIdentity> ParseQeIdentity(std::string_view text) {
  QeIdentity identity;
  SOTTO_ASSIGN_OR_RETURN(const JsonObject json, JsonObject::Parse(text));
  SOTTO_ASSIGN_OR_RETURN(identity.tee, ReadQeKind(json));
  SOTTO_ASSIGN_OR_RETURN(identity.dates, ReadSignedDates(json));
  SOTTO_ASSIGN_OR_RETURN(identity.misc_select, json.Bytes("miscselect", 4));
  SOTTO_ASSIGN_OR_RETURN(identity.misc_select_mask, json.Bytes("miscselectMask", 4));
  SOTTO_ASSIGN_OR_RETURN(identity.attributes, json.Bytes("attributes", 16));
  SOTTO_ASSIGN_OR_RETURN(identity.attributes_mask, json.Bytes("attributesMask", 16));
  SOTTO_ASSIGN_OR_RETURN(identity.mrsigner, json.Bytes("mrsigner", 32));
  SOTTO_ASSIGN_OR_RETURN(const int64_t product_id, json.Integer("isvprodid", 0, UINT16_MAX));
  identity.product_id = static_cast<uint16_t>(product_id);
  SOTTO_ASSIGN_OR_RETURN(identity.levels, ReadSvnLevels(json));
  return identity;
}

bool EqualUnderMask(std::string_view value, std::string_view expected, std::string_view mask) {
  if (value.size() != mask.size() || expected.size() != mask.size()) return false;
  for (size_t i = 0; i < mask.size(); ++i) {
    if (((value[i] ^ expected[i]) & mask[i]) != 0) return false;
  }
  return true;
}

std::vector<std::string> DifferencesFrom(const QeIdentity& identity, const EnclaveReport& report) {
  std::vector<std::string> differences;
  if (AsText(report.mrsigner) != identity.mrsigner) {
    differences.emplace_back("MRSIGNER is not that of Intel's quoting enclave");
  }
  if (report.product_id != identity.product_id) {
    differences.push_back(
        StrCat("ISVPRODID is ", report.product_id, ", not ", identity.product_id));
  }
  if (!EqualUnderMask(AsText(report.misc_select), identity.misc_select,
                      identity.misc_select_mask)) {
    differences.emplace_back("MISCSELECT is not as the QE identity says");
  }
  if (!EqualUnderMask(AsText(report.attributes), identity.attributes, identity.attributes_mask)) {
    differences.emplace_back("ATTRIBUTES are not as the QE identity says");
  }
  return differences;
}

}  // namespace sotto
