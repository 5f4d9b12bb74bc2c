# lint: train image classifiers that look at the object and not at its background.
# `make help` lists targets and settings. Their texts are the lines that begin with ##.

# --- settings ------------------------------------------------------------------------------

## C compiler
CC ?= cc
## compiler flags for optimisation and debugging; a change rebuilds everything
CFLAGS ?= -O2 -g
## not empty: a build with address and undefined-behaviour sanitizers
SANITIZE ?=
## folder for built programs
BUILD ?= build$(if $(SANITIZE),/sanitized)
## not empty: the compiler's command lines, and the number of files that each stage read
V ?=
## folder that `make install` installs to, below DESTDIR
PREFIX ?= /usr/local

# --- dependencies ----------------------------------------------------------------------------

# pkg-config's name of each library, and the Debian package that holds it.
LIBRARIES = libpng:libpng-dev zlib:zlib1g-dev openblas:libopenblas-dev jansson:libjansson-dev \
	libjpeg:libjpeg-dev cairo:libcairo2-dev
PKGS = $(foreach l,$(LIBRARIES),$(firstword $(subst :, ,$l)))
BUILD_PACKAGES = $(if $(findstring clang,$(CC)),clang,gcc) libc6-dev pkg-config $(foreach l,$(LIBRARIES),$(lastword $(subst :, ,$l)))
BATS_PACKAGES = bats bats-assert bats-file bats-support
# What the tests use: git for `make diff`, another image library, readers of man pages, shells, and
# other languages that read lint's files.
TEST_PACKAGES = $(BATS_PACKAGES) libcmocka-dev chromium git imagemagick man-db mandoc perl procps python3 zsh
TORCH_PACKAGES = $(BATS_PACKAGES) libcmocka-dev python3-torch python3-torchvision python3-pil
FORMAT_PACKAGES = clang-format
LINT_PACKAGES = $(FORMAT_PACKAGES) clang-tidy libcmocka-dev
# Where npm comes from elsewhere than Debian, Debian's is not to be had beside it.
PRETRAINED_PACKAGES = $(BATS_PACKAGES) tuxpaint-stamps-default $(if $(shell command -v npm),,nodejs npm)
SLURM_PACKAGES = $(BATS_PACKAGES) slurmctld slurmd slurm-client munge
DEB_PACKAGES = debhelper dpkg-dev

SHELL = /bin/bash
MAKEFLAGS += --no-builtin-rules
.SHELLFLAGS = -eu -o pipefail -c

# pkg-config is asked once, and only when a recipe needs the answer, since `make deps all` may have
# installed it just before.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $$(PKGS) 2>/dev/null))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $$(PKGS) 2>/dev/null))$(PKG_LIBS)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wvla
SAN = $(if $(SANITIZE),-DLINT_SANITIZE -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined)
# The same sources give the same programs in any folder, so that clones can share a cache. $PWD is the
# shell's, since make's CURDIR cannot be quoted within other quotes.
ANYWHERE = -ffile-prefix-map="$$PWD"=.
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib $(PKG_CFLAGS) $(CFLAGS) $(ANYWHERE) $(SAN) -pthread
LIBS = $(PKG_LIBS) -lm -pthread
COMPILE = $(CC) $(ALL_CFLAGS) -MMD -MP
LINK = $(COMPILE) -Wl,--as-needed $(LDFLAGS)
say = $(if $(V),,@echo "  $1"; )

KERNELS = engine/kernels/kernels
LIB_SOURCE = $(wildcard lib/*/*.c lib/*/*/*.c)
LIB_OBJ = $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(filter-out lib/$(KERNELS).c,$(LIB_SOURCE)))

# The inner loops are compiled once for each instruction set; at run time the best one that the
# processor supports is used. -ffp-contract turns a multiplication and an addition into one instruction.
ifeq ($(shell uname -m),x86_64)
LIB_OBJ += $(foreach v,v2 v3 v4,$(BUILD)/lib/$(KERNELS)-$v.o)
VECTOR_v2 = 16
VECTOR_v3 = 32
VECTOR_v4 = 64
KERNEL_FLAGS = -march=x86-64-$* -DLINT_KERNELS=lint_kernels_$* -DLINT_KERNELS_NAME='"$*"' \
	-DLINT_VECTOR=$(VECTOR_$*)
else
LIB_OBJ += $(BUILD)/lib/$(KERNELS)-plain.o
endif

TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
TEST_OBJ = $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(filter-out tests/support/test_%,$(wildcard tests/support/*.c)))
# Sanitizers quarantine freed memory, so the memory use of a training means nothing under them.
TESTS = $(filter-out $(if $(SANITIZE),%/test_memory),\
	$(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*/test_*.c)))

