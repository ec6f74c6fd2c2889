// VerifyQuote: every check of sotto/attestation.h, in the order in which trust flows: from the root
// to collateral and quoting enclave, to the attestation key, to the report, to the policy.
#include "attest/verify.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "attest/chain.h"
#include "attest/collateral.h"
#include "attest/dates.h"
#include "attest/pck_extensions.h"
#include "attest/policy_checks.h"
#include "attest/qe_identity.h"
#include "attest/quote.h"
#include "attest/report_checks.h"
#include "attest/tcb_info.h"
#include "base/strings.h"

namespace sotto {
namespace {

// The vendor of the only quoting enclaves whose identity the collateral holds.
constexpr char kIntelVendorHex[] = "939a7233f79c4ca9940a0db3957f0607";

// What one verification has found out so far. Each step takes what the steps before it could read,
// and goes without what they could not: that has its reason already.
struct Evidence {
  std::chrono::sys_seconds at;
  ChainReader& chains;
  TrustAnchors anchors = {};
  OwnedCrl root_crl = nullptr, pck_crl = nullptr;
  std::optional<Quote> quote = {};
  std::optional<Collateral> collateral = {};
  std::optional<CertificateChain> pck_chain = {};
  std::optional<PckExtensions> pck = {};
  std::optional<TcbInfo> tcb_info = {};
  std::optional<QeIdentity> qe_identity = {};
  std::vector<Expiry> expiries = {};
  Reasons reasons = {};
};

// The value, or nothing and a reason.
template <typename T>
std::optional<T> Take(absl::StatusOr<T> result, EvidencePart part, Reasons& reasons) {
  if (result.ok()) return *std::move(result);
  reasons.Add(part, result.status());
  return std::nullopt;
}

// A chain that is checked, or nothing.
std::optional<CertificateChain> TakeChain(std::string_view pem, EvidencePart part,
                                          const ChainNames& names, Evidence& evidence) {
  auto chain = Take(evidence.chains.Read(pem), part, evidence.reasons);
  if (!chain.has_value()) return std::nullopt;
  CheckChain(*chain, part, names, evidence.anchors, evidence.reasons);
  AddExpiries(*chain, part, evidence.expiries);
  return chain;
}

OwnedCrl TakeCrl(std::string_view der, EvidencePart part, Evidence& evidence) {
  auto crl = Take(ReadCrl(der), part, evidence.reasons);
  if (!crl.has_value()) return nullptr;
  AddExpiry(crl->get(), part, evidence.expiries);
  return *std::move(crl);
}

void PinRoot(const VerifyQuoteOptions& options, Evidence& evidence) {
  evidence.anchors = {.root_public_key = IntelRootPublicKey(), .at = options.at};
  if (!options.insecure_test_root.has_value()) return;
  const auto root = evidence.chains.Read(*options.insecure_test_root);
  evidence.anchors.root_public_key = root.ok() ? PublicKeyOf(root->front().get()) : "";
}

void ReadCrls(Evidence& evidence) {
  if (!evidence.collateral.has_value()) return;
  evidence.root_crl = TakeCrl(evidence.collateral->root_ca_crl, EvidencePart::kRootCrl, evidence);
  evidence.pck_crl = TakeCrl(evidence.collateral->pck_crl, EvidencePart::kPckCrl, evidence);
  evidence.anchors.root_crl = evidence.root_crl.get();
  evidence.anchors.pck_crl = evidence.pck_crl.get();
}

void CheckSignedDates(const SignedDates& dates, EvidencePart part, Evidence& evidence) {
  if (evidence.at < dates.issue_date) {
    evidence.reasons.Add(part, EvidenceFault::kNotYetValid,
                         StrCat("issued on ", FormatDate(dates.issue_date)));
  }
  if (evidence.at > dates.next_update) {
    evidence.reasons.Add(part, EvidenceFault::kExpired,
                         StrCat("held until ", FormatDate(dates.next_update)));
  }
  evidence.expiries.push_back({std::string(PartName(part)), dates.next_update});
}

// TCB info or QE identity: its signature, by the leaf of `chain`, over the bytes of the text, and
// its dates.
template <typename T>
std::optional<T> TakeSignedJson(const SignedJson& json,
                                const std::optional<CertificateChain>& chain,
                                absl::StatusOr<T> (*parse)(std::string_view), EvidencePart part,
                                Evidence& evidence) {
  if (chain.has_value() &&
      !IsSignatureOf(X509_get0_pubkey(chain->front().get()), json.text, json.signature)) {
    evidence.reasons.Add(part, EvidenceFault::kSignature,
                         "the signature is not that of the issuer over this text");
  }
  std::optional<T> parsed = Take(parse(json.text), part, evidence.reasons);
  if (parsed.has_value()) CheckSignedDates(parsed->dates, part, evidence);
  return parsed;
}

void ReadSignedCollateral(Evidence& evidence) {
  if (!evidence.collateral.has_value()) return;
  const ChainNames names = {{kTcbSigningName}, {kRootName}};
  const SignedJson& tcb_info = evidence.collateral->tcb_info;
  const SignedJson& qe_identity = evidence.collateral->qe_identity;
  const auto chain =
      TakeChain(tcb_info.issuer_chain_pem, EvidencePart::kTcbInfoChain, names, evidence);
  evidence.tcb_info =
      TakeSignedJson(tcb_info, chain, ParseTcbInfo, EvidencePart::kTcbInfo, evidence);
  // As a rule both chains are the same, and one check serves both.
  const bool same = qe_identity.issuer_chain_pem == tcb_info.issuer_chain_pem;
  std::optional<CertificateChain> own;
  if (same) {
    evidence.reasons.Repeat(EvidencePart::kTcbInfoChain, EvidencePart::kQeIdentityChain);
  } else {
    own = TakeChain(qe_identity.issuer_chain_pem, EvidencePart::kQeIdentityChain, names, evidence);
  }
  evidence.qe_identity = TakeSignedJson(qe_identity, same ? chain : own, ParseQeIdentity,
                                        EvidencePart::kQeIdentity, evidence);
}

// The chain of the quote's PCK, and that its authority is the one whose CRL the collateral has.
void ReadPckChain(Evidence& evidence) {
  const ChainNames authority = {{kPlatformCaName, kProcessorCaName}, {kRootName}};
  if (evidence.quote.has_value()) {
    evidence.pck_chain = TakeChain(evidence.quote->pck_chain_pem, EvidencePart::kPckChain,
                                   {{kPckName}, authority[0], authority[1]}, evidence);
  }
  std::optional<CertificateChain> issuer, copy;
  if (evidence.collateral.has_value() && !evidence.collateral->pck_chain_pem.empty()) {
    copy = Take(evidence.chains.Read(evidence.collateral->pck_chain_pem), EvidencePart::kCollateral,
                evidence.reasons);
  }
  if (evidence.collateral.has_value()) {
    issuer = TakeChain(evidence.collateral->pck_crl_issuer_chain_pem,
                       EvidencePart::kPckCrlIssuerChain, authority, evidence);
  }
  if (!evidence.pck_chain.has_value()) return;
  evidence.pck = Take(PckExtensionsOf(evidence.pck_chain->front().get()), EvidencePart::kPckChain,
                      evidence.reasons);
  if (copy.has_value() && !AreEqual(*copy, *evidence.pck_chain)) {
    evidence.reasons.Add(EvidencePart::kCollateral, EvidenceFault::kMismatch,
                         "its PCK certificate chain is not the quote's");
  }
  if (issuer.has_value() && evidence.pck_chain->size() > 1 &&
      PublicKeyOf(issuer->front().get()) != PublicKeyOf((*evidence.pck_chain)[1].get())) {
    evidence.reasons.Add(EvidencePart::kPckCrlIssuerChain, EvidenceFault::kMismatch,
                         "it is not the authority that issued the quote's PCK certificate");
  }
}

// The PCK signed the quoting enclave's report, which names the attestation key, which signed the
// quote.
void CheckQuoteSignatures(Evidence& evidence) {
  if (!evidence.quote.has_value()) return;
  const Quote& quote = *evidence.quote;
  Reasons& reasons = evidence.reasons;
  if (absl::BytesToHexString(ToAbsl(AsText(quote.qe_vendor_id))) != kIntelVendorHex) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kUnsupported,
                "the vendor of the quoting enclave is not Intel");
  }
  if (evidence.pck_chain.has_value() &&
      !IsSignatureOf(X509_get0_pubkey(evidence.pck_chain->front().get()), quote.qe_report_bytes,
                     quote.qe_report_signature)) {
    reasons.Add(EvidencePart::kQeReport, EvidenceFault::kSignature,
                "the signature is not that of the PCK over the quoting enclave's report");
  }
  std::string expected = Sha256Bytes(StrCat(quote.attestation_key, quote.qe_auth_data));
  expected.resize(quote.qe_report.report_data.size());
  if (AsText(quote.qe_report.report_data) != expected) {
    reasons.Add(EvidencePart::kQeReport, EvidenceFault::kMismatch,
                "the quoting enclave's report does not name the quote's attestation key");
  }
  const OwnedKey key = KeyFromPoint(quote.attestation_key);
  if (!IsSignatureOf(key.get(), quote.signed_bytes, quote.signature)) {
    reasons.Add(EvidencePart::kQuote, EvidenceFault::kSignature,
                "the signature is not that of the attestation key over header and report");
  }
}

