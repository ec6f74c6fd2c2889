#include "wire/endpoint.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <cctype>
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

// 127.0.0.0/8, and 0.0.0.0/8, which reaches this host as well.
bool IsLoopback(in_addr address) {
  const uint32_t network = ntohl(address.s_addr) >> 24;
  return network == 127 || network == 0;
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
  in_addr address{};
  if (inet_pton(AF_INET, std::string(host).c_str(), &address) == 1) return IsLoopback(address);
  return host == "localhost" || host == "[::1]";
}

bool MayBeLoopback(std::string_view text) {
  if (text.starts_with(kUnix)) return true;
  std::string host(text.substr(0, text.rfind(':')));
  if (host.starts_with('[')) {
    in6_addr address{};
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) != 1) return true;
    // ::, ::1, and every way to write an IPv4 address in its last four bytes.
    return std::all_of(address.s6_addr, address.s6_addr + 10, [](uint8_t b) { return b == 0; });
  }
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return IsLoopback(address);
  while (host.ends_with('.')) host.pop_back();
  const std::string last = host.substr(host.rfind('.') + 1);
  // 2130706433, 0x7f.1, 127.1: addresses all the same.
  if (last.empty() || std::isdigit(static_cast<unsigned char>(last[0])) != 0) return true;
  return strcasecmp(last.c_str(), "localhost") == 0;
}

}  // namespace sotto
