// Certificates and CRLs in the form of Intel's for SGX, under keys of a test's own.
#ifndef SOTTO_TESTING_SYNTHETIC_PKI_H_
#define SOTTO_TESTING_SYNTHETIC_PKI_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/openssl_objects.h"

namespace sotto {

// The same key for the same name throughout the process. "P-384 ..." is on that curve, every other
// name on P-256.
EVP_PKEY* SyntheticKey(const std::string& name);
// x and y.
std::string PointOf(const EVP_PKEY* key);
// r and s over SHA-256 of `message`.
std::string SignRaw(EVP_PKEY* key, std::string_view message);

struct CertificateRecipe {
  std::string common_name;
  std::chrono::sys_seconds from, until;
  uint32_t serial = 1;
  std::string basic_constraints = "critical,CA:FALSE";
  std::string key_usage = "critical,digitalSignature";
  std::string key = {};     // Names of SyntheticKey().
  std::string signer = {};  // Whose key signs: that of `issuer_name`, if all is right.
  std::string issuer_name = {};
  std::string issuer_key = {};     // Whose identifier it names.
  std::string sgx_extension = {};  // Value of 1.2.840.113741.1.13.1; empty: none.
  bool unknown_critical_extension = false;
};
std::string MakeCertificatePem(const CertificateRecipe& recipe);

struct CrlRecipe {
  std::string issuer_name;
  std::string issuer_key, signer;
  std::chrono::sys_seconds from, until;
  std::vector<uint32_t> revoked = {};
  bool never_ends = false;  // Without `until`.
};
std::string MakeCrlDer(const CrlRecipe& recipe);

// What Intel writes into a PCK certificate. Each svn is an INTEGER of its value.
struct SgxExtensionRecipe {
  std::vector<int> svns = std::vector<int>(16, 5);
  int pce_svn = 11;
  std::string pce_id = std::string(2, '\0');
  std::string fmspc = "\x10\x20\x30\x40\x50\x60";
  std::vector<int> left_out = {};     // Numbers of fields: 2 is the TCB, 3 PCEID, 4 FMSPC.
  std::vector<int> given_twice = {};  // The same.
};
std::string MakeSgxExtension(const SgxExtensionRecipe& recipe);

}  // namespace sotto

#endif  // SOTTO_TESTING_SYNTHETIC_PKI_H_