// One state of the platform, if every part of it has one.
std::optional<TcbLevelState> StateOf(Evidence& evidence) {
  if (!evidence.quote.has_value()) return std::nullopt;
  const Quote& quote = *evidence.quote;
  std::optional<TcbLevelState> platform, qe;
  if (evidence.tcb_info.has_value() && evidence.pck.has_value()) {
    platform = CheckPlatform(*evidence.tcb_info, *evidence.pck, quote, evidence.reasons);
  }
  if (evidence.qe_identity.has_value()) {
    qe = CheckQe(*evidence.qe_identity, quote, evidence.reasons);
  }
  if (!platform.has_value() || !qe.has_value()) return std::nullopt;
  TcbLevelState state = MergeLevels(*platform, *qe);
  if (state.status == TcbStatus::kRevoked) {
    evidence.reasons.Add(EvidencePart::kTcb, EvidenceFault::kRevoked,
                         "the platform's TCB, or that of its quoting enclave, is revoked");
  }
  return state;
}

Verdict MakeVerdict(Evidence& evidence) {
  Verdict verdict{.at = evidence.at};
  if (evidence.quote.has_value()) verdict.claims = ClaimsOf(*evidence.quote);
  if (evidence.pck.has_value()) {
    verdict.claims.fmspc = absl::BytesToHexString(evidence.pck->fmspc);
  }
  if (const std::optional<TcbLevelState> state = StateOf(evidence)) {
    verdict.tcb_status = state->status;
    verdict.advisories = state->advisories;
  }
  if (evidence.tcb_info.has_value() && evidence.qe_identity.has_value()) {
    verdict.tcb_evaluation_data_number =
        std::min(evidence.tcb_info->dates.tcb_evaluation_data_number,
                 evidence.qe_identity->dates.tcb_evaluation_data_number);
  }
  verdict.expiries = std::move(evidence.expiries);
  std::stable_sort(verdict.expiries.begin(), verdict.expiries.end(),
                   [](const Expiry& a, const Expiry& b) { return a.at < b.at; });
  return verdict;
}

}  // namespace

