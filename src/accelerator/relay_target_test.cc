#include "accelerator/relay_target.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

bool IsPublicText(const char* text) {
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1) {
    return IsPublic(reinterpret_cast<const sockaddr&>(ipv6));
  }
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &ipv4.sin_addr), 1) << text;
  return IsPublic(reinterpret_cast<const sockaddr&>(ipv4));
}

Code Dial(const std::string& target, const RelayPolicy& policy) {
  return AddressToDial(target, policy).status().code();
}

TEST(RelayTargetTest, PublicAddressesAreTold) {
  for (const char* text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
        "128.0.0.1", "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.0.1", "192.169.0.1",
        "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"}) {
    EXPECT_TRUE(IsPublicText(text)) << text;
  }
}

TEST(RelayTargetTest, HostsOwnAndPrivateAddressesAreTold) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.7",
                           "192.88.99.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.9",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:1.1.1.1",
                           "64:ff9b::a00:1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "ff02::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
}

// In a network namespace of its own: the loopback interface gets `text`. Whether it did.
bool GiveThisHost(const char* text) {
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  auto& address = reinterpret_cast<sockaddr_in&>(request.ifr_addr);
  address.sin_family = AF_INET;
  return inet_pton(AF_INET, text, &address.sin_addr) == 1 && unshare(CLONE_NEWNET) == 0 &&
         ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFADDR, &request) == 0;
}

TEST(RelayTargetTest, AHostsOwnPublicAddressIsTold) {
  constexpr int kNotGiven = 2;
  ASSERT_TRUE(IsPublicText("1.1.1.1"));
  const pid_t child = fork();
  if (child == 0) {
    if (!GiveThisHost("1.1.1.1")) _exit(kNotGiven);
    _exit(IsPublicText("1.1.1.1") || !IsPublicText("1.1.1.2"));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotGiven) {
    GTEST_SKIP() << "no network namespace is to be had here";
  }
  EXPECT_EQ(status, 0);
}

TEST(RelayTargetTest, AStrangerHasNobodyDialled) {
  for (const char* target : {"1.1.1.1:50051", "127.0.0.1:50051", "localhost:1", "no.such.host:1"}) {
    EXPECT_EQ(Dial(target, {}), Code::kPermissionDenied) << target;
    EXPECT_EQ(Dial(target, {.targets = {"a:1"}}), Code::kPermissionDenied) << target;
  }
}

TEST(RelayTargetTest, TheOperatorsWordIsEnoughToTheLetter) {
  const RelayPolicy policy{.targets = {"127.0.0.1:50051", "localhost:7", "[::1]:9"}};
  EXPECT_EQ(*AddressToDial("127.0.0.1:50051", policy), "ipv4:127.0.0.1:50051");
  EXPECT_EQ(*AddressToDial("[::1]:9", policy), "ipv6:%5B::1%5D:9");
  EXPECT_THAT(*AddressToDial("localhost:7", policy),
              testing::AnyOf("ipv4:127.0.0.1:7", "ipv6:%5B::1%5D:7"));
  EXPECT_EQ(Dial("127.0.0.1:50052", policy), Code::kPermissionDenied);
  EXPECT_EQ(Dial("127.1:50051", policy), Code::kPermissionDenied);
}

// By what the name resolves to: no notation gets round it, and no target that the operator named
// vouches for another.
TEST(RelayTargetTest, AVerifiedClientReachesPublicAddressesOnly) {
  const RelayPolicy policy{.targets = {"10.0.0.2:1"}, .clients_are_verified = true};
  EXPECT_EQ(*AddressToDial("1.1.1.1:50051", policy), "ipv4:1.1.1.1:50051");
  for (const char* target :
       {"localhost:1", "127.0.0.1:1", "127.1:1", "2130706433:1", "0x7f.1:1", "0:1", "[::1]:1",
        "[::ffff:127.0.0.1]:1", "10.0.0.1:1", "169.254.169.254:80", "192.0.2.7:1"}) {
    EXPECT_EQ(Dial(target, policy), Code::kPermissionDenied) << target;
  }
}

TEST(RelayTargetTest, ANameThatAlsoLeadsInsideIsRefused) {
  std::array<sockaddr_in, 2> hosts{};
  std::array<addrinfo, 2> found{};
  const auto check = [&](const char* first, const char* second) {
    for (size_t i = 0; i < 2; ++i) {
      hosts[i].sin_family = AF_INET;
      EXPECT_EQ(inet_pton(AF_INET, i == 0 ? first : second, &hosts[i].sin_addr), 1);
      found[i].ai_addr = reinterpret_cast<sockaddr*>(&hosts[i]);
    }
    found[0].ai_next = &found[1];
    return CheckAllPublic(found[0]).code();
  };
  EXPECT_EQ(check("1.1.1.1", "1.1.1.2"), Code::kOk);
  EXPECT_EQ(check("10.0.0.1", "1.1.1.1"), Code::kPermissionDenied);
  EXPECT_EQ(check("1.1.1.1", "10.0.0.1"), Code::kPermissionDenied);
}

TEST(RelayTargetTest, OnlyHostsAndPortsAreTargets) {
  const RelayPolicy policy{.targets = {"unix:/tmp/s", "nonsense"}, .clients_are_verified = true};
  for (const char* target : {"unix:/tmp/s", "unix:///tmp/s", "nonsense", "", "a:0", "a b:1"}) {
    EXPECT_EQ(Dial(target, policy), Code::kInvalidArgument) << target;
  }
  // gRPC would take the first word for a scheme; here it is a host's name, and nobody's.
  EXPECT_NE(Dial("unix-abstract:123", policy), Code::kOk);
}

}  // namespace
}  // namespace sotto
