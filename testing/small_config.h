// Model shapes for tests. Test-only.
#ifndef SOTTO_TESTING_SMALL_CONFIG_H_
#define SOTTO_TESTING_SMALL_CONFIG_H_

#include "model/config.h"

namespace sotto {

// Small enough to count its operations by hand: qkv 8 x 16, out 8 x 8, gate/up 8 x 20, down 10 x 8:
// 432 weights in each of 3 layers; lm_head 400.
inline ModelSpec SmallConfig() {
  ModelSpec config;
  config.hidden_size = 8;
  config.layers.assign(3, {.attention = AttentionOf(2, 1, 4), .mlp = {.intermediate_size = 10}});
  config.vocab_size = 50;
  config.max_position_embeddings = 1000;
  return config;
}

// hidden 12, intermediate 20, 2 blocks, 3 heads of 4, 1 KV head, vocabulary 33: layers so small
// that 100 000 exchanges take a second, of sizes that fill no vector register.
inline ModelSpec TinyConfig() {
  LayerSpec layer{.attention = AttentionOf(3, 1, 4), .mlp = {.intermediate_size = 20}};
  layer.attention.qkv_bias = layer.attention.out_bias = true;
  ModelSpec config;
  config.hidden_size = 12;
  config.layers.assign(2, layer);
  config.vocab_size = 33;
  config.max_position_embeddings = 64;
  return config;
}

}  // namespace sotto

#endif  // SOTTO_TESTING_SMALL_CONFIG_H_