quote = '$(subst ','\'',$1)'

# Writes the text $1 and the output of the command $2 to the target, unless it holds them already. So
# targets that depend on it are remade only if one of them changes.
define remember
@mkdir -p $(@D); now=$$(printf '%s\n' $(call quote,$1); $2); \
[ "$$now" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$now" >$@
endef

# --- build -----------------------------------------------------------------------------------

## build the tools
all: $(TOOLS) $(BUILD)/stage

# Everything compiled depends on this file, so missing libraries give one message, and new flags a new
# build. `make deps all` and `make clean all` finish the first target before the second, even with -j.
$(BUILD)/flags: FORCE | $(filter deps clean,$(MAKECMDGOALS))
	@missing=; pkg-config --exists $(PKGS) 2>/dev/null || for l in $(LIBRARIES); do \
	    pkg-config --exists "$${l%:*}" 2>/dev/null || missing+=" $${l#*:}"; done; \
	command -v pkg-config >/dev/null || missing=" pkg-config$$missing"; \
	command -v $(firstword $(CC)) >/dev/null || missing=" $(firstword $(BUILD_PACKAGES)) (the compiler '$(firstword $(CC))')$$missing"; \
	[ -z "$$missing" ] || { echo "lint cannot be built yet. Missing Debian packages:$$missing"; \
	    echo "'make deps' installs them, as root or with sudo."; exit 1; } >&2
	$(call remember,$(LINK) $(LIBS))

$(BUILD)/liblint.a: $(LIB_OBJ)
	$(call say,$@)rm -f $@ && ar rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) -c -o $@ $<

# Plain loops over many numbers, which the compiler vectorises. Without `private`, build/flags would
# inherit the flag from some of its dependents.
$(addprefix $(BUILD)/lib/,train/optim.o engine/layers/add.o engine/layers/avgpool.o \
    engine/layers/input.o engine/cam_loss.o engine/net.o engine/net_cam.o engine/net_cam_gradient.o \
    engine/net_features.o picture/affinity.o \
    picture/find_mask.o picture/saliency.o picture/superpixels.o): private ALL_CFLAGS += -O3

$(BUILD)/lib/$(KERNELS)-%.o: lib/$(KERNELS).c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) -O3 -ffp-contract=fast $(KERNEL_FLAGS) -c -o $@ $<

$(BUILD)/lint-%: tools/lint-%.c $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -o $@ $< $(BUILD)/liblint.a $(LIBS)

