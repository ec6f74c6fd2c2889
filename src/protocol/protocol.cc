#include "protocol/protocol.h"

#include <openssl/crypto.h>

#include "base/strings.h"

namespace sotto {

void Seed::Wipe() { OPENSSL_cleanse(data(), size()); }

std::string_view DataPlaneName(DataPlane plane) {
  switch (plane) {
    case DataPlane::kAuto:
      return "auto";
    case DataPlane::kShm:
      return "shm";
    case DataPlane::kTcp:
      return "tcp";
    case DataPlane::kGrpc:
      return "grpc";
  }
  return "";
}

absl::StatusOr<DataPlane> ParseDataPlane(std::string_view name) {
  for (const DataPlane plane :
       {DataPlane::kAuto, DataPlane::kShm, DataPlane::kTcp, DataPlane::kGrpc}) {
    if (name == DataPlaneName(plane)) return plane;
  }
  return absl::InvalidArgumentError(
      StrCat("data plane \"", name, "\" is not one of auto, shm, tcp or grpc"));
}

}  // namespace sotto
