// Names from outside, made fit for a message.
#ifndef SOTTO_MODEL_PRINTABLE_H_
#define SOTTO_MODEL_PRINTABLE_H_

#include <string>
#include <string_view>

namespace sotto {

// `text` in quotes, cut after 100 bytes, anything but printable ASCII as '?': a file may name its
// tensors with control characters, or with megabytes.
std::string Printable(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_MODEL_PRINTABLE_H_
