// The attacks behind audit.h. Each looks at one server's view and returns what it found. Sources
// are named in docs/blinding.md, "Why not something cheaper".
#ifndef SOTTO_TOOLS_AUDIT_ATTACKS_H_
#define SOTTO_TOOLS_AUDIT_ATTACKS_H_

#include <span>
#include <vector>

#include "tools/audit.h"

namespace sotto {

// One server's messages, in order.
using View = std::vector<const SentMessage*>;
// Attacks return statistic and threshold; RunAttacks fills in the rest.
using Attack = AuditFinding (*)(const View& view, const AuditSubject& subject);

// Each of the four byte positions of all words: chi-square of 256 values, in standard deviations.
AuditFinding AttackUniformity(const View& view, const AuditSubject& subject);
// Correlation of neighbouring words, and of words one above the other.
AuditFinding AttackSerialCorrelation(const View& view, const AuditSubject& subject);
// Do rows (columns) with large true numbers have large sent ones? First layer.
AuditFinding AttackMagnitude(const View& view, const AuditSubject& subject);
// Two rows of one message under the same mask differ by less than 2^17 everywhere; equal seeds.
AuditFinding AttackRepeatedMasks(const View& view, const AuditSubject& subject);
// The same between messages.
AuditFinding AttackPadReuse(const View& view, const AuditSubject& subject);
// Known prompt: masks that span few dimensions (modulo 2).
AuditFinding AttackStaticBasis(const View& view, const AuditSubject& subject);
// Masks whose seed is one of 2^16.
AuditFinding AttackSeedSearch(const View& view, const AuditSubject& subject);
// Vocabulary vectors that lie in the span of a message's rows (modulo 2).
AuditFinding AttackRowSpace(const View& view, const AuditSubject& subject);
// The vocabulary vector nearest to each row of the first layer's messages.
AuditFinding AttackNearestEmbedding(const View& view, const AuditSubject& subject);

// The first layer's rows with the token that stands behind each. Views into the messages.
struct KnownRow {
  std::span<const uint32_t> words;
  int32_t token;
};
std::vector<KnownRow> FirstLayerRows(const View& view, const AuditSubject& subject);

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_ATTACKS_H_
