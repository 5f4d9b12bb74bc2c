# lint: train image classifiers that look at the object. `make help` lists what can be made.

CC ?= cc
CFLAGS ?= -O2 -g
BUILD ?= build

PKGS = libpng zlib openblas jansson libjpeg cairo
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wvla
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib $(shell pkg-config --cflags $(PKGS)) $(CFLAGS) -pthread
LIBS = $(shell pkg-config --libs $(PKGS)) -lm -pthread

LIB_OBJ = $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(wildcard lib/*.c))
TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

all: $(TOOLS)

$(BUILD)/liblint.a: $(LIB_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/lint-%: tools/lint-%.c $(BUILD)/liblint.a
	$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/liblint.a $(LIBS)

$(BUILD)/tests/%: tests/%.c $(BUILD)/liblint.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -Itests $(LDFLAGS) -o $@ $< $(BUILD)/liblint.a $(LIBS) -lcmocka

test: all $(TESTS)
	tests/run $(BUILD)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*.d $(BUILD)/lib/*.d $(BUILD)/tests/*.d)
.DELETE_ON_ERROR:
.PHONY: all test clean
.SECONDARY:
