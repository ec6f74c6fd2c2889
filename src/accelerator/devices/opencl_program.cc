#include "accelerator/devices/opencl_program.h"

#include "accelerator/devices/opencl_kernels.h"
#include "base/strings.h"

namespace sotto {
namespace {

const char* CompilerFlagOf(StoredWeights weights) {
  switch (weights) {
    case StoredWeights::kPlain:
      break;
    case StoredWeights::kHalf:
      return " -DHALF_WEIGHTS";
    case StoredWeights::kWide:
      return " -DWIDE_WEIGHTS";
  }
  return "";
}

absl::StatusOr<cl::Kernel> CompileKernel(const OpenClQueue& queue, const char* name,
                                         const OpenClTiling& tiling, StoredWeights weights) {
  cl_int code = CL_SUCCESS;
  cl::Program program(queue.context, std::string(kOpenClKernels), /*build=*/false, &code);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clCreateProgramWithSource"));
  const std::string flags =
      StrCat("-cl-mad-enable ", tiling.CompilerFlags(), CompilerFlagOf(weights));
  if (program.build({queue.device}, flags.c_str()) != CL_SUCCESS) {
    return absl::InternalError(
        StrCat("OpenCL compiler: ", program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(queue.device)));
  }
  cl::Kernel kernel(program, name, &code);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clCreateKernel"));
  return kernel;
}

}  // namespace

absl::Status OpenClStatus(cl_int code, const char* what) {
  switch (code) {
    case CL_SUCCESS:
      return absl::OkStatus();
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
      return absl::ResourceExhaustedError(StrCat(what, ": no memory (OpenCL code ", code, ")"));
    default:
      return absl::InternalError(StrCat(what, ": OpenCL code ", code));
  }
}

absl::StatusOr<OpenClQueue> OpenClQueue::Create(const cl::Device& device) {
  OpenClQueue made;
  made.device = device;
  cl_int code = CL_SUCCESS;
  made.context = cl::Context(device, nullptr, nullptr, nullptr, &code);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clCreateContext"));
  made.queue = cl::CommandQueue(made.context, device, cl_command_queue_properties{0}, &code);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clCreateCommandQueue"));
  return made;
}

absl::StatusOr<cl::Buffer> OpenClQueue::Allocate(size_t size_bytes) const {
  cl_int code = CL_SUCCESS;
  cl::Buffer buffer(context, CL_MEM_READ_WRITE, size_bytes, nullptr, &code);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clCreateBuffer"));
  return buffer;
}

absl::StatusOr<cl::Buffer> OpenClScratch::AtLeast(const OpenClQueue& queue, size_t size_bytes) {
  if (size_bytes_ < size_bytes) {
    buffer_ = cl::Buffer();  // Before the next is made, so that both never exist.
    size_bytes_ = 0;
    SOTTO_ASSIGN_OR_RETURN(buffer_, queue.Allocate(size_bytes));
    size_bytes_ = size_bytes;
  }
  return buffer_;
}

absl::StatusOr<OpenClProduct> OpenClProduct::Compile(const OpenClQueue& queue, const char* kernel,
                                                     const OpenClTiling& tiling,
                                                     StoredWeights weights) {
  if (tiling.group_size() > queue.device.getInfo<CL_DEVICE_MAX_WORK_GROUP_SIZE>() ||
      tiling.local_bytes() > queue.device.getInfo<CL_DEVICE_LOCAL_MEM_SIZE>()) {
    return absl::FailedPreconditionError("tiling beyond the device's work-group or local memory");
  }
  OpenClProduct product;
  product.tiling_ = tiling;
  SOTTO_ASSIGN_OR_RETURN(product.kernel_, CompileKernel(queue, kernel, tiling, weights));
  return product;
}

absl::Status OpenClProduct::Enqueue(const OpenClQueue& queue, uint32_t tokens, uint32_t n_in,
                                    uint32_t n_out, const cl::Buffer& x, const cl::Buffer& w,
                                    const cl::Buffer& y) {
  cl_int code = kernel_.setArg(0, tokens);
  code |= kernel_.setArg(1, n_in);
  code |= kernel_.setArg(2, n_out);
  code |= kernel_.setArg(3, x);
  code |= kernel_.setArg(4, w);
  code |= kernel_.setArg(5, y);
  SOTTO_RETURN_IF_ERROR(OpenClStatus(code, "clSetKernelArg"));
  const auto groups = [](size_t n, size_t tile) { return (n + tile - 1) / tile; };
  const cl::NDRange local(tiling_.group_outputs(), tiling_.group_tokens());
  const cl::NDRange global(groups(n_out, tiling_.tile_outputs) * local[0],
                           groups(tokens, tiling_.tile_tokens) * local[1]);
  return OpenClStatus(queue.queue.enqueueNDRangeKernel(kernel_, cl::NullRange, global, local),
                      "clEnqueueNDRangeKernel");
}

absl::StatusOr<OpenClTranspose> OpenClTranspose::Compile(const OpenClQueue& queue,
                                                         const char* kernel,
                                                         StoredWeights weights) {
  OpenClTranspose transpose;
  // Any tiling: the source's products need one to compile.
  SOTTO_ASSIGN_OR_RETURN(transpose.kernel_,
                         CompileKernel(queue, kernel, kOpenClTilings[0], weights));
  return transpose;
}

absl::Status OpenClTranspose::Run(const OpenClQueue& queue, size_t rows, size_t columns,
                                  const cl::Buffer& from, const cl::Buffer& to) {
  SOTTO_RETURN_IF_ERROR(
      OpenClStatus(kernel_.setArg(0, from) | kernel_.setArg(1, to), "clSetKernelArg"));
  SOTTO_RETURN_IF_ERROR(OpenClStatus(
      queue.queue.enqueueNDRangeKernel(kernel_, cl::NullRange, cl::NDRange(rows, columns)),
      "clEnqueueNDRangeKernel"));
  return OpenClStatus(queue.queue.finish(), "clFinish");
}

}  // namespace sotto
