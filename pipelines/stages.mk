# The experiment, stage by stage:
#
#     pictures -> train.lts val.lts test.lts -> default, camloss, ... -> scores, maps -> one table
#
# With BACKBONE the models are heads of a pretrained network, which is trained only with FINE_TUNE:
#
#     train.lts val.lts -> features -> heads, joined to the network -> as above
#
# With FOLDS each part of the pictures is the test set once. The models of sN/fold-I are trained on the
# other parts, only to be tested; those of sN are trained on all pictures, to be used:
#
#     pictures -> sN/fold-1 ... sN/fold-K: sets -> models -> scores of all pictures, in sN
#              -> sN: sets without a test -> models
#
# An experiment is a file NAME.mk beside this one. It sets what differs between experiments: the source
# of the pictures, and numbers. Seed 3 writes to data/NAME/s3 and models/NAME/s3. Make determines the
# order; pipelines/stage decides whether a stage has to run, by the contents of its inputs, its command
# and its programs.

## experiment to run: the name of a file pipelines/NAME.mk
EXPERIMENT ?= $(if $(DATA),folders,orca-leopard)
## your own folder of pictures: class folders, or train/, val/ and test/, or a metadata.csv
DATA ?=
## random seed of all stages: pictures, split, training
SEED ?= 0
## number of seeds that `make sweep` runs: 0 to SEEDS-1
SEEDS ?= 10
## number of stages that run at the same time; empty: two, and on a cluster as many as it runs
JOBS ?=
## settings for `make sweep` to try, such as GRID='CAM_WEIGHT=1,3,10 SWAP=.5,1'; empty: seeds
GRID ?=
## seeds for GRID; different from the seeds that results are reported for
GRID_SEEDS ?= 100 101
## largest loss of validation accuracy, in points below default, at which GRID may choose a setting
GRID_SLACK ?= 2
## cluster for `make sweep`: CLUSTER=slurm submits the jobs and returns; empty: this machine
CLUSTER ?=
## options for sbatch, such as SBATCH='--partition=cpu --cpus-per-task=4 --time=1:00:00'
SBATCH ?=
## folder for data/ and models/; empty: this folder
OUT ?=
## folder of stages' earlier outputs, for reuse; several users may share it; empty: OUT/.cache
CACHE ?=
## whose outputs in CACHE are used: own, group (of all in the folder's group) or anyone (who may write there)
CACHE_TRUST ?= own
## largest size of CACHE; the least recently used outputs are deleted first
CACHE_MAX ?= 10G
## commit that `make diff` compares with
REV ?= HEAD
## tables of `make metrics` and `make experiments`: text, md (Markdown), csv or json
FORMAT ?= $(if $(JSON),json,text)
## not empty: the same as FORMAT=json
JSON ?=
## output file for `make dag`; empty: text
SVG ?=

# A $ in a folder's name does not begin a variable. Make cannot handle a line end in a name.
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
# The name of the folder of pictures in commands, and its location.
SOURCE = DATA
outside = $(call $1,data DATA=$(DATA))
include pipelines/$(EXPERIMENT).mk

