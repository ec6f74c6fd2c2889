#include "enclave/blinding/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "enclave/blinding/audit_gf2.h"
#include "enclave/blinding/pads.h"
#include "enclave/blinding/relay.h"
#include "enclave/blinding/shares.h"
#include "enclave/blinding/unprotected.h"
#include "testing/ring_model.h"
#include "testing/test_data.h"
#include "wire/keystream.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

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
  void Destroy() override {}

 private:
  const Mask mask_;
  size_t exchange_ = 0;
};

// The model that ships with the project, and 96 tokens of a prompt.
class AuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    checkpoint_ = new Checkpoint(*Checkpoint::Open(ShippedModelDir()));
    std::mt19937 rng(1);
    std::vector<int32_t> tokens(96);
    for (int32_t& token : tokens) token = static_cast<int32_t>(rng() % 2000);
    tokens[50] = tokens[3];  // Texts repeat themselves.
    ring_ = *ReadRingModel(*checkpoint_);
    subject_ = new AuditSubject(*MakeAuditSubject(*checkpoint_, 11000, tokens));
  }
  static void TearDownTestSuite() {
    delete checkpoint_;
    delete subject_;
    ring_ = nullptr;
  }

  // Sends the prompt through the first layer, and, so that there are words enough, the same rows
  // through the other blocks' as well.
  static std::vector<AuditFinding> Audit(Blinder& blinder) {
    Transcript transcript;
    transcript.set_product([](LinearLayer layer, ConstMatrixView<uint32_t> x) {
      Matrix<uint32_t> y(x.rows(), ShapeOf(checkpoint_->config(), layer).n_out);
      ring_->Multiply(layer, x, y.view());
      return y;
    });
    const LlamaConfig& config = checkpoint_->config();
    constexpr size_t kRows = 48;
    const size_t n_in = config.hidden_size;
    Matrix<uint32_t> hidden(kRows, n_in), scratch(2, n_in);
    for (uint32_t block = 0; block < 16; ++block) {
      const LinearLayer layer{LinearKind::kQkv, block % static_cast<uint32_t>(config.num_layers)};
      const LinearLayer name = block < config.num_layers ? layer : LinearLayer{LinearKind::kQkv, 1};
      for (size_t first = 0; first < subject_->tokens.size(); first += kRows) {
        auto blinding = blinder.Begin(name, kRows);
        EXPECT_TRUE(blinding.ok());
        const auto source = [&](size_t row, std::span<int32_t> x) {
          const auto token = static_cast<size_t>(subject_->tokens[first + row]);
          std::copy_n(subject_->vocabulary.view().row(token), n_in, x.begin());
        };
        (*blinding)->Hide(0, source, {scratch.view().data(), 2 * n_in}, hidden.view());
        for (size_t k = 0; k < blinder.servers(); ++k) {
          transcript.Record(k, name, (*blinding)->Message(k, hidden.view()));
        }
      }
    }
    return RunAttacks(transcript, *subject_);
  }

  static std::vector<std::string> Succeeded(const std::vector<AuditFinding>& findings) {
    std::vector<std::string> names;
    for (const AuditFinding& f : findings) {
      if (f.succeeded) names.push_back(f.attack);
    }
    return names;
  }
  static std::vector<std::string> AttacksOn(Mask mask) {
    BrokenBlinder blinder(std::move(mask));
    return Succeeded(Audit(blinder));
  }

  static void AddStream(const Seed& seed, MatrixView<uint32_t> x) {
    std::vector<uint32_t> words(x.size());
    ExpandSeed(seed, 0, words);
    for (size_t i = 0; i < words.size(); ++i) x.data()[i] += words[i];
  }

  static Checkpoint* checkpoint_;
  static AuditSubject* subject_;
  static std::shared_ptr<const RingModel> ring_;
};
Checkpoint* AuditTest::checkpoint_ = nullptr;
AuditSubject* AuditTest::subject_ = nullptr;
std::shared_ptr<const RingModel> AuditTest::ring_;

using ::testing::Contains;
using ::testing::IsEmpty;

TEST_F(AuditTest, PlainIsBrokenByEveryAttackThatLooksForTheText) {
  UnprotectedRows plain(checkpoint_->config());
  const auto findings = Audit(plain);
  for (const char* attack : {"uniformity", "magnitude and outliers", "row space"}) {
    EXPECT_THAT(Succeeded(findings), Contains(attack));
  }
  for (const AuditFinding& f : findings) {
    if (f.attack == "nearest embedding") {
      EXPECT_EQ(f.statistic, 96);
    }
  }
  EXPECT_TRUE(AnyAttackSucceeded(findings));
}

