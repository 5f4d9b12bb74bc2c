# Photographs of birds set before photographs of places: water birds before water and land birds on
# land, 95 % of the time in training and half of the time in the test. All of it from three Debian
# packages; which of their pictures, and which places the test keeps for itself, stands in the two
# lists.
BIRDS_PACKAGES = tuxpaint-stamps-default mate-backgrounds plasma-workspace-wallpapers
BIRDS_LISTS = pipelines/birds-objects.tsv pipelines/birds-places.tsv
SYNTH = --objects pipelines/birds-objects.tsv --places pipelines/birds-places.tsv \
    --root /usr/share --correlation 0.95
SYNTH_NEEDS = $(BIRDS_LISTS) | birds-packages

birds-packages:
	@pipelines/install-packages $(BIRDS_PACKAGES)
.PHONY: birds-packages
