# Every outside library, found once here. All are Debian bookworm packages (packages.txt).
function(sotto_need found what)
  if(NOT ${found})
    message(FATAL_ERROR "${what} is not installed; `make deps-build` installs all that a build needs "
                        "on Debian 12 (packages.txt)")
  endif()
endfunction()

find_package(Threads REQUIRED)
foreach(package PkgConfig absl dnnl simdjson nlohmann_json CLI11 Protobuf)
  find_package(${package} QUIET)
  sotto_need(${package}_FOUND ${package})
endforeach()
find_package(prometheus-cpp QUIET COMPONENTS core)
sotto_need(prometheus-cpp_FOUND prometheus-cpp)
find_package(OpenSSL 3 QUIET)
sotto_need(OpenSSL_FOUND "OpenSSL 3")
find_package(OpenMP QUIET COMPONENTS CXX)
sotto_need(OpenMP_CXX_FOUND OpenMP)
find_package(Boost 1.74 QUIET)  # Headers of Beast and Asio only.
sotto_need(Boost_FOUND Boost)
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h)  # Headers only: no library to load.
sotto_need(TOMLPLUSPLUS_INCLUDE_DIR toml++)
pkg_check_modules(PCRE2 QUIET IMPORTED_TARGET libpcre2-8)
sotto_need(PCRE2_FOUND PCRE2)
pkg_check_modules(UTF8PROC QUIET IMPORTED_TARGET libutf8proc)
sotto_need(UTF8PROC_FOUND utf8proc)
pkg_check_modules(GRPC QUIET IMPORTED_TARGET grpc++)
sotto_need(GRPC_FOUND "gRPC (grpc++)")
find_program(SOTTO_ESBUILD esbuild)
sotto_need(SOTTO_ESBUILD esbuild)

# What only a part needs: that part is left out, and said to be, where it is not installed.
find_package(OpenCL)
message(STATUS "opencl device: ${OpenCL_FOUND}")
find_package(GTest)
find_package(benchmark)
find_package(zydis QUIET)
# Debian's own interpreter: the modules of packages.txt are installed for it.
set(Python3_EXECUTABLE /usr/bin/python3)
find_package(Python3 REQUIRED COMPONENTS Interpreter OPTIONAL_COMPONENTS Development.Module)
set(PYBIND11_NOPYTHON ON)  # The headers are enough.
find_package(pybind11)
# Not with sanitizers, which would have to be in the interpreter.
set(SOTTO_HAVE_PYTHON FALSE)
if(pybind11_FOUND AND Python3_Development.Module_FOUND AND NOT SOTTO_SANITIZE AND NOT SOTTO_FUZZERS)
  set(SOTTO_HAVE_PYTHON TRUE)
endif()
message(STATUS "python module: ${SOTTO_HAVE_PYTHON}")
option(SOTTO_TESTS "Build tests and benchmarks; they must not be left out in silence" OFF)
if(SOTTO_TESTS AND NOT (GTest_FOUND AND zydis_FOUND AND benchmark_FOUND AND OpenCL_FOUND
                        AND pybind11_FOUND))
  message(FATAL_ERROR
    "SOTTO_TESTS: GoogleTest, Google Benchmark, Zydis, OpenCL and pybind11 are needed (make deps)")
endif()
set(SOTTO_HAVE_TESTS FALSE)
if(GTest_FOUND AND zydis_FOUND)
  set(SOTTO_HAVE_TESTS TRUE)
endif()
message(STATUS "tests: ${SOTTO_HAVE_TESTS}")

# The cuda device is built where nvcc is; nothing else needs it. SOTTO_CUDA=OFF leaves it out, as the
# Debian package must: what is in it may not depend on what the building machine has.
option(SOTTO_CUDA "Build the cuda device where nvcc is installed" ON)
set(SOTTO_HAVE_CUDA FALSE)
# Of cuBLASLt the header: the library is loaded when a cuda device is asked for. The headers alone are
# enough for the tests that emulate CUDA.
find_path(SOTTO_CUDA_HEADERS cublasLt.h PATHS /usr/local/cuda/include)
if(SOTTO_CUDA AND NOT SOTTO_SANITIZE AND NOT SOTTO_FUZZERS)
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_ARCHITECTURES 80)  # With its intermediate code, which later GPUs translate.
    enable_language(CUDA)
    find_package(CUDAToolkit)
    find_path(SOTTO_CUDA_HEADERS cublasLt.h PATHS ${CUDAToolkit_INCLUDE_DIRS})
    if(TARGET CUDA::cudart_static AND SOTTO_CUDA_HEADERS)
      set(SOTTO_HAVE_CUDA TRUE)
    endif()
  endif()
  message(STATUS "cuda device: ${SOTTO_HAVE_CUDA}")
endif()
