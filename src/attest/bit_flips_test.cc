// No bit of a quote or a collateral file may change unseen.
//
// Almost every byte is signed. Of those that are not, each has one value that is taken:
// - lengths and types of the quote's parts must agree with one another and with its end, and behind
//   that only zeros may stand (quote.h);
// - PEM and DER have forms that mean the same (padding bits, lines, lengths); what is read is
//   written again and compared (certificates.h), and OpenSSL takes ECDSA signatures in DER alone;
// - hexadecimal digits are lower case (collateral.h);
// - member names of the file are known ones (collateral.cc), each once, and all of them are needed.
// What is left is white space between the members of the JSON file: blanks and line feeds differ
// from each other, and from the tab and the carriage return, in two bits or more. A tab and a
// carriage return differ in one, but files as they are written have neither. So the set of bits
// that may change unseen is empty, and the tests below take any bit.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "attest/collateral.h"
#include "attest/quote.h"
#include "base/strings.h"
#include "sotto/attestation.h"
#include "testing/sanitizer.h"
#include "testing/synthetic_evidence.h"

namespace sotto {
namespace {

// One bit of every so many bytes, in each of five kinds from another byte on: 10 000 and more. A
// field of this length that nothing signs is found for certain, in each kind; two bytes in one
// of them. Under a sanitizer enough to see memory errors.
constexpr size_t kBytesAFlip = kUnderSanitizer ? 200 : 6;

std::string WithFlippedBit(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

class BitFlips : public testing::Test {
 protected:
  void FlipBitsOf(const EvidenceRecipe& recipe, size_t first_byte) {
    const SyntheticEvidence evidence = MakeEvidence(recipe);
    ASSERT_TRUE(VerifySynthetic(evidence, policy_).accepted());
    ASSERT_EQ(evidence.collateral.find_first_of("\t\r"), std::string::npos);
    for (size_t byte = first_byte; byte < evidence.quote.size(); byte += kBytesAFlip) {
      const size_t bit = 8 * byte + random_() % 8;
      EXPECT_TRUE(
          IsRefused({WithFlippedBit(evidence.quote, bit), evidence.collateral, evidence.root_pem}))
          << "bit of the quote " << bit;
    }
    for (size_t byte = first_byte; byte < evidence.collateral.size(); byte += kBytesAFlip) {
      const size_t bit = 8 * byte + random_() % 8;
      EXPECT_TRUE(
          IsRefused({evidence.quote, WithFlippedBit(evidence.collateral, bit), evidence.root_pem}))
          << "bit of the collateral " << bit;
    }
  }

  // What does not parse needs no signatures: that it is refused, whatever else is right, is
  // verify_test.cc's. All else goes through the whole verification.
  bool IsRefused(const SyntheticEvidence& evidence) {
    const auto quote = ParseQuote(evidence.quote);
    const auto collateral = ParseCollateral(evidence.collateral);
    return !quote.ok() || !collateral.ok() || !chains_.Read(quote->pck_chain_pem).ok() ||
           !chains_.Read(collateral->tcb_info.issuer_chain_pem).ok() ||
           !chains_.Read(collateral->pck_crl_issuer_chain_pem).ok() ||
           !VerifySyntheticWith(chains_, evidence, policy_).accepted();
  }

  const AttestationPolicy policy_ = SyntheticPolicy();
  ChainReader chains_;
  std::mt19937_64 random_{20310510};
};

TEST_F(BitFlips, NoneOfAnSgxQuoteOfVersion3) { FlipBitsOf(EvidenceRecipe(TeeKind::kSgx, 3), 0); }
TEST_F(BitFlips, NoneOfAnSgxQuoteOfVersion5) { FlipBitsOf(EvidenceRecipe(TeeKind::kSgx, 5), 1); }
TEST_F(BitFlips, NoneOfATdxQuoteOfVersion4) { FlipBitsOf(EvidenceRecipe(TeeKind::kTdx, 4), 2); }
TEST_F(BitFlips, NoneOfATdxQuoteOfVersion5) { FlipBitsOf(EvidenceRecipe(TeeKind::kTdx, 5), 3); }
TEST_F(BitFlips, NoneOfATdx15QuoteOfVersion5) {
  FlipBitsOf(EvidenceRecipe(TeeKind::kTdx, 5, true), 4);
}

// The places where a form could hide, every bit of them: the quote's sizes and types, the lines
// around each certificate, and all of the file that is no string. Under a sanitizer one bit of each
// byte.
TEST_F(BitFlips, NoneWhereNothingIsSigned) {
  const SyntheticEvidence evidence = MakeEvidence(EvidenceRecipe(TeeKind::kSgx, 3));
  const auto expect_refused = [&](bool quote, size_t byte) {
    const size_t first_bit = 8 * byte + (kUnderSanitizer ? byte % 8 : 0);
    for (size_t bit = first_bit; bit < 8 * byte + 8; bit += kUnderSanitizer ? 8 : 1) {
      SyntheticEvidence changed = evidence;
      std::string& bytes = quote ? changed.quote : changed.collateral;
      bytes = WithFlippedBit(bytes, bit);
      EXPECT_TRUE(IsRefused(changed)) << "byte " << byte;
    }
  };
  for (size_t byte = 432; byte < 436; ++byte) expect_refused(true, byte);
  for (size_t byte = 1012; byte < 1014; ++byte) expect_refused(true, byte);
  for (size_t byte = 1046; byte < 1052; ++byte) expect_refused(true, byte);
  for (size_t at = evidence.quote.find("-----"); at != std::string::npos;
       at = evidence.quote.find("-----", at + 5)) {
    for (size_t byte = at - 4; byte < at + 6; ++byte) expect_refused(true, byte);
  }
  for (size_t byte = evidence.quote.size() - 4; byte < evidence.quote.size(); ++byte) {
    expect_refused(true, byte);
  }
  bool in_string = false;
  for (size_t byte = 0; byte < evidence.collateral.size(); ++byte) {
    const char c = evidence.collateral[byte];
    if (c == '"' && evidence.collateral[byte - 1] != '\\') in_string = !in_string;
    if (!in_string || c == '"') expect_refused(false, byte);
  }
}

}  // namespace
}  // namespace sotto
