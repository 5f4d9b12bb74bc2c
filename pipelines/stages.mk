# The experiment, stage by stage:
#
#     pictures -> train.lts val.lts test.lts -> default, camloss -> scores, maps -> one table
#
# An experiment is a file NAME.mk beside this one that sets what differs: where the pictures come
# from and the numbers. What is made for seed 3 lies in data/NAME/s3 and models/NAME/s3. Make gives
# the order; whether a stage has to run is decided by pipelines/stage, by the content of what it
# reads, its command and its programs.

## the experiment: a file pipelines/NAME.mk
EXPERIMENT ?= $(if $(DATA),folders,orca-leopard)
## your own folder of class folders (or of train/, val/ and test/; or with a metadata.csv)
DATA ?=
## seed of the split, the drawings, the training: of everything
SEED ?= 0
## number of seeds that `make sweep` runs: 0 to SEEDS-1
SEEDS ?= 10
## number of stages of a sweep that run side by side; empty: one
JOBS ?=
## `make sweep` over settings instead of seeds: GRID='CAM_WEIGHT=1,3,10 SIGMA=.15,.25'
GRID ?=
## seeds that a grid trains with; none of those that results are reported for
GRID_SEEDS ?= 100 101
## how far below that of default a setting's validation accuracy may be, in points, to be chosen
GRID_SLACK ?= 2
## `make sweep` on a cluster: CLUSTER=slurm submits it there, and returns
CLUSTER ?=
## options for sbatch with that: SBATCH='--partition=cpu --cpus-per-task=4 --time=1:00:00'
SBATCH ?=
## the folder that data/ and models/ are made in; empty: this one
OUT ?=
## what stages made before, to go back to; a folder that many share is fine; empty: OUT/.cache
CACHE ?=
## the largest size of that; what was not used for longest goes first
CACHE_MAX ?= 10G
## the commit that `make diff` compares with
REV ?= HEAD
## not empty: `make metrics` prints JSON
JSON ?=
## a file that `make dag` draws the stages into
SVG ?=

# A folder may have a $ in its name, that is no variable; a line end is more than make can bear.
define line-end


