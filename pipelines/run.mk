# How the stages of stages.mk are run. Independent of the experiment.

# Tools are found as a user would call them.
export PATH := $(abspath $(BUILD)):$(PATH)
AT = $(OUT:%=%/)
CACHE_DIR = $(or $(CACHE),$(AT).cache)
STAGE = $(BUILD)/stage
quiet = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
stage = $(STAGE) $(OUT:%=--root %) --cache $(CACHE_DIR) --trust $(CACHE_TRUST) --max $(CACHE_MAX) $(quiet:%=-q) $(if $V,-v) \
    --facts $(call quote,pipelines/facts $(STAGE) $(firstword $(CC)) $(PKGS))

# $(call of,STAGE,SEED,WHAT[,HOW]): a stage's run, reads or makes for that seed; HOW is the argument if
# WHAT is a function.
of = $(foreach s,$2,$(foreach model,$(patsubst %/,%,$(dir $1)),$(call $(notdir $1).$3,$4)))

# $(call describe,STAGE,SEED,HOW): a stage in the format of pipelines/stage/step.h, each line put
# through the function HOW.
describe = $(call $3,stage $(NAME)/s$2/$1) $(call $3,run $(strip $(call of,$1,$2,run))) \
    $(call of,$1,$2,also,$3) \
    $(foreach f,$(call of,$1,$2,reads),$(call $3,in $f)) \
    $(foreach f,$(call of,$1,$2,makes),$(call $3,out $f))

# $(call each-stage,SEED,STAGES,FUNCTION): calls FUNCTION with each stage and its run, a seed or SEED/fold-I.
each-stage = $(foreach f,$(folds),$(foreach n,$(filter $(fold-stages),$2),$(call $3,$n,$1/$f)))$(foreach n,$(filter-out $(in-folds-only),$2),$(call $3,$n,$1))

# The stage runner decides whether a stage reruns, whatever the time stamps. Make only calls it in order.
# A stage that fails leaves its earlier outputs as they were, so make must not delete them.
define stage-rule
.PRECIOUS: $(addprefix $(AT),$(call of,$1,%,makes))
$(addprefix $(AT),$(call of,$1,%,makes)): FORCE $(addprefix $(AT),$(call of,$1,%,reads)) | \
    $(STAGE) $(call of,$1,%,first) $(call tools,$(call of,$1,%,run))
	@$$(stage) run $$(call describe,$1,$$*,quote)
endef
tools = $(patsubst %,$(BUILD)/%,$(sort $(filter lint-%,$(subst ',,$(subst <$(paren),,$1)))))
paren := (
$(foreach stage-name,$(STAGES),$(eval $(call stage-rule,$(stage-name))))
