# A thin face over CMake. The two that matter: `make run` puts a newcomer into tern,
# `make check` builds with sanitizers and runs every test. What is missing from Debian's
# packages is named and installed first (.ci/packages).
PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
MINUTES ?= 10
SEED ?= 1
MAKEFLAGS += --no-print-directory
# Words for ctest, split by run_tests.py and not by a shell, for which ( | * mean something.
export CTEST ?=

PACKAGES = .ci/packages
CONFIGURE = cmake -S . -Wno-dev
DEMO = $(if $(findstring --demo,$(ARGS)),demo)

.PHONY: run build check chaos bench fuzz install format lint clean

run:
	@$(PACKAGES) install run $(DEMO)
	@$(MAKE) build
	@exec build/release/bin/tern $(ARGS)

build:
	@$(CONFIGURE) -B build/release -DTERN_TESTS=OFF "-DCMAKE_INSTALL_PREFIX=$(PREFIX)"
	@cmake --build build/release -j $(JOBS)

install:
	@$(PACKAGES) install build
	@$(MAKE) build
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

# The tests run with ASan and UBSan; the strict build is what is released, with -Werror and
# under gcc's analyzer.
check:
	@$(PACKAGES) install check
	@$(CONFIGURE) -B build/check -DTERN_SANITIZE=ON -DTERN_WERROR=ON -DCMAKE_BUILD_TYPE=Debug
	@cmake --build build/check -j $(JOBS)
	@$(CONFIGURE) -B build/strict -DTERN_TESTS=OFF -DTERN_WERROR=ON -DTERN_ANALYZE=ON
	@cmake --build build/strict -j $(JOBS)
	@tests/support/run_tests.py build/check

# Links are cut and processes killed while two clients talk; the build of `make check`.
chaos:
	@$(PACKAGES) install check
	@$(CONFIGURE) -B build/check -DTERN_SANITIZE=ON -DTERN_WERROR=ON -DCMAKE_BUILD_TYPE=Debug
	@cmake --build build/check -j $(JOBS)
	@TERN_SANITIZED=1 TERN_BUILD=$(CURDIR)/build/check tests/chaos/chaos.py \
		--minutes $(MINUTES) --seed $(SEED)

bench:
	@$(PACKAGES) install check
	@$(CONFIGURE) -B build/bench
	@cmake --build build/bench -j $(JOBS)
	@tests/bench/run_benches.py build/bench $(ARGS)

fuzz:
	@$(PACKAGES) install fuzz
	@CC=clang $(CONFIGURE) -B build/fuzz -DTERN_FUZZ=ON -DTERN_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug
	@cmake --build build/fuzz -j $(JOBS) --target fuzz_targets
	@tests/fuzz/run_fuzz.py build/fuzz $(FUZZ_SECONDS)

format:
	@git ls-files '*.c' '*.h' | xargs -r clang-format -i

lint:
	@$(PACKAGES) install lint
	@$(CONFIGURE) -B build/lint
	@tests/lint/analyze.py build/lint -j $(JOBS)

clean:
	rm -rf build
