# What a newcomer types. Everything real happens in Meson; build/ holds all results.
BUILD := build
FUZZ_SECONDS := 60
DIFFERENTIAL_COUNT := 10000

.PHONY: all demo run test test-sanitized test-clang differential bench bench-verify bench-kms soak fuzz fuzz-long fuzz-coverage lint install clean packages

all: packages $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

packages:
	@tools/packages check build

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_OPTIONS) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

demo:
	@tools/packages install build
	@$(MAKE) --no-print-directory all
	@tools/demo

run: all
	@tools/run

test:
	@tools/packages install test
	@tools/test

# The same tests on everything that runs natively, under ASan and UBSan, built by clang.
test-sanitized:
	@tools/packages install test
	@tools/test sanitized

# The verifier beside an independent one, on DIFFERENTIAL_COUNT changed cases.
differential:
	@tools/packages install test
	@$(MAKE) --no-print-directory all
	@ninja -C $(BUILD) --quiet tests/judge_cases tests/bound_quote
	@tests/e2e_differential.sh $(BUILD)/keyclave $(BUILD)/tests/judge_cases \
	    $(BUILD)/tests/bound_quote $(BUILD)/tests $(DIFFERENTIAL_COUNT)

bench: all
	@tools/bench

bench-verify: all
	@tools/bench verify snp

# The service beside nginx.
bench-kms: all
	@tools/bench-kms

# Twenty times killed in the middle of making keys.
soak:
	@tools/packages install test
	@$(MAKE) --no-print-directory all
	@ROUNDS=20 tests/e2e_crash.sh $(BUILD)/keyclave $(BUILD)/tests/crash_client

# Every fuzzer for FUZZ_SECONDS; `make fuzz-long` for ten minutes each and until a minute brings
# nothing new.
fuzz:
	@tools/packages install test
	@tools/fuzz $(FUZZ_SECONDS)

fuzz-long:
	@tools/packages install test
	@tools/fuzz -q 600

# Lines of src/core that the seeds of fuzz_service reach by themselves, by file.
fuzz-coverage:
	@tools/packages install test
	@tools/fuzz-coverage

lint:
	@tools/lint

# The linker's cache, so that programs find the libraries; not for packages, which are put together
# in DESTDIR.
install: all
	@meson install -C $(BUILD) --no-rebuild
	@[ -n "$(DESTDIR)" ] || ldconfig

clean:
	rm -rf build build-sanitized build-fuzz build-coverage build-lint
