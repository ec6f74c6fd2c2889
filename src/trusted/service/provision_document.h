// What an owner hands a service that waits for it, over a connection that ends in it: the keys that
// no manifest, environment or command line may hold. TRUSTED: wiped when it goes.
#ifndef SOTTO_TRUSTED_SERVICE_PROVISION_DOCUMENT_H_
#define SOTTO_TRUSTED_SERVICE_PROVISION_DOCUMENT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_buffer.h"
#include "base/status.h"
#include "trusted/service/api_keys.h"

namespace sotto {

inline constexpr size_t kMaxProvisionBytes = size_t{64} << 10;

struct ProvisionDocument {
  SecretBuffer model_key = {};              // Of the sealed model, kSealKeyBytes; or none.
  ApiKeys api_keys = {};                    // None: everybody may call.
  std::vector<std::string> tls_names = {};  // CheckTlsName() holds; none: the names stay.
};

// Of one JSON object,
//   {"purpose": "sotto.provision.v1", "model_key": HEX, "api_keys": [KEY, ..],
//    "tls_names": [NAME, ..]}
// whose members but the first may be left out. INVALID_ARGUMENT naming the member
// (service_error.h), never what it holds, for what is unknown, null, given twice or of another
// form.
absl::StatusOr<ProvisionDocument> ParseProvisionDocument(std::string_view body);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PROVISION_DOCUMENT_H_
