// What is often found where a model, or one of its files, should be: each is refused by its own
// name, with what to do about it.
#ifndef SOTTO_MODEL_FOREIGN_FILES_H_
#define SOTTO_MODEL_FOREIGN_FILES_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/model_files.h"

namespace sotto {

// Behind the name of quantised weights.
inline constexpr char kUseOriginalWeights[] =
    ", which Sotto does not read; use the F32, F16 or BF16 checkpoint that it was made from";

// DATA_LOSS where a file of the model that begins with `begin` is a Git LFS pointer or a web page.
absl::Status CheckIsNoPlaceholder(std::string_view begin, const std::string& source);

// UNIMPLEMENTED where a file that should be safetensors and begins with `begin` is of another
// format, whatever its name says: PyTorch's zip and pickle, GGUF, HDF5, something compressed.
absl::Status CheckIsNoOtherFormat(std::string_view begin, const std::string& source);

// UNIMPLEMENTED for a model without config.json that is recognisably something else: a LoRA
// adapter, the format that Meta and Mistral publish, weights of another format. NOT_FOUND, with
// what a model is, for any other, and where it lies deeper, in a cache's snapshots.
absl::Status CheckHasConfig(const ModelFiles& model);

// A warning for a whole model beside which a LoRA adapter lies, since the adapter is not applied;
// empty where there is none.
std::string AdapterWarning(const ModelFiles& model);

// The error for a model without safetensors files. UNIMPLEMENTED for a LoRA adapter and for weights
// of other formats, NOT_FOUND for shards without their index, and where there is nothing.
absl::Status NoWeights(const ModelFiles& model);

}  // namespace sotto

#endif  // SOTTO_MODEL_FOREIGN_FILES_H_
