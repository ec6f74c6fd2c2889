// Secrecy shown exactly: the masking code of production (ring_masks.h), instantiated over rings so
// small that every mask can be enumerated. For each protection, each server and each set of all
// servers but one, what it sees has the same distribution for every input. A mask with any one bit
// fixed must fail the same test.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "testing/sanitizer.h"
#include "trusted/split/secrecy_test_util.h"

namespace sotto {
namespace {

// All servers but `missing` (all of them when missing == servers) put their views together.
template <typename Word>
Words<Word> Pooled(const Transcript<Word>& t, size_t missing) {
  Words<Word> pooled;
  for (size_t k = 0; k < t.views.size(); ++k) {
    if (k != missing) pooled.insert(pooled.end(), t.views[k].begin(), t.views[k].end());
  }
  return pooled;
}

struct Setting {
  size_t masks, rows;
  // Stands in for a broken generator: bit `bit` of every mask stream's word `word` is zero.
  int word = -1, bit = 0;
  int mask = -1;  // Of this mask alone; -1: of all.
};

// How often each view occurs over all masks.
template <typename Word>
std::vector<uint32_t> Distribution(const Protocol<Word>& protocol, const Setting& setting,
                                   const Words<Word>& x, const Words<Word>& w, size_t missing) {
  const size_t words = 2 * setting.rows;
  const uint64_t per_mask = uint64_t{1} << (Word::kBits * words);
  uint64_t all = 1;
  for (size_t i = 0; i < setting.masks; ++i) all *= per_mask;
  const uint64_t product = Encode(Times(x, w));
  uint64_t wrong = 0;
  std::vector<uint32_t> counts;
  for (uint64_t code = 0; code < all; ++code) {
    Masks<Word> masks;
    masks.reserve(setting.masks);
    uint64_t rest = code;
    for (size_t i = 0; i < setting.masks; ++i, rest /= per_mask) {
      masks.push_back({Decode<Word>(rest % per_mask, words)});
      if (setting.word < 0) continue;
      if (setting.mask >= 0 && static_cast<size_t>(setting.mask) != i) continue;
      uint8_t& broken = masks.back().stream[static_cast<size_t>(setting.word)].value;
      broken = static_cast<uint8_t>(broken & ~(1u << setting.bit));
    }
    const Transcript<Word> t = protocol(x, w, masks);
    wrong += Encode(t.product) != product ? 1 : 0;
    const Words<Word> view = Pooled(t, missing);
    counts.resize(uint64_t{1} << (Word::kBits * view.size()));
    ++counts[Encode(view)];
  }
  EXPECT_EQ(wrong, 0u) << "of " << all << " products";
  return counts;
}

// Whether the view is distributed alike for every `step`th of all inputs.
template <typename Word>
bool IndependentOfInput(const Protocol<Word>& protocol, const Setting& setting,
                        const Words<Word>& w, size_t missing, uint64_t step = 1) {
  const size_t words = 2 * setting.rows;
  const uint64_t inputs = uint64_t{1} << (Word::kBits * words);
  const auto first = Distribution<Word>(protocol, setting, Words<Word>(words), w, missing);
  // Under a sanitizer enough to see memory errors.
  const uint64_t stride = kUnderSanitizer ? 5 * step : step;
  for (uint64_t x = step; x < inputs; x += stride) {
    if (Distribution<Word>(protocol, setting, Decode<Word>(x, words), w, missing) != first) {
      return false;
    }
  }
  return true;
}

using U2 = TinyWord<2>;
using U4 = TinyWord<4>;

// Zero, the unit, nilpotent, singular and regular weights.
template <typename Word>
std::vector<Words<Word>> Weights() {
  constexpr std::array<std::array<uint32_t, 4>, 5> kNumbers = {
      {{0, 0, 0, 0}, {1, 0, 0, 1}, {2, 2, 0, 2}, {1, 2, 2, 0}, {3, 1, 2, 5}}};
  std::vector<Words<Word>> weights;
  weights.reserve(kNumbers.size());
  for (const std::array<uint32_t, 4>& w : kNumbers) {
    weights.push_back({Word::Of(w[0]), Word::Of(w[1]), Word::Of(w[2]), Word::Of(w[3])});
  }
  return weights;
}

TEST(Secrecy, TwoServersSeeNothing) {
  for (uint64_t exchange : {0, 1}) {
    for (size_t missing : {0, 1}) {
      const auto w = Weights<U4>().back();
      // Every input of one row; every 397th of the 65536 inputs of two rows.
      EXPECT_TRUE(IndependentOfInput(Shares<U4>(2, exchange), {1, 1}, w, missing));
      EXPECT_TRUE(IndependentOfInput(Shares<U4>(2, exchange), {1, 2}, w, missing, 397 * 16 + 1));
      EXPECT_TRUE(
          IndependentOfInput(Shares<U2>(2, exchange), {1, 2}, Weights<U2>().back(), missing));
    }
  }
}

TEST(Secrecy, AnyTwoOfThreeServersSeeNothing) {
  for (uint64_t exchange : {0, 1, 2}) {
    for (size_t missing : {0, 1, 2}) {
      EXPECT_TRUE(IndependentOfInput(Shares<U4>(3, exchange), {2, 1}, Weights<U4>().back(), missing,
                                     /*step=*/85));
      EXPECT_TRUE(
          IndependentOfInput(Shares<U2>(3, exchange), {2, 1}, Weights<U2>().back(), missing));
    }
  }
}

TEST(Secrecy, RelayShowsEitherServerNothing) {
  for (size_t missing : {0, 1}) {
    for (const auto& w : Weights<U4>()) {
      EXPECT_TRUE(IndependentOfInput(Relay<U4>(), {2, 1}, w, missing, /*step=*/51));
    }
    for (const auto& w : Weights<U2>()) {
      EXPECT_TRUE(IndependentOfInput(Relay<U2>(), {2, 1}, w, missing));
    }
  }
}

// A server and whoever reads both data planes, this machine's host for one, in league.
TEST(Secrecy, EncryptedDataPlanesShowAServersAccompliceNothing) {
  const size_t none_missing = 1;
  const auto w = Weights<U2>().back();
  for (uint64_t exchange : {0, 1}) {
    for (size_t own : {0, 1}) {
      EXPECT_TRUE(IndependentOfInput(SharesAndTheHost<U2>(exchange, own), {3, 1}, w, none_missing))
          << exchange << " " << own;
    }
  }
  EXPECT_TRUE(IndependentOfInput(RelayAndTheHost<U2>(), {4, 1}, w, none_missing));
}

TEST(Secrecy, PadsShowTheServerNothing) {
  const size_t none_missing = 1;
  const auto w = Weights<U4>().back();
  EXPECT_TRUE(IndependentOfInput(Pads<U4>(), {1, 1}, w, none_missing));
  EXPECT_TRUE(IndependentOfInput(Pads<U4>(), {1, 2}, w, none_missing, 397 * 16 + 1));
  EXPECT_TRUE(IndependentOfInput(Pads<U2>(), {1, 2}, Weights<U2>().back(), none_missing));
}

// Whether the view is distributed alike for zero and for each input of one bit.
template <typename Word>
bool IndependentOfAnyBit(const Protocol<Word>& protocol, const Setting& setting,
                         const Words<Word>& w, size_t missing) {
  const size_t words = 2 * setting.rows;
  const auto first = Distribution<Word>(protocol, setting, Words<Word>(words), w, missing);
  for (size_t bit = 0; bit < Word::kBits * words; ++bit) {
    const Words<Word> x = Decode<Word>(uint64_t{1} << bit, words);
    if (Distribution<Word>(protocol, setting, x, w, missing) != first) return false;
  }
  return true;
}

// The test itself: a mask with one bit fixed shows that bit of the input.
TEST(Secrecy, AnyFixedBitOfAMaskIsFound) {
  const auto w = Weights<U4>().back();
  for (int word = 0; word < 2; ++word) {
    for (int bit = 0; bit < 4; bit += kUnderSanitizer ? 3 : 1) {
      const Setting shares{1, 1, word, bit}, two_masks{2, 1, word, bit};
      EXPECT_FALSE(IndependentOfAnyBit(Shares<U4>(2, 0), shares, w, 1)) << word << " " << bit;
      EXPECT_FALSE(IndependentOfAnyBit(Shares<U4>(2, 1), shares, w, 0)) << word << " " << bit;
      EXPECT_FALSE(IndependentOfAnyBit(Pads<U4>(), shares, w, 1)) << word << " " << bit;
      for (int mask : {0, 1}) {  // Of X, of the product: neither may fail.
        const Setting one{2, 1, word, bit, mask};
        EXPECT_FALSE(IndependentOfAnyBit(Relay<U4>(), one, w, 0)) << word << " " << bit;
      }
      // Servers 0 (the holder) and 1: only the mask of server 2 hides the input from them.
      EXPECT_FALSE(IndependentOfAnyBit(Shares<U4>(3, 0), two_masks, w, 2)) << word << " " << bit;
    }
  }
}

// And a keystream with one bit fixed, of rows or of answers, shows it to the accomplice.
TEST(Secrecy, AnyFixedBitOfAKeystreamIsFound) {
  const size_t none_missing = 1;
  const auto w = Weights<U2>().back();
  for (int word = 0; word < 2; ++word) {
    for (int bit = 0; bit < 2; ++bit) {
      // Server 1 has the seed; rows and answers of server 0, which holds X - R, go by.
      for (int mask : {1, 2}) {
        const Setting one{3, 1, word, bit, mask};
        EXPECT_FALSE(IndependentOfAnyBit(SharesAndTheHost<U2>(0, 1), one, w, none_missing))
            << word << " " << bit << " " << mask;
      }
      for (int mask : {2, 3}) {
        const Setting one{4, 1, word, bit, mask};
        EXPECT_FALSE(IndependentOfAnyBit(RelayAndTheHost<U2>(), one, w, none_missing))
            << word << " " << bit << " " << mask;
      }
    }
  }
}

TEST(Secrecy, AllServersTogetherSeeTheInput) {
  const size_t none_missing = 2;
  EXPECT_FALSE(IndependentOfInput(Shares<U4>(2, 0), {1, 1}, Weights<U4>().back(), none_missing));
}

}  // namespace
}  // namespace sotto