## number of pictures to draw or compose: options of lint-synth
PICTURES ?=
## options of lint-split for the division into train, val and test, such as --skip-bad
SPLIT ?=
## number of parts of the folder, each of which tests the models that the others train; 1: no such parts
FOLDS ?= 1
## file of pretrained weights, on whose features heads are trained; empty: all of NET is trained
BACKBONE ?=
## number of augmented views of each training picture, with BACKBONE; of pictures that are only flipped, at most 2
VIEWS ?= 4
## epochs of training all layers after the head, with BACKBONE; kept where validation improves; 0: none
FINE_TUNE ?= 0
## learning rate of FINE_TUNE
FINE_TUNE_LR ?= 0.0001
## size of the pictures: that of the network's input
SIZE ?= $(net-size)
net-given := $(filter-out undefined,$(origin NET))
## network to train: a file, or a name in models/; with BACKBONE, the one that its tensors belong to
NET ?= $(if $(BACKBONE),$(or $(BACKBONE_NET),$(placeholder)),$(placeholder))
## number of epochs
EPOCHS ?= 24
## augmentation of the training pictures, new in each epoch: options of lint-augment, or a program
AUGMENT ?= --balance --flip h
## models to train and compare, of default, camloss, swap, crop, dro, jtt
MODELS ?= default camloss
## source of the object masks: found (by lint-mask), given (with the pictures) or center (no masks)
OBJECT ?= found
## probability that a training picture of camloss and swap gets another picture's background
SWAP ?= 1
## probability that a swapped background is also recoloured
SWAP_COLOUR ?= 1
## share of each side that the model crop keeps, from the middle
CROP ?= 0.6
## files that your own program in AUGMENT reads, such as modules; a change starts a new training
ALSO ?=
## options of lint-train for all models
TRAIN ?= --optim adam --lr $(if $(BACKBONE),0.001,0.002) --batch 16
## number format of the products in convolutions: f32, or bf16, which is coarser and faster
PRECISION ?= f32
## network of the heads, with BACKBONE; empty: the layers after the backbone's cam line
HEAD ?= head-conv
## weight of the CAM loss in camloss
CAM_WEIGHT ?= 1
## pairs CAM_WEIGHT/SWAP; camloss is the best of these by validation: TRY='1/1 3/1'
TRY ?=
## width of the centre prior as a fraction of the picture's side, with OBJECT=center
SIGMA ?= 0.25
## CAM loss of camloss without its weight: options of lint-train
CAM ?= --cam-loss energy $(if $(masked),--prior mask,--sigma $(SIGMA))

# The network's file, and the size of its input: of the first line `input WxHx3`.
net-file = $(firstword $(wildcard $(NET) models/$(NET).net) $(NET))
net-size = $(eval net-size := $(shell awk '{ sub(/\043.*/, ""); for (i = 1; i < NF; i++) \
    if ($$i == "input" && $$(i + 1) ~ /^[0-9]+x[0-9]+x3$$/) { sub(/x3$$/, "", $$(i + 1)); print $$(i + 1); exit } }' \
    $(net-file) </dev/null 2>/dev/null))$(net-size)
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
endif

# The settings that `make lock` records and `make diff` compares.
PARAMETERS = PICTURES SPLIT $(if $(folds),FOLDS) SIZE NET EPOCHS AUGMENT OBJECT SWAP SWAP_COLOUR TRAIN $(if $(precise),PRECISION) CAM_WEIGHT TRY CAM \
    $(if $(BACKBONE),VIEWS HEAD $(if $(frozen),FINE_TUNE FINE_TUNE_LR))

# Mistakes in settings that no tool would explain, or only after minutes of another stage; and the points
# of GRID.
VARIABLE = PICTURES SPLIT BACKBONE VIEWS FINE_TUNE FINE_TUNE_LR SIZE NET EPOCHS AUGMENT OBJECT SWAP \
    SWAP_COLOUR CROP ALSO TRAIN PRECISION HEAD CAM_WEIGHT TRY SIGMA CAM
checked = SEED SEEDS FOLDS JOBS EPOCHS VIEWS FINE_TUNE FINE_TUNE_LR SIZE PRECISION CAM_WEIGHT SWAP SWAP_COLOUR CROP SIGMA TRY \
    GRID GRID_SEEDS GRID_SLACK VARIABLE
$(foreach v,OUT CACHE NET BUILD BACKBONE HEAD,$(if $(word 2,$($v)),$(error $v: '$(subst $(line-end), ,$($v))' has a space in it, \
    which is more than make can bear; a link to it helps)))
$(foreach v,NET EPOCHS CAM_WEIGHT SIGMA OBJECT SWAP SWAP_COLOUR CROP VIEWS PRECISION,$(if $(strip $($v)),,$(error $v: \
    expected a value, not nothing)))
