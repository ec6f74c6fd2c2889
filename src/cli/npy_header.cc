#include "cli/npy_header.h"

#include "base/strings.h"

namespace sotto {

// Magic, version, u16 header length, a Python literal padded with spaces and ended by a line feed.
std::string NpyHeader(std::string_view dtype, const std::vector<size_t>& dimensions) {
  constexpr size_t kPrefix = 10, kAlignment = 64;
  std::string shape;
  for (const size_t n : dimensions) shape += StrCat(shape.empty() ? "" : ", ", n);
  if (dimensions.size() == 1) shape += ",";  // Else no tuple.
  std::string literal =
      StrCat("{'descr': '", dtype, "', 'fortran_order': False, 'shape': (", shape, "), }");
  const size_t unpadded = kPrefix + literal.size() + 1;
  const size_t padded = (unpadded + kAlignment - 1) / kAlignment * kAlignment;
  literal += std::string(padded - unpadded, ' ') + "\n";
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(literal.size() & 0xff);
  header += static_cast<char>(literal.size() >> 8);
  return header + literal;
}

}  // namespace sotto
