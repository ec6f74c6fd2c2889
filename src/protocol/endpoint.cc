#include "protocol/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/strings.h"

namespace sotto {
namespace {

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

// 127.0.0.0/8, and 0.0.0.0/8, which reaches this host as well.
bool IsLoopback(in_addr address) {
  const uint32_t network = ntohl(address.s_addr) >> 24;
  return network == 127 || network == 0;
}

}  // namespace

absl::Status CheckEndpoint(std::string_view text, bool for_listening) {
  if (text.starts_with(kUnixPrefix) && text.size() > kUnixPrefix.size()) return absl::OkStatus();
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && IsHost(text.substr(0, colon)) &&
      IsPort(text.substr(colon + 1), for_listening ? 0 : 1)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      StrCat("\"", text, "\" is not HOST:PORT, [IPV6]:PORT or unix:PATH"));
}

bool IsLocalEndpoint(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) return true;
  const std::string_view host = text.substr(0, text.rfind(':'));
  in_addr address{};
  if (inet_pton(AF_INET, std::string(host).c_str(), &address) == 1) return IsLoopback(address);
  return host == "localhost" || host == "[::1]";
}

}  // namespace sotto