# With BACKBONE the network may not be known yet, and who builds the tools needs no models/.
ifneq ($(or $(net-given),$(BACKBONE_NET),$(if $(BACKBONE),,cnn)),)
$(if $(wildcard $(net-file))$(if $(net-given),,default),,$(error NET: there is no network '$(NET)': neither that file nor models/$(NET).net))
$(if $(net-size)$(if $(net-given),,default),,$(error NET: $(net-file) has no line 'input WxHx3', so no pictures can be made for it))
$(if $(filter $(net-size),$(SIZE))$(if $(net-size),,unknown),,$(error SIZE: $(net-file) takes pictures of $(net-size), not '$(SIZE)'; NET names another network))
endif
POINTS := $(shell $(foreach v,$(checked),$v=$(call quote,$($v))) LC_ALL= LC_NUMERIC=C awk -f pipelines/settings.awk)
$(if $(findstring error: ,$(POINTS)),$(error $(subst error: ,,$(POINTS))))
$(if $(filter-out own group anyone,$(CACHE_TRUST))$(word 2,$(CACHE_TRUST)),$(error CACHE_TRUST: expected own, group or anyone, not '$(CACHE_TRUST)'))
$(foreach f,$(ALSO),$(if $(wildcard $f),,$(error ALSO: there is no $f)))

# --- the stages --------------------------------------------------------------------------------
# Each stage has a command (run), the outputs of other stages that it reads, and its own outputs
# (makes). s is the seed, or SEED/fold-I; model is the name of the model. Project files and programs in the
# command need not be listed. `also` is a function: further lines of the stage (pipelines/stage/step.h), each put
# through $1.

STAGES = $(audit) $(if $(SYNTH),synth) split $(if $(found),mask) swap-val $(if $(filter jtt,$(MODELS)),jtt/weigh) \
    $(if $(BACKBONE),head features-val $(if $(frozen),,features-test) $(sort $(foreach m,$(MODELS),features-$(views-$m))) \
        $(if $(filter crop,$(MODELS)),features-cropped-val $(if $(frozen),,features-cropped-test))) \
    $(foreach m,$(tries),$m/train $m/val) \
    $(foreach m,$(MODELS),$m$(frozen)/$(if $(tries),$(if $(filter camloss,$m),choose,train),train) \
    $(if $(frozen),$m-frozen/val $m-tuned/train $m-tuned/val $m/keep) $m/val $m/test) compare $(if $(told),verdict)
fold-stages = $(filter-out audit compare verdict %/test $(patsubst %,%/val,$(filter-out $(if $(tries),$(if $(frozen),,default)),$(MODELS))),$(STAGES))
# What only parts need: the whole has no test pictures.
in-folds-only = $(if $(folds),features-test features-cropped-test)
folds := $(if $(filter-out 1,$(FOLDS)),$(shell seq -f 'fold-%.0f' $(FOLDS)))
$(if $(folds),$(if $(SYNTH),$(error FOLDS is for folders of pictures; this experiment draws its own test set)))
the-seed = $(firstword $(subst /, ,$s))
fold = $(patsubst fold-%,%,$(filter fold-%,$(subst /, ,$s)))
# The runs whose test pictures are a seed's.
tested = $(or $(foreach f,$(folds),$s/$f),$s)
known-models = default camloss swap crop dro $(if $(BACKBONE),,jtt)
$(foreach m,$(filter-out $(known-models),$(MODELS)),$(error MODELS: '$m' is none of $(strip \
    $(known-models)$(if $(BACKBONE), with BACKBONE))))
$(if $(filter-out found given center,$(OBJECT))$(word 2,$(OBJECT)),$(error OBJECT: expected found, given or center, not '$(OBJECT)'))
found = $(filter found,$(OBJECT))
masked = $(filter found given,$(OBJECT))

