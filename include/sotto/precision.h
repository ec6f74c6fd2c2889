// The number formats that linear layers and attention are computed in.
#ifndef SOTTO_PRECISION_H_
#define SOTTO_PRECISION_H_

namespace sotto {

// For the linear layers.
enum class Precision {
  kF32,
  kBf16,   // bf16 operands, f32 accumulation
  kInt8,   // int8 weights, one scale per output channel; int8 activations, one scale per token
  kFixed,  // the fixed-point format of the protected modes: int8 weights, activations of up to 16
           // bits, exact integer products; local and offloaded results are the same to the bit
};

enum class AttentionPrecision {
  kF32,
  kBf16,  // bf16 operands, f32 accumulation and softmax; f32 if the CPU has no bf16 products
};

}  // namespace sotto

#endif  // SOTTO_PRECISION_H_
