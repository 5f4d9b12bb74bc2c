# lint: train image classifiers that look at the object and not at its background.
# `make help` lists targets and settings. Their texts are the lines that begin with ##.

# --- settings ------------------------------------------------------------------------------

## C compiler
CC ?= cc
## compiler flags for optimisation and debugging; a change rebuilds everything
CFLAGS ?= -O2 -g
## thread: a build with the thread sanitizer; else not empty: with those of addresses and undefined behaviour
SANITIZE ?=
## folder for built programs
BUILD ?= build$(if $(filter thread,$(SANITIZE)),/threads,$(if $(SANITIZE),/sanitized))
## not empty: the compiler's command lines, and the number of files that each stage read
V ?=
## folder that `make install` installs to, below DESTDIR
PREFIX ?= /usr/local
## folder for the library, below DESTDIR
LIBDIR ?= $(PREFIX)/lib

# --- dependencies ----------------------------------------------------------------------------

# pkg-config's name of each library, and the Debian package that holds it.
LIBRARIES = libpng:libpng-dev zlib:zlib1g-dev openblas:libopenblas-dev jansson:libjansson-dev \
	libjpeg:libjpeg-dev cairo:libcairo2-dev freetype2:libfreetype-dev expat:libexpat1-dev sqlite3:libsqlite3-dev
PKGS = $(foreach l,$(LIBRARIES),$(firstword $(subst :, ,$l)))
# Libraries that a build does without: what uses one stands between #ifdef LINT_HAVE_NAME, the name being
# pkg-config's in capitals. Without it, a message says which package brings it.
OPTIONAL = libwebp:libwebp-dev libtiff-4:libtiff-dev libheif:libheif-dev
# Sheets of pictures have their words in DejaVu Sans.
BUILD_PACKAGES = $(if $(findstring clang,$(CC)),clang,gcc) libc6-dev pkg-config fonts-dejavu-core \
	$(foreach l,$(LIBRARIES) $(OPTIONAL),$(lastword $(subst :, ,$l)))
BATS_PACKAGES = bats bats-assert bats-file bats-support
# What the tests use: git for `make diff`, another image library, readers of man pages, shells, and
# other languages that read lint's files.
TEST_PACKAGES = $(BATS_PACKAGES) libcmocka-dev chromium git imagemagick man-db mandoc perl procps python3 python3-numpy zsh
TORCH_PACKAGES = $(BATS_PACKAGES) libcmocka-dev python3-torch python3-torchvision python3-pil
FORMAT_PACKAGES = clang-format
LINT_PACKAGES = $(FORMAT_PACKAGES) clang-tidy libcmocka-dev
# Where npm comes from elsewhere than Debian, Debian's is not to be had beside it.
PRETRAINED_PACKAGES = $(BATS_PACKAGES) tuxpaint-stamps-default $(if $(shell command -v npm),,nodejs npm)
ONNX_PACKAGES = $(BATS_PACKAGES) $(if $(shell command -v npm),,nodejs npm)
SLURM_PACKAGES = $(BATS_PACKAGES) slurmctld slurmd slurm-client munge
DEB_PACKAGES = debhelper dpkg-dev

SHELL = /bin/bash
MAKEFLAGS += --no-builtin-rules
.SHELLFLAGS = -eu -o pipefail -c
# Numbers have points in every language: awk, printf and sort go by LC_NUMERIC, which LC_ALL would hide.
ifneq ($(LC_ALL),)
export LANG := $(LC_ALL)
unexport LC_ALL
endif
export LC_NUMERIC := C

# pkg-config is asked once, and only when a recipe needs the answer, since `make deps all` may have
# installed it just before.
HAVE = $(eval HAVE := $$(shell for l in $$(foreach l,$$(OPTIONAL),$$(firstword $$(subst :, ,$$l))); do \
    pkg-config --exists $$$$l 2>/dev/null && echo $$$$l; done))$(HAVE)
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $$(PKGS) $$(HAVE) 2>/dev/null) \
    $$(foreach l,$$(HAVE),-DLINT_HAVE_$$(shell tr a-z- A-Z_ <<<$$l)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $$(PKGS) $$(HAVE) 2>/dev/null))$(PKG_LIBS)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wvla
SAN = $(if $(SANITIZE),-DLINT_SANITIZE $(if $(filter thread,$(SANITIZE)),-fsanitize=thread,\
	-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined))
