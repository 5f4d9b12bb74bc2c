# The page about an experiment, a stage like others: its content decides whether it is made again. It
# is about seeds 0 to SEEDS-1, which are made first; what is shown in pictures is seed SEED.
REPORT_MODELS = $(wordlist 1,2,$(MODELS))
REPORT_OTHERS = $(wordlist 3,$(words $(MODELS)),$(MODELS))
REPORT_PACKAGES = gnuplot-nox perl webp
REPORT_TOOLS = $(addprefix $(BUILD)/,lint-cam lint-eval lint-show)

report.run = pipelines/report/page --name $(NAME) --seed $(SEED) --style pipelines/report/page.css \
    --script pipelines/report/page.js --charts pipelines/report/charts --scores lint-eval \
    --maps lint-cam --pictures lint-show $(addprefix --lock ,$(wildcard $(LOCK))) \
    $(if $(REPORT_OTHERS),--others '$(REPORT_OTHERS)') $(foreach s,$(SEED),$(if $(told),--verdict $(verdict.makes))) \
    $(if $(folds),--parts '$(folds)') \
    -o $(report.makes) $(REPORT_MODELS) $(SWEEP)
report.reads = $(foreach s,$(sort $(SWEEP) $(SEED)),$(foreach model,$(REPORT_MODELS),$(addprefix \
    $m/,model.safetensors log.tsv val.json test.json))) \
    $(foreach s,$(SWEEP),$(foreach model,$(REPORT_OTHERS),$m/test.json)) \
    $(foreach s,$(SEED),$(addprefix $d/,train.lts val.lts) $(if $(told),$(verdict.makes)) $(foreach s,$(tested),$d/test.lts \
    $(foreach model,$(REPORT_MODELS),$m/model.safetensors)))
report.makes = models/$(NAME)/report.html

## write a page about the runs of `make sweep`: models/NAME/report.html
report: report-needs $(AT)$(report.makes)
	@echo $(AT)$(report.makes)

$(AT)$(report.makes): FORCE $(addprefix $(AT),$(report.reads)) | \
    $(STAGE) $(REPORT_TOOLS)
	@printf '%s\n' $(call quote,stage $(NAME)/report) $(call quote,run $(strip $(report.run))) \
	    $(foreach f,$(report.reads),$(call quote,in $f)) $(call quote,out $(report.makes)) | $(stage) run

# Before anything is trained.
report-needs: | $(filter deps,$(MAKECMDGOALS))
	@missing=; command -v gnuplot >/dev/null || missing+=" gnuplot-nox"; \
	perl -MJSON::PP -MDigest::SHA -e1 2>/dev/null || missing+=" perl"; \
	command -v cwebp >/dev/null || missing+=" webp"; \
	[ -z "$$missing" ] || { echo "The page cannot be made yet. Missing Debian packages:$$missing"; \
	    echo "'make deps report' installs them, as root or with sudo."; exit 1; } >&2

.PHONY: report report-needs
