# Photographs of birds pasted onto photographs of places: water birds on water and land birds on land,
# in 95 % of training pictures and in half of the pictures of val and test. All photographs come from
# three Debian packages. The two lists name them, and the places that only the test uses.
BIRDS_PACKAGES = tuxpaint-stamps-default mate-backgrounds plasma-workspace-wallpapers
PICTURES ?= --train 500 --val 100 --test 200 --correlation 0.95 --val-correlation 0.5
SYNTH = $(PICTURES) --object-min 0.55 --object-max 0.8 --root /usr/share \
    --objects pipelines/birds-objects.tsv --places pipelines/birds-places.tsv
# By swapped validation on seeds 100 and 101 (docs/results.md): 24 epochs are too few for photographs.
EPOCHS ?= 48
# Likewise on seeds 100 to 103, of heads.
CAM_WEIGHT ?= $(if $(BACKBONE),0.3,1)
# The versions of the packages identify the photographs.
synth.also = $(foreach p,$(BIRDS_PACKAGES),$(call $1,with package $p $(shell dpkg-query -W -f '$${Version}' $p 2>/dev/null)))
synth.first = birds-packages

birds-packages:
	@pipelines/install-packages $(BIRDS_PACKAGES)
.PHONY: birds-packages
