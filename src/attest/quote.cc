#include "attest/quote.h"

#include <algorithm>
#include <span>

#include "absl/strings/escaping.h"
#include "attest/byte_reader.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr uint16_t kEcdsaP256 = 2;
constexpr uint32_t kTeeTypeSgx = 0, kTeeTypeTdx = 0x81;
constexpr uint16_t kBodySgx = 1, kBodyTd10 = 2, kBodyTd15 = 3;
constexpr uint16_t kPckChainData = 5, kQeReportData = 6;

struct QuoteHeader {
  uint16_t version = 0, key_type = 0;
  uint32_t tee_type = 0;  // Reserved, and not looked at, in version 3.
  std::array<uint8_t, 16> qe_vendor_id{};
};

QuoteHeader ReadHeader(ByteReader& reader) {
  QuoteHeader header;
  header.version = reader.U16("version");
  header.key_type = reader.U16("attestation key type");
  header.tee_type = reader.U32("TEE type");
  reader.Bytes(4, "QE and PCE SVN");
  header.qe_vendor_id = reader.Array<16>("QE vendor id");
  reader.Bytes(20, "user data");
  return header;
}

absl::Status CheckHeader(const QuoteHeader& header) {
  if (header.version < 3 || header.version > 5) {
    return absl::UnimplementedError(
        StrCat("version ", header.version, " at offset 0; supported are 3, 4 and 5"));
  }
  if (header.key_type != kEcdsaP256) {
    return absl::UnimplementedError(StrCat("attestation key type ", header.key_type,
                                           " at offset 2; supported is 2, ECDSA over P-256"));
  }
  const bool known = header.tee_type == kTeeTypeSgx || header.tee_type == kTeeTypeTdx;
  if (header.version > 3 && !known) {
    return absl::UnimplementedError(
        StrCat("TEE type ", header.tee_type, " at offset 4; supported are 0, SGX, and 129, TDX"));
  }
  return absl::OkStatus();
}

EnclaveReport ReadEnclaveReport(ByteReader& reader) {
  EnclaveReport report;
  reader.Bytes(16, "CPUSVN");
  report.misc_select = reader.Array<4>("MISCSELECT");
  reader.Bytes(28, "reserved bytes");
  report.attributes = reader.Array<16>("ATTRIBUTES");
  report.mrenclave = reader.Array<32>("MRENCLAVE");
  reader.Bytes(32, "reserved bytes");
  report.mrsigner = reader.Array<32>("MRSIGNER");
  reader.Bytes(96, "reserved bytes and CONFIGID");
  report.product_id = reader.U16("ISVPRODID");
  report.svn = reader.U16("ISVSVN");
  reader.Bytes(60, "CONFIGSVN and reserved bytes");
  report.report_data = reader.Array<64>("REPORTDATA");
  return report;
}

TdReport ReadTdReport(ByteReader& reader, bool is_td15) {
  TdReport report;
  report.tee_tcb_svn = reader.Array<16>("TEE_TCB_SVN");
  reader.Bytes(48, "MRSEAM");
  report.mr_signer_seam = reader.Array<48>("MRSIGNERSEAM");
  report.seam_attributes = reader.Array<8>("SEAMATTRIBUTES");
  report.td_attributes = reader.Array<8>("TDATTRIBUTES");
  reader.Bytes(8, "XFAM");
  report.mrtd = reader.Array<48>("MRTD");
  reader.Bytes(144, "MRCONFIGID, MROWNER and MROWNERCONFIG");
  for (Measurement384& rtmr : report.rtmr) rtmr = reader.Array<48>("RTMR");
  report.report_data = reader.Array<64>("REPORTDATA");
  if (is_td15) {
    reader.Bytes(16, "TEE_TCB_SVN_2");
    report.mr_service_td = reader.Array<48>("MRSERVICETD");
  }
  return report;
}

// Version 5 says which kind of report follows, and how long it is.
absl::StatusOr<uint16_t> ReadBodyType(const QuoteHeader& header, ByteReader& reader) {
  const bool tdx = header.version > 3 && header.tee_type == kTeeTypeTdx;
  if (header.version < 5) return tdx ? kBodyTd10 : kBodySgx;
  const uint16_t type = reader.U16("body type");
  const uint32_t size = reader.U32("body size");
  SOTTO_RETURN_IF_ERROR(reader.status());
  if (type < kBodySgx || type > kBodyTd15 || tdx != (type != kBodySgx)) {
    return absl::UnimplementedError(
        StrCat("body type ", type, " at offset 48 of a quote of TEE ", "type ", header.tee_type));
  }
  constexpr std::array<size_t, 3> kSizes = {kEnclaveReportBytes, kTd10ReportBytes,
                                            kTd15ReportBytes};
  if (size != kSizes[type - kBodySgx]) {
    return absl::InvalidArgumentError(StrCat("body size ", size, " at offset 50; a body of type ",
                                             type, " has ", kSizes[type - kBodySgx], " bytes"));
  }
  return type;
}

