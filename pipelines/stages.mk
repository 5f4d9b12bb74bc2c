# The experiment, stage by stage:
#
#     pictures -> train.lts val.lts test.lts -> default, camloss, ... -> scores, maps -> one table
#
# With BACKBONE the models are heads of a pretrained network, which is not trained:
#
#     train.lts val.lts -> features -> heads, joined to the network -> as above
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
## a file of pretrained weights, on whose features the models are trained; empty: all of NET is trained
BACKBONE ?=
## with BACKBONE: views of each training picture, augmented differently, whose features are made
VIEWS ?= 4
## size of the pictures that the network sees; with BACKBONE that of the network's input
SIZE ?= $(if $(BACKBONE),$(net-size),96x96)
net-given := $(filter-out undefined,$(origin NET))
## the network; with BACKBONE the one in models/ that its tensors belong to
NET ?= $(if $(BACKBONE),$(or $(BACKBONE_NET),$(placeholder)),$(placeholder))
## passes over the training pictures
EPOCHS ?= 24
## what is done to training pictures, freshly in each pass: options of lint-augment, or a program
AUGMENT ?= --balance --flip h
## the models to train and compare: default, camloss, and as asked swap, crop, dro, jtt
MODELS ?= default camloss
## where the object is: found (in the picture, by lint-mask), given (the samples' masks), center
OBJECT ?= found
## probability that a training picture of camloss or swap gets another picture's background
SWAP ?= 1
## probability that such a background gets other colours
SWAP_COLOUR ?= 1
## share of each side that crop keeps, from the middle
CROP ?= 0.6
## files that a program of your own reads by itself, such as modules: when they change, it trains anew
ALSO ?=
## how training goes, for all models: options of lint-train
TRAIN ?= --optim adam --lr 0.002 --batch 16
## with BACKBONE: the network of the heads; empty: what the backbone's network has behind its cam line
HEAD ?=
## weight of the CAM loss in camloss
CAM_WEIGHT ?= 1
## pairs CAM_WEIGHT/SWAP; camloss is the best of these by validation: TRY='1/1 3/1'
TRY ?=
## width of the centre prior, in sides of the picture, with OBJECT=center
SIGMA ?= 0.25
## the CAM loss of camloss, without its weight: options of lint-train
CAM ?= --cam-loss energy $(if $(masked),--prior mask,--sigma $(SIGMA))

