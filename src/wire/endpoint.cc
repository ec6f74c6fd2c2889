#include "wire/endpoint.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::string_view kUnix = "unix:";

bool IsHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) {
      return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
    });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool IsPort(std::string_view port, int lowest) {
  int value = -1;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  return error == std::errc() && end == port.data() + port.size() && value >= lowest &&
         value <= 65535;
}

}  // namespace

absl::Status CheckEndpoint(std::string_view text, bool for_listening) {
  if (text.starts_with(kUnix) && text.size() > kUnix.size()) return absl::OkStatus();
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && IsHost(text.substr(0, colon)) &&
      IsPort(text.substr(colon + 1), for_listening ? 0 : 1)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      StrCat("endpoint \"", text, "\": want HOST:PORT, [IPV6]:PORT or unix:PATH"));
}

bool IsLocalEndpoint(std::string_view text) {
  if (text.starts_with(kUnix)) return true;
  const std::string_view host = text.substr(0, text.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace sotto