# The same sources give the same programs in any folder, so that clones can share a cache. $PWD is the
# shell's, since make's CURDIR cannot be quoted within other quotes.
ANYWHERE = -ffile-prefix-map="$$PWD"=.
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib $(PKG_CFLAGS) $(CFLAGS) $(ANYWHERE) $(SAN) -pthread
LIBS = $(PKG_LIBS) -lm -pthread
COMPILE = $(CC) $(ALL_CFLAGS) -MMD -MP
LINK = $(COMPILE) -Wl,--as-needed $(LDFLAGS)
say = $(if $(V),,@echo "  $1"; )

# Objects of lib/ may become part of a shared library, in which only lint.h's functions are visible.
PIC = -fPIC -fvisibility=hidden
LIB_SOURCE = $(wildcard lib/*.c lib/*/*.c lib/*/*/*.c)
KERNEL_SOURCE = $(filter-out %/kernels_pick.c %/tiles.c,$(wildcard lib/engine/kernels/*.c))
TILES_SOURCE = lib/engine/kernels/tiles.c
LIB_OBJ = $(patsubst lib/export/page/page.html,$(BUILD)/lib/export/web_page_text.o,$(wildcard lib/export/page/page.html)) \
	$(patsubst lib/%.c,$(BUILD)/lib/%.o,$(filter-out $(KERNEL_SOURCE) $(TILES_SOURCE),$(LIB_SOURCE))) \
	$(foreach s,$(KERNEL_SETS),$(KERNEL_SOURCE:lib/engine/kernels/%.c=$(BUILD)/lib/engine/kernels/$s/%.o)) \
	$(foreach s,$(TILE_SETS),$(TILES_SOURCE:lib/engine/kernels/%.c=$(BUILD)/lib/engine/kernels/$s/%.o))

# The inner loops are compiled once for each instruction set; at run time the best one that the
# processor supports is used. -ffp-contract turns a multiplication and an addition into one instruction.
ifeq ($(shell uname -m),x86_64)
KERNEL_SETS = v2 v3 v4 v4bf16
KERNEL_FLAGS_v2 = -march=x86-64-v2 -DLINT_SET=v2 -DLINT_VECTOR=16
KERNEL_FLAGS_v3 = -march=x86-64-v3 -DLINT_SET=v3 -DLINT_VECTOR=32
KERNEL_FLAGS_v4 = -march=x86-64-v4 -DLINT_SET=v4 -DLINT_VECTOR=64
KERNEL_FLAGS_v4bf16 = -march=x86-64-v4 -mavx512bf16 -DLINT_SET=v4bf16 -DLINT_VECTOR=64
# v4bf16 with other products of bfloat16.
TILE_SETS = v4amx
KERNEL_FLAGS_v4amx = -march=x86-64-v4 -mavx512bf16 -mamx-tile -mamx-bf16 -DLINT_TILES -DLINT_SET=v4amx -DLINT_VECTOR=64
else
KERNEL_SETS = plain
endif

TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
# What tools and library start for pictures that another library might crash on.
DECODER = $(BUILD)/heif-decoder
TEST_OBJ = $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(filter-out tests/support/test_%,$(wildcard tests/support/*.c)))
# Sanitizers quarantine freed memory, so the memory use of a training means nothing under them.
TESTS = $(filter-out $(if $(SANITIZE),%/test_memory),\
	$(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*/test_*.c)))

# Readers of untrusted bytes with what feeds them, of tests/fuzz.
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))

quote = '$(subst ','\'',$1)'

# Writes the text $1 and the output of the command $2 to the target, unless it holds them already. So
# targets that depend on it are remade only if one of them changes.
define remember
@mkdir -p $(@D); now=$$(printf '%s\n' $(call quote,$1); $2); \
[ "$$now" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$now" >$@
endef

# --- build -----------------------------------------------------------------------------------

## build the tools
all: $(TOOLS) $(DECODER) $(BUILD)/stage

# Everything compiled depends on this file, so missing libraries give one message, and new flags a new
# build. `make deps all` and `make clean all` finish the first target before the second, even with -j.
$(BUILD)/flags: FORCE | $(filter deps clean,$(MAKECMDGOALS))
	@missing=; pkg-config --exists $(PKGS) 2>/dev/null || for l in $(LIBRARIES); do \
	    pkg-config --exists "$${l%:*}" 2>/dev/null || missing+=" $${l#*:}"; done; \
	command -v pkg-config >/dev/null || missing=" pkg-config$$missing"; \
	command -v $(firstword $(CC)) >/dev/null || missing=" $(firstword $(BUILD_PACKAGES)) (the compiler '$(firstword $(CC))')$$missing"; \
	[ -z "$$missing" ] || { echo "lint cannot be built yet. Missing Debian packages:$$missing"; \
	    echo "'make deps' installs them, as root or with sudo."; exit 1; } >&2
	$(call remember,$(LINK) $(PIC) $(LIBS))

$(BUILD)/liblint.a: $(LIB_OBJ)
	$(call say,$@)rm -f $@ && ar rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) $(PIC) -c -o $@ $<

