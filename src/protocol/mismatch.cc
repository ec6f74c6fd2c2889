#include "protocol/mismatch.h"

#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::string_view kOtherWeights = "the server serves different weights: ";

std::string Both(std::string_view shown, std::string_view expected) {
  return StrCat("SHA-256 ", shown, ", expected ", expected);
}

}  // namespace

absl::Status OtherProtocolVersion(uint32_t server, uint32_t client,
                                  std::string_view newer_release) {
  SOTTO_CHECK(server != client);
  const bool old_server = server < client;
  return absl::UnimplementedError(
      StrCat("the server speaks protocol version ", server, ", the client ", client, ": the ",
             old_server ? "server" : "client", " is older; upgrade ",
             old_server ? "sotto-accelerator" : "sotto", " to ",
             newer_release.empty() ? "the other's release" : newer_release));
}

absl::Status OtherWeights(std::string_view served, std::string_view expected) {
  return absl::FailedPreconditionError(StrCat(kOtherWeights, Both(served, expected)));
}

bool IsOtherWeights(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) &&
         ToStd(status.message()).find(kOtherWeights) != std::string_view::npos;
}

absl::Status KeyIsNotPinned(std::string_view shown, std::string_view pinned) {
  return absl::PermissionDeniedError(
      StrCat("the server's key is not the pinned one: ", Both(shown, pinned)));
}

absl::Status KeyHasChanged(std::string_view shown, std::string_view first) {
  return absl::PermissionDeniedError(
      StrCat("the server's key is not the one that it showed at the first connection: ",
             Both(shown, first)));
}

}  // namespace sotto
