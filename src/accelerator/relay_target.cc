#include "accelerator/relay_target.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/strings.h"
#include "protocol/endpoint.h"

namespace sotto {
namespace {

struct Network {
  uint32_t address;
  int bits;
};

// 192.0.0.0/24 and 192.88.99.0/24: protocol assignments; 198.18.0.0/15: benchmarks; three /24 for
// documentation; from 224.0.0.0 on multicast, reserved, broadcast.
constexpr std::array<Network, 14> kSpecial = {{{0x00000000, 8},
                                               {0x0a000000, 8},
                                               {0x64400000, 10},
                                               {0x7f000000, 8},
                                               {0xa9fe0000, 16},
                                               {0xac100000, 12},
                                               {0xc0000000, 24},
                                               {0xc0000200, 24},
                                               {0xc0586300, 24},
                                               {0xc0a80000, 16},
                                               {0xc6120000, 15},
                                               {0xc6336400, 24},
                                               {0xcb007100, 24},
                                               {0xe0000000, 3}}};

bool IsPublicIpv4(uint32_t address) {
  return std::ranges::none_of(kSpecial, [&](const Network& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

// Global unicast is 2000::/3. Inside it, what stands for another address or for none: Teredo
// 2001::/32 and its neighbours (all of 2001::/23), documentation 2001:db8::/32 and 3fff::/20, 6to4
// 2002::/16.
bool IsPublicIpv6(const in6_addr& address) {
  const auto& b = address.s6_addr;
  if (b[0] >> 5 != 1) return false;
  const uint32_t first = uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
  return first >> 9 != 0x20010000 >> 9 && first != 0x20010db8 && first >> 16 != 0x2002 &&
         first >> 12 != 0x3fff0;
}

bool SameHost(const sockaddr& a, const sockaddr& b) {
  if (a.sa_family != b.sa_family) return false;
  if (a.sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
  }
  return a.sa_family == AF_INET6 &&
         std::memcmp(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                     &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr, sizeof(in6_addr)) == 0;
}

// One of this host's interfaces has it. When they cannot be listed, it might.
bool IsThisHosts(const sockaddr& address) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return true;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr != nullptr && SameHost(*one->ifa_addr, address)) return true;
  }
  return false;
}

std::string AsGrpcTarget(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
    return StrCat("ipv4:", text.data(), ":", ntohs(ipv4.sin_port));
  }
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
  return StrCat("ipv6:%5B", text.data(), "%5D:", ntohs(ipv6.sin6_port));
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> ResolveTarget(const std::string& target) {
  const size_t colon = target.rfind(':');
  std::string host = target.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), target.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return absl::NotFoundError(gai_strerror(error));
  return Addresses(found, freeaddrinfo);
}

}  // namespace

bool IsPublic(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return IsPublicIpv4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr)) &&
           !IsThisHosts(address);
  }
  return address.sa_family == AF_INET6 &&
         IsPublicIpv6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) &&
         !IsThisHosts(address);
}

bool RelayPolicy::Names(const std::string& target) const {
  return std::ranges::find(targets, target) != targets.end();
}

absl::Status CheckRelayTarget(const std::string& text) {
  if (text.starts_with("unix:") || !CheckEndpoint(text, /*for_listening=*/false).ok()) {
    return absl::InvalidArgumentError(StrCat("\"", text, "\" is not HOST:PORT or [IPV6]:PORT"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AddressToDial(const std::string& target, const RelayPolicy& policy) {
  SOTTO_RETURN_IF_ERROR(CheckRelayTarget(target));
  if (!policy.Permits(target)) {
    return absl::PermissionDeniedError(
        "not one of this server's relay targets, and clients need no certificate");
  }
  SOTTO_ASSIGN_OR_RETURN(const Addresses addresses, ResolveTarget(target));
  if (!policy.Names(target)) SOTTO_RETURN_IF_ERROR(CheckAllPublic(*addresses));
  // The system puts first what it reaches best.
  return AsGrpcTarget(*addresses->ai_addr);
}

absl::Status CheckAllPublic(const addrinfo& addresses) {
  for (const addrinfo* one = &addresses; one != nullptr; one = one->ai_next) {
    if (IsPublic(*one->ai_addr)) continue;
    return absl::PermissionDeniedError(
        StrCat(AsGrpcTarget(*one->ai_addr),
               " is not a public address, and not one of this server's relay targets"));
  }
  return absl::OkStatus();
}

}  // namespace sotto
