# Targets that show stages and results: what would run, what was made, what has changed.

# The stages of several seeds go into a file, since a command line could be too long.
plan-line = $1$(line-end)
PLAN = $(eval PLAN := $(shell mktemp 2>/dev/null))$(or $(PLAN),$(error TMPDIR: no file can be made \
    in the folder '$(TMPDIR)'))
plan = $(file >$(PLAN),$(foreach seed,$1,$(call each-stage,$(seed),$2,plan-stage)))plan=$(call quote,$(PLAN)); \
    trap 'rm -f "$$plan"' EXIT;
plan-stage = $(call describe,$1,$2,plan-line)

## list the stages that `make pipeline` would run, and why
status: $(STAGE) $(TOOLS)
	@$(call plan,$(SEED),$(STAGES)) $(stage) status <"$$plan"

## print the graph of stages as text, or draw it with SVG=FILE
dag:
	@$(call plan,$(SEED),$(STAGES)) awk -v svg=$(call quote,$(SVG)) -f pipelines/dag.awk "$$plan" $(SVG:%=>%)

## delete the least recently used outputs until the cache fits CACHE_MAX
gc: $(STAGE)
	@[ -d $(CACHE_DIR) ] || { echo "there is no cache $(CACHE_DIR)" >&2; exit 1; }; $(stage) gc

# --- numbers -----------------------------------------------------------------------------------

# Scores of all seeds that were run, in numerical order.
scores = $(foreach s,$(call seeds-there),$(foreach model,$(MODELS),$(wildcard \
    $(addprefix $(AT)$m/,val.json swapped-val.json test.json))))
seeds-there = $(patsubst s%,%,$(shell ls -v $(AT)models/$(NAME) 2>/dev/null | grep -x 's[0-9]*'))

metrics = awk -v as=$(FORMAT) -f pipelines/summary.awk -f pipelines/table.awk -f pipelines/metrics.awk
$(if $(filter-out text md csv json,$(FORMAT))$(word 2,$(FORMAT)),$(error FORMAT: expected text, md, csv or json, not '$(FORMAT)'))

## print the scores of all seeds that were run; FORMAT=md, csv or json
metrics: $(STAGE) $(TOOLS)
	@[ -n "$(scores)" ] || { echo "nothing was run yet; 'make pipeline' does" >&2; exit 1; }
	@$(metrics) $(scores)
	@$(call plan,$(seeds-there),$(filter-out compare,$(STAGES))) $(stage) status <"$$plan" | awk '$$2 != "done" { \
	    split($$1, at, "/"); if (!seen[at[2]]++) other = other " " at[2] } END { if (other) \
	    print "not what would be made with the settings, pictures and programs of now:" other \
	    " (make status SEED=N says why)" }' >&2

# Models of all experiments and seeds, and those of grids.
## print all that was run: scores, and settings that differ; FORMAT=md or csv
experiments:
	$(if $(filter json,$(FORMAT)),$(error FORMAT: expected text, md or csv for make experiments; make metrics writes json))
	@pipelines/experiments $(FORMAT) $(OUT)

# --- the lock ----------------------------------------------------------------------------------

LOCK = pipelines/$(NAME).lock
# Seed SEED; with SEEDS= on the command line, 0 to SEEDS-1.
locked = $(if $(filter command environment,$(firstword $(origin SEEDS))),$(SWEEP),$(SEED))
parameters = $(foreach p,$(sort $(PARAMETERS)),$(call quote,param  $p $(strip $($p))))

numbers = printf '%s\n' $(parameters); $(metrics) -v lines=1 $(scores)
lock-text = { printf '%s\n' $(parameters); $(metrics) -v lines=1 \
    $(call results,$1,val.json swapped-val.json test.json); $(stage) lock <"$$plan"; } | pipelines/lock-text

## write pipelines/NAME.lock: commands, digests, parameters and scores of SEED or of SEEDS=N seeds
lock: $(call all-of,$(locked))
	@$(call plan,$(locked),$(sort $(STAGES))) $(call lock-text,$(locked)) >$(LOCK).new && mv $(LOCK).new $(LOCK)
	$(if $(quiet),,@printf '%s has %s stages\n' $(LOCK) "$$(grep -c ^stage $(LOCK))")

## rerun seed SEED from scratch in another folder, and compare with the lock
verify:
	@[ -e $(LOCK) ] || { echo "there is no $(LOCK); 'make lock' writes it" >&2; exit 1; }
	+@there=$$(mktemp -d); trap 'rm -rf "$$there"' EXIT; \
	    $(MAKE) --no-print-directory lock LOCK="$$there/lock" \
	    OUT="$$there" CACHE= locked=$(SEED) >&2; \
	    awk -v quiet=$(if $(quiet),1,0) -f pipelines/verify.awk $(LOCK) "$$there/lock"

## compare parameters and scores with the lock at commit REV
diff:
	@old=$$(mktemp); trap 'rm -f "$$old"' EXIT; git show $(call quote,$(REV):$(LOCK)) >"$$old" 2>/dev/null || { \
	    echo "the commit '"$(call quote,$(REV))"' has no $(LOCK)" >&2; exit 1; }; \
	    awk -f pipelines/diff.awk "$$old" <($(numbers))

.PHONY: status dag gc metrics experiments lock verify diff
