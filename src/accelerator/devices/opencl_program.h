// The OpenCL side of a device: its context, buffers, and products of one tiling.
#ifndef SOTTO_ACCELERATOR_DEVICES_OPENCL_PROGRAM_H_
#define SOTTO_ACCELERATOR_DEVICES_OPENCL_PROGRAM_H_

#define CL_HPP_TARGET_OPENCL_VERSION 120
#define CL_HPP_MINIMUM_OPENCL_VERSION 120
#include <CL/opencl.hpp>
#include <cstdint>
#include <string>

#include "accelerator/devices/opencl_tiling.h"
#include "base/matrix.h"
#include "base/status.h"

namespace sotto {

// How a kernel finds weights stored: as float or char; floats as half; chars as short, where they
// are wider than a byte.
enum class StoredWeights { kPlain, kHalf, kWide };

// OK, or what an OpenCL code means: RESOURCE_EXHAUSTED for memory, INTERNAL otherwise. `what` says
// which call.
absl::Status OpenClStatus(cl_int code, const char* what);

// A device's context and in-order queue.
struct OpenClQueue {
  static absl::StatusOr<OpenClQueue> Create(const cl::Device& device);

  absl::StatusOr<cl::Buffer> Allocate(size_t size_bytes) const;
  // Copies rows in and out, whatever their stride on the host; blocking. T: elements of 1, 2 or 4
  // bytes.
  template <typename T>
  absl::Status Write(const cl::Buffer& buffer, ConstMatrixView<T> rows) const;
  template <typename T>
  absl::Status Read(const cl::Buffer& buffer, MatrixView<T> rows) const;

  cl::Device device;
  cl::Context context;
  cl::CommandQueue queue;
};

// Grows to the largest size asked for.
class OpenClScratch {
 public:
  absl::StatusOr<cl::Buffer> AtLeast(const OpenClQueue& queue, size_t size_bytes);

 private:
  cl::Buffer buffer_;
  size_t size_bytes_ = 0;
};

// A product kernel compiled for one tiling.
class OpenClProduct {
 public:
  // `kernel`: a product's name in opencl_kernels.cc. FAILED_PRECONDITION when the device can't run
  // the tiling; INTERNAL, with the compiler's words, when it refuses the source.
  static absl::StatusOr<OpenClProduct> Compile(const OpenClQueue& queue, const char* kernel,
                                               const OpenClTiling& tiling, StoredWeights weights);

  // Enqueues y = x W^T. x: [tokens, n_in]; w: W^T, [n_in, n_out]; y: [tokens, n_out]; contiguous.
  // tokens > 0. One call at a time.
  absl::Status Enqueue(const OpenClQueue& queue, uint32_t tokens, uint32_t n_in, uint32_t n_out,
                       const cl::Buffer& x, const cl::Buffer& w, const cl::Buffer& y);

 private:
  OpenClTiling tiling_;
  cl::Kernel kernel_;
};

// Transposes weights into what products read, by kernel transpose_float or transpose_ring.
class OpenClTranspose {
 public:
  static absl::StatusOr<OpenClTranspose> Compile(const OpenClQueue& queue, const char* kernel,
                                                 StoredWeights weights);
  // from: [rows, columns]; to: [columns, rows]. Blocking; one call at a time.
  absl::Status Run(const OpenClQueue& queue, size_t rows, size_t columns, const cl::Buffer& from,
                   const cl::Buffer& to);

 private:
  cl::Kernel kernel_;
};

template <typename T>
absl::Status OpenClQueue::Write(const cl::Buffer& buffer, ConstMatrixView<T> rows) const {
  const size_t row_bytes = rows.cols() * sizeof(T);
  return OpenClStatus(queue.enqueueWriteBufferRect(
                          buffer, CL_TRUE, {0, 0, 0}, {0, 0, 0}, {row_bytes, rows.rows(), 1},
                          row_bytes, 0, rows.stride() * sizeof(T), 0, const_cast<T*>(rows.data())),
                      "clEnqueueWriteBufferRect");
}

template <typename T>
absl::Status OpenClQueue::Read(const cl::Buffer& buffer, MatrixView<T> rows) const {
  const size_t row_bytes = rows.cols() * sizeof(T);
  return OpenClStatus(queue.enqueueReadBufferRect(buffer, CL_TRUE, {0, 0, 0}, {0, 0, 0},
                                                  {row_bytes, rows.rows(), 1}, row_bytes, 0,
                                                  rows.stride() * sizeof(T), 0, rows.data()),
                      "clEnqueueReadBufferRect");
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_OPENCL_PROGRAM_H_
