# Speed, compared with PyTorch's. bench/run documents the measurements.

BENCH_PACKAGES = debootstrap libheif-examples libvips-tools python3-torch python3-torchvision python3-pil python3-numpy
# In the tree: what torch.compile needs, a fast BLAS, and other readers of JPEG files.
TRIXIE_PACKAGES = python3-torch python3-torchvision python3-setuptools python3-dev libtorch-dev g++ \
	libopenblas0-openmp python3-opencv libvips-tools
BENCH = $(BUILD)/bench/engine $(BUILD)/bench/jpegs $(BUILD)/bench/skip_idiv.so

## folder of the Debian 13 that `make deps-bench` makes, 2.6 GB; `make clean` spares it
TRIXIE ?= build/trixie

$(BUILD)/bench/%: bench/%.c $(BUILD)/liblint.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$@)$(LINK) -o $@ $< $(BUILD)/liblint.a $(LIBS)

$(BUILD)/bench/%.so: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$@)$(LINK) -fPIC -shared -o $@ $<

## measure speed and memory, compared with PyTorch's; half an hour, as root, on a quiet machine
bench: all $(BENCH)
	@bench/run --tree $(call quote,$(TRIXIE)) $(BUILD)

## the same with fewer rows and repeats, and without torch.compile: a few minutes
bench-quick: all $(BENCH)
	@bench/run --quick --tree $(call quote,$(TRIXIE)) $(BUILD)

## install this Debian's PyTorch for the bench, and that of Debian 13 in TRIXIE; as root
deps-bench:
	@pipelines/install-packages $(BENCH_PACKAGES)
	@bench/make-tree $(call quote,$(TRIXIE)) $(TRIXIE_PACKAGES)

.PHONY: bench bench-quick deps-bench
