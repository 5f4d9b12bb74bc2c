# Photographs of birds set before photographs of places: water birds before water and land birds on
# land, 95 % of the time in training and half of the time in val and test. All of it from three Debian
# packages; which of their pictures, and which places the test keeps for itself, stands in the two
# lists.
BIRDS_PACKAGES = tuxpaint-stamps-default mate-backgrounds plasma-workspace-wallpapers
PICTURES ?= --train 500 --val 100 --test 200 --correlation 0.95 --val-correlation 0.5
SYNTH = $(PICTURES) --object-min 0.55 --object-max 0.8 --root /usr/share \
    --objects pipelines/birds-objects.tsv --places pipelines/birds-places.tsv
# The photographs are told by the versions of their packages.
synth.also = $(foreach p,$(BIRDS_PACKAGES),$(call $1,with package $p $(shell dpkg-query -W -f '$${Version}' $p 2>/dev/null)))
synth.first = birds-packages

birds-packages:
	@pipelines/install-packages $(BIRDS_PACKAGES)
.PHONY: birds-packages
