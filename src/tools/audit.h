// Attacks on what accelerators were sent, as their operators could run them: `sotto audit`. The
// auditor knows the prompt, so it can tell whether an attack found it; findings are counts and
// statistics, never tokens.
#ifndef SOTTO_TOOLS_AUDIT_H_
#define SOTTO_TOOLS_AUDIT_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/matrix.h"
#include "base/status.h"
#include "model/checkpoint.h"
#include "model/linear_layers.h"
#include "protocol/blinded.h"

namespace sotto {

// One message as its server saw it; a seed is also expanded, as the server does.
struct SentMessage {
  size_t server = 0;
  LinearLayer layer;
  bool from_seed = false;
  Seed seed{};
  Matrix<uint32_t> words;  // [rows, n_in]; floats sent in the clear are read as fixed point.
  // Of a relay: the source's product mask, and what the source sends the sink; [rows, n_out].
  bool relayed = false;
};

// What all servers saw, in order. Thread-safe.
class Transcript {
 public:
  void Record(size_t server, LinearLayer layer, const BlindedRows& rows);
  // y = x W^T modulo 2^32; x: [rows, n_in]. With it what a relay's source sends its sink is
  // recorded too: R W + M, computed here as the source does. Call it before the first Record.
  using Product = std::function<Matrix<uint32_t>(LinearLayer layer, ConstMatrixView<uint32_t> x)>;
  void set_product(Product product) { product_ = std::move(product); }
  // REQUIRES: nobody records any more.
  const std::vector<SentMessage>& messages() const { return messages_; }

 private:
  void RecordRelay(const SentMessage& sent, const RelayPart& part);
  void Add(SentMessage message);

  Product product_;
  std::mutex mutex_;
  std::vector<SentMessage> messages_;
};

// What the attacks know of the model and the auditor of the prompt.
struct AuditSubject {
  // Row v: what the first layer's input would be for token v, quantised. [vocab, hidden_size].
  // Public: it follows from the model.
  Matrix<int32_t> vocabulary;
  // The prompt's token ids, one prompt, in order.
  std::vector<int32_t> tokens;
};
// `limit`: the activation limit of the first layer (ProtectedLayer::limit).
absl::StatusOr<AuditSubject> MakeAuditSubject(const Checkpoint& checkpoint, int32_t limit,
                                              std::vector<int32_t> tokens);

struct AuditFinding {
  std::string attack{};  // "uniformity", "pad reuse", ...
  size_t server = 0;
  bool succeeded = false;
  double statistic = 0, threshold = 0;  // Succeeded when |statistic| >= threshold.
  std::string meaning{};                // Of the statistic, for the table.
};

// Runs every attack against every server's view alone. Thresholds are so far out that chance
// reaches one in fewer than 10^-8 audits.
std::vector<AuditFinding> RunAttacks(const Transcript& transcript, const AuditSubject& subject);

// The findings as lines of a table, a header first.
std::string FormatFindings(const std::vector<AuditFinding>& findings);
bool AnyAttackSucceeded(const std::vector<AuditFinding>& findings);

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_H_
