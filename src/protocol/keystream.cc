#include "protocol/keystream.h"

#include "base/check.h"
#include "protocol/keystream_kernels.h"

namespace sotto {
namespace {

constexpr uint64_t kMaxWords = uint64_t{1} << 48;

}  // namespace

const IsaTable<KeystreamKernels>& KeystreamTable() {
  static const IsaTable<KeystreamKernels> table{&kPortableKeystream, &kVaesKeystream};
  return table;
}

SeedExpander::SeedExpander(const Seed& seed) : SeedExpander(seed, KeystreamTable().best()) {}
SeedExpander::SeedExpander(const Seed& seed, const KeystreamKernels& kernels)
    : keystream_(kernels.make(seed)) {}

SeedExpander::~SeedExpander() = default;
SeedExpander::SeedExpander(SeedExpander&&) noexcept = default;
SeedExpander& SeedExpander::operator=(SeedExpander&&) noexcept = default;

void SeedExpander::Expand(uint64_t first_word, std::span<uint32_t> out) {
  SOTTO_CHECK(first_word <= kMaxWords && out.size() <= kMaxWords - first_word);
  keystream_->Xor(first_word, nullptr, {reinterpret_cast<uint8_t*>(out.data()), out.size_bytes()});
}

void SeedExpander::Xor(uint64_t first_word, const uint8_t* in, std::span<uint8_t> out) {
  const size_t words = out.size() / sizeof(uint32_t);
  SOTTO_CHECK(out.size() % sizeof(uint32_t) == 0);
  SOTTO_CHECK(first_word <= kMaxWords && words <= kMaxWords - first_word);
  keystream_->Xor(first_word, in, out);
}

void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out) {
  SeedExpander(seed).Expand(first_word, out);
}

}  // namespace sotto
