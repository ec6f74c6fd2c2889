// The attention algorithm, written once over a vector type. Each attention_<isa>.cc includes this
// inside its own anonymous namespace-typed instantiation: `Simd` is that file's, so no
// instantiation is shared between files compiled for different instruction sets.
//
// Queries lie in vector lanes (scores are computed transposed, S^T = K Q^T), so maximum and sum
// over keys are element-wise and both products broadcast one element of K or V against lanes of Q
// or P:
//   S^T[key][lane] = sum_d K[key][d] Q^T[d][lane],   O^T[d][lane] += sum_key V^T[d][key]
//   P^T[key][lane]
//
// Simd: Vec (kLanes floats), Scalar (a stored element), Element (kPair scalars: what one product
// step consumes), Operand (kLanes Elements); kQueryVectors x kRows accumulators fit its registers.
// How it multiplies: Multiply(), kStepUnit steps at a time, while an object of Registers lives
// (attention_vectors.h, or a file of its own).
#ifndef SOTTO_KERNELS_ATTENTION_TILE_H_
#define SOTTO_KERNELS_ATTENTION_TILE_H_

#include <cstddef>
#include <cstring>

#include "kernels/attention_kernels.h"

namespace sotto::attention_tile {

template <typename Simd>
struct Tile {
  using Vec = typename Simd::Vec;
  using Scalar = typename Simd::Scalar;
  using Element = typename Simd::Element;
  static constexpr size_t kPair = Simd::kPair, kRows = Simd::kRows;
  static constexpr size_t kStepUnit = Simd::kStepUnit;
  // Keys are computed in multiples of this: rows of scores, then steps over values.
  static constexpr size_t kKeyUnit = kRows > kPair* kStepUnit ? kRows : kPair* kStepUnit;
  static constexpr size_t kVectors = Simd::kQueryVectors, kLanes = Simd::kLanes;
  static constexpr size_t kWidth = kVectors * kLanes;
  static constexpr size_t kBlock = 64;
  static constexpr size_t kValueSteps = kBlock / kPair;
  // Where the running maximum begins: below any score, yet finite, because a block that a lane's
  // window hides whole must leave no trace, and infinity minus infinity is no number.
  static constexpr float kLowest = -3.40282347e38f;

  static constexpr size_t RoundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

  // A block: keys [kBlock][Steps] elements, then values [DimRows][kValueSteps] elements.
  static constexpr size_t Steps(size_t head_dim) {
    return RoundUp(RoundUp(head_dim, kPair) / kPair, kStepUnit);
  }
  static constexpr size_t DimRows(size_t head_dim) { return RoundUp(head_dim, kLanes); }
  static size_t KeyElements(size_t head_dim) { return RoundUp(kBlock * Steps(head_dim), 16); }
  static size_t ValueElements(size_t head_dim) { return DimRows(head_dim) * kValueSteps; }
  static size_t BlockBytes(size_t head_dim) {
    return (KeyElements(head_dim) + ValueElements(head_dim)) * sizeof(Element);
  }
  // Steps of a row that is transposed in squares of kLanes elements.
  static size_t PaddedSteps(size_t head_dim) { return RoundUp(Steps(head_dim), kLanes); }

  // Each part 64-byte aligned.
  struct Scratch {
    Scratch(std::byte* memory, size_t head_dim) : base(memory) {
      queries = Take<Element>(PaddedSteps(head_dim) * kWidth);
      scores = Take<float>(kBlock * kWidth);
      weights = Take<Element>(kValueSteps * kWidth);
      out = Take<float>(DimRows(head_dim) * kWidth);
      max = Take<float>(kWidth);
      sum = Take<float>(kWidth);
      rescale = Take<float>(kWidth);
      limit = Take<int>(kWidth);
      row = Take<float>(PaddedSteps(head_dim) * kPair);
      const size_t lanes = kWidth > kBlock ? kWidth : kBlock;
      staged = Take<Element>(lanes * RoundUp(head_dim, kLanes * kPair));
    }
    template <typename T>
    T* Take(size_t count) {
      T* part = base == nullptr ? nullptr : reinterpret_cast<T*>(base + size_bytes);
      size_bytes += RoundUp(count * sizeof(T), 64);
      return part;
    }
    std::byte* base;  // Null where only the size is asked for.
    size_t size_bytes = 0;
    Element *queries, *weights, *staged;
    float *scores, *out, *max, *sum, *rescale, *row;
    int* limit;
  };
  static size_t ScratchBytes(size_t head_dim) { return Scratch(nullptr, head_dim).size_bytes; }

  // y = x turned (cos not null) and scaled, then zeros up to `padded`.
  static void Rotate(const float* x, const float* cos, const float* sin, size_t dim, float scale,
                     size_t padded, float* __restrict y) {
    if (cos == nullptr) {
      for (size_t i = 0; i < dim; ++i) y[i] = x[i] * scale;
    } else {
      const size_t half = dim / 2;
      for (size_t i = 0; i < half; ++i) {
        const float a = x[i], b = x[i + half];
        y[i] = (a * cos[i] - b * sin[i]) * scale;
        y[i + half] = (b * cos[i] + a * sin[i]) * scale;
      }
    }
    for (size_t i = dim; i < padded; ++i) y[i] = 0.0f;
  }

