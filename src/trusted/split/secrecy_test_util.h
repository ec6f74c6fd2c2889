// The protections over rings so small that every mask can be enumerated: the masking code of
// production (ring_masks.h), with what each server sees written down. Test-only.
#ifndef SOTTO_TRUSTED_SPLIT_SECRECY_TEST_UTIL_H_
#define SOTTO_TRUSTED_SPLIT_SECRECY_TEST_UTIL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "absl/container/inlined_vector.h"
#include "protocol/relay_words.h"
#include "trusted/split/ring_masks.h"

namespace sotto {

// Z / 2^Bits.
template <int Bits>
struct TinyWord {
  static constexpr int kBits = Bits;
  static constexpr uint32_t kSize = 1u << Bits;
  uint8_t value = 0;

  TinyWord& operator+=(TinyWord o) { return *this = Of(value + o.value); }
  TinyWord& operator-=(TinyWord o) { return *this = Of(value + kSize - o.value); }
  static TinyWord Of(uint32_t v) { return {static_cast<uint8_t>(v % kSize)}; }
};

// In place: the heap would take most of the time of millions of exchanges this small.
template <typename Word>
using Words = absl::InlinedVector<Word, 16>;

// Reads a number as a row of words, lowest digit first, and back.
template <typename Word>
Words<Word> Decode(uint64_t code, size_t count) {
  Words<Word> words(count);
  for (Word& word : words) {
    word = Word::Of(static_cast<uint32_t>(code % Word::kSize));
    code /= Word::kSize;
  }
  return words;
}

template <typename Word>
uint64_t Encode(const Words<Word>& words) {
  uint64_t code = 0;
  for (size_t i = words.size(); i > 0; --i) code = code * Word::kSize + words[i - 1].value;
  return code;
}

// Stands for SeedExpander: a "seed" whose stream is one of the enumerated masks.
template <typename Word>
struct EnumeratedMask {
  Words<Word> stream;
  void Expand(uint64_t first_word, std::span<Word> out) {
    std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(first_word), out.size(), out.begin());
  }
};
template <typename Word>
using Masks = absl::InlinedVector<EnumeratedMask<Word>, 4>;

// y = x w, both [rows, 2] x [2, 2], row-major: what a server does.
template <typename Word>
Words<Word> Times(const Words<Word>& x, const Words<Word>& w) {
  Words<Word> y(x.size());
  for (size_t r = 0; r < x.size() / 2; ++r) {
    for (size_t j = 0; j < 2; ++j) {
      y[2 * r + j] = Word::Of(x[2 * r].value * w[j].value + x[2 * r + 1].value * w[2 + j].value);
    }
  }
  return y;
}

// What each server sees in one exchange, and the product that the enclave recovers.
template <typename Word>
struct Transcript {
  absl::InlinedVector<Words<Word>, 3> views;
  Words<Word> product;
};
template <typename Word>
using Protocol = std::function<Transcript<Word>(Words<Word> x, const Words<Word>& w, Masks<Word>)>;

// Row by row, as Blinding::Hide does.
template <typename Word>
Words<Word> SubtractAll(Words<Word> x, Masks<Word>& masks) {
  Words<Word> scratch(2);
  for (size_t r = 0; r < x.size() / 2; ++r) {
    SubtractMasks<Word, EnumeratedMask<Word>>(std::span(masks), 2 * r, std::span(scratch),
                                              std::span(x).subspan(2 * r, 2));
  }
  return x;
}

template <typename Word>
Protocol<Word> Shares(size_t servers, uint64_t exchange) {
  return [=](Words<Word> x, const Words<Word>& w, Masks<Word> masks) {
    const ShareRoles roles = RolesOfExchange(servers, exchange);
    Transcript<Word> t;
    absl::InlinedVector<Words<Word>, 3> answers;
    absl::InlinedVector<const Word*, 3> parts;
    for (size_t k = 0; k < servers; ++k) {
      t.views.push_back(roles.is_holder(k) ? SubtractAll<Word>(x, masks)
                                           : masks[roles.seed_of(k)].stream);
      answers.push_back(Times(t.views.back(), w));
    }
    for (const Words<Word>& answer : answers) parts.push_back(answer.data());
    t.product.resize(x.size());
    SumAnswers<Word>(parts, t.product);
    return t;
  };
}