# The stage runner is not one of lint's tools and is not installed. It starts for every stage, so it is
# linked only with what it uses.
$(BUILD)/%: pipelines/%/main.c $(wildcard pipelines/stage/*.[ch]) $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -o $@ $(filter %.c %.a,$^) $(LIBS)

# The reference for the engine; see the file.
$(BUILD)/trainer: docs/trainer.c $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -o $@ $< $(BUILD)/liblint.a $(LIBS)

$(BUILD)/tests/%.o: tests/%.c $(BUILD)/flags | test-needs
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) -Itests -c -o $@ $<

# Shared by test programs; an archive, so that each links only what it uses.
$(BUILD)/tests/support.a: $(TEST_OBJ)
	$(call say,$@)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/%: tests/%.c $(BUILD)/tests/support.a $(BUILD)/liblint.a $(BUILD)/flags | test-needs
	@mkdir -p $(@D)
	$(call say,$@)$(LINK) -Itests -o $@ $< $(BUILD)/tests/support.a $(BUILD)/liblint.a $(LIBS) -lcmocka

test-needs: | $(filter deps,$(MAKECMDGOALS))
	@missing=; command -v bats >/dev/null || missing+=" bats bats-assert bats-file bats-support"; \
	pkg-config --exists cmocka 2>/dev/null || missing+=" libcmocka-dev"; \
	[ -z "$$missing" ] || { echo "The tests cannot run yet. Missing Debian packages:$$missing"; \
	    echo "'make deps test' installs them, as root or with sudo."; exit 1; } >&2

## run all tests; the last line is `N passed, N failed`
test: all $(BUILD)/trainer $(TESTS) | test-needs
	tests/run $(BUILD)

test-programs: $(TESTS)

## run only the library's tests
test-library: all $(TESTS) | test-needs
	tests/run $(BUILD) library

# $(call installed,COMMANDS,PACKAGES): an error if one of the commands is missing.
installed = @PATH+=:/usr/sbin; [ "$$(command -v $1 | wc -l)" -eq $(words $1) ] || { \
	echo "Missing Debian packages, of: $2"; \
	echo "'make deps $@' installs them, as root or with sudo."; exit 1; } >&2

## test the exchange of weights with PyTorch: both must give the same logits
test-torch: all $(BUILD)/tests/engine/torch/one_step | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats,$(TORCH_PACKAGES))
	@/usr/bin/python3 -c 'import torchvision, PIL' 2>/dev/null || { \
	    echo "Missing Debian packages, of: $(TORCH_PACKAGES)"; \
	    echo "'make deps $@' installs them, as root or with sudo."; exit 1; } >&2
	@BUILD=$(abspath $(BUILD)) PATH="$(abspath $(BUILD)):$$PATH" bats --tap tests/engine/torch/torch.bats | awk -f tests/support/count.awk

# TensorFlow Hub's MobileNetV2 1.4, trained on ImageNet, from the package of a project that trained
# another last layer: MIT. It is read as data; nothing of it is run.
PRETRAINED = data/pretrained
NSFWJS = nsfwjs@4.4.0
NSFWJS_SHA256 = 585cd178f3b994337c4d10a87b080d342fc52f8b9bf0085c4d1f345a3a1c5382

## get weights trained on ImageNet by npm, for models/mobilenet_v2_140.net: for experiments and tests
pretrained: $(PRETRAINED)/mobilenet_v2_140.safetensors

$(PRETRAINED)/package/LICENSE: | $(filter deps,$(MAKECMDGOALS))
	@[ "$$(command -v npm node | wc -l)" -eq 2 ] || { echo "Missing Debian packages, of: $(PRETRAINED_PACKAGES)"; \
	    echo "'make deps pretrained' installs them, as root or with sudo."; exit 1; } >&2
	@mkdir -p $(PRETRAINED)
	cd $(PRETRAINED) && npm pack --loglevel=error $(NSFWJS)
	cd $(PRETRAINED) && echo '$(NSFWJS_SHA256)  $(subst @,-,$(NSFWJS)).tgz' | sha256sum --check --quiet
	cd $(PRETRAINED) && tar -xzmf $(subst @,-,$(NSFWJS)).tgz package/dist/models/mobilenet_v2_mid package/LICENSE

$(PRETRAINED)/mobilenet_v2_140.safetensors: $(PRETRAINED)/package/LICENSE tests/engine/pretrained/convert tests/engine/pretrained/model.js
	$(call say,$@)tests/engine/pretrained/convert $(PRETRAINED)/package/dist/models/mobilenet_v2_mid $@

## check those weights: logits against the package's own graph, features on photographs
test-pretrained: all pretrained | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats node,$(PRETRAINED_PACKAGES))
	@PATH="$(abspath $(BUILD)):$$PATH" bats --tap tests/engine/pretrained/pretrained.bats | awk -f tests/support/count.awk

## test sweeps on a Slurm that the test starts itself; as root
test-slurm: all | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats sbatch slurmctld slurmd munged,$(SLURM_PACKAGES))
	@tests/pipelines/slurm/run $(BUILD)

## test the Debian package in a minimal Debian; as root
test-deb: deb
	$(call installed,bats debootstrap lintian,$(BATS_PACKAGES) lintian debootstrap)
	@tests/make/deb/run $(BUILD)

# $(call needs,TARGETS,PACKAGES): the packages if one of the targets is asked for, or deps alone. So
# `make deps pipeline` does not install the tests' browser.
needs = $(if $(filter $1,$(or $(filter-out deps,$(MAKECMDGOALS)),$1)),$2)
# $(call named,TARGETS,PACKAGES): the packages only if a target is named: PyTorch, daemons, packaging.
named = $(if $(filter $1,$(MAKECMDGOALS)),$2)

## install missing Debian packages for the other targets named, or for all; as root or with sudo
deps:
	@pipelines/install-packages $(BUILD_PACKAGES) $(call needs,test,$(TEST_PACKAGES)) \
	    $(call needs,test-programs test-library check coverage,$(BATS_PACKAGES) libcmocka-dev) \
	    $(call needs,check format format-check,$(FORMAT_PACKAGES)) $(call needs,lint,$(LINT_PACKAGES)) \
	    $(call needs,report test,$(REPORT_PACKAGES)) \
	    $(call named,test-torch,$(TORCH_PACKAGES)) \
	    $(call named,pretrained test-pretrained,$(PRETRAINED_PACKAGES)) \
	    $(call named,test-slurm,$(SLURM_PACKAGES)) $(call named,deb test-deb,$(DEB_PACKAGES)) \
	    $(call named,test-deb,$(BATS_PACKAGES) lintian debootstrap)

# --- for developers --------------------------------------------------------------------------

C_FILES = $(filter-out tests/golden/%,$(wildcard $(foreach d,lib tools pipelines tests bench,\
	$(addprefix $d/,*.[ch] */*.[ch] */*/*.[ch]))))

# The comparison of whole networks with PyTorch's numbers takes ten times as long as all other tests.
QUICK_TESTS = $(filter-out golden,$(patsubst test_%,%,$(notdir $(TESTS))))

## run quick checks before a commit: build, format, include order, all library tests but test_golden
check: all $(TESTS) format-check include-order | test-needs
	@tests/run $(BUILD) $(QUICK_TESTS) | grep -vE '^(ok |1\.\.|#)'

include-order:
	@tests/make/include-order lib/*/*.[ch] lib/*/*/*.[ch]

format-check: | $(filter deps,$(MAKECMDGOALS))
	$(call installed,clang-format,$(FORMAT_PACKAGES))
	@clang-format --dry-run -Werror $(C_FILES)

## format all C files, with clang-format 14
format: | $(filter deps,$(MAKECMDGOALS))
	$(call installed,clang-format,$(FORMAT_PACKAGES))
	clang-format -i $(C_FILES)

# clang-tidy takes a second or more for each file, so it runs once for each processor.
## check the format, and list suspected bugs that clang-tidy finds
lint: format-check | $(filter deps,$(MAKECMDGOALS))
	$(call installed,clang-tidy,$(LINT_PACKAGES))
	@printf '%s\0' $(filter-out lib/base/err.c,$(filter %.c,$(C_FILES))) | xargs -0 -n 4 -P "$$(nproc)" sh -c \
	    'clang-tidy --quiet "$$@" -- $(subst ','\'',$(TIDY_FLAGS)) 2>/dev/null' clang-tidy
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE= -include tests/make/tidy.h -Ilib -Itests $(PKG_CFLAGS) -DLINT_VECTOR=32 \
	-DLINT_KERNELS=lint_kernels_v3 -DLINT_KERNELS_NAME="\"v3\""

