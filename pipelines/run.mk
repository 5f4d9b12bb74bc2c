# How the stages of stages.mk are run. Independent of the experiment.

# Tools are found as a user would call them.
export PATH := $(abspath $(BUILD)):$(PATH)
AT = $(OUT:%=%/)
CACHE_DIR = $(or $(CACHE),$(AT).cache)
STAGE = $(BUILD)/stage
quiet = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
stage = $(STAGE) $(OUT:%=--root %) --cache $(CACHE_DIR) --max $(CACHE_MAX) $(quiet:%=-q) $(if $V,-v) \
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

# The stage runner decides whether a stage reruns, whatever the time stamps. Make only calls it in order.
define stage-rule
$(addprefix $(AT),$(call of,$1,%,makes)): FORCE $(addprefix $(AT),$(call of,$1,%,reads)) | \
    $(STAGE) $(call of,$1,%,first) $(call tools,$(call of,$1,%,run))
	@$$(stage) run $$(call describe,$1,$$*,quote)
endef
tools = $(patsubst %,$(BUILD)/%,$(sort $(filter lint-%,$(subst <$(paren),,$1))))
paren := (
$(foreach stage-name,$(STAGES),$(eval $(call stage-rule,$(stage-name))))
