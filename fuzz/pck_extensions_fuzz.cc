// The SGX extension of a PCK certificate, and a whole certificate chain in PEM: whatever the bytes,
// a chain that is read is written the same again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attest/certificates.h"
#include "attest/pck_extensions.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto extensions = sotto::ParsePckExtensions(bytes);
  if (extensions.ok()) {
    SOTTO_CHECK(extensions->fmspc.size() == 6 && extensions->pce_id.size() == 2);
  }
  sotto::ChainReader reader;
  const auto chain = reader.Read(bytes);
  if (!chain.ok()) return 0;
  SOTTO_CHECK(!chain->empty() && sotto::AreEqual(*chain, *reader.Read(bytes)));
  for (const sotto::OwnedCertificate& certificate : *chain) {
    SOTTO_CHECK(!sotto::PublicKeyOf(certificate.get()).empty());
    SOTTO_CHECK(!sotto::NameAndSerial(certificate.get()).empty());
    sotto::PckExtensionsOf(certificate.get()).IgnoreError();
  }
  return 0;
}