Verdict VerifyQuote(std::string_view quote, std::string_view collateral,
                    const AttestationPolicy& policy, const VerifyQuoteOptions& options) {
  ChainReader chains;
  return CheckQuoteWith(chains, quote, collateral, policy, options);
}

Verdict CheckQuoteWith(ChainReader& chains, std::string_view quote, std::string_view collateral,
                       const AttestationPolicy& policy, const VerifyQuoteOptions& options) {
  Evidence evidence{.at = options.at, .chains = chains};
  PinRoot(options, evidence);
  evidence.quote = Take(ParseQuote(quote), EvidencePart::kQuote, evidence.reasons);
  evidence.collateral =
      Take(ParseCollateral(collateral), EvidencePart::kCollateral, evidence.reasons);
  ReadCrls(evidence);
  ReadPckChain(evidence);
  ReadSignedCollateral(evidence);
  CheckQuoteSignatures(evidence);
  if (evidence.quote.has_value()) CheckReport(*evidence.quote, evidence.reasons);
  Verdict verdict = MakeVerdict(evidence);
  verdict.report_data_compared = options.report_data.has_value() && verdict.claims.tee.has_value();
  CheckPolicy(policy, options.report_data, verdict, evidence.reasons);
  verdict.reasons = evidence.reasons.Take();
  return verdict;
}

}  // namespace sotto
