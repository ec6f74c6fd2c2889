# The front door. Everything real is in CMake (CMakePresets.json) and tools/.
#
#   make            build the programs into build/bin
#   make demo       install what is missing, build, prefill the example prompts
#   make test       install what is missing, build, run every test (also under sanitizers)
#   make check      after a change: build what it touches, run unit tests and those of the tree
#   make bench      measure kernels and prefill (BENCH_MODEL=DIR, BENCH_FLAGS=..)
#   make fuzz       run the fuzzers (FUZZ_SECONDS each)
#   make install    [PREFIX=/usr/local] [DESTDIR=]   make deb     build a Debian package
#   make format     make lint     make fresh     make clean      SGX=1 (see packaging/gramine)
#   make REPRODUCIBLE=1 [SGX=1]   sotto, the same bytes from the same commit and packages
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
DEMO_JSON ?= build/demo_results.json
SOURCES = $(shell git ls-files '*.cc' '*.h')

ifeq ($(SGX),1)
ifeq ($(shell command -v gramine-manifest),)
$(error Gramine is not installed: Debian lacks it, packages.gramineproject.io has it (docs/deployment.md: The host))
endif
endif

all: programs

# What is shipped. Tests and benchmarks build the rest when they need it.
ifneq ($(REPRODUCIBLE),1)
programs: build/build.ninja
	cmake --build build --target sotto_programs sotto_shared sotto_python man
endif

build/build.ninja: CMakeLists.txt CMakePresets.json
	cmake --preset release

ifeq ($(REPRODUCIBLE),1)
# The commit's own program, which anybody can build again (docs/deployment.md: The same measurement).
GRAMINE_FLAGS = PROGRAM=../../build-reproducible/bin/sotto DATE=$(shell git log -1 --format=%cs) \
  BUILDINFO=../../build-reproducible/sotto.buildinfo
programs:
	tools/reproducible_build.sh
endif

ifeq ($(SGX),1)
# For the enclave: packaging/gramine makes and signs the manifest, and runs what there is inside.
all: enclave
enclave: programs
	$(MAKE) -C packaging/gramine SGX=1 $(GRAMINE_FLAGS)
demo test: deps programs
	$(MAKE) -C packaging/gramine $@ SGX=1 $(GRAMINE_FLAGS)
else
demo: deps-build build/build.ninja
	cmake --build build --target sotto
	tools/demo.sh $(DEMO_JSON)

test: deps
	tools/run_tests.sh
endif

deps:
	@tools/install_packages.sh packages.txt

check: deps build/build.ninja
	cmake --build build --target all tests_unit
	ctest --test-dir build --parallel $$(nproc) --output-on-failure --label-regex 'unit|tree'

deps-build:
	@tools/install_packages.sh packages.txt build

deps-deb:
	@tools/install_packages.sh packages.txt build opencl python deb

bench: deps
	$(MAKE) programs
	cmake --build build --target benchmarks
	tools/run_benchmarks.sh build/bench
	tools/run_prefill_bench.sh build "$(BENCH_MODEL)" $(BENCH_FLAGS)

fuzz: deps
	cmake --preset fuzz
	cmake --build --preset fuzz
	tools/run_fuzzers.sh build-fuzz/bin $(FUZZ_SECONDS)

install: programs
	DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX)
	@# Into the running system: the loader is told of the library.
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

deb: deps-deb
	cmake --preset deb
	cmake --build build-deb --target sotto_programs sotto_shared sotto_python man
	cd build-deb && cpack -G DEB
	@ls build-deb/*.deb

format: deps
	clang-format-14 -i $(SOURCES)

lint: deps
	cmake --preset lint -DSOTTO_TESTS=ON
	cmake --build build-lint --target sotto_proto
	tools/run_clang_tidy.sh build-lint

# A minimal Debian 12 in a chroot, a clean clone, `make demo` and `make test`. Needs root.
fresh:
	tools/fresh.sh

clean:
	rm -rf build build-deb build-reproducible build-asan build-tsan build-fuzz build-lint

.PHONY: all programs enclave demo test check deps deps-build deps-deb bench fuzz install deb format lint fresh clean