// A is given the seeds of R = masks[0] and M = masks[1]; B is given X - R, and R W + M by A. The
// network between and behind B sees what B sees, and the answer. The steps are those that
// split/relay.cc and the two servers take.
template <typename Word>
Protocol<Word> Relay() {
  return [](Words<Word> x, const Words<Word>& w, Masks<Word> masks) {
    Masks<Word> r{masks[0]}, m{masks[1]};
    Transcript<Word> t;
    Words<Word> from_a = Times(masks[0].stream, w);
    AddRelayMask<Word>(masks[1], from_a);
    Words<Word> hidden = SubtractAll<Word>(x, r), answer = Times(hidden, w);
    AddRelayed<Word>(from_a, answer);

    Words<Word> a = masks[0].stream, b = hidden;
    a.insert(a.end(), masks[1].stream.begin(), masks[1].stream.end());
    b.insert(b.end(), from_a.begin(), from_a.end());
    t.views = {a, b};
    t.product = SubtractAll<Word>(answer, m);
    return t;
  };
}

// What a payload is on a data plane beside TLS: PayloadCipher's XOR.
template <typename Word>
Words<Word> Encrypt(Words<Word> payload, const EnumeratedMask<Word>& stream) {
  for (size_t i = 0; i < payload.size(); ++i) payload[i].value ^= stream.stream[i].value;
  return payload;
}

// What somebody sees who is server `own` of two and reads the data planes of both: that server's
// view, and the other's payloads as they are encrypted, by the two last masks. Its seed, if it gets
// one, is in a record, which is sealed.
template <typename Word>
Protocol<Word> SharesAndTheHost(uint64_t exchange, size_t own) {
  return [=](Words<Word> x, const Words<Word>& w, Masks<Word> masks) {
    const size_t other = 1 - own;
    Transcript<Word> t = Shares<Word>(2, exchange)(x, w, {masks[0]});
    Words<Word> seen = t.views[own];
    const auto see = [&](const Words<Word>& payload) {
      seen.insert(seen.end(), payload.begin(), payload.end());
    };
    const Words<Word> answer = Times(t.views[other], w);
    if (RolesOfExchange(2, exchange).is_holder(other)) see(Encrypt(t.views[other], masks[1]));
    see(Encrypt(answer, masks[2]));
    t.views = {seen};
    return t;
  };
}

// The same with a relay, of server A. (Of B there is nothing to add: A is sent two seeds, and sends
// the client nothing.)
template <typename Word>
Protocol<Word> RelayAndTheHost() {
  return [](Words<Word> x, const Words<Word>& w, Masks<Word> masks) {
    Transcript<Word> t = Relay<Word>()(x, w, {masks[0], masks[1]});
    const Words<Word>& b = t.views[1];
    const Words<Word> hidden(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(x.size()));
    Words<Word> answer = Times(hidden, w);
    AddRelayed<Word>(Words<Word>(b.begin() + static_cast<std::ptrdiff_t>(x.size()), b.end()),
                     answer);
    Words<Word> seen = t.views[0];
    for (const Words<Word>& payload : {Encrypt(hidden, masks[2]), Encrypt(answer, masks[3])}) {
      seen.insert(seen.end(), payload.begin(), payload.end());
    }
    t.views = {seen};
    return t;
  };
}

template <typename Word>
Protocol<Word> Pads() {
  return [](Words<Word> x, const Words<Word>& w, Masks<Word> masks) {
    const Words<Word> pad = Times(masks[0].stream, w);
    Words<Word> scratch(2);
    for (size_t r = 0; r < x.size() / 2; ++r) {
      AddMask<Word>(masks[0], 2 * r, std::span<Word>(scratch), std::span(x).subspan(2 * r, 2));
    }
    Transcript<Word> t;
    t.views = {x};
    t.product = Times(x, w);
    SubtractWords<Word>(pad, t.product);
    return t;
  };
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SECRECY_TEST_UTIL_H_
