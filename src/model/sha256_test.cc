#include "model/sha256.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace sotto {
namespace {

// FIPS 180-4's examples (csrc.nist.gov), and the hash of nothing.
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

class BytesInMemory final : public FileBytes {
 public:
  explicit BytesInMemory(std::string text) : text_(std::move(text)) {}
  std::span<const uint8_t> bytes() const override {
    return {reinterpret_cast<const uint8_t*>(text_.data()), text_.size()};
  }
  void DropPages(std::span<const uint8_t> part) const override {
    EXPECT_EQ(part.data(), bytes().data() + dropped_);  // In order, and none twice.
    dropped_ += part.size();
  }
  size_t dropped() const { return dropped_; }

 private:
  const std::string text_;
  mutable size_t dropped_ = 0;
};

// More than two of its steps, and a rest.
TEST(Sha256Test, OfAFileIsThatOfItsTextAndGivesAllPagesBack) {
  for (const size_t size : {size_t{0}, size_t{5}, (size_t{17} << 20) + 3}) {
    const std::string text(size, 'x');
    const BytesInMemory file(text);
    EXPECT_EQ(Sha256HexOfFile(file), Sha256Hex(text));
    EXPECT_EQ(file.dropped(), size);
  }
}

}  // namespace
}  // namespace sotto
