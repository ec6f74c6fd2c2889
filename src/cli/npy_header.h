// The header of a NumPy file, format 1.0 (numpy/lib/format.py). The array follows, row-major.
#ifndef SOTTO_CLI_NPY_HEADER_H_
#define SOTTO_CLI_NPY_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

// `dtype` as NumPy spells it: "<f4", "<i4". Padded, so that the array begins at a multiple of 64.
std::string NpyHeader(std::string_view dtype, const std::vector<size_t>& dimensions);

}  // namespace sotto

#endif  // SOTTO_CLI_NPY_HEADER_H_
