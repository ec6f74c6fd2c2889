#include "trusted/tee/platform.h"

#include <cpuid.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr unsigned kTdxLeaf = 0x21;
constexpr size_t kLongestTypeName = 16;

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// A pseudo-file has no size to ask for, so that ReadFile() does not serve.
std::string AttestationType(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string type;
  for (char c; type.size() < kLongestTypeName && in.get(c) && c >= 'a' && c <= 'z';) type += c;
  return type;
}

bool CpuidSaysTdx() {
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid_max(0, nullptr) < kTdxLeaf) return false;
  __cpuid_count(kTdxLeaf, 0, eax, ebx, ecx, edx);
  char name[12];
  std::memcpy(name, &ebx, 4);
  std::memcpy(name + 4, &edx, 4);
  std::memcpy(name + 8, &ecx, 4);
  return std::string_view(name, sizeof(name)) == "IntelTDX    ";
}

}  // namespace

PlatformReport DetectPlatform(const std::string& root) {
  const std::string attestation = root + "/dev/attestation";
  if (Exists(attestation + "/attestation_type")) {
    return {Platform::kGramineSgx, AttestationType(attestation + "/attestation_type")};
  }
  if (Exists(attestation + "/keys")) return {Platform::kGramineDirect, ""};
  if (Exists(root + "/dev/tdx_guest") || Exists(root + "/dev/tdx-guest") || CpuidSaysTdx()) {
    return {Platform::kTdxGuest, ""};
  }
  return {};
}

std::string_view PlatformName(Platform platform) {
  switch (platform) {
    case Platform::kNone:
      return "none";
    case Platform::kGramineDirect:
      return "gramine-direct";
    case Platform::kGramineSgx:
      return "gramine-sgx";
    case Platform::kTdxGuest:
      return "tdx-guest";
  }
  return "none";
}

bool ProtectsFromHost(Platform platform) {
  return platform == Platform::kGramineSgx || platform == Platform::kTdxGuest;
}

std::string DescribePlatform(const PlatformReport& report) {
  switch (report.platform) {
    case Platform::kNone:
      return "not in a TEE: nothing is protected from this machine's host";
    case Platform::kGramineDirect:
      return "Gramine without SGX: nothing is protected from this machine's host";
    case Platform::kGramineSgx:
      return StrCat("SGX enclave under Gramine, remote attestation ",
                    report.attestation_type.empty() ? "unknown" : report.attestation_type);
    case Platform::kTdxGuest:
      return "TDX guest: protected from the host, not from other processes of the guest";
  }
  return "";
}

}  // namespace sotto
