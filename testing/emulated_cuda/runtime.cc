// The CUDA runtime.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "testing/emulated_cuda/emulated_cuda.h"

// What cudaStream_t points to.
struct CUstream_st {
  std::vector<std::function<void()>> work;
};

namespace sotto {
namespace {

std::mutex mutex;  // Of all below, and held while work is done.
std::set<CUstream_st*> streams;
std::map<void*, size_t> device_memory, pinned_memory;

void Finish(CUstream_st& stream) {
  const auto work = std::exchange(stream.work, {});
  for (const std::function<void()>& step : work) step();
}
void FinishAll() {
  for (CUstream_st* stream : streams) Finish(*stream);
}

// As from cudaMalloc: 256-byte aligned, and full of what was there before: as a float, NaN.
cudaError_t Allocate(void** out, size_t size_bytes, size_t& left, std::map<void*, size_t>& owner) {
  if (size_bytes > left) return cudaErrorMemoryAllocation;
  *out = std::aligned_alloc(256, (size_bytes + 255) / 256 * 256);
  std::memset(*out, 0xff, size_bytes);
  owner[*out] = size_bytes;
  left -= size_bytes;
  return cudaSuccess;
}
cudaError_t Free(void* memory, size_t& left, std::map<void*, size_t>& owner) {
  if (memory == nullptr) return cudaSuccess;
  const auto found = owner.find(memory);
  if (found == owner.end()) return cudaErrorInvalidValue;
  left += found->second;
  owner.erase(found);
  std::free(memory);
  return cudaSuccess;
}

}  // namespace

EmulatedCudaState& EmulatedCuda() {
  static EmulatedCudaState state;
  return state;
}

void EnqueueEmulated(cudaStream_t stream, std::function<void()> work) {
  std::lock_guard lock(mutex);
  if (stream != nullptr) return stream->work.push_back(std::move(work));
  FinishAll();
  work();
}

}  // namespace sotto

using sotto::EmulatedCuda;
using sotto::EnqueueEmulated;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = EmulatedCuda().devices;
  return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int index) {
  return index < EmulatedCuda().devices ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "emulated");
  properties->major = 8;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t code) {
  return code == cudaErrorMemoryAllocation ? "out of memory" : "emulated error";
}

cudaError_t cudaMalloc(void** memory, size_t size_bytes) {
  std::lock_guard lock(sotto::mutex);
  return sotto::Allocate(memory, size_bytes, EmulatedCuda().free_bytes, sotto::device_memory);
}
cudaError_t cudaFree(void* memory) {
  std::lock_guard lock(sotto::mutex);
  sotto::FinishAll();
  return sotto::Free(memory, EmulatedCuda().free_bytes, sotto::device_memory);
}
cudaError_t cudaHostAlloc(void** memory, size_t size_bytes, unsigned) {
  std::lock_guard lock(sotto::mutex);
  return sotto::Allocate(memory, size_bytes, EmulatedCuda().pinned_bytes, sotto::pinned_memory);
}
cudaError_t cudaFreeHost(void* memory) {
  std::lock_guard lock(sotto::mutex);
  sotto::FinishAll();
  return sotto::Free(memory, EmulatedCuda().pinned_bytes, sotto::pinned_memory);
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  std::lock_guard lock(sotto::mutex);
  sotto::streams.insert(*stream = new CUstream_st);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::lock_guard lock(sotto::mutex);
  sotto::streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  std::lock_guard lock(sotto::mutex);
  if (stream != nullptr) sotto::Finish(*stream);
  return EmulatedCuda().stream_error;
}
cudaError_t cudaDeviceSynchronize() {
  std::lock_guard lock(sotto::mutex);
  sotto::FinishAll();
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t size_bytes, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] { std::memset(memory, value, size_bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemset(void* memory, int value, size_t size_bytes) {
  return cudaMemsetAsync(memory, value, size_bytes, nullptr);
}
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream) {
  if (to_pitch < width || from_pitch < width) return cudaErrorInvalidPitchValue;
  EnqueueEmulated(stream, [=] {
    for (size_t row = 0; row < height; ++row) {
      std::memcpy(static_cast<uint8_t*>(to) + row * to_pitch,
                  static_cast<const uint8_t*>(from) + row * from_pitch, width);
    }
    if (kind == cudaMemcpyHostToDevice) ++EmulatedCuda().copies_to_device;
  });
  return cudaSuccess;
}

}  // extern "C"
