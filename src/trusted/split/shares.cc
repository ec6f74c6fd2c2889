#include "trusted/split/shares.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/check.h"
#include "base/gravest.h"
#include "base/secret_buffer.h"
#include "protocol/keystream.h"
#include "trusted/split/protection.h"
#include "trusted/split/relay.h"
#include "trusted/split/reveal_row.h"
#include "trusted/split/ring_masks.h"

namespace sotto {

class ShareBlinding final : public Blinding {
 public:
  ShareBlinding(ShareRoles roles, size_t rows, size_t n_in, Drbg& drbg)
      : roles_(roles), rows_(rows), n_in_(n_in), seeds_(roles.masks() * kSeedBytes) {
    drbg.Generate(seeds_.span());
  }

  void Hide(size_t first, RowSource source, std::span<uint32_t> scratch,
            MatrixView<uint32_t> hidden) override {
    const std::span<uint32_t> x = scratch.first(n_in_), words = scratch.subspan(n_in_, n_in_);
    std::vector<SeedExpander> masks;
    for (size_t i = 0; i < roles_.masks(); ++i) masks.emplace_back(SeedOf(i));
    for (size_t r = 0; r < hidden.rows(); ++r) {
      source(first + r, {reinterpret_cast<int32_t*>(x.data()), x.size()});
      SubtractMasks<uint32_t, SeedExpander>(masks, (first + r) * n_in_, words, x);
      std::copy(x.begin(), x.end(), hidden.row(r));
    }
    OPENSSL_cleanse(words.data(), words.size_bytes());
  }

  bool SentRows(size_t server) const override { return roles_.is_holder(server); }

  BlindedRows Message(size_t server, ConstMatrixView<uint32_t> hidden) const override {
    if (roles_.is_holder(server)) return ShareBlinder::HiddenMessage(hidden);
    return ShareBlinder::SeedMessage(SeedOf(roles_.seed_of(server)), rows_, n_in_);
  }

  void Reveal(size_t, size_t, std::span<const uint32_t* const> answers,
              std::span<uint32_t> y) override {
    SumAnswers(answers, y);
  }

 private:
  // In place: a copy would be one more to wipe.
  const Seed& SeedOf(size_t mask) const {
    return *reinterpret_cast<const Seed*>(seeds_.span().data() + mask * kSeedBytes);
  }

  const ShareRoles roles_;
  const size_t rows_, n_in_;
  SecretBuffer seeds_;
};

ShareBlinder::ShareBlinder(const ModelSpec& config, size_t servers, Drbg& random)
    : config_(config), servers_(servers), drbg_(random.Fork()) {
  SOTTO_CHECK(servers >= 2);
}

size_t ShareBlinder::MaxRows(LinearLayer) const { return kMaxRows; }

absl::StatusOr<std::unique_ptr<Blinding>> ShareBlinder::Begin(LinearLayer layer, size_t rows) {
  // Layers begin with different servers, so that the servers' work is alike.
  uint64_t turn = LinearLayerIndex(config_, layer);
  {
    std::lock_guard lock(mutex_);
    SOTTO_RETURN_IF_ERROR(destroyed_);
    turn += begun_[{turn, rows}]++;
  }
  const ShareRoles roles = RolesOfExchange(servers_, turn);
  return std::make_unique<ShareBlinding>(roles, rows, ShapeOf(config_, layer).n_in, drbg_);
}

void ShareBlinder::Destroy(const absl::Status& why) {
  std::lock_guard lock(mutex_);
  KeepGravest(destroyed_, why);
}

BlindedRows ShareBlinder::SeedMessage(const Seed& seed, size_t rows, size_t n_in) {
  return BlindedRows::FromSeed(BlindingKey(), seed, rows, n_in);
}

BlindedRows ShareBlinder::HiddenMessage(ConstMatrixView<uint32_t> hidden) {
  return BlindedRows::Ring(BlindingKey(), hidden);
}

namespace {

std::unique_ptr<Blinder> MakeSharesBlinder(const ProtectionInput& input, SplitLinear& split) {
  const ModelSpec& config = input.checkpoint.config();
  if (!split.relayed) {
    return std::make_unique<ShareBlinder>(config, split.sessions.size(), ProcessDrbg());
  }
  const uint64_t inbox = split.sessions[RelayBlinder::kSink]->server().relay_inbox_bytes;
  return std::make_unique<RelayBlinder>(config, inbox, ProcessDrbg());
}

std::string_view SharesWarning(const SplitOptions& options) {
  if (!options.insecure_channels) return {};
  return "NOT CONFIDENTIAL: over insecure channels, anyone who can read all of them can read the "
         "prompt";
}

}  // namespace

const ProtectionSpec kSharesProtection = {.protection = Protection::kShares,
                                          .name = "shares",
                                          .min_servers = 2,
                                          .max_servers = kMaxServers,
                                          .needs_secret_channels = true,
                                          .what_they_see =
                                              "each accelerator sees random numbers; only all of "
                                              "them together could recover the prompt",
                                          .warning = SharesWarning,
                                          .verified = [](const SplitSetup&) { return true; },
                                          .make_blinder = MakeSharesBlinder};

}  // namespace sotto