# $(call without-effect,SETTING,WHETHER IT HAS ONE,WHY): an error if it is given nevertheless.
without-effect = $(if $(filter command,$(firstword $(origin $1))),$(if $2,,$(error $1 has no effect $3)))
$(call without-effect,SIGMA,$(findstring $(SIGMA),$(CAM)),with OBJECT=$(OBJECT): evidence belongs on the object's mask; OBJECT=center has a prior of that width)
$(call without-effect,VIEWS,$(BACKBONE),without BACKBONE)
$(call without-effect,HEAD,$(BACKBONE),without BACKBONE)
$(call without-effect,CROP,$(filter crop,$(MODELS)),unless MODELS has crop)
d = data/$(NAME)/s$s
m = models/$(NAME)/s$s/$(model)

synth.run = lint-synth --size $(SIZE) --seed $s -o $d/pictures $(SYNTH)
synth.makes = $d/pictures

# $(call split-options,NAME...): those options of SPLIT, each as --NAME=VALUE.
split-options = $(foreach o,$1,$(filter --$o=%,$(subst --$o ,--$o=,$(SPLIT))))

# Of crops, the backgrounds are those around the objects, within the crops.
audit.run = lint-audit $(call split-options,group classes columns depth max-pixels) \
    $(if $(cropped),--crop-to-box $(call split-options,annotations margin min-confidence)) --json $(audit.json) --sheet $(audit.json:json=png) \
    --samples $(audit.json:json=tsv) $(SOURCE) >$(audit.json:json=txt)
audit.json = models/$(NAME)/s$s/audit.json
audit.also = $(call outside,$1)$(if $(cropped),$(annotation-inputs))
audit.first = have-source
audit.makes = $(foreach x,json png tsv txt,$(audit.json:json=$x))

split.run = lint-split $(SPLIT) $(parts) --size $(SIZE) --seed $(the-seed) -o $d $(if $(SYNTH),$d/pictures,$(SOURCE))
split.reads = $(if $(SYNTH),$d/pictures)
# A file of --annotations need not lie in the folder.
annotation-files = $(patsubst --annotations=%,%,$(call split-options,annotations))
annotation-inputs = $(foreach f,$(annotation-files), $(call $1,data ANNOTATIONS=$(abspath $f)))
split.also = $(if $(SYNTH),,$(call outside,$1))$(annotation-inputs)
split.first = $(if $(SYNTH),,$(or $(say-time),have-source))
split.makes = $d/train.lts $d/val.lts $d/test.lts

# Masks that lint-mask finds replace those that the pictures may have. The pictures' own masks serve
# only to evaluate the maps of the test set.
mask.run = lint-mask --replace $d/train.lts -o $d/found-train.lts && lint-mask --replace $d/val.lts -o $d/found-val.lts
mask.reads = $d/train.lts $d/val.lts
mask.makes = $d/found-train.lts $d/found-val.lts
with-masks = $(if $(found),$d/found-$1.lts,$d/$1.lts)

# Validation pictures whose backgrounds agree with the labels cannot expose a model that relies on the
# background. The same pictures before each other's backgrounds can. They are made once and choose the
# best epoch and the settings of a grid.
swap-by = --swap-by $(if $(masked),mask,center)
swap-val.run = lint-augment --swap-background 1 --swap-colour 0.5 $(swap-by) --seed $(the-seed) $(call with-masks,val) -o $d/swapped-val.lts
swap-val.reads = $(call with-masks,val)
swap-val.makes = $d/swapped-val.lts

# With TRY, a model camloss-N is trained for each of its pairs, and camloss is the best of them.
tries = $(if $(filter camloss,$(MODELS)),$(foreach k,$(shell seq $(words $(TRY))),camloss-$k))
kind = $(firstword $(subst -, ,$(model)))
pair = $(if $(filter $(tries),$(model)),$(subst /, ,$(word $(word 2,$(subst -, ,$(model))),$(TRY))))
weight = $(or $(word 1,$(pair)),$(if $(and $(tuning),$(tries)),$(chosen-weight)),$(CAM_WEIGHT))
probability = $(or $(word 2,$(pair)),$(SWAP))
$(if $(BACKBONE),$(foreach p,$(TRY),$(if $(filter %/$(SWAP),$p),,$(error TRY: with BACKBONE the backgrounds of all are \
    swapped alike: expected SWAP=$(SWAP), not $p))))

# Training set, validation set, augmentation and loss of each model. If AUGMENT is a program, it filters
# the output of the loader, which then only balances, swaps and shuffles.
mine = $(if $(filter-out -%,$(firstword $(AUGMENT))),$(AUGMENT) |)
$(foreach f,$(filter-out lint-%,$(firstword $(mine))),$(if $(shell \
    PATH=$(call quote,$(abspath $(BUILD))):"$$PATH" command -v $(call quote,$f)),,$(error AUGMENT: there is no program '$f')))
swaps = $(if $(filter-out 0,$(probability)),--swap-background $(probability) --swap-colour $(SWAP_COLOUR) $(swap-by))
center-cropped = lint-augment --center-crop $(CROP)

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
loss-dro = --objective dro --best worst-group $(if $(BACKBONE)$(findstring --weight-decay,$(TRAIN)),,--weight-decay 0.001)
loss-jtt = --cam-loss none --best worst-group

# Pictures as the model's input.
seen = $(if $(filter crop,$(kind)),<($(center-cropped) $d/$1.lts),$d/$1.lts)

# Group DRO draws as many pictures of each group, as its authors do.
evened = $(if $(filter dro,$(kind)),$(patsubst --balance,--balance-groups,$1),$1)
# With FINE_TUNE a model's head is trained first, as M-frozen. M-tuned is that whole network, trained further on
# pictures as NET would be from nothing. A few hundred pictures tell less of the mean of a feature than ImageNet
# did, so batch norms stay as they are. M is the better one, by what chooses its best epoch.
frozen := $(if $(filter-out 0,$(FINE_TUNE)),-frozen)
$(if $(frozen),$(if $(BACKBONE),,$(error FINE_TUNE is for pretrained networks: expected BACKBONE=FILE)))
tuning = $(filter %-tuned,$(model))
is-head = $(if $(BACKBONE),$(filter-out %-tuned $(if $(frozen),$(MODELS)),$(model)))
has-norms = $(eval has-norms := $(shell awk '!/^ *\043/ && ($$1 == "batchnorm" || $$2 == "batchnorm") { print 1; exit }' \
    $(net-file)))$(has-norms)
further = $(if $(tuning),--init $(m:-tuned=-frozen)/model.safetensors --lr $(FINE_TUNE_LR) $(if $(has-norms),--freeze-batchnorm))
chosen-weight = $$(cut -d ' ' -f $$($(choose) $(judged)) <<<'$(foreach p,$(TRY),$(firstword $(subst /, ,$p)))')
best-default = accuracy
best-camloss = swapped
best-swap = swapped
best-crop = accuracy
best-dro = worst_group
keep = $(by-validation) -v by=$(best-$(kind)) -f pipelines/fine-tune.awk
keep-judged = $(foreach o,frozen tuned,$1$m-$o/val.json $1$m-$o/swapped-val.json)
keep.run = cp $m-$$($(keep) $(keep-judged))/{model.safetensors,log.tsv} $m
keep.reads = $(keep-judged) $(foreach o,frozen tuned,$m-$o/model.safetensors $m-$o/log.tsv)
keep.makes = $m/model.safetensors $m/log.tsv

load = lint-augment $(call evened,$(if $(mine),--balance,$(AUGMENT))) $(augment-$(kind)) --epochs $1 --shuffle --seed $(the-seed)
# f32 is what the tools do unless told, and stays out of their commands.
precise = $(if $(filter-out f32,$(PRECISION)),--precision $(PRECISION))
train.run = $(if $(is-head),$(train-head),$(train-whole))
train-whole = $(call load,$(if $(tuning),$(FINE_TUNE),$(EPOCHS))) $(train-set-$(kind)) | \
    $(mine) lint-train --net $(if $(tuning),$(m:-tuned=-frozen)/model.safetensors,$(net-file)) --train - --val $(call seen,$(val-name-$(kind))) --seed $(the-seed) $(TRAIN) $(precise) $(further) $(loss-$(kind)) \
    -o $m/model.safetensors --log $m/log.tsv --checkpoint checkpoint
train.also = $(call $1,resumes)$(foreach f,$(also-digests), $(call $1,with also $(subst :, ,$f)))$(if $(is-head),$(backbone.also))
also-digests = $(eval also-digests := $(foreach f,$(ALSO),$f:$(firstword $(shell sha256sum <$f))))$(also-digests)
train.reads = $(if $(is-head),$(head-reads),$(train-set-$(kind)) $d/$(val-name-$(kind)).lts $(if $(tuning),\
    $(m:-tuned=-frozen)/model.safetensors $(if $(filter camloss-tuned,$(model)),$(if $(tries),$(judged)))))
train.makes = $m/model.safetensors $m/log.tsv $(if $(is-head),$m/head.safetensors)

# What the frozen network makes of the pictures is computed once, for all models that see the same. A
# training picture has several views; lint-train takes them in turn. Of pictures that are only flipped there
# are no more than two.
plain-views = $(if $(mine)$(filter-out --balance --flip h,$(AUGMENT))$(filter 1,$(VIEWS)),$(VIEWS),2)
views-default = plain
views-camloss = swapped
views-swap = swapped
views-crop = cropped
views-dro = plain

backbone.also = $(if $(BACKBONE), $(call $1,data BACKBONE=$(abspath $(BACKBONE))))
features = lint-features --net $(net-file) $(precise) --drop image BACKBONE
views = lint-augment $(if $(mine),--balance,$(AUGMENT)) $1 --epochs $3 --seed $(the-seed) $2 | $(mine) $(features)
features-plain.run = $(call views,,$d/train.lts,$(plain-views)) -o $d/features-plain.lts
features-plain.reads = $d/train.lts
features-plain.makes = $d/features-plain.lts
features-swapped.run = $(call views,$(swaps),$(call with-masks,train),$(VIEWS)) -o $d/features-swapped.lts
features-swapped.reads = $(call with-masks,train)
features-swapped.makes = $d/features-swapped.lts
features-cropped.run = $(call views,$(augment-crop),$d/train.lts,$(plain-views)) -o $d/features-cropped.lts
features-cropped.reads = $d/train.lts
features-cropped.makes = $d/features-cropped.lts
features-val.run = $(features) $d/val.lts -o $d/features-val.lts && $(features) $d/swapped-val.lts -o $d/features-swapped-val.lts
features-val.reads = $d/val.lts $d/swapped-val.lts
features-val.makes = $d/features-val.lts $d/features-swapped-val.lts
features-test.run = lint-features --net $(net-file) $(precise) --shift $(SHIFT) BACKBONE $d/test.lts -o $d/features-test.lts
features-test.reads = $d/test.lts
features-test.makes = $d/features-test.lts
features-cropped-val.run = $(foreach f,val swapped-val,$(center-cropped) $d/$f.lts | $(features) -o $d/features-cropped-$f.lts &&) true
features-cropped-val.reads = $(features-val.reads)
features-cropped-val.makes = $d/features-cropped-val.lts $d/features-cropped-swapped-val.lts
features-cropped-test.run = $(center-cropped) $d/test.lts | lint-features --net $(net-file) $(precise) --shift $(SHIFT) BACKBONE \
    -o $d/features-cropped-test.lts
features-cropped-test.reads = $d/test.lts
features-cropped-test.makes = $d/features-cropped-test.lts
# Features of a set as the model sees it.
features-of = $d/features-$(if $(filter crop,$(kind)),cropped-)$1.lts

# With the network's own head the model is the network as it was.
head.run = $(if $(HEAD),cp $(firstword $(wildcard $(HEAD) models/$(HEAD).net) $(HEAD)),lint-features --head --net $(net-file) BACKBONE -o) $d/head.net
head.makes = $d/head.net
$(foreach f,head features-plain features-swapped features-cropped features-val features-test features-cropped-val \
    features-cropped-test,$(eval $f.also = $$(backbone.also)))

train-head = lint-train --net $d/head.net --train $d/features-$(views-$(kind)).lts --val $(call features-of,$(val-name-$(kind))) \
    --epochs $(EPOCHS) --seed $(the-seed) $(TRAIN) $(loss-$(kind)) -o $m/head.safetensors --log $m/log.tsv --checkpoint checkpoint && \
    lint-features --net $(net-file) --join $m/head.safetensors BACKBONE -o $m/model.safetensors
head-reads = $d/head.net $d/features-$(views-$(kind)).lts $(call features-of,$(val-name-$(kind)))

judged = $(foreach model,$(patsubst %,%$(frozen),$(filter default,$(MODELS))) $(tries),$1$m/val.json $1$m/swapped-val.json)
by-validation = awk -v slack=$(GRID_SLACK) -f pipelines/summary.awk -f pipelines/validation.awk
choose = $(by-validation) -f pipelines/choose.awk
choose.run = cp $(m:-frozen=)-$$($(choose) $(judged))/{model.safetensors,log.tsv$(if $(BACKBONE),$(comma)head.safetensors)} $m
choose.reads = $(foreach model,$(tries),$(train.makes)) $(judged)
choose.makes = $(train.makes)
comma := ,

# Just Train Twice (Liu et al. 2021): samples that a model of one epoch gets wrong count 20 times.
weigh.run = $(call load,1) $d/train.lts | lint-train --net $(net-file) --train - --seed $(the-seed) $(TRAIN) $(precise) -o $m/first.safetensors && \
    lint-cam $(precise) $m/first.safetensors $d/train.lts | lint-weight --wrong 20 -o $m/weighted.lts
weigh.reads = $d/train.lts
weigh.makes = $m/weighted.lts

score = lint-eval --json --model $(model) --shares $d/train.lts -o $m/$1

# Scores on validation pictures: as they are, and before each other's backgrounds. A head answers
# from their features, which are there.
answers = lint-cam $(if $(is-head),$m/head.safetensors $(call features-of,$1),$(precise) $m/model.safetensors $(call seen,$1))
val.run = $(call answers,val) | $(call score,val.json) && $(call answers,swapped-val) | $(call score,swapped-val.json)
val.reads = $d/train.lts $(if $(is-head),$m/head.safetensors $(call features-of,val) $(call features-of,swapped-val),\
    $m/model.safetensors $d/val.lts $d/swapped-val.lts)
val.makes = $m/val.json $m/swapped-val.json

# What the models say of all test pictures, and of pictures moved by a sixth of their side. With FOLDS each
# picture is judged by a model that has not seen it.
SHIFT = 0.1667
tests-of = $(subst $(line-end),,$(subst $(line-end) , && ,$(foreach s,$(tested),lint-cam $1 $(if $(is-head),$m/head.safetensors \
    $(call features-of,test),$(precise) $m/model.safetensors $(call seen,test))$(line-end))))
test.run = $(if $(folds),{ $(call tests-of,--shift $(SHIFT)); } | $(call score,test.json) && \
    lint-show -o $m/sheet.png <($(call tests-of,-q)),$(call tests-of,--shift $(SHIFT) --grid $m/sheet.png) | $(call score,test.json))
tests-read = $(foreach s,$(tested),$(if $(is-head),$m/head.safetensors $(call features-of,test),$m/model.safetensors $d/test.lts))
test.reads = $(tests-read) $d/train.lts
test.makes = $m/test.json $m/sheet.png

# The maps of all models over the same test pictures.
compare.run = lint-show -o $(compare.makes) --max 8 $(MODELS:%=--title %) \
    $(foreach model,$(MODELS),<($(call tests-of,-q)))
compare.reads = $(foreach model,$(MODELS),$(tests-read))
compare.makes = models/$(NAME)/s$s/compare.png

# What a folder's experiment says, and what would help where nothing has.
told = $(if $(audit),$(filter default,$(MODELS)))
verdict.run = lint-eval --verdict $(audit.json) $(remedies) --command 'lint-predict $(if $(cropped),--boxes FILE )$(foreach model,%,$m)/model.safetensors PICTURE...' \
    -o $(verdict.makes) $(judged-tests)
judged-tests = $(foreach model,default $(filter-out default,$(MODELS)),$m/test.json)
cropped = $(filter --crop-to-box,$(SPLIT))
remedies = $(if $(filter given,$(OBJECT))$(cropped),,--remedy 'Masks of the objects would help: OBJECT=given (docs/masks.md).') \
    $(if $(cropped),,--remedy 'So would boxes around them: SPLIT=--crop-to-box (docs/pipelines.md).') \
    $(if $(BACKBONE),,--remedy 'A pretrained network would help: BACKBONE=FILE (README.md).')
verdict.reads = $(audit.json) $(judged-tests)
verdict.makes = models/$(NAME)/s$s/verdict.txt

include pipelines/run.mk

# The name of a user's folder may contain any character, so it cannot be a prerequisite.
have-source: | $(filter deps,$(MAKECMDGOALS))
	@for f in =$(call quote,$(DATA)) $(call outside,quote); do [ -d "$${f#*=}" ] || { \
	    echo "There is no folder '$${f#*=}'.$(if $(MISSING), $(MISSING))" >&2; exit 1; }; done

# --- targets for users -----------------------------------------------------------------------

results = $(foreach s,$1,$(foreach model,$(MODELS),$(addprefix $(AT)$m/,$2)))

## run the experiment for one seed, and print the models' scores
pipeline: | $(filter deps,$(MAKECMDGOALS))
	+@$(side-by-side) stages
	@$(if $(told),echo; $(foreach s,$(SEED),grep -v '^  ' $(AT)$(verdict.makes) | fold -sw 100; \
	    sed -n 's|^  lint-predict \(--boxes FILE \)*|&$(AT)|p' $(AT)$(verdict.makes));) \
	printf '\nOn validation pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),val.json) | sed -n 1,3p; \
	printf '\nOn validation pictures before each other'"'"'s backgrounds:\n\n'; \
	lint-eval --compare $(call results,$(SEED),swapped-val.json) | sed -n 1,3p; \
	printf '\nOn test pictures:\n\n'; \
	lint-eval --compare $(call results,$(SEED),test.json); \
	$(if $(audit),printf '\nAbout the folder:\n'; printf '  %s\n' $(foreach s,$(SEED),$(addprefix $(AT),$(audit.makes)));) \
	$(foreach s,$(if $(tries),$(SEED)),echo; $(choose) -v say=$(call quote,$(TRY)) $(call judged,$(AT)); ) \
	$(if $(frozen),echo; $(foreach s,$(SEED),$(foreach model,$(MODELS),$(keep) -v say=$(model) $(call keep-judged,$(AT));))) \
	printf '\nMaps over test pictures:\n'; \
	printf '  %s\n' $(foreach s,$(SEED),$(AT)$(compare.makes)) $(call results,$(SEED),sheet.png)

all-of = $(foreach s,$1,$(if $(audit),$(AT)$(audit.json)) $(if $(told),$(AT)$(verdict.makes))) $(call results,$1,val.json swapped-val.json test.json) \
    $(foreach s,$1,$(AT)$(compare.makes))
stages: $(call all-of,$(SEED))

SWEEP = $(shell seq 0 $$(($(SEEDS) - 1)))
# Unless make itself was told how many.
side-by-side = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(or $(JOBS),2))

