// SHA-256 as 64 hex digits.
#ifndef SOTTO_MODEL_SHA256_H_
#define SOTTO_MODEL_SHA256_H_

#include <string>
#include <string_view>

#include "model/model_files.h"

namespace sotto {

std::string Sha256Hex(std::string_view data);

// Of the whole file, giving pages back as it goes, so that hashing does not make it resident.
std::string Sha256HexOfFile(const FileBytes& file);

}  // namespace sotto

#endif  // SOTTO_MODEL_SHA256_H_
