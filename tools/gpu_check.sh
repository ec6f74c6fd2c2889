#!/usr/bin/env bash
# gpu_check.sh [OUTPUT.json]: on a machine with nvcc and an NVIDIA GPU, in under 6 minutes: builds, runs the conformance
# test on the cuda device, measures its throughput in the layers of 1B and 8B models and how near each kernel comes to
# its limit, and writes it all to OUTPUT.json (gpu_check.json). Fails where something is missing or wrong; nothing is
# written then. Needs what `make deps` installs.
#   CUDACXX  nvcc, if it is neither in PATH nor in /usr/local/cuda/bin
set -euo pipefail
output=$(realpath -m "${1:-gpu_check.json}")
cd "$(dirname "$0")/.."
build=build-gpu
log=$build/gpu_check.log
limit_s=350

fail() {
  echo "gpu_check.sh: error: $*" >&2
  exit 1
}

# within COMMAND..: in what is left of the time.
within() {
  local left=$((limit_s - SECONDS))
  ((left > 0)) || fail "out of time before: $*"
  timeout "$left" "$@"
}

nvcc=${CUDACXX:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
[[ -x $nvcc ]] || fail "no nvcc at $nvcc: install the CUDA toolkit, or set CUDACXX"
gpus=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null) ||
  fail "no GPU: nvidia-smi is missing or reports no driver"
[[ -n $gpus ]] || fail "no GPU: nvidia-smi lists none"

mkdir -p $build
export CUDACXX=$nvcc
# Where cuBLASLt is, if ldconfig does not know.
export LD_LIBRARY_PATH=$(dirname "$(dirname "$(realpath "$nvcc")")")/lib64:${LD_LIBRARY_PATH:-}
within cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON -DSOTTO_TESTS=ON \
  >$log 2>&1 || fail "cmake failed; see $log"
grep -q "cuda device: TRUE" $log || fail "CMake found no CUDA; see $log"
within cmake --build $build --target devices_test gpu_check >>$log 2>&1 ||
  fail "the build failed, or took too long; see $log"
echo "built after $SECONDS s" >&2

# The device alone and joined with others; the host's tests of its parts run everywhere.
within $build/tests/devices_test --gtest_filter='*cuda*:Cuda.*:CublasLt.*' \
  --gtest_output=json:$build/conformance.json >&2 || fail "the cuda device does not conform"
within $build/bench/gpu_check --device cuda:0 >$build/measured.json || fail "measuring failed"

python3 - "$build" "$gpus" "$("$nvcc" --version | tail -n 1)" "$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
  "$SECONDS" "$output" <<'PYTHON'
import json
import pathlib
import sys

build, gpus, nvcc, commit, seconds, output = sys.argv[1:]
conformance = json.loads((pathlib.Path(build) / "conformance.json").read_text())
cases = [case for suite in conformance["testsuites"] for case in suite["testsuite"]]
on_cuda = [case for case in cases if "cuda" in case["name"] and case.get("result") == "COMPLETED"]
skipped = [case["name"] for case in cases if case.get("result") == "SKIPPED"]
if not on_cuda or "DevicesConform" in skipped:
    sys.exit("gpu_check.sh: error: no test ran on a cuda device")
measured = json.loads((pathlib.Path(build) / "measured.json").read_text())
result = {"commit": commit, "gpus": gpus.splitlines(), "nvcc": nvcc, "seconds": int(seconds),
          "conformance": {"passed": len(on_cuda), "skipped": skipped}, **measured}
temporary = pathlib.Path(output + ".part")
temporary.write_text(json.dumps(result, indent=1) + "\n")
temporary.replace(output)
for kernel in result["roofline"]["kernels"]:
    print(f"{kernel['kernel']:14} {kernel['achieved']:.3g} of {kernel['peak']:.3g} ({kernel['limit']}): "
          f"{kernel['share']:.2f}")
for shape in result["shapes"]:
    print(f"{shape['model']:14} {shape['format']:22} {shape['tokens_per_second']:.0f} tokens/s")
PYTHON
echo "wrote $output after $SECONDS s" >&2