# Plain loops over many numbers, which the compiler vectorises. Without `private`, build/flags would
# inherit the flag from some of its dependents.
$(addprefix $(BUILD)/lib/,train/optim.o engine/layers/add.o engine/layers/avgpool.o \
    engine/layers/input.o engine/cam_loss.o engine/net.o engine/net_cam.o engine/net_cam_gradient.o \
    engine/net_features.o picture/affinity.o \
    picture/find_mask.o picture/saliency.o picture/superpixels.o source/ridge.o): private ALL_CFLAGS += -O3

# The page of lint-export --html is part of the library: its files as arrays of bytes.
$(BUILD)/lib/export/web_page_text.c: lib/export/page/page.html lib/export/page/net.js Makefile | $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$@){ echo '#include "export/web_page_parts.h"'; \
	for f in html:page.html js:net.js; do n=lint_web_page_$${f%%:*}; \
	    echo "const unsigned char $$n[] = {"; \
	    od -An -v -tu1 "lib/export/page/$${f#*:}" | sed 's/[0-9][0-9]*/&,/g'; \
	    echo "}; const size_t $${n}_size = sizeof $$n;"; done; } >$@

$(BUILD)/lib/export/web_page_text.o: $(BUILD)/lib/export/web_page_text.c $(BUILD)/flags
	$(call say,$@)$(COMPILE) $(PIC) -c -o $@ $<

# Sanitized, each set takes a minute to compile, which is lost on sets that this processor does not run;
# with libFuzzer or the thread sanitizer in them, -O1 would take several.
KERNEL_UNOPTIMISED = $(if $(FUZZING)$(filter thread,$(SANITIZE)),%,$(if $(SANITIZE),\
    $(if $(shell grep -m 1 -ow avx512bw /proc/cpuinfo),,v4 v4bf16 v4amx)))

define kernel-rule
$(BUILD)/lib/engine/kernels/$1/%.o: lib/engine/kernels/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,$$< $1)$$(COMPILE) $(PIC) $(if $(filter $(KERNEL_UNOPTIMISED),$1),-O0,-O3) -ffp-contract=fast $(KERNEL_FLAGS_$1) -c -o $$@ $$<
endef
$(foreach s,$(KERNEL_SETS) $(TILE_SETS),$(eval $(call kernel-rule,$s)))

$(BUILD)/lint-%: tools/lint-%.c $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -o $@ $< $(BUILD)/liblint.a $(LIBS)

# Libheif has no sanitizers in it, and under theirs no bounds of memory.
$(DECODER): tools/heif-decoder/main.c lib/picture/heif_decoder_messages.c lib/picture/heif_decoder.h lib/picture/image.h $(BUILD)/flags
	$(call say,$@)$(filter-out -fsanitize=%,$(LINK)) -o $@ $(filter %.c,$^) $(LIBS)

# For other programs: lib/lint.h, what it needs of the rest, and no other names. SOVERSION rises when a
# program that was linked before would no longer run.
SOVERSION = 0
SONAME = liblint.so.$(SOVERSION)
API = $(BUILD)/public
LIBRARY = $(API)/liblint.a $(API)/$(SONAME) $(API)/lint.pc

## build the library for other programs, in BUILD/public
library: $(LIBRARY) $(DECODER)

$(API)/names: lib/lint.h
	@mkdir -p $(@D)
	@sed -n 's/^LINT_API [^(]*[ *]\(lint_[a-z_]*\)(.*/\1/p' $< >$@

$(API)/map: $(API)/names
	@{ echo '{ global:'; sed 's/$$/;/' $<; echo 'local: *; };'; } >$@