# Pairs of the first model and each other.
pairs = $(foreach other,$(wordlist 2,99,$(MODELS)),lint-eval --pairs \
    $(foreach s,$(SWEEP),$(foreach model,$(firstword $(MODELS)) $(other),$(AT)$m/test.json));)
table = $(if $(GRID),$(by-validation) -v seeds='$(GRID_SEEDS)' -f pipelines/grid.awk \
    $(foreach p,$(POINTS),$(call point-results,$p)),$(or $(pairs),true))

ifeq ($(CLUSTER),)
## run the experiment for seeds 0 to SEEDS-1, or for all settings of GRID, and compare; reuses results
sweep: $(if $(GRID),$(STAGE))
	+@$(side-by-side) $(if $(GRID),grid-stages,sweep-stages)
	@$(table)
else
include pipelines/cluster.mk
endif

sweep-stages: $(call results,$(SWEEP),val.json swapped-val.json test.json)

# A grid has a folder grid/SETTINGS for each combination, used as OUT. All share a cache, so common
# stages run once. Only validation scores are computed, no test.json.
point-results = $(foreach s,$(GRID_SEEDS),$(foreach model,$(MODELS),$(addprefix $(AT)grid/$1/$m/,val.json swapped-val.json)))

grid-stages: $(addprefix $(AT)grid/,$(POINTS))

$(AT)grid/%: FORCE
	+@readarray -t settings < <(tr , '\n' <<<$(call quote,$*) | sed 's/-/=/; s/[+]/ /g; s/@/\\x/g' | \
	    while IFS= read -r s; do printf '%b\n' "$$s"; done); \
	$(MAKE) --no-print-directory $(if $(CLUSTER),point-plan,point-stages) GRID= OUT=$@ CACHE=$(CACHE_DIR) "$${settings[@]}"

point-stages: $(call results,$(GRID_SEEDS),val.json swapped-val.json)

.PHONY: have-source pipeline stages sweep sweep-stages grid-stages point-stages

include pipelines/look.mk
include pipelines/report/report.mk
