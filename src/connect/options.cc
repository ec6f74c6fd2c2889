#include "connect/options.h"

#include <algorithm>

#include "base/strings.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

constexpr std::string_view kScheme = "https://";

bool IsPlain(std::string_view authority) {
  return std::ranges::all_of(authority, [](char c) {
    return c > ' ' && c < 127 && std::string_view("/@?#\\").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::string ServiceAddress::Authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return StrCat(ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port);
}

absl::StatusOr<ServiceAddress> ParseServiceUrl(std::string_view url) {
  const absl::Status wrong = absl::InvalidArgumentError("must be https://HOST:PORT");
  if (!url.starts_with(kScheme)) return wrong;
  std::string authority(url.substr(kScheme.size()));
  if (authority.ends_with('/')) authority.pop_back();
  if (!IsPlain(authority) || authority.starts_with(kUnixPrefix)) return wrong;
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon == std::string::npos) authority += ":443";
  if (!CheckEndpoint(authority, /*for_listening=*/false).ok()) return wrong;
  const size_t last = authority.rfind(':');
  ServiceAddress address{.host = authority.substr(0, last), .port = authority.substr(last + 1)};
  if (address.host.starts_with('[')) address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

std::chrono::sys_seconds ConnectOptions::Now() const {
  if (insecure_test_clock) return insecure_test_clock();
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace sotto
