// What names a model: digests of all that decides its results (docs/result_format.md).
#ifndef SOTTO_MODEL_MODEL_DIGEST_H_
#define SOTTO_MODEL_MODEL_DIGEST_H_

#include <string>

namespace sotto {

// Each 64 lower-case hex digits.
struct ModelDigests {
  std::string config_sha256;     // Of the bytes of config.json.
  std::string tokenizer_sha256;  // Of the bytes of tokenizer.json; empty where there is none.
  std::string weights_sha256;    // Checkpoint::WeightsSha256.

  // The SHA-256 of
  //   sotto model digest v1
  //   config.json HEX
  //   tokenizer.json HEX
  //   weights HEX
  // each line ended by one newline, "none" in place of a digest that is empty.
  std::string model_sha256() const;
};

// The digests that a user trusts, as --model-sha256 and --weights-sha256 spell them; empty: any.
struct ModelPins {
  std::string model_sha256 = {};
  std::string weights_sha256 = {};

  bool any() const { return !model_sha256.empty() || !weights_sha256.empty(); }
};

}  // namespace sotto

#endif  // SOTTO_MODEL_MODEL_DIGEST_H_
