#include <immintrin.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "protocol/keystream_kernels.h"

#define SOTTO_AESNI __attribute__((target("aes,sse4.1")))
#define SOTTO_VAES __attribute__((target("vaes,avx512f,avx512bw,avx512vl,avx512dq")))

namespace sotto {
namespace {

constexpr size_t kWordsPerBlock = 4, kBlocksPerRegister = 4;
// As many registers in flight as hide the latency of a round.
constexpr size_t kRegisters = 8;
constexpr size_t kStrideBlocks = kRegisters * kBlocksPerRegister;
constexpr size_t kStrideBytes = kRegisters * sizeof(__m512i);

// FIPS 197, 5.2: each half of the next two round keys is a running XOR of the last one's words.
SOTTO_AESNI inline __m128i RunningXor(__m128i key) {
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  return _mm_xor_si128(key, _mm_slli_si128(key, 8));
}

template <int kRoundConstant>
SOTTO_AESNI inline void NextKeys(__m128i* keys) {
  const __m128i rotated = _mm_aeskeygenassist_si128(keys[1], kRoundConstant);
  keys[2] = _mm_xor_si128(RunningXor(keys[0]), _mm_shuffle_epi32(rotated, 0xff));
  const __m128i substituted = _mm_aeskeygenassist_si128(keys[2], 0);
  keys[3] = _mm_xor_si128(RunningXor(keys[1]), _mm_shuffle_epi32(substituted, 0xaa));
}

SOTTO_AESNI void ExpandKey(const uint8_t* seed, uint8_t* round_keys) {
  __m128i keys[16];
  keys[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(seed));
  keys[1] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(seed + 16));
  NextKeys<0x01>(keys);
  NextKeys<0x02>(keys + 2);
  NextKeys<0x04>(keys + 4);
  NextKeys<0x08>(keys + 6);
  NextKeys<0x10>(keys + 8);
  NextKeys<0x20>(keys + 10);
  NextKeys<0x40>(keys + 12);  // keys[15] is one more than AES-256 uses.
  std::memcpy(round_keys, keys, 15 * sizeof(__m128i));
  OPENSSL_cleanse(keys, sizeof(keys));
}

// Blocks first_block ... first_block + kStrideBlocks - 1, XORed with `in` unless that is null.
SOTTO_VAES inline void Encrypt(const __m512i* keys, uint64_t first_block, const uint8_t* in,
                               uint8_t* out) {
  // The counter is the lower half of the block, big-endian; the upper half stays zero.
  const __m512i reversed = _mm512_broadcast_i32x4(
      _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1));
  const auto block = static_cast<int64_t>(first_block);
  __m512i counter = _mm512_set_epi64(block + 3, 0, block + 2, 0, block + 1, 0, block, 0);
  const __m512i step = _mm512_set_epi64(4, 0, 4, 0, 4, 0, 4, 0);
  __m512i state[kRegisters];
  for (__m512i& s : state) {
    s = _mm512_xor_si512(_mm512_shuffle_epi8(counter, reversed), keys[0]);
    counter = _mm512_add_epi64(counter, step);
  }
  for (int round = 1; round < 14; ++round) {
    for (__m512i& s : state) s = _mm512_aesenc_epi128(s, keys[round]);
  }
  for (size_t i = 0; i < kRegisters; ++i) {
    __m512i stream = _mm512_aesenclast_epi128(state[i], keys[14]);
    if (in != nullptr) {
      stream = _mm512_xor_si512(stream, _mm512_loadu_si512(in + i * sizeof(__m512i)));
    }
    _mm512_storeu_si512(out + i * sizeof(__m512i), stream);
  }
}

SOTTO_VAES void XorWords(const uint8_t* round_keys, uint64_t first_word, const uint8_t* in,
                         std::span<uint8_t> out) {
  __m512i keys[15];
  for (int i = 0; i < 15; ++i) {
    keys[i] =
        _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(round_keys) + i));
  }
  alignas(64) uint8_t whole[kStrideBytes];
  uint64_t block = first_word / kWordsPerBlock;
  size_t skip = first_word % kWordsPerBlock * sizeof(uint32_t), done = 0;
  while (done < out.size()) {
    const size_t n = std::min(kStrideBytes - skip, out.size() - done);
    if (n == kStrideBytes) {
      Encrypt(keys, block, in == nullptr ? nullptr : in + done, out.data() + done);
    } else {
      if (in != nullptr) std::memcpy(whole + skip, in + done, n);
      Encrypt(keys, block, in == nullptr ? nullptr : whole, whole);
      std::memcpy(out.data() + done, whole + skip, n);
    }
    block += kStrideBlocks;
    done += n;
    skip = 0;
  }
  OPENSSL_cleanse(whole, sizeof(whole));
  OPENSSL_cleanse(keys, sizeof(keys));
}

// Constant-time: the instructions use no table.
class VaesKeystream final : public Keystream {
 public:
  explicit VaesKeystream(const Seed& seed) { ExpandKey(seed.data(), round_keys_[0].data()); }
  ~VaesKeystream() override { OPENSSL_cleanse(round_keys_.data(), sizeof(round_keys_)); }

  void Xor(uint64_t first_word, const uint8_t* in, std::span<uint8_t> out) override {
    XorWords(round_keys_[0].data(), first_word, in, out);
  }

 private:
  static constexpr size_t kRoundKeys = 15;
  alignas(16) std::array<std::array<uint8_t, 16>, kRoundKeys> round_keys_;
};

}  // namespace

constinit const KeystreamKernels kVaesKeystream = {
    Isa::kVaes, [](const Seed& seed) -> std::unique_ptr<Keystream> {
      return std::make_unique<VaesKeystream>(seed);
    }};

}  // namespace sotto
