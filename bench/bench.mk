# Speed, compared with PyTorch's. bench/run documents the measurements.

BENCH_PACKAGES = python3-torch python3-torchvision python3-pil python3-numpy
BENCH = $(BUILD)/bench/engine $(BUILD)/bench/jpegs

$(BUILD)/bench/%: bench/%.c $(BUILD)/liblint.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$@)$(LINK) -o $@ $< $(BUILD)/liblint.a $(LIBS)

## measure speed and memory, compared with PyTorch's; takes minutes, on a quiet machine
bench: all $(BENCH)
	@bench/run $(BUILD)

## the same with fewer repeats: under two minutes
bench-quick: all $(BENCH)
	@bench/run --quick $(BUILD)

## install PyTorch for the bench, on Debian, as root or with sudo
deps-bench:
	@pipelines/install-packages $(BENCH_PACKAGES)

.PHONY: bench bench-quick deps-bench
