# The experiment, stage by stage:
#
#     pictures -> train.lts val.lts test.lts -> default, camloss -> scores, maps -> one table
#
# An experiment is a file NAME.mk beside this one that sets what differs: where the pictures come
# from and the numbers. What is made for seed 3 lies in data/NAME/s3 and models/NAME/s3; the stem
# of the rules is the seed. Every stage has a .cmd file that holds its command and checksums of the
# tools in it, and its outputs depend on that file: another number, or another tool, remakes what
# it must and no more.

## the experiment: a file pipelines/NAME.mk
EXPERIMENT ?= $(if $(DATA),folders,orca-leopard)
## your own folder of class folders (or of train/, val/ and test/; or with a metadata.csv)
DATA ?=
## seed of the split, the drawings, the training: of everything
SEED ?= 0
## how many seeds `make sweep` runs: 0 to SEEDS-1
SEEDS ?= 10
## the folder that data/ and models/ are made in; empty: this one
OUT ?=

export DATA
ifeq ($(wildcard pipelines/$(EXPERIMENT).mk),)
$(error there is no pipelines/$(EXPERIMENT).mk; EXPERIMENT may be one of: \
    $(patsubst pipelines/%.mk,%,$(filter-out %/stages.mk,$(wildcard pipelines/*.mk))))
endif
NAME = $(EXPERIMENT)
D = $(OUT:%=%/)data/$(NAME)/s%
M = $(OUT:%=%/)models/$(NAME)/s%
include pipelines/$(EXPERIMENT).mk

## how many pictures are made, and how: options of lint-synth
PICTURES ?=
## size of the pictures that the network sees
SIZE ?= 192x192
## the network
NET ?= models/standard.net
## passes over the training pictures
EPOCHS ?= 15
## what is done to training pictures, freshly in each pass: options of lint-augment
AUGMENT ?= --balance
## how training goes, for both models: options of lint-train
TRAIN ?=
## weight of the CAM loss in camloss
CAM_WEIGHT ?= 10
## width of the centre prior, in sides of the picture
SIGMA ?= 0.25
## what sets camloss apart from default, beside the weight: options of lint-train
CAM ?= --cam-loss energy --sigma $(SIGMA)
## CAM weights that `make tune` tries
WEIGHTS ?= 1 3 10 20 30 50
## seeds that `make tune` trains with; none of those that results are reported for
TUNE_SEEDS ?= 100 101
## how far below that of default the validation accuracy may be, in points, for `make tune`
TUNE_SLACK ?= 2

# Tools are found as a user would call them.
export PATH := $(abspath $(BUILD)):$(PATH)
tool = $(addprefix $(BUILD)/,$1)

# Inside a recipe: the folders of its seed, and the commands.
d = $(subst %,$*,$D)
m = $(subst %,$*,$M)
SOURCE ?= $(if $(SYNTH),$d/pictures,"$$DATA")
synth-command = lint-synth --size $(SIZE) --seed $* -o $d/pictures $(SYNTH)
split-command = lint-split $(SPLIT) --size $(SIZE) --seed $* -o $d $(SOURCE)
train-command = lint-augment $(AUGMENT) --epochs $(EPOCHS) --shuffle --seed $* $d/train.lts | \
    lint-train --net $(NET) --train - --val $d/val.lts --seed $* $(TRAIN) $2 \
    -o $m/$1/best-so-far.safetensors --log $m/$1/log.tsv
score = lint-eval --json --model $1 --shares $d/train.lts -o $m/$1/$2.json
val-command = lint-cam $m/$1/model.safetensors $d/val.lts | $(call score,$1,val)
test-command = lint-cam --grid $m/$1/sheet.png $m/$1/model.safetensors $d/test.lts | $(call score,$1,test)
compare-command = lint-show -o $m/compare.png --max 8 --title default --title camloss \
    <(lint-cam -q $m/default/model.safetensors $d/test.lts) \
    <(lint-cam -q $m/camloss/model.safetensors $d/test.lts)

# --- pictures --------------------------------------------------------------------------------

$D/synth.cmd: FORCE | $(call tool,lint-synth)
	$(call remember,$(synth-command),cksum $(call tool,lint-synth))

$D/pictures/metadata.csv: $D/synth.cmd $(SYNTH_NEEDS)
	rm -rf $(@D)
	$(synth-command)

# A user's folder may hold anything in its name, so it is no prerequisite: which files are in it,
# their sizes and times stand in the .cmd file instead.
list-source = $(if $(SYNTH),true,find -L $(SOURCE) -type f -printf '%P %s %T@\n' | LC_ALL=C sort | cksum)

have-source: | $(filter deps,$(MAKECMDGOALS))
	@[ -n "$(SYNTH)" ] || [ -d "$$DATA" ] || { \
	    echo "There is no folder '$$DATA'.$(if $(MISSING), $(MISSING))" >&2; exit 1; }

$D/split.cmd: FORCE | have-source $(SOURCE_NEEDS) $(call tool,lint-split)
	$(call remember,$(split-command) # $(DATA),cksum $(call tool,lint-split); $(list-source))

$D/train.lts $D/val.lts $D/test.lts: $D/split.cmd $(if $(SYNTH),$D/pictures/metadata.csv)
	$(split-command)

# --- models ----------------------------------------------------------------------------------

# $(eval $(call model,NAME,OPTIONS)): how a model of that name is trained and scored.
define model
$M/$1/train.cmd: FORCE | $(call tool,lint-augment lint-train)
	$$(call remember,$$(call train-command,$1,$2),cksum $(NET) $(call tool,lint-augment lint-train))

$M/$1/score.cmd: FORCE | $(call tool,lint-cam lint-eval)
	$$(call remember,$$(call val-command,$1); $$(call test-command,$1),cksum $(call tool,lint-cam lint-eval))

# A run that is interrupted leaves its best model so far, under a name that is no target.
$M/$1/model.safetensors $M/$1/log.tsv: $M/$1/train.cmd $D/train.lts $D/val.lts
	$$(call train-command,$1,$2)
	@mv $$m/$1/best-so-far.safetensors $$m/$1/model.safetensors

$M/$1/val.json: $M/$1/model.safetensors $D/val.lts $M/$1/score.cmd
	$$(call val-command,$1)

$M/$1/test.json $M/$1/sheet.png: $M/$1/model.safetensors $D/test.lts $M/$1/score.cmd
	$$(call test-command,$1)
endef

$(eval $(call model,default,--cam-loss none))
$(eval $(call model,camloss,$(CAM) --cam-weight $(CAM_WEIGHT)))
$(foreach w,$(WEIGHTS),$(eval $(call model,camloss-w$w,$(CAM) --cam-weight $w)))

# The same test pictures under both models' maps.
$M/compare.cmd: FORCE | $(call tool,lint-cam lint-show)
	$(call remember,$(compare-command),cksum $(call tool,lint-cam lint-show))

$M/compare.png: $M/default/model.safetensors $M/camloss/model.safetensors $D/test.lts $M/compare.cmd
	$(compare-command)

# --- what is asked for -----------------------------------------------------------------------

results = $(foreach s,$1,$(subst %,$s,$M/default/$2 $M/camloss/$2))

## run the experiment for one seed: both models, their scores, their maps
pipeline: $(call results,$(SEED),val.json) $(call results,$(SEED),test.json) $(subst %,$(SEED),$M/compare.png)
	@printf '\nOn validation pictures:\n\n'
	@lint-eval --compare $(call results,$(SEED),val.json) | sed -n 1,3p
	@printf '\nOn test pictures:\n\n'
	@lint-eval --compare $(call results,$(SEED),test.json)
	@printf '\nMaps over test pictures:\n'
	@printf '  %s\n' $(subst %,$(SEED),$M/compare.png) $(call results,$(SEED),sheet.png)

SWEEP = $(shell seq 0 $$(($(SEEDS) - 1)))

## run it for seeds 0 to SEEDS-1 and print all pairs; what exists is reused
sweep: $(call results,$(SWEEP),val.json) $(call results,$(SWEEP),test.json)
	@lint-eval --pairs $(call results,$(SWEEP),test.json)

## find the CAM weight by validation accuracy, on seeds of its own; test data stays unseen
tune: $(foreach s,$(TUNE_SEEDS),$(foreach t,default $(WEIGHTS:%=camloss-w%),$(subst %,$s,$M/$t/val.json)))
	@awk -v slack=$(TUNE_SLACK) -f pipelines/tune.awk $^

.PHONY: pipeline sweep tune have-source