endef
ifneq ($(findstring $$,$(value DATA)),)
override DATA := $(value DATA)
endif
ifneq ($(findstring $(line-end),$(DATA)),)
$(error DATA: the folder's name has a line end in it; rename it, or name a link to it)
endif
export DATA
ifeq ($(wildcard pipelines/$(EXPERIMENT).mk),)
$(error there is no pipelines/$(EXPERIMENT).mk; EXPERIMENT may be one of: \
    $(patsubst pipelines/%.mk,%,$(filter-out %/stages.mk %/run.mk %/look.mk %/cluster.mk,$(wildcard pipelines/*.mk))))
endif
NAME = $(EXPERIMENT)
# What the folder of pictures is called in commands, and where it is.
SOURCE = DATA
outside = $(call $1,data DATA=$(DATA))
include pipelines/$(EXPERIMENT).mk

## how many pictures are made, and how: options of lint-synth
PICTURES ?=
## how pictures become train, val and test: options of lint-split, such as --skip-bad
SPLIT ?=
## size of the pictures that the network sees
SIZE ?= 192x192
## the network
NET ?= models/standard.net
## passes over the training pictures
EPOCHS ?= 15
## what is done to training pictures, freshly in each pass: options of lint-augment, or a program
AUGMENT ?= --balance
## files that a program of your own reads by itself, such as modules: when they change, it trains anew
ALSO ?=
## how training goes, for both models: options of lint-train
TRAIN ?=
## weight of the CAM loss in camloss
CAM_WEIGHT ?= 10
## width of the centre prior, in sides of the picture
SIGMA ?= 0.25
## what sets camloss apart from default, beside the weight: options of lint-train
CAM ?= --cam-loss energy --sigma $(SIGMA)

# What `make lock` notes of them and `make diff` compares.
PARAMETERS = PICTURES SPLIT SIZE NET EPOCHS AUGMENT TRAIN CAM_WEIGHT SIGMA CAM

# What no tool would tell clearly, or only after another stage's minutes; and the points of GRID.
VARIABLE = SIZE NET EPOCHS CAM_WEIGHT SIGMA
checked = SEED SEEDS JOBS GRID GRID_SEEDS GRID_SLACK VARIABLE
POINTS := $(shell $(foreach v,$(checked),$v=$(call quote,$($v))) awk -f pipelines/settings.awk)
$(if $(findstring error: ,$(POINTS)),$(error $(subst error: ,,$(POINTS))))
$(foreach v,$(VARIABLE),$(if $(strip $($v)),,$(error $v: expected a value, not nothing)))
$(foreach f,$(ALSO),$(if $(wildcard $f),,$(error ALSO: there is no $f)))
$(foreach v,OUT CACHE NET BUILD,$(if $(word 2,$($v)),$(error $v: '$($v)' has a space in it, \
    which is more than make can bear; a link to it helps)))

# --- the stages --------------------------------------------------------------------------------
# Of each: the command, what it reads that other stages make, what it makes. s is the seed, model
# the name of the model. Files of the project and programs that the command names need no mention.
# `also` is a function: other lines of the stage (pipelines/stage/step.h), each put through $1.

STAGES = $(if $(SYNTH),synth) split \
    $(foreach m,$(MODELS),$m/train $m/val $m/test) compare
MODELS = default camloss
d = data/$(NAME)/s$s
m = models/$(NAME)/s$s/$(model)

synth.run = lint-synth --size $(SIZE) --seed $s -o $d/pictures $(SYNTH)
synth.makes = $d/pictures

split.run = lint-split $(SPLIT) --size $(SIZE) --seed $s -o $d $(if $(SYNTH),$d/pictures,$(SOURCE))
split.reads = $(if $(SYNTH),$d/pictures)
split.also = $(if $(SYNTH),,$(call outside,$1))
split.first = $(if $(SYNTH),,have-source)
split.makes = $d/train.lts $d/val.lts $d/test.lts

# A program in AUGMENT is a filter behind the loader, which then only balances and shuffles.
mine = $(if $(filter-out -%,$(firstword $(AUGMENT))),$(AUGMENT) |)
net-file = $(firstword $(wildcard $(NET) models/$(NET).net) $(NET))
train.run = lint-augment $(if $(mine),--balance,$(AUGMENT)) --epochs $(EPOCHS) --shuffle --seed $s $d/train.lts | \
    $(mine) lint-train --net $(net-file) --train - --val $d/val.lts --seed $s $(TRAIN) $(loss-of-$(model)) \
    -o $m/model.safetensors --log $m/log.tsv --checkpoint checkpoint
train.also = $(call $1,resumes)$(foreach f,$(also-digests), $(call $1,with also $(subst :, ,$f)))
also-digests = $(eval also-digests := $(foreach f,$(ALSO),$f:$(firstword $(shell sha256sum <$f))))$(also-digests)
train.reads = $d/train.lts $d/val.lts
train.makes = $m/model.safetensors $m/log.tsv
loss-of-default = --cam-loss none
loss-of-camloss = $(CAM) --cam-weight $(CAM_WEIGHT)

score = lint-eval --json --model $(model) --shares $d/train.lts -o $m/$1

val.run = lint-cam $m/model.safetensors $d/val.lts | $(call score,val.json)
val.reads = $m/model.safetensors $d/val.lts $d/train.lts
val.makes = $m/val.json

test.run = lint-cam --grid $m/sheet.png $m/model.safetensors $d/test.lts | $(call score,test.json)
test.reads = $m/model.safetensors $d/test.lts $d/train.lts
test.makes = $m/test.json $m/sheet.png

# The same test pictures under both models' maps.
compare.run = lint-show -o $(compare.makes) --max 8 $(MODELS:%=--title %) \
    $(foreach model,$(MODELS),<(lint-cam -q $m/model.safetensors $d/test.lts))
compare.reads = $(foreach model,$(MODELS),$m/model.safetensors) $d/test.lts
compare.makes = models/$(NAME)/s$s/compare.png

include pipelines/run.mk

# A user's folder may have anything in its name, so that it can be no prerequisite.
have-source: | $(filter deps,$(MAKECMDGOALS))
	@for f in =$(call quote,$(DATA)) $(call outside,quote); do [ -d "$${f#*=}" ] || { \
	    echo "There is no folder '$${f#*=}'.$(if $(MISSING), $(MISSING))" >&2; exit 1; }; done

# --- what is asked for -----------------------------------------------------------------------

results = $(foreach s,$1,$(foreach model,$(MODELS),$(addprefix $(AT)$m/,$2)))

## run the experiment for one seed: both models, their scores, their maps
pipeline: stages
	@printf '\nOn validation pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),val.json) | sed -n 1,3p; \
	printf '\nOn test pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),test.json); \
	printf '\nMaps over test pictures:\n'; \
	printf '  %s\n' $(foreach s,$(SEED),$(AT)$(compare.makes)) $(call results,$(SEED),sheet.png)

all-of = $(call results,$1,val.json test.json) $(foreach s,$1,$(AT)$(compare.makes))
stages: $(call all-of,$(SEED))

SWEEP = $(shell seq 0 $$(($(SEEDS) - 1)))
side-by-side = $(MAKE) --no-print-directory $(JOBS:%=-j%)

table = $(if $(GRID),awk -v slack=$(GRID_SLACK) -v seeds='$(GRID_SEEDS)' -f pipelines/grid.awk \
    $(foreach p,$(POINTS),$(call point-results,$p)),lint-eval --pairs $(call results,$(SWEEP),test.json))

ifeq ($(CLUSTER),)
## run the experiment for seeds 0 to SEEDS-1, or for every setting of GRID, and compare; what exists is reused
sweep: $(if $(GRID),$(STAGE))
	+@$(side-by-side) $(if $(GRID),grid-stages,sweep-stages)
	@$(table)
else
include pipelines/cluster.mk
endif

sweep-stages: $(call results,$(SWEEP),val.json test.json)

# A grid is a folder grid/SETTINGS for each combination, that is made like any OUT; they share a
# cache, so what two have in common is made once. Validation only: no test.json is made.
point-results = $(foreach s,$(GRID_SEEDS),$(foreach model,$(MODELS),$(AT)grid/$1/$m/val.json))

grid-stages: $(addprefix $(AT)grid/,$(POINTS))

$(AT)grid/%: FORCE
	+@readarray -t settings < <(tr , '\n' <<<$(call quote,$*) | sed 's/-/=/'); \
	$(MAKE) --no-print-directory $(if $(CLUSTER),point-plan,point-stages) GRID= OUT=$@ CACHE=$(CACHE_DIR) "$${settings[@]}"

point-stages: $(call results,$(GRID_SEEDS),val.json)

.PHONY: have-source pipeline stages sweep sweep-stages grid-stages point-stages

include pipelines/look.mk
include pipelines/report/report.mk
