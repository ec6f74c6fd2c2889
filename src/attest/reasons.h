// Collects why evidence is refused.
#ifndef SOTTO_ATTEST_REASONS_H_
#define SOTTO_ATTEST_REASONS_H_

#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "sotto/attestation.h"

namespace sotto {

std::string_view PartName(EvidencePart part);
std::string_view FaultName(EvidenceFault fault);

// In the order in which they were found, each once. Adding one is how a check fails: whoever holds
// none in the end accepts.
class Reasons {
 public:
  void Add(EvidencePart part, EvidenceFault fault, std::string_view detail);
  // What a parser says of `part`: kUnsupported for UNIMPLEMENTED, kMalformed for any other error.
  void Add(EvidencePart part, const absl::Status& status);
  // What is wrong with `part` is wrong with `other`, too.
  void Repeat(EvidencePart part, EvidencePart other);

  // Whether something is wrong with `part`.
  bool Has(EvidencePart part) const;
  const std::vector<Reason>& list() const { return list_; }
  std::vector<Reason> Take() { return std::move(list_); }

 private:
  std::vector<Reason> list_;
};

}  // namespace sotto

#endif  // SOTTO_ATTEST_REASONS_H_
