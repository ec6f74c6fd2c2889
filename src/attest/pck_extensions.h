// What Intel wrote into a PCK certificate about its platform (extension 1.2.840.113741.1.13.1;
// Intel SGX PCK Certificate and CRL Profile Specification, 1.3.5).
#ifndef SOTTO_ATTEST_PCK_EXTENSIONS_H_
#define SOTTO_ATTEST_PCK_EXTENSIONS_H_

#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

struct PckExtensions {
  std::array<uint8_t, 16> svns{};  // Of the TCB's components.
  uint16_t pce_svn = 0;
  std::string fmspc;   // 6 bytes: the platform's family, model, stepping and more.
  std::string pce_id;  // 2 bytes.
};

// The extension's value, DER. INVALID_ARGUMENT naming the field that is missing, given twice, or of
// another form. Fields beside these are not read.
absl::StatusOr<PckExtensions> ParsePckExtensions(std::string_view der);
// The same of a certificate, which must have that extension exactly once.
absl::StatusOr<PckExtensions> PckExtensionsOf(const X509* certificate);

}  // namespace sotto

#endif  // SOTTO_ATTEST_PCK_EXTENSIONS_H_
