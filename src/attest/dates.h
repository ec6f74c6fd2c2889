// Dates of collateral, in UTC.
#ifndef SOTTO_ATTEST_DATES_H_
#define SOTTO_ATTEST_DATES_H_

#include <openssl/asn1.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sotto {

// "2025-06-20T12:00:00Z", or "2025-06-20" for its first second (RFC 3339 without fractions or other
// zones), from the year 1970 on. Nullopt for anything else.
std::optional<std::chrono::sys_seconds> ParseDate(std::string_view text);
std::string FormatDate(std::chrono::sys_seconds time);  // The longer form.

// Of a certificate or a CRL. Nullopt for what is no date.
std::optional<std::chrono::sys_seconds> FromAsn1(const ASN1_TIME* time);

}  // namespace sotto

#endif  // SOTTO_ATTEST_DATES_H_
