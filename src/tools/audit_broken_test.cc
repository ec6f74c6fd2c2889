// What is wrong with a protection is found: masks reused, too few, or of too little entropy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "protocol/keystream.h"
#include "tools/audit_test_util.h"
#include "trusted/split/blinder.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using ::testing::Contains;

// A protection with something wrong: what is sent of x, [rows, n_in], in exchange number
// `exchange`.
using Mask = std::function<void(size_t exchange, MatrixView<uint32_t> x)>;

class BrokenBlinding final : public Blinding {
 public:
  BrokenBlinding(const Mask& mask, size_t exchange) : mask_(mask), exchange_(exchange) {}
  void Hide(size_t first, RowSource source, std::span<uint32_t>,
            MatrixView<uint32_t> hidden) override {
    for (size_t r = 0; r < hidden.rows(); ++r) {
      source(first + r, {reinterpret_cast<int32_t*>(hidden.row(r)), hidden.cols()});
    }
    mask_(exchange_, hidden);
  }
  bool SentRows(size_t) const override { return true; }
  BlindedRows Message(size_t, ConstMatrixView<uint32_t> hidden) const override {
    return UnprotectedRows::Ring(hidden);
  }
  void Reveal(size_t, size_t, std::span<const uint32_t* const>, std::span<uint32_t>) override {}

 private:
  const Mask& mask_;
  const size_t exchange_;
};

class BrokenBlinder final : public Blinder {
 public:
  explicit BrokenBlinder(Mask mask) : mask_(std::move(mask)) {}
  const char* protection() const override { return "broken"; }
  size_t servers() const override { return 1; }
  size_t MaxRows(LinearLayer) const override { return kMaxRows; }
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer, size_t) override {
    return std::make_unique<BrokenBlinding>(mask_, exchange_++);
  }
  void Destroy(const absl::Status&) override {}

 private:
  const Mask mask_;
  size_t exchange_ = 0;
};

class BrokenAuditTest : public AuditTest {
 protected:
  static std::vector<std::string> AttacksOn(Mask mask) {
    BrokenBlinder blinder(std::move(mask));
    return Succeeded(Audit(blinder));
  }

  static void AddStream(const Seed& seed, MatrixView<uint32_t> x) {
    std::vector<uint32_t> words(x.size());
    ExpandSeed(seed, 0, words);
    for (size_t i = 0; i < words.size(); ++i) x.data()[i] += words[i];
  }
};

TEST_F(BrokenAuditTest, AReusedPadIsCaught) {
  const Seed seed{1, 2, 3};
  EXPECT_THAT(AttacksOn([&](size_t, MatrixView<uint32_t> x) { AddStream(seed, x); }),
              Contains("pad reuse"));
}

TEST_F(BrokenAuditTest, OneReuseAmongManyIsCaught) {
  EXPECT_THAT(AttacksOn([&](size_t exchange, MatrixView<uint32_t> x) {
                Seed seed{9};
                seed[1] = static_cast<uint8_t>(exchange == 17 ? 4 : exchange);
                seed[31] = 1;
                AddStream(seed, x);
              }),
              ::testing::ElementsAre("pad reuse"));
}

TEST_F(BrokenAuditTest, OneMaskForAllRowsOfAMessageIsCaught) {
  EXPECT_THAT(AttacksOn([&](size_t exchange, MatrixView<uint32_t> x) {
                Seed seed{7};
                seed[31] = static_cast<uint8_t>(exchange);
                std::vector<uint32_t> words(x.cols());
                ExpandSeed(seed, 0, words);
                for (size_t r = 0; r < x.rows(); ++r) {
                  for (size_t i = 0; i < x.cols(); ++i) x(r, i) += words[i];
                }
              }),
              Contains("repeated masks"));
}

TEST_F(BrokenAuditTest, AStaticBasisIsCaught) {
  constexpr size_t kDimensions = 16;
  std::mt19937 rng(5);
  std::vector<uint32_t> basis(kDimensions * checkpoint_->config().hidden_size);
  for (uint32_t& word : basis) word = rng();
  const auto mask = [&](size_t, MatrixView<uint32_t> x) {
    for (size_t r = 0; r < x.rows(); ++r) {
      for (size_t d = 0; d < kDimensions; ++d) {
        const uint32_t coefficient = rng();  // Fresh for every row.
        for (size_t i = 0; i < x.cols(); ++i) x(r, i) += coefficient * basis[d * x.cols() + i];
      }
    }
  };
  EXPECT_THAT(AttacksOn(mask), Contains("static basis"));
}

// U = A H with a fresh random A for every exchange (GELO, arXiv 2603.05035).
TEST_F(BrokenAuditTest, MixedRowsAreCaught) {
  std::mt19937 rng(6);
  const auto mask = [&](size_t, MatrixView<uint32_t> x) {
    const std::vector<uint32_t> h(x.data(), x.data() + x.size());
    std::fill_n(x.data(), x.size(), 0u);
    for (size_t r = 0; r < x.rows(); ++r) {
      for (size_t q = 0; q < x.rows(); ++q) {
        const uint32_t a = q < r ? rng() : q == r ? rng() | 1 : 0;  // Invertible.
        for (size_t i = 0; i < x.cols(); ++i) x(r, i) += a * h[q * x.cols() + i];
      }
    }
  };
  EXPECT_THAT(AttacksOn(mask), Contains("row space"));
}

TEST_F(BrokenAuditTest, SixteenBitsOfEntropyAreCaught) {
  std::mt19937 rng(7);
  EXPECT_THAT(AttacksOn([&](size_t, MatrixView<uint32_t> x) {
                AddStream(Seed{static_cast<uint8_t>(rng()), static_cast<uint8_t>(rng())}, x);
              }),
              Contains("seed search"));
  // Sixteen bits in every word, from a good generator.
  uint8_t next = 0;
  EXPECT_THAT(AttacksOn([&](size_t, MatrixView<uint32_t> x) {
                std::vector<uint32_t> words(x.size());
                ExpandSeed(Seed{0, 0, 1, next++}, 0, words);
                for (size_t i = 0; i < words.size(); ++i) x.data()[i] += words[i] & 0xffffu;
              }),
              Contains("uniformity"));
}

}  // namespace
}  // namespace sotto
