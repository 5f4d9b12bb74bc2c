# Targets that show stages and results: what would run, what was made, what has changed.

# The stages of several seeds go into a file, since a command line could be too long.
define newline


endef
plan-line = $1$(newline)
PLAN = $(eval PLAN := $(shell mktemp))$(PLAN)
plan = $(file >$(PLAN),$(foreach seed,$1,$(foreach stage-name,$2,$(call \
    describe,$(stage-name),$(seed),plan-line))))trap 'rm -f $(PLAN)' EXIT;

## list the stages that `make pipeline` would run, and why
status: $(STAGE) $(TOOLS)
	@$(call plan,$(SEED),$(STAGES)) $(stage) status <$(PLAN)

## print the graph of stages as text, or draw it with SVG=FILE
dag:
	@$(call plan,$(SEED),$(STAGES)) awk -v svg=$(call quote,$(SVG)) -f pipelines/dag.awk $(PLAN) $(SVG:%=>%)

## delete the least recently used outputs until the cache fits CACHE_MAX
gc: $(STAGE)
	@[ -d $(CACHE_DIR) ] || { echo "there is no cache $(CACHE_DIR)" >&2; exit 1; }; $(stage) gc

# --- numbers -----------------------------------------------------------------------------------

# Scores of all seeds that were run, in numerical order.
scores = $(foreach s,$(call seeds-there),$(foreach model,$(MODELS),$(wildcard \
    $(addprefix $(AT)$m/,val.json swapped-val.json test.json))))
seeds-there = $(patsubst s%,%,$(shell ls -v $(AT)models/$(NAME) 2>/dev/null | grep -x 's[0-9]*'))

## print the scores of all seeds that were run; JSON=1: as JSON
metrics: $(STAGE) $(TOOLS)
	@[ -n "$(scores)" ] || { echo "nothing was run yet; 'make pipeline' does" >&2; exit 1; }
	@awk -v json=$(call quote,$(JSON)) -f pipelines/metrics.awk $(scores)
	@$(call plan,$(seeds-there),$(filter-out compare,$(STAGES))) $(stage) status <$(PLAN) | awk '$$2 != "done" { \
	    split($$1, at, "/"); if (!seen[at[2]]++) other = other " " at[2] } END { if (other) \
	    print "not what would be made with the settings, pictures and programs of now:" other \
	    " (make status SEED=N says why)" }' >&2

# --- the lock ----------------------------------------------------------------------------------

LOCK = pipelines/$(NAME).lock
# Seed SEED; with SEEDS= on the command line, 0 to SEEDS-1.
locked = $(if $(filter command environment,$(firstword $(origin SEEDS))),$(SWEEP),$(SEED))
parameters = $(foreach p,$(sort $(PARAMETERS)),$(call quote,param  $p $(strip $($p))))

numbers = printf '%s\n' $(parameters); awk -v lines=1 -f pipelines/metrics.awk $(scores)
lock-text = { printf '%s\n' $(parameters); awk -v lines=1 -f pipelines/metrics.awk \
    $(call results,$1,val.json swapped-val.json test.json); $(stage) lock <$(PLAN); } | pipelines/lock-text

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

.PHONY: status dag gc metrics lock verify diff
