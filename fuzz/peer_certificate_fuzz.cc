// A certificate chain as a peer shows it, or a file that a user named: reading its keys and
// checking it must end in a Status.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/own_certificate.h"
#include "protocol/peer_certificate.h"

namespace sotto {

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string pem(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<std::string> key = KeyFingerprint(pem);
  if (key.ok()) SOTTO_CHECK(key->size() == 64);
  const absl::StatusOr<VerifiedPeer> chain = CheckCertificateChain(pem, pem, "localhost");
  if (chain.ok()) SOTTO_CHECK(key.ok() && chain->key_sha256 == *key);
  if (key.ok()) SOTTO_CHECK(CheckCertificates(pem).ok());
  CheckValidNow(pem).IgnoreError();
  if (CheckKeyOfCertificate(pem, pem).ok()) SOTTO_CHECK(CheckPrivateKey(pem).ok());
  return 0;
}

}  // namespace sotto
