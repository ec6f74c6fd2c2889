#include "trusted/split/relay.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/secret_buffer.h"
#include "protocol/keystream.h"
#include "trusted/split/ring_masks.h"

namespace sotto {
namespace {

// A product takes at most this part of the inbox: two lanes with two exchanges each fill half of
// it, and as many sent ahead never all of it.
constexpr uint64_t kProductsInInbox = 8;

}  // namespace

class RelayBlinding final : public Blinding {
 public:
  RelayBlinding(uint64_t number, size_t rows, LinearShape shape, Drbg& drbg,
                std::shared_ptr<std::atomic<uint64_t>> used, uint64_t bytes)
      : number_(number),
        rows_(rows),
        shape_(shape),
        seeds_(2 * kSeedBytes),
        room_(std::move(used), bytes) {
    drbg.Generate(seeds_.span());
  }

  void Hide(size_t first, RowSource source, std::span<uint32_t> scratch,
            MatrixView<uint32_t> hidden) override {
    const std::span<uint32_t> x = scratch.first(shape_.n_in);
    const std::span<uint32_t> words = scratch.subspan(shape_.n_in, shape_.n_in);
    std::array<SeedExpander, 1> mask{SeedExpander(share_seed())};
    for (size_t r = 0; r < hidden.rows(); ++r) {
      source(first + r, {reinterpret_cast<int32_t*>(x.data()), x.size()});
      SubtractMasks<uint32_t, SeedExpander>(mask, (first + r) * shape_.n_in, words, x);
      std::copy(x.begin(), x.end(), hidden.row(r));
    }
    OPENSSL_cleanse(words.data(), words.size_bytes());
  }

  bool SentRows(size_t server) const override { return server == RelayBlinder::kSink; }
  bool Answers(size_t server) const override { return server == RelayBlinder::kSink; }

  BlindedRows Message(size_t server, ConstMatrixView<uint32_t> hidden) const override {
    if (server == RelayBlinder::kSink) return RelayBlinder::SinkMessage(hidden, number_);
    const RelayPart part{.number = number_, .mask_seed = product_seed()};
    return RelayBlinder::SourceMessage(share_seed(), part, rows_, shape_.n_in);
  }

  void Reveal(size_t row, size_t column, std::span<const uint32_t* const> answers,
              std::span<uint32_t> y) override {
    std::array<SeedExpander, 1> mask{SeedExpander(product_seed())};
    std::array<uint32_t, 1024> words;
    for (size_t at = 0; at < y.size();) {
      const std::span<uint32_t> part = y.subspan(at, std::min(words.size(), y.size() - at));
      std::copy_n(answers[RelayBlinder::kSink] + at, part.size(), part.begin());
      SubtractMasks<uint32_t, SeedExpander>(mask, row * shape_.n_out + column + at,
                                            std::span(words).first(part.size()), part);
      at += part.size();
    }
    OPENSSL_cleanse(words.data(), sizeof(words));
  }

 private:
  // In place: a copy would be one more to wipe.
  const Seed& SeedAt(size_t offset) const {
    return *reinterpret_cast<const Seed*>(seeds_.span().data() + offset);
  }
  const Seed& share_seed() const { return SeedAt(0); }             // Of R.
  const Seed& product_seed() const { return SeedAt(kSeedBytes); }  // Of M.

  const uint64_t number_;
  const size_t rows_;
  const LinearShape shape_;
  SecretBuffer seeds_;
  // The product's bytes in the sink's inbox, given back when the exchange is over.
  class InboxRoom {
   public:
    InboxRoom(std::shared_ptr<std::atomic<uint64_t>> used, uint64_t bytes)
        : used_(std::move(used)), bytes_(bytes) {}
    ~InboxRoom() { used_->fetch_sub(bytes_); }
    InboxRoom(const InboxRoom&) = delete;

   private:
    const std::shared_ptr<std::atomic<uint64_t>> used_;
    const uint64_t bytes_;
  };
  const InboxRoom room_;
};

RelayBlinder::RelayBlinder(const ModelSpec& config, uint64_t inbox_bytes, Drbg& random)
    : config_(config),
      inbox_bytes_(inbox_bytes),
      unrelayed_(config, servers(), random),
      drbg_(random.Fork()),
      inbox_used_(std::make_shared<std::atomic<uint64_t>>(0)) {}

uint64_t RelayBlinder::ProductBytes(LinearLayer layer, size_t rows) const {
  return uint64_t{rows} * ShapeOf(config_, layer).n_out * sizeof(uint32_t);
}

size_t RelayBlinder::MaxRows(LinearLayer layer) const {
  const uint64_t rows = inbox_bytes_ / kProductsInInbox / ProductBytes(layer, 1);
  return static_cast<size_t>(std::clamp<uint64_t>(rows, 1, kMaxRows));
}

bool RelayBlinder::TakeRoom(uint64_t bytes, uint64_t limit) {
  uint64_t used = inbox_used_->load();
  while (used + bytes <= limit) {
    if (inbox_used_->compare_exchange_weak(used, used + bytes)) return true;
  }
  return false;
}

std::unique_ptr<Blinding> RelayBlinder::Make(LinearLayer layer, size_t rows) {
  return std::make_unique<RelayBlinding>(++number_, rows, ShapeOf(config_, layer), drbg_,
                                         inbox_used_, ProductBytes(layer, rows));
}

absl::StatusOr<std::unique_ptr<Blinding>> RelayBlinder::Begin(LinearLayer layer, size_t rows) {
  if (destroyed_ || !TakeRoom(ProductBytes(layer, rows), inbox_bytes_)) {
    return unrelayed_.Begin(layer, rows);
  }
  return Make(layer, rows);
}

std::unique_ptr<Blinding> RelayBlinder::BeginAhead(LinearLayer layer, size_t rows) {
  // A quarter is kept for exchanges whose rows exist already.
  if (destroyed_ || !TakeRoom(ProductBytes(layer, rows), inbox_bytes_ / 4 * 3)) return nullptr;
  return Make(layer, rows);
}

void RelayBlinder::Destroy(const absl::Status& why) {
  destroyed_ = true;
  unrelayed_.Destroy(why);
}

BlindedRows RelayBlinder::SourceMessage(const Seed& seed, const RelayPart& part, size_t rows,
                                        size_t n_in) {
  return BlindedRows::RelaySource(BlindingKey(), seed, part, rows, n_in);
}

BlindedRows RelayBlinder::SinkMessage(ConstMatrixView<uint32_t> hidden, uint64_t number) {
  return BlindedRows::RelaySink(BlindingKey(), hidden, number);
}

}  // namespace sotto