# The network, and of a pretrained one its size.
net-file = $(firstword $(wildcard $(NET) models/$(NET).net) $(NET))
placeholder = models/cnn.net
ifneq ($(BACKBONE),)
$(if $(wildcard $(BACKBONE)),,$(error BACKBONE: there is no file '$(BACKBONE)'))
# Which network the tensors belong to is told by lint-features, which may have to be built first. Make
# does so, reads these files once more, and then knows BACKBONE_NET.
ifeq ($(net-given),)
backbone-net = $(BUILD)/backbone/$(shell realpath -m -- $(call quote,$(BACKBONE)) | cksum | tr -d ' ').mk
include $(backbone-net)
$(backbone-net): $(BUILD)/lint-features $(BACKBONE) $(wildcard models/*.net)
	@mkdir -p $(@D)
	@net=$$($< --which $(call quote,$(BACKBONE))) || { echo "NET=NAME names the network." >&2; exit 1; }; \
	echo "BACKBONE_NET = $$net" >$@
endif
net-size = $(eval net-size := $(shell awk '$$1 == "input" && $$2 ~ /x3$$/ { sub(/x3$$/, "", $$2); print $$2 }' \
    $(net-file)))$(net-size)
endif

# What `make lock` notes of them and `make diff` compares.
PARAMETERS = PICTURES SPLIT SIZE NET EPOCHS AUGMENT OBJECT SWAP SWAP_COLOUR TRAIN CAM_WEIGHT TRY CAM \
    $(if $(BACKBONE),VIEWS HEAD)

# What no tool would tell clearly, or only after another stage's minutes; and the points of GRID.
VARIABLE = SIZE NET EPOCHS CAM_WEIGHT SIGMA OBJECT SWAP SWAP_COLOUR VIEWS
checked = SEED SEEDS JOBS TRY GRID GRID_SEEDS GRID_SLACK VARIABLE
POINTS := $(shell $(foreach v,$(checked),$v=$(call quote,$($v))) awk -f pipelines/settings.awk)
$(if $(findstring error: ,$(POINTS)),$(error $(subst error: ,,$(POINTS))))
$(foreach v,$(VARIABLE),$(if $(strip $($v)),,$(error $v: expected a value, not nothing)))
$(foreach f,$(ALSO),$(if $(wildcard $f),,$(error ALSO: there is no $f)))
$(foreach v,OUT CACHE NET BUILD BACKBONE HEAD,$(if $(word 2,$($v)),$(error $v: '$($v)' has a space in it, \
    which is more than make can bear; a link to it helps)))

# --- the stages --------------------------------------------------------------------------------
# Of each: the command, what it reads that other stages make, what it makes. s is the seed, model
# the name of the model. Files of the project and programs that the command names need no mention.
# `also` is a function: other lines of the stage (pipelines/stage/step.h), each put through $1.

STAGES = $(if $(SYNTH),synth) split $(if $(found),mask) swap-val $(if $(filter jtt,$(MODELS)),jtt/weigh) \
    $(if $(BACKBONE),head features-val $(sort $(foreach m,$(MODELS),features-$(views-$m)))) \
    $(foreach m,$(tries),$m/train $m/val) \
    $(foreach m,$(MODELS),$m/$(if $(tries),$(if $(filter camloss,$m),choose,train),train) $m/val $m/test) compare
known-models = default camloss swap $(if $(BACKBONE),dro,crop dro jtt)
$(foreach m,$(filter-out $(known-models),$(MODELS)),$(error MODELS: '$m' is none of $(strip \
    $(known-models)$(if $(BACKBONE), with BACKBONE))))
$(if $(filter-out found given center,$(OBJECT))$(word 2,$(OBJECT)),$(error OBJECT: expected found, given or center, not '$(OBJECT)'))
found = $(filter found,$(OBJECT))
masked = $(filter found given,$(OBJECT))
d = data/$(NAME)/s$s
m = models/$(NAME)/s$s/$(model)

synth.run = lint-synth --size $(SIZE) --seed $s -o $d/pictures $(SYNTH)
synth.makes = $d/pictures

split.run = lint-split $(SPLIT) --size $(SIZE) --seed $s -o $d $(if $(SYNTH),$d/pictures,$(SOURCE))
split.reads = $(if $(SYNTH),$d/pictures)
split.also = $(if $(SYNTH),,$(call outside,$1))
split.first = $(if $(SYNTH),,have-source)
split.makes = $d/train.lts $d/val.lts $d/test.lts

# Masks that lint-mask finds take the place of those that the pictures may have: these are kept for
# the test alone, where they say how well a map lies.
mask.run = lint-mask --replace $d/train.lts -o $d/found-train.lts && lint-mask --replace $d/val.lts -o $d/found-val.lts
mask.reads = $d/train.lts $d/val.lts
mask.makes = $d/found-train.lts $d/found-val.lts
with-masks = $(if $(found),$d/found-$1.lts,$d/$1.lts)

# Validation pictures whose backgrounds agree with the label cannot tell a model that goes by the
# background from one that does not. The same pictures before each other's backgrounds can: made
# once, they choose the best epoch, and the settings of a grid.
swap-by = --swap-by $(if $(masked),mask,center)
swap-val.run = lint-augment --swap-background 1 --swap-colour 0.5 $(swap-by) --seed $s $(call with-masks,val) -o $d/swapped-val.lts
swap-val.reads = $(call with-masks,val)
swap-val.makes = $d/swapped-val.lts

# With TRY, a model camloss-N is trained for each of its pairs, and camloss is the best of them.
tries = $(if $(filter camloss,$(MODELS)),$(foreach k,$(shell seq $(words $(TRY))),camloss-$k))
kind = $(firstword $(subst -, ,$(model)))
pair = $(if $(findstring -,$(model)),$(subst /, ,$(word $(word 2,$(subst -, ,$(model))),$(TRY))))
weight = $(or $(word 1,$(pair)),$(CAM_WEIGHT))
probability = $(or $(word 2,$(pair)),$(SWAP))
$(if $(BACKBONE),$(foreach p,$(TRY),$(if $(filter %/$(SWAP),$p),,$(error TRY: with BACKBONE the backgrounds of all are \
    swapped alike: expected SWAP=$(SWAP), not $p))))

# What each model is trained on, validated by, and how. A program in AUGMENT is a filter behind the
# loader, which then only balances, swaps and shuffles.
mine = $(if $(filter-out -%,$(firstword $(AUGMENT))),$(AUGMENT) |)
swaps = $(if $(filter-out 0,$(probability)),--swap-background $(probability) --swap-colour $(SWAP_COLOUR) $(swap-by))
cropped = lint-augment --center-crop $(CROP)

train-set-default = $d/train.lts
train-set-camloss = $(call with-masks,train)
train-set-swap = $(call with-masks,train)
train-set-crop = $d/train.lts
train-set-dro = $d/train.lts
train-set-jtt = $m/weighted.lts

augment-camloss = $(swaps)
augment-swap = $(swaps)
augment-crop = --center-crop $(CROP)

val-name-default = val
val-name-camloss = swapped-val
val-name-swap = swapped-val
val-name-crop = val
val-name-dro = val
val-name-jtt = val

loss-default = --cam-loss none
loss-camloss = $(CAM) --cam-weight $(weight)
loss-swap = --cam-loss none
loss-crop = --cam-loss none
loss-dro = --objective dro --best worst-group
loss-jtt = --cam-loss none --best worst-group

# Pictures as the model takes them.
seen = $(if $(filter crop,$(model)),<($(cropped) $d/$1.lts),$d/$1.lts)

load = lint-augment $(if $(mine),--balance,$(AUGMENT)) $(augment-$(kind)) --epochs $1 --shuffle --seed $s
train.run = $(if $(BACKBONE),$(train-head),$(train-whole))
train-whole = $(call load,$(EPOCHS)) $(train-set-$(kind)) | \
    $(mine) lint-train --net $(net-file) --train - --val $(call seen,$(val-name-$(kind))) --seed $s $(TRAIN) $(loss-$(kind)) \
    -o $m/model.safetensors --log $m/log.tsv --checkpoint checkpoint
train.also = $(call $1,resumes)$(foreach f,$(also-digests), $(call $1,with also $(subst :, ,$f)))$(backbone.also)
also-digests = $(eval also-digests := $(foreach f,$(ALSO),$f:$(firstword $(shell sha256sum <$f))))$(also-digests)
train.reads = $(if $(BACKBONE),$(head-reads),$(train-set-$(kind)) $d/$(val-name-$(kind)).lts)
train.makes = $m/model.safetensors $m/log.tsv $(if $(BACKBONE),$m/head.safetensors)

# What the frozen network makes of the pictures is computed once, for all models that see the same. A
# training picture has several views; lint-train takes them in turn.
views-default = plain
views-camloss = swapped
views-swap = swapped
views-dro = plain

backbone.also = $(if $(BACKBONE), $(call $1,data BACKBONE=$(abspath $(BACKBONE))))
features = lint-features --net $(net-file) --drop image BACKBONE
views = lint-augment $(if $(mine),--balance,$(AUGMENT)) $1 --epochs $(VIEWS) --seed $s $2 | $(mine) $(features)
features-plain.run = $(call views,,$d/train.lts) -o $d/features-plain.lts
features-plain.reads = $d/train.lts
features-plain.makes = $d/features-plain.lts
features-swapped.run = $(call views,$(swaps),$(call with-masks,train)) -o $d/features-swapped.lts
features-swapped.reads = $(call with-masks,train)
features-swapped.makes = $d/features-swapped.lts
features-val.run = $(features) $d/val.lts -o $d/features-val.lts && $(features) $d/swapped-val.lts -o $d/features-swapped-val.lts
features-val.reads = $d/val.lts $d/swapped-val.lts
features-val.makes = $d/features-val.lts $d/features-swapped-val.lts

# The head that is trained is the network's own, so that the model is the network as it was.
head.run = $(if $(HEAD),cp $(firstword $(wildcard $(HEAD) models/$(HEAD).net) $(HEAD)),lint-features --head --net $(net-file) BACKBONE -o) $d/head.net
head.makes = $d/head.net
features-plain.also = $(backbone.also)
features-swapped.also = $(backbone.also)
features-val.also = $(backbone.also)
head.also = $(backbone.also)

train-head = lint-train --net $d/head.net --train $d/features-$(views-$(kind)).lts --val $d/features-$(val-name-$(kind)).lts \
    --epochs $(EPOCHS) --seed $s $(TRAIN) $(loss-$(kind)) -o $m/head.safetensors --log $m/log.tsv --checkpoint checkpoint && \
    lint-features --net $(net-file) --join $m/head.safetensors BACKBONE -o $m/model.safetensors
head-reads = $d/head.net $d/features-$(views-$(kind)).lts $d/features-$(val-name-$(kind)).lts

judged = $(foreach model,$(filter default,$(MODELS)) $(tries),$1$m/val.json $1$m/swapped-val.json)
choose = awk -v slack=$(GRID_SLACK) -f pipelines/choose.awk
choose.run = cp $m-$$($(choose) $(judged))/{model.safetensors,log.tsv$(if $(BACKBONE),$(comma)head.safetensors)} $m
choose.reads = $(foreach model,$(tries),$(train.makes)) $(judged)
choose.makes = $(train.makes)
comma := ,

# Just Train Twice (Liu et al. 2021): what a model of one epoch gets wrong counts 20 times.
weigh.run = $(call load,1) $d/train.lts | lint-train --net $(net-file) --train - --seed $s $(TRAIN) -o $m/first.safetensors && \
    lint-cam $m/first.safetensors $d/train.lts | lint-weight --wrong 20 -o $m/weighted.lts
weigh.reads = $d/train.lts
weigh.makes = $m/weighted.lts

score = lint-eval --json --model $(model) --shares $d/train.lts -o $m/$1

# Twice over validation pictures: as they are, and before each other's backgrounds. A head is asked by
# their features, which are there.
answers = lint-cam $(if $(BACKBONE),$m/head.safetensors $d/features-$1.lts,$m/model.safetensors $(call seen,$1))
val.run = $(call answers,val) | $(call score,val.json) && $(call answers,swapped-val) | $(call score,swapped-val.json)
val.reads = $d/train.lts $(if $(BACKBONE),$m/head.safetensors $(addprefix $d/features-,val.lts swapped-val.lts),\
    $m/model.safetensors $d/val.lts $d/swapped-val.lts)
val.makes = $m/val.json $m/swapped-val.json

test.run = lint-cam --shift 0.1667 --grid $m/sheet.png $m/model.safetensors $(call seen,test) | $(call score,test.json)
test.reads = $m/model.safetensors $d/test.lts $d/train.lts
test.makes = $m/test.json $m/sheet.png

# The same test pictures under the maps of all models.
compare.run = lint-show -o $(compare.makes) --max 8 $(MODELS:%=--title %) \
    $(foreach model,$(MODELS),<(lint-cam -q $m/model.safetensors $(call seen,test)))
compare.reads = $(foreach model,$(MODELS),$m/model.safetensors) $d/test.lts
compare.makes = models/$(NAME)/s$s/compare.png

include pipelines/run.mk

# A user's folder may have anything in its name, so that it can be no prerequisite.
have-source: | $(filter deps,$(MAKECMDGOALS))
	@for f in =$(call quote,$(DATA)) $(call outside,quote); do [ -d "$${f#*=}" ] || { \
	    echo "There is no folder '$${f#*=}'.$(if $(MISSING), $(MISSING))" >&2; exit 1; }; done

# --- what is asked for -----------------------------------------------------------------------

results = $(foreach s,$1,$(foreach model,$(MODELS),$(addprefix $(AT)$m/,$2)))

## run the experiment for one seed: the models, their scores, their maps
pipeline: stages
	@printf '\nOn validation pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),val.json) | sed -n 1,3p; \
	printf '\nOn validation pictures before each other'"'"'s backgrounds:\n\n'; \
	lint-eval --compare $(call results,$(SEED),swapped-val.json) | sed -n 1,3p; \
	printf '\nOn test pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),test.json); \
	$(foreach s,$(if $(tries),$(SEED)),echo; $(choose) -v say=$(call quote,$(TRY)) $(call judged,$(AT)); ) \
	printf '\nMaps over test pictures:\n'; \
	printf '  %s\n' $(foreach s,$(SEED),$(AT)$(compare.makes)) $(call results,$(SEED),sheet.png)

all-of = $(call results,$1,val.json swapped-val.json test.json) $(foreach s,$1,$(AT)$(compare.makes))
stages: $(call all-of,$(SEED))

SWEEP = $(shell seq 0 $$(($(SEEDS) - 1)))
side-by-side = $(MAKE) --no-print-directory $(JOBS:%=-j%)

# Pairs of the first model and each other.
pairs = $(foreach other,$(wordlist 2,99,$(MODELS)),lint-eval --pairs \
    $(foreach s,$(SWEEP),$(foreach model,$(firstword $(MODELS)) $(other),$(AT)$m/test.json));)
table = $(if $(GRID),awk -v slack=$(GRID_SLACK) -v seeds='$(GRID_SEEDS)' -f pipelines/grid.awk \
    $(foreach p,$(POINTS),$(call point-results,$p)),$(or $(pairs),true))

ifeq ($(CLUSTER),)
## run the experiment for seeds 0 to SEEDS-1, or for every setting of GRID, and compare; what exists is reused
sweep: $(if $(GRID),$(STAGE))
	+@$(side-by-side) $(if $(GRID),grid-stages,sweep-stages)
	@$(table)
else
include pipelines/cluster.mk
endif

sweep-stages: $(call results,$(SWEEP),val.json swapped-val.json test.json)

# A grid is a folder grid/SETTINGS for each combination, that is made like any OUT; they share a
# cache, so what two have in common is made once. Validation only: no test.json is made.
point-results = $(foreach s,$(GRID_SEEDS),$(foreach model,$(MODELS),$(addprefix $(AT)grid/$1/$m/,val.json swapped-val.json)))

grid-stages: $(addprefix $(AT)grid/,$(POINTS))

$(AT)grid/%: FORCE
	+@readarray -t settings < <(tr , '\n' <<<$(call quote,$*) | sed 's/-/=/'); \
	$(MAKE) --no-print-directory $(if $(CLUSTER),point-plan,point-stages) GRID= OUT=$@ CACHE=$(CACHE_DIR) "$${settings[@]}"

point-stages: $(call results,$(GRID_SEEDS),val.json swapped-val.json)

.PHONY: have-source pipeline stages sweep sweep-stages grid-stages point-stages

include pipelines/look.mk
include pipelines/report/report.mk