// Certification data: type, size, and that many bytes, which must be the last ones there are.
absl::StatusOr<std::string_view> ReadCertificationData(uint16_t expected, ByteReader& reader) {
  const size_t offset = reader.offset();
  const uint16_t type = reader.U16("certification data type");
  const uint32_t size = reader.U32("certification data size");
  SOTTO_RETURN_IF_ERROR(reader.status());
  if (type != expected) {
    return absl::UnimplementedError(StrCat("certification data of type ", type, " at offset ",
                                           offset, " of the signature data; supported is ",
                                           expected));
  }
  if (size != reader.rest().size()) {
    return absl::InvalidArgumentError(StrCat("certification data size ", size, " at offset ",
                                             offset + 2, " of the signature data; ",
                                             reader.rest().size(), " bytes are left"));
  }
  return reader.Bytes(size, "certification data");
}

absl::Status ReadQeReport(ByteReader& reader, Quote& quote) {
  quote.qe_report_bytes = reader.Bytes(kEnclaveReportBytes, "QE report");
  quote.qe_report_signature = reader.Bytes(kP256SignatureBytes, "QE report signature");
  const uint16_t auth_size = reader.U16("QE authentication data size");
  quote.qe_auth_data = reader.Bytes(auth_size, "QE authentication data");
  SOTTO_RETURN_IF_ERROR(reader.status());
  ByteReader report(quote.qe_report_bytes);
  quote.qe_report = ReadEnclaveReport(report);
  SOTTO_ASSIGN_OR_RETURN(quote.pck_chain_pem, ReadCertificationData(kPckChainData, reader));
  return absl::OkStatus();
}

absl::Status ReadSignatureData(std::string_view bytes, Quote& quote) {
  ByteReader reader(bytes);
  quote.signature = reader.Bytes(kP256SignatureBytes, "signature");
  quote.attestation_key = reader.Bytes(kP256KeyBytes, "attestation key");
  SOTTO_RETURN_IF_ERROR(reader.status());
  if (quote.version == 3) return ReadQeReport(reader, quote);
  SOTTO_ASSIGN_OR_RETURN(const std::string_view nested,
                         ReadCertificationData(kQeReportData, reader));
  ByteReader inner(nested);
  return ReadQeReport(inner, quote);
}

}  // namespace

const std::array<uint8_t, 64>& Quote::report_data() const {
  const auto* const td = std::get_if<TdReport>(&body);
  return td != nullptr ? td->report_data : std::get<EnclaveReport>(body).report_data;
}

absl::StatusOr<Quote> ParseQuote(std::string_view bytes) {
  ByteReader reader(bytes);
  const QuoteHeader header = ReadHeader(reader);
  SOTTO_RETURN_IF_ERROR(reader.status());
  SOTTO_RETURN_IF_ERROR(CheckHeader(header));
  Quote quote;
  quote.version = header.version;
  quote.qe_vendor_id = header.qe_vendor_id;
  SOTTO_ASSIGN_OR_RETURN(const uint16_t type, ReadBodyType(header, reader));
  if (type == kBodySgx) {
    quote.body = ReadEnclaveReport(reader);
  } else {
    quote.body = ReadTdReport(reader, type == kBodyTd15);
  }
  quote.signed_bytes = bytes.substr(0, reader.offset());
  const uint32_t size = reader.U32("signature data size");
  const std::string_view signature_data = reader.Bytes(size, "signature data");
  SOTTO_RETURN_IF_ERROR(reader.status());
  const std::string_view rest = reader.rest();
  if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c == 0; })) {
    return absl::InvalidArgumentError(StrCat(
        rest.size(), " bytes that are not all zero follow the quote at offset ", reader.offset()));
  }
  SOTTO_RETURN_IF_ERROR(ReadSignatureData(signature_data, quote));
  return quote;
}

QuoteClaims ClaimsOf(const Quote& quote) {
  const auto hex = [](std::span<const uint8_t> bytes) {
    return absl::BytesToHexString(ToAbsl(AsText(bytes)));
  };
  QuoteClaims claims{
      .tee = quote.tee(), .version = quote.version, .report_data = hex(quote.report_data())};
  if (const auto* sgx = std::get_if<EnclaveReport>(&quote.body)) {
    claims.mrenclave = hex(sgx->mrenclave);
    claims.mrsigner = hex(sgx->mrsigner);
    claims.product_id = sgx->product_id;
    claims.svn = sgx->svn;
  } else if (const auto* td = std::get_if<TdReport>(&quote.body)) {
    claims.mrtd = hex(td->mrtd);
    for (size_t i = 0; i < td->rtmr.size(); ++i) claims.rtmr[i] = hex(td->rtmr[i]);
  }
  return claims;
}

}  // namespace sotto