$(API)/liblint.a: $(API)/names $(BUILD)/lib/lint.o $(BUILD)/liblint.a
	$(call say,$@)$(CC) -r -nostdlib -o $(API)/lint.o $(filter %.o %.a,$^)
	$(if $(V),,@)objcopy --keep-global-symbols=$< $(API)/lint.o && rm -f $@ && ar rcs $@ $(API)/lint.o

$(API)/$(SONAME): $(API)/map $(BUILD)/lib/lint.o $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$< -o $@ $(filter %.o %.a,$^) $(LIBS)

# What a static library needs; a shared one says so itself.
$(API)/lint.pc: lib/lint.pc.in $(BUILD)/flags FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBS@|$(filter-out -lcairo -lfreetype -lexpat -lsqlite3,$(LIBS))|' $< >$@

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
test: all $(BUILD)/trainer $(TESTS) $(FUZZERS) | test-needs
	tests/run $(BUILD)

test-programs: $(TESTS) $(DECODER)

## run only the library's tests
test-library: all $(TESTS) | test-needs
	tests/run $(BUILD) library

# $(call installed,COMMANDS,PACKAGES): an error if one of the commands is missing.
installed = @PATH+=:/usr/sbin; [ "$$(command -v $1 | wc -l)" -eq $(words $1) ] || { \
	echo "Missing Debian packages, of: $2"; \
	echo "'make deps $@' installs them, as root or with sudo."; exit 1; } >&2

## test for data races, with the thread sanitizer: the library's tests, and all tools with several threads
test-threads: | $(filter deps,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/threads SANITIZE=thread CFLAGS='-O1 -g' threads-tests
# Finite differences, layer by layer, take ten minutes under the sanitizer; test_net has the same layers.
threads-tests: all $(TESTS)
	@tests/run $(BUILD) equality $(filter-out layers rewrites,$(QUICK_TESTS))

## test every tool with every fault of the system: full disks, limits, failed calls, kills; minutes
test-faults: all | $(filter deps,$(MAKECMDGOALS))
	$(call installed,python3,python3)
	@JOBS=$(JOBS) tests/faults/run $(BUILD)

## test what days of use do: 200 trainings killed and resumed, two makes that fill one cache, memory over 1,000 epochs
test-long: all | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats pgrep,$(BATS_PACKAGES) procps)
	@BUILD=$(abspath $(BUILD)) PATH="$(abspath $(BUILD)):$$PATH" bats --tap tests/pipelines/long/long.bats | awk -f tests/support/count.awk

## test the exchange of weights with PyTorch: both must give the same logits
test-torch: all $(BUILD)/tests/engine/torch/one_step | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats,$(TORCH_PACKAGES))
	@/usr/bin/python3 -c 'import torchvision, PIL' 2>/dev/null || { \
	    echo "Missing Debian packages, of: $(TORCH_PACKAGES)"; \
	    echo "'make deps $@' installs them, as root or with sudo."; exit 1; } >&2
	@BUILD=$(abspath $(BUILD)) PATH="$(abspath $(BUILD)):$$PATH" bats --tap tests/engine/torch/torch.bats | awk -f tests/support/count.awk

## test the verdicts of lint-audit on 200 drawn folders; minutes
test-audit: $(BUILD)/tests/source/audit/folders
	@$< | awk -f tests/support/count.awk

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

# Microsoft's runtime for ONNX, as WebAssembly: its own reading of what an ONNX file means. MIT.
ONNXRUNTIME = data/onnxruntime
ORT_WEB = onnxruntime-web@1.30.0
ORT_WEB_SHA256 = d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71

$(ONNXRUNTIME)/package/README.md: | $(filter deps,$(MAKECMDGOALS))
	@[ "$$(command -v npm node | wc -l)" -eq 2 ] || { echo "Missing Debian packages, of: $(ONNX_PACKAGES)"; \
	    echo "'make deps test-onnx' installs them, as root or with sudo."; exit 1; } >&2
	@mkdir -p $(ONNXRUNTIME)
	cd $(ONNXRUNTIME) && npm pack --loglevel=error $(ORT_WEB)
	cd $(ONNXRUNTIME) && echo '$(ORT_WEB_SHA256)  $(subst @,-,$(ORT_WEB)).tgz' | sha256sum --check --quiet
	cd $(ONNXRUNTIME) && tar -xzmf $(subst @,-,$(ORT_WEB)).tgz package/README.md package/dist/ort.wasm.bundle.min.mjs \
	    package/dist/ort-wasm-simd-threaded.mjs package/dist/ort-wasm-simd-threaded.wasm

