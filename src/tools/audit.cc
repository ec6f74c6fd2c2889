#include "tools/audit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "protocol/keystream.h"
#include "protocol/relay_words.h"
#include "tools/audit_attacks.h"
#include "trusted/split/relay.h"

namespace sotto {
namespace {

struct NamedAttack {
  const char* name;
  Attack attack;
  const char* meaning;
};
constexpr NamedAttack kAttacks[] = {
    {"uniformity", AttackUniformity, "chi-square of bytes, standard deviations"},
    {"serial correlation", AttackSerialCorrelation, "standard deviations"},
    {"magnitude and outliers", AttackMagnitude, "correlation with the truth, standard deviations"},
    {"repeated masks", AttackRepeatedMasks, "rows under one mask"},
    {"pad reuse", AttackPadReuse, "messages under one mask"},
    {"static basis", AttackStaticBasis, "dimensions missing from the masks"},
    {"seed search", AttackSeedSearch, "seeds found among 2^16"},
    {"row space", AttackRowSpace, "tokens of the prompt recovered"},
    {"nearest embedding", AttackNearestEmbedding, "tokens of the prompt recovered"},
};

}  // namespace

void Transcript::Record(size_t server, LinearLayer layer, const BlindedRows& rows) {
  SentMessage message{
      server, layer, rows.seed() != nullptr, {}, Matrix<uint32_t>(rows.rows(), rows.cols()), false};
  const std::span<uint32_t> words(message.words.view().data(), rows.rows() * rows.cols());
  if (message.from_seed) {
    message.seed = *rows.seed();
    ExpandSeed(message.seed, 0, words);
  } else if (rows.format() == NumberFormat::kRing32) {
    std::memcpy(words.data(), rows.payload().data(), words.size_bytes());
  } else if (rows.format() == NumberFormat::kF32) {
    for (size_t r = 0; r < rows.rows(); ++r) {
      const auto* x = reinterpret_cast<const float*>(rows.payload().data()) + r * rows.cols();
      QuantizeFixedRow(x, rows.cols(), (1 << 15) - 1,
                       reinterpret_cast<int32_t*>(message.words.view().row(r)));
    }
  } else {
    return;  // bf16 in the clear: audited as f32.
  }
  if (message.from_seed && rows.relay() != nullptr) RecordRelay(message, *rows.relay());
  Add(std::move(message));
}

void Transcript::RecordRelay(const SentMessage& sent, const RelayPart& part) {
  if (!product_) return;
  Matrix<uint32_t> product = product_(sent.layer, sent.words.view());
  const std::span<uint32_t> words(product.view().data(), product.view().size());
  Matrix<uint32_t> mask(product.rows(), product.cols());
  ExpandSeed(part.mask_seed, 0, {mask.view().data(), mask.view().size()});
  SeedExpander expander(part.mask_seed);
  AddRelayMask<uint32_t>(expander, words);
  Add({sent.server, sent.layer, true, part.mask_seed, std::move(mask), true});
  Add({RelayBlinder::kSink, sent.layer, false, {}, std::move(product), true});
}

void Transcript::Add(SentMessage message) {
  std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
}

absl::StatusOr<AuditSubject> MakeAuditSubject(const Checkpoint& checkpoint, int32_t limit,
                                              std::vector<int32_t> tokens) {
  const ModelSpec& config = checkpoint.config();
  SOTTO_ASSIGN_OR_RETURN(const TensorRef embedding, checkpoint.Find("model.embed_tokens.weight"));
  SOTTO_ASSIGN_OR_RETURN(const TensorRef norm,
                         checkpoint.Find("model.layers.0.input_layernorm.weight"));
  Matrix<float> weight(1, config.hidden_size), row(1, config.hidden_size);
  SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(norm, 0, weight.view()));
  AuditSubject subject{Matrix<int32_t>(config.vocab_size, config.hidden_size), std::move(tokens)};
  for (size_t v = 0; v < config.vocab_size; ++v) {
    SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(embedding, v, row.view()));
    float* const x = row.view().data();
    RmsNormRow(x, weight.view().data(), config.hidden_size,
               static_cast<float>(config.layers[0].norm_eps), x);
    QuantizeFixedRow(x, config.hidden_size, limit, subject.vocabulary.view().row(v));
  }
  return subject;
}

std::vector<AuditFinding> RunAttacks(const Transcript& transcript, const AuditSubject& subject) {
  std::vector<View> views;
  for (const SentMessage& message : transcript.messages()) {
    if (message.server >= views.size()) views.resize(message.server + 1);
    views[message.server].push_back(&message);
  }
  std::vector<AuditFinding> findings;
  for (const NamedAttack& named : kAttacks) {
    for (size_t server = 0; server < views.size(); ++server) {
      AuditFinding finding = named.attack(views[server], subject);
      finding.attack = named.name;
      finding.server = server;
      finding.meaning = named.meaning;
      finding.succeeded = std::abs(finding.statistic) >= finding.threshold;
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

std::string FormatFindings(const std::vector<AuditFinding>& findings) {
  std::string table;
  char line[160];
  const auto add = [&](auto... columns) {
    std::snprintf(line, sizeof(line), "%-23s %6s %12s %12s  %-8s %s\n", columns...);
    table += line;
  };
  add("attack", "server", "statistic", "threshold", "result", "of");
  for (const AuditFinding& f : findings) {
    char server[24], statistic[32], threshold[32];
    std::snprintf(server, sizeof(server), "%zu", f.server);
    std::snprintf(statistic, sizeof(statistic), "%.2f", f.statistic);
    std::snprintf(threshold, sizeof(threshold), "%.2f", f.threshold);
    add(f.attack.c_str(), server, statistic, threshold, f.succeeded ? "BROKEN" : "withheld",
        f.meaning.c_str());
  }
  return table;
}

bool AnyAttackSucceeded(const std::vector<AuditFinding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const AuditFinding& f) { return f.succeeded; });
}

}  // namespace sotto
