// A DCAP quote, as bytes and as its parts (Intel SGX DCAP ECDSA Quoting Library API, appendix A;
// Intel TDX DCAP Quoting Library API, appendix A).
#ifndef SOTTO_ATTEST_QUOTE_H_
#define SOTTO_ATTEST_QUOTE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "sotto/attestation.h"

namespace sotto {

inline constexpr size_t kEnclaveReportBytes = 384;
inline constexpr size_t kTd10ReportBytes = 584;
inline constexpr size_t kTd15ReportBytes = 648;
inline constexpr size_t kP256SignatureBytes = 64;  // r and s, big-endian.
inline constexpr size_t kP256KeyBytes = 64;        // x and y, big-endian.

// What REPORT says of an enclave.
struct EnclaveReport {
  std::array<uint8_t, 4> misc_select{};
  std::array<uint8_t, 16> attributes{};
  std::array<uint8_t, 32> mrenclave{}, mrsigner{};
  uint16_t product_id = 0, svn = 0;
  std::array<uint8_t, 64> report_data{};

  // Its memory can be read from outside.
  bool debug() const { return (attributes[0] & 0x02) != 0; }
};

using Measurement384 = std::array<uint8_t, 48>;

// What TDREPORT says of a guest. mr_service_td is zero in a report of TDX 1.0, which has none.
struct TdReport {
  std::array<uint8_t, 16> tee_tcb_svn{};
  Measurement384 mr_signer_seam{};
  std::array<uint8_t, 8> seam_attributes{}, td_attributes{};
  Measurement384 mrtd{};
  std::array<Measurement384, 4> rtmr{};
  std::array<uint8_t, 64> report_data{};
  Measurement384 mr_service_td{};
};

struct Quote {
  int version = 0;
  std::variant<EnclaveReport, TdReport> body;
  std::array<uint8_t, 16> qe_vendor_id{};
  // What the attestation key signed: from the quote's first byte to the report's last.
  std::string signed_bytes;
  std::string signature, attestation_key;
  // The quoting enclave, which vouches for that key with a report that the PCK signed.
  std::string qe_report_bytes, qe_report_signature, qe_auth_data;
  EnclaveReport qe_report;
  std::string pck_chain_pem;

  TeeKind tee() const { return std::get_if<TdReport>(&body) ? TeeKind::kTdx : TeeKind::kSgx; }
  const std::array<uint8_t, 64>& report_data() const;
};

// Every byte has a meaning: lengths must agree, and behind the quote only zeros may follow, as
// quoting services leave them. INVALID_ARGUMENT with field and offset, or UNIMPLEMENTED for another
// version, key type or kind of certification data than a PCK chain.
absl::StatusOr<Quote> ParseQuote(std::string_view bytes);

// What it says, for people and policies; all but the platform's FMSPC.
QuoteClaims ClaimsOf(const Quote& quote);

}  // namespace sotto

#endif  // SOTTO_ATTEST_QUOTE_H_
