// A policy file: one that is accepted says which code to accept, and never a revoked platform.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sotto/attestation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto policy =
      sotto::ParseAttestationPolicy({reinterpret_cast<const char*>(data), size}, "policy.toml");
  if (!policy.ok()) {
    SOTTO_CHECK(policy.status().message().find("policy.toml: ") == 0);
    return 0;
  }
  SOTTO_CHECK(policy->sgx.has_value() || policy->tdx.has_value());
  if (policy->sgx) SOTTO_CHECK(!policy->sgx->mrenclave.empty() || policy->sgx->mrsigner);
  if (policy->tdx) SOTTO_CHECK(!policy->tdx->mrtd.empty());
  SOTTO_CHECK(!policy->tcb_status.empty());
  SOTTO_CHECK(std::count(policy->tcb_status.begin(), policy->tcb_status.end(),
                         sotto::TcbStatus::kRevoked) == 0);
  return 0;
}