## test lint-export's ONNX files, in onnxruntime-web that npm gets, and its pages against lint-cam
test-onnx: all $(ONNXRUNTIME)/package/README.md | $(filter deps,$(MAKECMDGOALS))
	$(call installed,bats node,$(ONNX_PACKAGES))
	@PATH="$(abspath $(BUILD)):$$PATH" bats --tap tests/export/onnx/onnx.bats | awk -f tests/support/count.awk

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
	    $(call needs,test-programs test-library test-threads test-long test-audit check coverage,$(BATS_PACKAGES) libcmocka-dev) \
	    $(call needs,check format format-check,$(FORMAT_PACKAGES)) $(call needs,lint,$(LINT_PACKAGES)) \
	    $(call needs,report test,$(REPORT_PACKAGES)) $(call named,fuzz,clang) $(call named,test-faults,python3) \
	    $(call named,test-torch,$(TORCH_PACKAGES)) \
	    $(call named,pretrained test-pretrained,$(PRETRAINED_PACKAGES)) \
	    $(call named,test-onnx,$(ONNX_PACKAGES)) \
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
	@tests/make/include-order lib/*.[ch] lib/*/*.[ch] lib/*/*/*.[ch]

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
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE= -include tests/make/tidy.h -Ilib -Itests -Itests/fuzz -Ipipelines $(PKG_CFLAGS) \
	-DLINT_SET=v3 -DLINT_VECTOR=32

## seconds that `make fuzz` gives each reader
T ?= 60
## executions after which `make fuzz` ends with a reader before T seconds; empty: never
RUNS ?=
## most bytes of the inputs that `make fuzz` makes up; short ones go faster
LENGTH ?= 8192
## names of tests/fuzz that `make fuzz` runs; empty: all
FUZZ ?=
## seed of the inputs that `make fuzz` makes up; empty: other inputs each time
FUZZ_SEED ?=