## how long `make fuzz` tries
FUZZ_SECONDS ?= 60

FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
# What libFuzzer starts from: files that are read, and files that break one rule each.
FUZZ_SEEDS = $(wildcard tests/golden/weights/* tests/stream/*-torch/*.pth tests/stream/*-torch/*/*.pth)

## feed files of weights that clang's libFuzzer makes up to their reader, with sanitizers
fuzz: $(FUZZERS)
	@for f in $(FUZZERS); do \
	    mkdir -p "$$f.found"; \
	    for s in $(FUZZ_SEEDS); do cp "$$s" "$$f.found/$$(sha256sum <"$$s" | cut -c 1-16)"; done; \
	    "$$f" -max_len=8192 -timeout=10 -max_total_time=$(FUZZ_SECONDS) -artifact_prefix="$$f." "$$f.found"; \
	done

$(BUILD)/fuzz/%: tests/fuzz/%.c $(wildcard lib/base/*.[ch] lib/stream/*.[ch])
	@mkdir -p $(@D)
	$(call say,$@)clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -Ilib -o $@ $< $(wildcard lib/base/*.c lib/stream/*.c) \
	    $(PKG_CFLAGS) $(LIBS)

## build without optimisation and with all debugging information, in BUILD/debug
debug:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/debug CFLAGS='-O0 -g3' all

## names of the tests that `make coverage` runs; empty: all
COVERAGE_TESTS ?=

## run tests, and print the share of lines that they reach, for each folder
coverage: | $(filter deps,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage CFLAGS='-O1 -g --coverage -fprofile-update=atomic' all coverage-tests
coverage-tests: all $(TESTS)
	@find $(BUILD) -name '*.gcda' -delete
	@tests/run $(BUILD) $(COVERAGE_TESTS) | grep -E '^not ok |passed' || true
	@find $(BUILD) -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk -f tests/make/coverage.awk

# Man pages and completions are made from the tools' --help=table.
SHARE = $(BUILD)/share
NAMES = $(notdir $(TOOLS))
VERSION = $(shell sed -n 's/^.define LINT_VERSION "\(.*\)"/\1/p' lib/base/cli.h)
SHARED = $(NAMES:%=man/man1/%.1) \
	$(foreach p,$(patsubst docs/man/%.in,%,$(wildcard docs/man/*.[57].in)),man/man$(subst .,,$(suffix $p))/$p) \
	$(NAMES:%=bash-completion/completions/%) $(NAMES:%=zsh/site-functions/_%)
page = awk -v version=$(VERSION) -f docs/man/page.awk

## make the man pages and the shells' completions, in BUILD/share
pages: $(SHARED:%=$(SHARE)/%)

$(SHARE)/man/man1/%.1: docs/man/%.1.in docs/man/page.awk $(BUILD)/%
	@mkdir -p $(@D)
	$(call say,$@)$(BUILD)/$* --help=table | $(page) /dev/stdin $< >$@

$(SHARE)/man/man5/% $(SHARE)/man/man7/%: docs/man/%.in docs/man/page.awk docs/lts.py
	@mkdir -p $(@D)
	$(call say,$@)$(page) /dev/null $< >$@

$(SHARE)/bash-completion/completions/%: $(BUILD)/% tools/completions/bash.awk
	@mkdir -p $(@D)
	$(call say,$@)$< --help=table | awk -v tool=$* -f tools/completions/bash.awk >$@

$(SHARE)/zsh/site-functions/_%: $(BUILD)/% tools/completions/zsh.awk
	@mkdir -p $(@D)
	$(call say,$@)$< --help=table | awk -v tool=$* -f tools/completions/zsh.awk >$@

to = $(DESTDIR)$(PREFIX)
NETS = $(wildcard models/*.net) docs/lts.py
# Under share/doc/lint the documents stand as here, with all that they link to.
DOCS = README.md data/README.md lib/README.md $(wildcard docs/*.* docs/augment/*) \
	$(shell grep -oh 'lib/[a-z_/]*\.h' docs/*.md | sort -u)
DOC = $(to)/share/doc/lint

## copy the tools to PREFIX/bin; networks, man pages, completions and documents to PREFIX/share
install: all pages
	install -d "$(to)/bin" "$(to)/share/lint"
	install $(TOOLS) "$(to)/bin"
	install -m 644 $(NETS) "$(to)/share/lint"
	for f in $(DOCS); do install -D -m 644 "$$f" "$(DOC)/$$f"; done
	for f in $(SHARED); do install -D -m 644 "$(SHARE)/$$f" "$(to)/share/$$f"; done

## delete the installed files; takes the same PREFIX and DESTDIR
uninstall:
	for f in $(NAMES:%=bin/%) $(SHARED:%=share/%) \
	    $(patsubst %,share/lint/%,$(notdir $(NETS))) $(DOCS:%=share/doc/lint/%); do rm -f "$(to)/$$f"; done
	[ ! -d "$(DOC)" ] || find "$(DOC)" -depth -type d -empty -delete
	[ ! -d "$(to)/share/lint" ] || rmdir --ignore-fail-on-non-empty "$(to)/share/lint"

DEB = $(BUILD)/deb/lint-$(VERSION)
DEB_SOURCE = CHANGELOG.md LICENSE Makefile README.md docs lib pipelines tests tools

## build Debian packages, source and binary, in BUILD/deb
deb: | $(filter deps,$(MAKECMDGOALS))
	$(call installed,dpkg-buildpackage dh,$(DEB_PACKAGES))
	rm -rf $(BUILD)/deb
	mkdir -p $(DEB)/models $(DEB)/data
	cp -r $(DEB_SOURCE) $(wildcard bench) $(DEB)
	cp models/*.net $(DEB)/models
	cp data/README.md $(DEB)/data
	mv $(DEB)/tools/packaging/debian $(DEB)
	cd $(DEB) && env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES dpkg-buildpackage -us -uc -F

## delete built files; data and models stay
clean:
	rm -rf $(BUILD)

include bench/bench.mk

SETTINGS = $(shell sed -n 's/^\([A-Z_]*\) ?=.*/\1/p' $(HELP_FILES))
HELP_FILES = $(filter-out %.d,$(MAKEFILE_LIST))

include pipelines/stages.mk

## print this list
help:
	@echo "make [TARGET...] [SETTING=VALUE...]"
	@$(foreach s,$(SETTINGS),$s=$(call quote,$($s))) awk -f pipelines/help.awk $(HELP_FILES)

FORCE:
.DELETE_ON_ERROR:
.PHONY: all test test-programs test-library test-torch test-slurm test-deb test-needs deps check include-order \
	format-check format lint debug coverage coverage-tests pages install uninstall deb clean help FORCE
.SECONDARY:

-include $(wildcard $(BUILD)/*.d $(BUILD)/lib/*/*.d $(BUILD)/lib/*/*/*.d $(BUILD)/tests/*/*.d $(BUILD)/bench/*.d)