  // Pairs of dimensions as elements: PaddedSteps of them.
  static void ToElements(const float* row, size_t steps, Element* y) {
    for (size_t s = 0; s < steps; s += kLanes) Simd::StoreRow(y + s, row + s * kPair);
  }

  static void PackKeys(const PackBlockArgs& args, const Scratch& s) {
    const size_t steps = Steps(args.head_dim), padded = PaddedSteps(args.head_dim);
    Element* keys = reinterpret_cast<Element*>(args.block) + args.first_row * steps;
    for (size_t r = 0; r < args.rows; ++r) {
      const size_t turn = r * args.rope_stride;
      Rotate(args.k + r * args.k_stride, args.cos == nullptr ? nullptr : args.cos + turn,
             args.cos == nullptr ? nullptr : args.sin + turn, args.head_dim, 1.0f, padded * kPair,
             s.row);
      ToElements(s.row, padded, s.staged);
      memcpy(keys + r * steps, s.staged, steps * sizeof(Element));
    }
  }

  // Rows that start a block: pairs of positions side by side, transposed in squares.
  static void PackValues(const PackBlockArgs& args, const Scratch& s) {
    const size_t dim = args.head_dim, width = DimRows(dim);
    for (size_t r = 0; r < kBlock; r += kPair) {
      for (size_t d = 0; d < dim; d += kLanes) {
        Vec value[kPair];
        for (size_t i = 0; i < kPair; ++i) {
          const float* p = args.v + (r + i) * args.v_stride + d;
          value[i] = r + i >= args.rows  ? Simd::Zero()
                     : d + kLanes <= dim ? Simd::Load(p)
                                         : Simd::LoadFirst(p, dim - d, Simd::Zero());
        }
        Simd::StoreOperand(s.staged + r / kPair * width + d, value);
      }
    }
    Element* values = reinterpret_cast<Element*>(args.block) + KeyElements(dim);
    for (size_t step = 0; step < kValueSteps; step += kLanes) {
      for (size_t d = 0; d < width; d += kLanes) {
        Simd::Transpose(s.staged + step * width + d, width, values + d * kValueSteps + step,
                        kValueSteps);
      }
    }
  }

  // Rows that continue a block, leaving what stands before them.
  static void AppendValues(const PackBlockArgs& args) {
    Scalar* values = reinterpret_cast<Scalar*>(reinterpret_cast<Element*>(args.block) +
                                               KeyElements(args.head_dim));
    for (size_t d = 0; d < args.head_dim; ++d) {
      Scalar* value = values + d * kBlock + args.first_row;
      for (size_t r = 0; r < kBlock - args.first_row; ++r) {
        value[r] = Simd::ToScalar(r < args.rows ? args.v[r * args.v_stride + d] : 0.0f);
      }
    }
  }

  static void Pack(const PackBlockArgs& args) {
    const Scratch s(args.scratch, args.head_dim);
    PackKeys(args, s);
    args.first_row == 0 ? PackValues(args, s) : AppendValues(args);
  }

  // Scores are in units of log2, so that the softmax's exponential is exp2.
  static void LoadQueries(const AttendTileArgs& args, const Scratch& s) {
    const float scale = args.scale * 1.44269504088896340736f;
    const size_t padded = PaddedSteps(args.head_dim);
    for (size_t lane = 0; lane < args.lanes; ++lane) {
      Rotate(args.q[lane], args.cos[lane], args.sin[lane], args.head_dim, scale, padded * kPair,
             s.row);
      ToElements(s.row, padded, s.staged + lane * padded);
    }
    memset(s.staged + args.lanes * padded, 0, (kWidth - args.lanes) * padded * sizeof(Element));
    for (size_t lane = 0; lane < kWidth; lane += kLanes) {
      for (size_t step = 0; step < padded; step += kLanes) {
        Simd::Transpose(s.staged + lane * padded + step, padded, s.queries + step * kWidth + lane,
                        kWidth);
      }
    }
    for (size_t lane = 0; lane < kWidth; ++lane) {
      s.limit[lane] = args.position[lane < args.lanes ? lane : args.lanes - 1];
      s.max[lane] = kLowest;
      s.sum[lane] = 0.0f;
    }
    memset(s.out, 0, DimRows(args.head_dim) * kWidth * sizeof(float));
  }

  static void StoreOutputs(const AttendTileArgs& args, const Scratch& s) {
    const size_t width = DimRows(args.head_dim);
    float* rows = reinterpret_cast<float*>(s.staged);
    for (size_t lane = 0; lane < kWidth; lane += kLanes) {
      const Vec inverse = Simd::Div(Simd::Set(1.0f), Simd::Load(s.sum + lane));
      for (size_t d = 0; d < width; ++d) {
        float* out = s.out + d * kWidth + lane;
        Simd::Store(out, Simd::Mul(Simd::Load(out), inverse));
      }
      for (size_t d = 0; d < width; d += kLanes) {
        Simd::Transpose(s.out + d * kWidth + lane, kWidth, rows + lane * width + d, width);
      }
    }
    for (size_t lane = 0; lane < args.lanes; ++lane) {
      memcpy(args.out[lane], rows + lane * width, args.head_dim * sizeof(float));
    }
  }

  // scores[key][lane] = -infinity where the lane may not see position first_key + key.
  static void Mask(size_t first_key, size_t keys, int window, const Scratch& s) {
    for (size_t key = 0; key < keys; ++key) {
      for (size_t v = 0; v < kWidth; v += kLanes) {
        float* score = s.scores + key * kWidth + v;
        Simd::Store(score, Simd::MaskOutside(Simd::Load(score), s.limit + v,
                                             static_cast<int>(first_key + key), window));
      }
    }
  }

  // Turns scores into weights exp2(score - max) with the running maximum, and updates max, sum and
  // the factor by which what was accumulated before shrinks.
  static void Softmax(size_t keys, const Scratch& s) {
    for (size_t v = 0; v < kWidth; v += kLanes) {
      const Vec old_max = Simd::Load(s.max + v);
      Vec max = old_max;
      for (size_t key = 0; key < keys; ++key) {
        max = Simd::Max(max, Simd::Load(s.scores + key * kWidth + v));
      }
      const Vec rescale = Simd::Exp2(Simd::Sub(old_max, max));
      Vec sum = Simd::Mul(Simd::Load(s.sum + v), rescale);
      for (size_t key = 0; key < keys; key += kPair) {
        Vec weight[kPair];
        for (size_t i = 0; i < kPair; ++i) {
          const Vec score = Simd::Load(s.scores + (key + i) * kWidth + v);
          weight[i] = Simd::Exp2(Simd::Sub(score, max));
          sum = Simd::Add(sum, weight[i]);
        }
        Simd::StoreOperand(s.weights + key / kPair * kWidth + v, weight);
      }
      Simd::Store(s.max + v, max);
      Simd::Store(s.sum + v, sum);
      Simd::Store(s.rescale + v, rescale);
    }
  }

  // Whether some lane may not see some of positions [first_key, first_key + keys).
  static bool NeedsMask(const AttendTileArgs& args, size_t first_key, size_t keys,
                        const Scratch& s) {
    const bool later = static_cast<int>(first_key + keys) > s.limit[0] + 1;
    return later || s.limit[kWidth - 1] - static_cast<int>(first_key) >= args.window;
  }

  // Accumulates positions [first_key, first_key + keys) of one block; keys is a multiple of
  // kKeyUnit.
  static void AttendBlock(const AttendTileArgs& args, const std::byte* block, size_t first_key,
                          size_t keys, const Scratch& s) {
    const size_t head_dim = args.head_dim;
    const Element* k = reinterpret_cast<const Element*>(block);
    const Element* v = k + KeyElements(head_dim);
    const size_t steps = Steps(head_dim);
    for (size_t key = 0; key < keys; key += kRows) {
      Simd::template Multiply<false>(k + key * steps, steps, s.queries, steps, nullptr,
                                     s.scores + key * kWidth);
    }
    if (NeedsMask(args, first_key, keys, s)) Mask(first_key, keys, args.window, s);
    Softmax(keys, s);
    for (size_t d = 0; d < head_dim; d += kRows) {
      Simd::template Multiply<true>(v + d * kValueSteps, kValueSteps, s.weights, keys / kPair,
                                    s.rescale, s.out + d * kWidth);
    }
  }

  static void Attend(const AttendTileArgs& args) {
    [[maybe_unused]] const typename Simd::Registers registers{};
    const Scratch s(args.scratch, args.head_dim);
    LoadQueries(args, s);
    const size_t block_bytes = BlockBytes(args.head_dim);
    const size_t visible = static_cast<size_t>(args.position[args.lanes - 1]) + 1;
    // Blocks before the first lane's window are in no lane's.
    const int hidden = args.position[0] - (args.window - 1);
    const size_t begin = hidden > 0 ? static_cast<size_t>(hidden) / kBlock * kBlock : 0;
    for (size_t first = begin; first < visible; first += kBlock) {
      const size_t b = first / kBlock;
      const std::byte* block = b < args.shared_blocks
                                   ? args.shared + b * block_bytes
                                   : args.own + (b - args.shared_blocks) * block_bytes;
      const size_t left = visible - first;
      const size_t keys = left < kBlock ? RoundUp(left, kKeyUnit) : kBlock;
      AttendBlock(args, block, first, keys, s);
    }
    StoreOutputs(args, s);
  }
};

// What an attention_<isa>.cc offers; a bf16 product step consumes pairs.
template <typename Simd>
constexpr AttentionKernel KernelOf(Isa isa) {
  using T = Tile<Simd>;
  return {isa, T::kWidth, T::kPair == 2, T::BlockBytes, T::ScratchBytes, T::Pack, T::Attend};
}

}  // namespace sotto::attention_tile

#endif  // SOTTO_KERNELS_ATTENTION_TILE_H_
