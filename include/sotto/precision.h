// The number formats that linear layers and attention are computed in.
#ifndef SOTTO_PRECISION_H_
#define SOTTO_PRECISION_H_

namespace sotto {

// For the linear layers.
enum class Precision {
  kF32,
  kBf16,   // bf16 operands, f32 accumulation
  kInt8,   // int8 weights, one scale per output channel; int8 activations, one scale per token
  kFixed,  // the fixed-point format of the protected modes: integer weights and activations, exact
           // products; local and offloaded results are the same to the bit
};

// Of the fixed-point format: bits of a weight at most. Fewer are used where a product would not fit
// 32 bits otherwise. With eight, every product is computed in half the time, and logarithms of
// probabilities are off by some ten times as much.
enum class FixedWeights { k12Bits, k8Bits };

enum class AttentionPrecision {
  kF32,
  kBf16,  // bf16 operands, f32 accumulation and softmax; f32 if the CPU has no bf16 products
};

}  // namespace sotto

#endif  // SOTTO_PRECISION_H_
