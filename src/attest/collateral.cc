#include "attest/collateral.h"

#include <algorithm>
#include <array>

#include "attest/json_object.h"
#include "attest/quote.h"
#include "base/strings.h"
#include "base/terminal_text.h"

namespace sotto {
namespace {

constexpr std::array<std::string_view, 10> kCollateralMembers = {
    "pck_crl_issuer_chain",     "root_ca_crl", "pck_crl",
    "tcb_info_issuer_chain",    "tcb_info",    "tcb_info_signature",
    "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
    "pck_certificate_chain"};

absl::Status CheckMembersKnown(const JsonObject& json) {
  for (const std::string& name : json.Names()) {
    if (std::find(kCollateralMembers.begin(), kCollateralMembers.end(), name) ==
        kCollateralMembers.end()) {
      return absl::InvalidArgumentError(
          StrCat("member \"", TerminalText(name).substr(0, 100), "\" is unknown"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SignedJson> ReadSignedJson(const JsonObject& json, const char* member) {
  SignedJson read;
  const std::string signature = StrCat(member, "_signature");
  SOTTO_ASSIGN_OR_RETURN(read.text, json.Text(member));
  SOTTO_ASSIGN_OR_RETURN(read.signature, json.BytesOrArray(signature.c_str()));
  SOTTO_ASSIGN_OR_RETURN(read.issuer_chain_pem, json.Text(StrCat(member, "_issuer_chain").c_str()));
  if (read.signature.size() != kP256SignatureBytes) {
    return absl::InvalidArgumentError(
        StrCat(signature, " has not ", kP256SignatureBytes, " bytes"));
  }
  return read;
}

}  // namespace

absl::StatusOr<Collateral> ParseCollateral(std::string_view text) {
  SOTTO_ASSIGN_OR_RETURN(const JsonObject json, JsonObject::Parse(text));
  SOTTO_RETURN_IF_ERROR(CheckMembersKnown(json));
  Collateral collateral;
  SOTTO_ASSIGN_OR_RETURN(collateral.root_ca_crl, json.BytesOrArray("root_ca_crl"));
  SOTTO_ASSIGN_OR_RETURN(collateral.pck_crl, json.BytesOrArray("pck_crl"));
  SOTTO_ASSIGN_OR_RETURN(collateral.pck_crl_issuer_chain_pem, json.Text("pck_crl_issuer_chain"));
  SOTTO_ASSIGN_OR_RETURN(collateral.pck_chain_pem, json.OptionalText("pck_certificate_chain"));
  SOTTO_ASSIGN_OR_RETURN(collateral.tcb_info, ReadSignedJson(json, "tcb_info"));
  SOTTO_ASSIGN_OR_RETURN(collateral.qe_identity, ReadSignedJson(json, "qe_identity"));
  return collateral;
}

}  // namespace sotto