TEST_F(AuditTest, SharesWithstand) {
  for (size_t servers : {2, 3}) {
    ShareBlinder shares(checkpoint_->config(), servers, ProcessDrbg());
    const auto findings = Audit(shares);
    EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
    EXPECT_EQ(findings.size(), 9 * servers);
  }
}

// The sink sees X - R and R W + M, the source two seeds.
TEST_F(AuditTest, RelaysWithstand) {
  RelayBlinder relay(checkpoint_->config(), uint64_t{1} << 30, ProcessDrbg());
  const auto findings = Audit(relay);
  EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
  EXPECT_EQ(findings.size(), 9u * 2);
}

// One exchange twice: both its seeds repeat for the source, and what arrives for the sink.
TEST_F(AuditTest, WordsThatArriveThroughARelayAreAttackedToo) {
  Transcript transcript;
  transcript.set_product([](LinearLayer layer, ConstMatrixView<uint32_t> x) {
    Matrix<uint32_t> zeros(x.rows(), ShapeOf(checkpoint_->config(), layer).n_out);
    std::fill_n(zeros.view().data(), zeros.view().size(), 0u);
    return zeros;
  });
  RelayBlinder relay(checkpoint_->config(), uint64_t{1} << 30, ProcessDrbg());
  const LinearLayer layer{LinearKind::kQkv, 0};
  const auto blinding = relay.Begin(layer, 8);
  ASSERT_TRUE(blinding.ok());
  for (int i = 0; i < 2; ++i) transcript.Record(0, layer, (*blinding)->Message(0, {}));
  ASSERT_EQ(transcript.messages().size(), 6u);
  std::vector<size_t> found(2);
  for (const AuditFinding& f : RunAttacks(transcript, *subject_)) {
    if (f.succeeded) ++found[f.server];
  }
  EXPECT_GT(found[0], 0u);
  EXPECT_GT(found[1], 0u);
}

TEST_F(AuditTest, PadsWithstand) {
  auto weights = std::make_shared<PadWeights>(checkpoint_->config());
  PadOptions options;
  options.rows = 48;
  PadBlinder pads(weights, options, ProcessDrbg());
  const auto findings = Audit(pads);
  EXPECT_THAT(Succeeded(findings), IsEmpty()) << FormatFindings(findings);
}

TEST_F(AuditTest, AReusedPadIsCaught) {
  const Seed seed{1, 2, 3};
  EXPECT_THAT(AttacksOn([&](size_t, MatrixView<uint32_t> x) { AddStream(seed, x); }),
              Contains("pad reuse"));
}

TEST_F(AuditTest, OneReuseAmongManyIsCaught) {
  EXPECT_THAT(AttacksOn([&](size_t exchange, MatrixView<uint32_t> x) {
                Seed seed{9};
                seed[1] = static_cast<uint8_t>(exchange == 17 ? 4 : exchange);
                seed[31] = 1;
                AddStream(seed, x);
              }),
              ::testing::ElementsAre("pad reuse"));
}

TEST_F(AuditTest, OneMaskForAllRowsOfAMessageIsCaught) {
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

TEST_F(AuditTest, AStaticBasisIsCaught) {
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
TEST_F(AuditTest, MixedRowsAreCaught) {
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

TEST_F(AuditTest, SixteenBitsOfEntropyAreCaught) {
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

TEST_F(AuditTest, TheTableNamesAttacksAndNoTokens) {
  UnprotectedRows plain(checkpoint_->config());
  const std::string table = FormatFindings(Audit(plain));
  EXPECT_THAT(table, HasSubstr("nearest embedding"));
  EXPECT_THAT(table, HasSubstr("BROKEN"));
  EXPECT_THAT(table, HasSubstr("tokens of the prompt recovered"));
}

TEST(Gf2Basis, SpansAndRanks) {
  Gf2Basis basis(70);
  std::vector<uint32_t> a(70, 0), b(70, 0), sum(70, 0);
  a[0] = a[69] = 1;
  b[0] = b[3] = 5;
  for (size_t i = 0; i < 70; ++i) sum[i] = a[i] + b[i];
  basis.Add(a);
  basis.Add(b);
  basis.Add(sum);
  EXPECT_EQ(basis.rank(), 2u);
  EXPECT_TRUE(basis.Contains(sum));
  sum[7] ^= 1;
  EXPECT_FALSE(basis.Contains(sum));
}

}  // namespace
}  // namespace sotto
