// The files of a TEE, for tests in other languages: `emulated_tee sgx|tdx DIR` serves them below
// DIR (emulated_tee.h) until its standard input ends. It writes "ready", and for each line "QUOTE
// DATA", both in hexadecimal digits, what Sotto says of the quote, whose report data must be these:
// one JSON object.
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/file.h"
#include "base/strings.h"
#include "testing/emulated_tee.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

void Judge(TeeKind tee, const std::string& quote, const std::string& report_data) {
  // Under the keys of this process, whoever asks what it accepts.
  const SyntheticEvidence evidence = SyntheticQuote(tee, report_data);
  const Verdict verdict = VerifyQuote(
      quote, evidence.collateral, SyntheticPolicy(),
      {.at = kEvidenceTime, .report_data = report_data, .insecure_test_root = evidence.root_pem});
  std::printf("%s\n", VerdictToJson(verdict).c_str());
  std::fflush(stdout);
}

int Serve(TeeKind tee, const std::string& directory) {
  const EmulatedTee files(tee, directory);
  const SyntheticEvidence evidence = SyntheticQuote(tee, std::string(64, '\0'));
  SOTTO_CHECK(WriteFileAtomically(directory + "/collateral.json", evidence.collateral).ok());
  SOTTO_CHECK(WriteFileAtomically(directory + "/root.pem", evidence.root_pem).ok());
  std::puts("ready");
  std::fflush(stdout);
  std::string quote, report_data;
  while (std::cin >> quote >> report_data) {
    Judge(tee, absl::HexStringToBytes(quote), absl::HexStringToBytes(report_data));
  }
  return 0;
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  const std::string_view tee = argc == 3 ? argv[1] : "";
  if (tee == "sgx") return sotto::Serve(sotto::TeeKind::kSgx, argv[2]);
  if (tee == "tdx") return sotto::Serve(sotto::TeeKind::kTdx, argv[2]);
  return std::fprintf(stderr, "usage: %s sgx|tdx DIR\n", argv[0]), 2;
}
