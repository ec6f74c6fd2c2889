// Which files a model is read from.
#ifndef SOTTO_MODEL_INPUT_PATHS_H_
#define SOTTO_MODEL_INPUT_PATHS_H_

#include <string>
#include <vector>

namespace sotto {

// Of a directory: configuration, tokenizer, weights, their index, and the files that Hugging Face
// puts beside them, whether or not each of them is there, and the shards that the index names, if
// it can be read; of a sealed model, the file.
std::vector<std::string> ModelInputPaths(const std::string& model);

}  // namespace sotto

#endif  // SOTTO_MODEL_INPUT_PATHS_H_
