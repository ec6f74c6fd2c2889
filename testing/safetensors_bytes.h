// Safetensors files put together by hand, so that tests can make wrong ones.
#ifndef SOTTO_TESTING_SAFETENSORS_BYTES_H_
#define SOTTO_TESTING_SAFETENSORS_BYTES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sotto {

// The bytes of a file whose header is `json`, announced as `announced_length` bytes long.
inline std::string SafetensorsBytes(std::string_view json, std::string_view data,
                                    uint64_t announced_length) {
  std::string bytes(sizeof announced_length, '\0');
  std::memcpy(bytes.data(), &announced_length, sizeof announced_length);
  return bytes.append(json).append(data);
}
inline std::string SafetensorsBytes(std::string_view json, std::string_view data) {
  return SafetensorsBytes(json, data, json.size());
}

}  // namespace sotto

#endif  // SOTTO_TESTING_SAFETENSORS_BYTES_H_
