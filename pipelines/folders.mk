# A user's own class folders: make pipeline DATA=/my/folders.
#
# Every picture's place is the class that its background looks like. If the folder has no test set, its
# pictures are divided into parts, and each part tests the models that the other parts have trained: more
# parts for fewer pictures. SPLIT=--misleading makes a test set of the counterexamples instead.
NAME := folders-$(shell basename -- "$$(realpath -m -- $(call quote,$(DATA)))" | tr -c 'A-Za-z0-9._\n-' '-')
MISSING = DATA=FOLDER names a folder of class folders; see README.md.
audit = audit
misleading = $(findstring --misleading,$(SPLIT))
own-test := $(shell cd -- $(call quote,$(DATA)) 2>/dev/null && { find -L . -maxdepth 3 -type d -iregex '.*/\(seg_\)?test\(ing\)?/[^/]+' | head -1; \
    head -1 metadata.csv 2>/dev/null | grep -o split; })
pictures := $(shell find -L $(call quote,$(DATA)) -name masks -prune -o -type f -iregex '.*\.\(png\|jpe?g\|jfif\|webp\|tiff?\|hei[cf]\|avif\|bmp\)' -print 2>/dev/null | wc -l)
FOLDS ?= $(if $(own-test)$(misleading),1,$(shell echo $$(($(pictures) <= $(if $(BACKBONE),500,200) ? 5 : $(pictures) <= 2000 ? 3 : 1))))
$(if $(own-test)$(misleading),$(if $(filter-out 1,$(FOLDS)),$(error FOLDS: $(if $(misleading),SPLIT=--misleading makes \
    a test set,the folder has a test set of its own), so its pictures are not divided into $(FOLDS) parts)))
parts = $(if $(misleading),,--border-places $(if $(own-test),,$(if $(fold),--fold $(fold)/$(FOLDS),$(if \
    $(folds),--ratio 85/15/0,--fold 1/5))))
# From nothing, a few hundred pictures need more passes than thousands do (docs/results.md).
EPOCHS ?= $(if $(BACKBONE),24,$(shell n=$$((48000 / ($(pictures) + 1))); echo $$((n < 24 ? 24 : n > 96 ? 96 : n))))
# Heads that see swapped backgrounds alone answer pictures as they are less well.
SWAP ?= $(if $(BACKBONE),0.5,1)
# No value is right for every folder. Unless one is given, camloss is the best of two by validation; of
# heads, which train in seconds, more are tried.
given = $(filter command environment,$(firstword $(origin CAM_WEIGHT)) $(firstword $(origin SWAP)))
TRY ?= $(if $(given),,$(if $(BACKBONE),0.3/$(SWAP) 1/$(SWAP) 3/$(SWAP),1/1 0.3/0.5))

# How long `make pipeline` takes is said before it begins. A picture goes through a backbone in its views, for
# validation, and five times for the test, where it is also moved. Fine-tuned models are tested one by one.
say-time = say-time
views-passes = $(foreach k,$(sort $(foreach m,$(MODELS),$(views-$m))),$(if $(filter plain,$k),$(plain-views),$(VIEWS)) +)
passes = $$((($(views-passes) 1 + 3 * $(FINE_TUNE) * $(words $(MODELS))) * $(FOLDS) + $(if $(frozen),8 * $(words $(MODELS)),5)))
say-time: have-source | $(addprefix $(BUILD)/,lint-synth lint-split lint-train lint-features)
	@$(if $(filter stages,$(MAKECMDGOALS)),,exit 0;) [ -e $(AT)models/$(NAME)/s$(SEED)/compare.png ] || PRECISION=$(PRECISION) pipelines/estimate $(net-file) $(SIZE) $(pictures) $(EPOCHS) \
	    $(words $(filter %/train,$(STAGES))) $(FOLDS) $(if $(BACKBONE),$(call quote,$(BACKBONE)) $(passes))
.PHONY: say-time
