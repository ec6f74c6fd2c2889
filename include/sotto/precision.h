// What linear layers and attention are computed in.
#ifndef SOTTO_PRECISION_H_
#define SOTTO_PRECISION_H_

namespace sotto {

// Of the linear layers.
enum class Precision {
  kF32,
  kBf16,   // bf16 operands, f32 accumulation
  kInt8,   // int8 weights per output channel, int8 activations per token
  kFixed,  // The protected modes' fixed-point format: int8 weights, up to 16-bit activations, exact
           // integers. Local and offloaded results are the same to the bit.
};

enum class AttentionPrecision {
  kF32,
  kBf16,  // bf16 operands, f32 accumulation and softmax; f32 where the CPU has no bf16 products.
};

}  // namespace sotto

#endif  // SOTTO_PRECISION_H_
