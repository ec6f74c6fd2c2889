// Where this process runs: what, if anything, keeps its memory from the machine's host.
//
// This is a description for the honest operator, not evidence: outside a TEE whoever owns the
// machine can fake it, and so can the host of a TDX guest that was never attested. Evidence is a
// quote that a relying party verifies.
#ifndef SOTTO_TRUSTED_TEE_PLATFORM_H_
#define SOTTO_TRUSTED_TEE_PLATFORM_H_

#include <string>
#include <string_view>

namespace sotto {

enum class Platform {
  kNone,           // an ordinary process
  kGramineDirect,  // under Gramine without SGX: for tests, protects nothing
  kGramineSgx,     // an SGX enclave under Gramine
  kTdxGuest,       // a TDX virtual machine
};

struct PlatformReport {
  Platform platform = Platform::kNone;
  // kGramineSgx only: what the manifest's sgx.remote_attestation says ("dcap", "none").
  std::string attestation_type;
};

// Looks at `root`/dev and at this processor. Gramine serves /dev/attestation itself: with
// attestation_type under SGX, with keys alone in its direct mode (libos/src/fs/dev/attestation.c).
// A TDX guest has /dev/tdx_guest, or says "IntelTDX    " in CPUID leaf 21H (TDX module
// specification, section "CPUID virtualization"). Reads two small files at most; never fails.
PlatformReport DetectPlatform(const std::string& root = "");

// "none", "gramine-direct", "gramine-sgx", "tdx-guest": the names in result files.
std::string_view PlatformName(Platform platform);

// Whether the host is kept from this process's memory, provided that the platform is genuine.
bool ProtectsFromHost(Platform platform);

// One line for people: what the platform is and what that means.
std::string DescribePlatform(const PlatformReport& report);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TEE_PLATFORM_H_
