// The service's description of itself, for programs: OpenAPI 3.1.
#ifndef SOTTO_TRUSTED_SERVICE_OPENAPI_H_
#define SOTTO_TRUSTED_SERVICE_OPENAPI_H_

#include <string_view>

namespace sotto {

// JSON. A test holds it against what the service accepts.
std::string_view OpenApiDocument();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_OPENAPI_H_
