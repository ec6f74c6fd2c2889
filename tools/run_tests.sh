#!/usr/bin/env bash
# Every test in Release; label `unit` again under ASan + UBSan; label `threaded` under TSan. The last
# line counts the cases of all three. Fails when a case fails or a build does.
set -euo pipefail
cd "$(dirname "$0")/.."

# In Release one more than processors: tests that wait for a timeout leave theirs to others.
jobs=$(($(nproc) + 1))
# Memory that is not given is tested: null, as without a sanitizer.
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export LSAN_OPTIONS="suppressions=$PWD/testing/lsan_suppressions.txt:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="suppressions=$PWD/testing/tsan_suppressions.txt:second_deadlock_stack=1"
failed=0
launcher=()

# run BUILD_DIR CTEST_ARGUMENTS...
run() {
  local dir=$1
  shift
  rm -rf "$dir/test-results"
  mkdir -p "$dir/test-results"
  "${launcher[@]}" ctest --test-dir "$dir" --parallel "$jobs" --output-on-failure --no-tests=error \
    --output-junit test-results/ctest.xml "$@" || failed=1
}

cmake --preset release -DSOTTO_TESTS=ON
cmake --build build --target all tests
run build

jobs=$(nproc)
cmake --preset asan -DSOTTO_TESTS=ON
cmake --build --preset asan
run build-asan --label-regex unit

cmake --preset tsan -DSOTTO_TESTS=ON
cmake --build --preset tsan
# TSan of g++ 12 knows fewer memory layouts than newer kernels choose from.
setarch --addr-no-randomize true 2>/dev/null && launcher=(setarch --addr-no-randomize)
run build-tsan --label-regex threaded

python3 tools/count_tests.py build build-asan build-tsan || failed=1
exit $failed