# Shared by them: their support, and the stage runner but for its main.
FUZZ_OBJ = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%.o,$(filter-out %/main.c %/wrapped.c,$(wildcard tests/fuzz/support/*.c))) \
	$(patsubst pipelines/stage/%.c,$(BUILD)/tests/stage/%.o,$(filter-out %/main.c,$(wildcard pipelines/stage/*.c)))
# With clang's libFuzzer where `make fuzz` sets FUZZING; else with a main that reads a file, for AFL++.
FUZZING =
FUZZ_MAIN = $(if $(FUZZING),-fsanitize=fuzzer,$(BUILD)/tests/fuzz/support/main.o)
FUZZ_WRAPPED = $(BUILD)/tests/fuzz/support/wrapped.o

## feed what clang's libFuzzer makes up to every reader of untrusted bytes, with sanitizers, JOBS at a time
fuzz: | $(filter deps,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC='$(if $(findstring clang,$(CC)),$(CC),clang)' SANITIZE=1 \
	    FUZZING=1 CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' $(addprefix $(BUILD)/fuzz/tests/fuzz/,$(or $(FUZZ),all))
	@JOBS=$(JOBS) SEED=$(FUZZ_SEED) RUNS=$(RUNS) LENGTH=$(LENGTH) tests/fuzz/run $(BUILD)/fuzz $(T) $(FUZZ)

fuzz-programs $(BUILD)/tests/fuzz/all: $(FUZZERS)
$(BUILD)/tests/fuzz/heif: | $(DECODER)

$(BUILD)/tests/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) -Itests/fuzz -Ipipelines -c -o $@ $<

$(BUILD)/tests/stage/%.o: pipelines/stage/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,$<)$(COMPILE) -c -o $@ $<

$(BUILD)/tests/fuzz.a: $(FUZZ_OBJ)
	$(call say,$@)rm -f $@ && ar rcs $@ $^

$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/support/main.o $(FUZZ_WRAPPED) $(BUILD)/tests/fuzz.a $(BUILD)/liblint.a $(BUILD)/flags
	$(call say,$@)$(LINK) -Wl,--wrap=sysconf,--wrap=exit,--wrap=lint_heif_decoder_call -o $@ $< $(FUZZ_MAIN) $(FUZZ_WRAPPED) $(BUILD)/tests/fuzz.a $(BUILD)/liblint.a $(LIBS)

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

## copy the tools to PREFIX/bin, the library to LIBDIR, the rest to PREFIX/share and PREFIX/include
install: all pages library
	install -d "$(to)/bin" "$(to)/share/lint"
	install $(TOOLS) "$(to)/bin"
	install -D -t "$(to)/libexec/lint" $(DECODER)
	install -m 644 $(NETS) "$(to)/share/lint"
	install -d "$(to)/include" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	install -m 644 lib/lint.h "$(to)/include"
	install -m 644 $(API)/liblint.a $(API)/$(SONAME) "$(DESTDIR)$(LIBDIR)"
	ln -sf $(SONAME) "$(DESTDIR)$(LIBDIR)/liblint.so"
	install -m 644 $(API)/lint.pc "$(DESTDIR)$(LIBDIR)/pkgconfig"
	for f in $(DOCS); do install -D -m 644 "$$f" "$(DOC)/$$f"; done
	for f in $(SHARED); do install -D -m 644 "$(SHARE)/$$f" "$(to)/share/$$f"; done

## delete the installed files; takes the same PREFIX and DESTDIR
uninstall:
	for f in $(NAMES:%=bin/%) $(DECODER:$(BUILD)/%=libexec/lint/%) $(SHARED:%=share/%) \
	    $(patsubst %,share/lint/%,$(notdir $(NETS))) $(DOCS:%=share/doc/lint/%); do rm -f "$(to)/$$f"; done
	rm -f "$(to)/include/lint.h" $(foreach f,liblint.a $(SONAME) liblint.so pkgconfig/lint.pc,"$(DESTDIR)$(LIBDIR)/$f")
	[ ! -d "$(DOC)" ] || find "$(DOC)" -depth -type d -empty -delete
	for d in share libexec; do [ ! -d "$(to)/$$d/lint" ] || rmdir --ignore-fail-on-non-empty "$(to)/$$d/lint"; done

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

## delete built files; data, models and the bench's Debian 13 stay
clean:
	[ ! -d "$(BUILD)" ] || find "$(BUILD)" -mindepth 1 -maxdepth 1 ! -name $(call quote,$(notdir $(TRIXIE))) -exec rm -rf {} +
	[ ! -d "$(BUILD)" ] || rmdir --ignore-fail-on-non-empty "$(BUILD)"

include bench/bench.mk

SETTINGS = $(shell sed -n 's/^\([A-Z_]*\) ?=.*/\1/p' $(HELP_FILES))
HELP_FILES = $(filter-out %.d,$(MAKEFILE_LIST))

include pipelines/stages.mk

# A setting on the command line that there is not. Whoever knows these files may set whatever they assign,
# and what other makefiles hand down is theirs.
STANDARD = AR ARFLAGS CPPFLAGS CXX CXXFLAGS LDFLAGS LDLIBS MAKE MAKEFLAGS SHELL DESTDIR
ASSIGNED = $(shell sed -n 's/^\([A-Z][A-Z0-9_]*\) *[?:]*=.*/\1/p' $(HELP_FILES))
given-settings = $(foreach v,$(.VARIABLES),$(if $(filter-out command,$(firstword $(origin $v))),,$v))
ifeq ($(MAKELEVEL),0)
unknown-settings := $(if $(MAKEOVERRIDES),$(filter-out $(ASSIGNED) $(STANDARD),$(given-settings)))
$(if $(unknown-settings),$(error $(shell \
    UNKNOWN=$(call quote,$(unknown-settings)) SETTINGS=$(call quote,$(SETTINGS)) awk -f pipelines/unknown.awk)))
endif

## print this list
help:
	@echo "make [TARGET...] [SETTING=VALUE...]"
	@$(foreach s,$(SETTINGS),$s=$(call quote,$($s))) awk -f pipelines/help.awk $(HELP_FILES)

FORCE:
.DELETE_ON_ERROR:
.PHONY: all library test test-programs test-library test-threads threads-tests test-faults test-long fuzz fuzz-programs test-torch test-audit test-onnx test-slurm test-deb test-needs deps check include-order \
	format-check format lint debug coverage coverage-tests pages install uninstall deb clean help FORCE
.SECONDARY:

-include $(wildcard $(BUILD)/*.d $(BUILD)/lib/*.d $(BUILD)/lib/*/*.d $(BUILD)/lib/*/*/*.d $(BUILD)/lib/*/*/*/*.d $(BUILD)/tests/*/*.d $(BUILD)/tests/fuzz/support/*.d $(BUILD)/bench/*.d)
