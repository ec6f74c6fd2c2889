// Quotes that are damaged, or not signed as they should be.
#include "testing/refused_cases.h"

namespace sotto {
namespace {

// Offsets in a quote of version 3: header 48, report 384, size 4, signature data.
constexpr size_t kReport = 48, kSizeV3 = 432, kSignatureV3 = 436, kAttestationKeyV3 = 500,
                 kQeReportV3 = 564, kQeSignatureV3 = 948, kAuthSizeV3 = 1012, kAuthV3 = 1014,
                 kCertificationV3 = 1046;

void AddQuoteForms(RefusedCaseList& cases) {
  const ReasonIds malformed = {"quote.malformed"}, unsupported = {"quote.unsupported"};
  // Cut short.
  for (const size_t size : {size_t{0}, size_t{10}, size_t{47}, size_t{48}, kReport + 200, kSizeV3,
                            kSignatureV3 - 1, kSignatureV3, kQeReportV3 + 5, kAuthV3 + 1}) {
    cases.Quote(
        StrCat("cut after ", size), [=](std::string& q) { q.resize(size); }, malformed);
  }
  cases.Quote(
      "cut by one", [](std::string& q) { q.pop_back(); }, malformed);
  cases.Quote(
      "something behind it", [](std::string& q) { q += std::string("\0\0\1", 3); }, malformed);
  cases.Quote(
      "version 2", [](std::string& q) { q[0] = 2; }, unsupported);
  cases.Quote(
      "version 6", [](std::string& q) { q[0] = 6; }, unsupported);
  cases.Quote(
      "key type 3", [](std::string& q) { q[2] = 3; }, unsupported);
  cases.Quote(
      "certification type 1", [](std::string& q) { q[kCertificationV3] = 1; }, unsupported);
  cases.Quote(
      "certification size one less", [](std::string& q) { --q[kCertificationV3 + 2]; }, malformed);
  cases.Quote(
      "certification size one more", [](std::string& q) { ++q[kCertificationV3 + 2]; }, malformed);
  cases.Quote(
      "authentication data larger than the quote",
      [](std::string& q) { q[kAuthSizeV3 + 1] = '\xff'; }, malformed);
  cases.Quote(
      "signature data larger than the quote", [](std::string& q) { ++q[kSizeV3]; }, malformed);
  cases.Quote(
      "signature data smaller than its parts",
      [](std::string& q) { q.replace(kSizeV3, 4, std::string("\x10\0\0\0", 4)); }, malformed);
  cases.Tdx(
      4, false, "TEE type 1", [](EvidenceRecipe& r) { r.header[4] = 1; }, unsupported);
  cases.Tdx(
      4, false, "outer certification type 5",
      [](EvidenceRecipe& r) { r.outer_certification_type = 5; }, unsupported);
  cases.Tdx(
      4, false, "nested certification type 3", [](EvidenceRecipe& r) { r.certification_type = 3; },
      unsupported);
  cases.Tdx(
      4, false, "nested size one more",
      [](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { ++q[48 + 584 + 134]; }; },
      malformed);
  cases.Tdx(
      5, true, "body type 4",
      [](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { q[48] = 4; }; }, unsupported);
  cases.Tdx(
      5, true, "body type of SGX",
      [](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { q[48] = 1; }; }, unsupported);
  cases.Tdx(
      5, true, "body type of TDX 1.0 with the size of 1.5",
      [](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { q[48] = 2; }; }, malformed);
  cases.SgxOf(
      5, "body type of TDX",
      [](EvidenceRecipe& r) { r.edit_quote = [](std::string& q) { q[48] = 2; }; }, unsupported);
}

void AddQuoteSignatures(RefusedCaseList& cases) {
  const ReasonIds signature = {"quote.signature"}, qe_signature = {"qe_report.signature"};
  cases.Quote("QE vendor", [](std::string& q) { FlipBit(q, 12); },
              {"quote.unsupported", "quote.signature"});
  cases.Sgx("QE vendor, signed", [](EvidenceRecipe& r) { FlipBit(r.header, 12); },
            {"quote.unsupported"});
  cases.Quote(
      "user data", [](std::string& q) { FlipBit(q, 28); }, signature);
  cases.Quote(
      "reserved bytes of the header", [](std::string& q) { FlipBit(q, 5); }, signature);
  cases.Quote(
      "CPUSVN of the report", [](std::string& q) { FlipBit(q, kReport); }, signature);
  cases.Quote(
      "reserved bytes of the report", [](std::string& q) { FlipBit(q, kReport + 310); }, signature);
  cases.Quote(
      "signature", [](std::string& q) { FlipBit(q, kSignatureV3 + 9); }, signature);
  cases.Quote(
      "signature of zeros",
      [](std::string& q) { q.replace(kSignatureV3, 64, std::string(64, '\0')); }, signature);
  cases.Quote("attestation key that is no point",
              [](std::string& q) { q.replace(kAttestationKeyV3, 64, std::string(64, '\1')); },
              {"quote.signature", "qe_report.mismatch"});
  cases.Sgx("attestation key of an attacker",
            [](EvidenceRecipe& r) {
              r.quote_signer = "other";
              r.edit_attestation_key = [](std::string& key) {
                key = PointOf(SyntheticKey("other"));
              };
            },
            {"qe_report.mismatch"});
  cases.Sgx(
      "signed by another key", [](EvidenceRecipe& r) { r.quote_signer = "other"; }, signature);
  cases.Quote("QE's authentication data", [](std::string& q) { FlipBit(q, kAuthV3); },
              {"qe_report.mismatch"});
  cases.Quote(
      "QE report", [](std::string& q) { FlipBit(q, kQeReportV3); }, qe_signature);
  cases.Quote(
      "QE report's signature", [](std::string& q) { FlipBit(q, kQeSignatureV3 + 63); },
      qe_signature);
  cases.Sgx(
      "QE report signed by another key", [](EvidenceRecipe& r) { r.qe_report_signer = "other"; },
      qe_signature);
  cases.Sgx("QE report with more report data",
            [](EvidenceRecipe& r) { r.qe_report[kSgxReportData + 40] = 1; },
            {"qe_report.mismatch"});
  cases.Sgx(
      "PCK on another curve", [](EvidenceRecipe& r) { r.pck.key = "P-384 pck"; }, qe_signature);
}

}  // namespace

void AddRefusedQuotes(RefusedCaseList& cases) {
  AddQuoteForms(cases);
  AddQuoteSignatures(cases);
}

}  // namespace sotto
