// The files of a TEE below a directory, which behave as the system's do and give quotes of a
// synthetic root (synthetic_evidence.h): a write takes effect when the file is closed, a quote is
// made when it is asked for.
#ifndef SOTTO_TESTING_EMULATED_TEE_H_
#define SOTTO_TESTING_EMULATED_TEE_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "sotto/attestation.h"
#include "testing/synthetic_evidence.h"

namespace sotto {

// A quote of an enclave or a guest that carries these 64 bytes, and its collateral.
SyntheticEvidence SyntheticQuote(TeeKind tee, const std::string& report_data);

struct EmulatedTeeOptions {
  // What is answered to what was written; by default the quote above.
  std::function<std::string(const std::string& report_data)> quote = {};
  std::string provider = "tdx_guest\n";  // TDX alone.
  int generations_per_write = 1;         // TDX alone: others write, or the write fails.
};

class EmulatedTee {
 public:
  // Serves until it goes. SGX: ROOT/dev/attestation, as of Gramine with DCAP. TDX:
  // ROOT/dev/tdx_guest and the report "test" of ROOT/sys/kernel/config/tsm/report.
  EmulatedTee(TeeKind tee, const std::string& root, EmulatedTeeOptions options = {});
  ~EmulatedTee();
  EmulatedTee(const EmulatedTee&) = delete;
  EmulatedTee& operator=(const EmulatedTee&) = delete;

  int quotes() const { return quotes_; }  // That were asked for.

 private:
  void Serve();
  void WriteGeneration() const;

  const TeeKind tee_;
  const EmulatedTeeOptions options_;
  std::string directory_, question_, answer_;  // Where the files are; the pipes among them.
  unsigned generation_ = 7;
  std::atomic<int> quotes_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_EMULATED_TEE_H_
