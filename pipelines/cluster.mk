# `make sweep` on a cluster. Make writes its stages into a plan, which pipelines/slurm submits. Each
# stage is a line of the plan: its task and its command.
sweeping := $(filter sweep,$(MAKECMDGOALS))
$(if $(filter slurm,$(CLUSTER)),,$(if $(sweeping),$(error CLUSTER may be slurm, and is $(CLUSTER))))
$(if $(sweeping),$(if $(shell command -v sbatch),,$(error CLUSTER=slurm: there is no sbatch \
    here, with which jobs are submitted; without CLUSTER the sweep runs on this machine)))

# $(call tasks,PREFIX,SEEDS,STAGES): a task for each seed.
tasks = $(foreach task,$(2:%=$1s%),$(call each-stage,$(lastword $(subst /s, ,/$(task))),$3,task-stage))
task-stage = $(task) $(patsubst $(STAGE),stage,$(stage)) "$$verb" $(call describe,$1,$2,quote)$(line-end)

sweep: $(STAGE) $(TOOLS) | $(foreach n,$(STAGES),$(call of,$n,0,first))
	+@$(if $(GRID),$(foreach p,$(POINTS),$(MAKE) --no-print-directory PLAN=$(call quote,$(PLAN)) $(AT)grid/$p && )):
	@$(file >>$(PLAN),$(if $(GRID),,$(call tasks,,$(SWEEP),$(filter-out compare,$(STAGES))))table \
	    $(table))plan=$(call quote,$(PLAN)); trap 'rm -f "$$plan"' EXIT; pipelines/slurm submit $(NAME) $(AT).cache/slurm \
	    $(AT)models/$(NAME)/$(if $(GRID),grid,sweep) "$(STAGE) $(TOOLS)" "$(JOBS)" $(SBATCH) <"$$plan"

point-plan:
	@$(file >>$(PLAN),$(call tasks,$(AT),$(GRID_SEEDS),$(filter-out compare %/test,$(STAGES)))):

.PHONY: point-plan
