# The original data: Caltech-256's leopards and killer whales, the test set chosen to mislead.
DATA := $(or $(DATA),data/256_ObjectCategories)
SPLIT = --misleading
MISSING = data/README.md says where Caltech-256 comes from; DATA=FOLDER where it is elsewhere.
CALTECH = leopard=129.leopards-101 orca=124.killer-whale

# Two classes of 257: a folder with a link to each.
SOURCE = $(OUT:%=%/)data/caltech/classes
SOURCE_NEEDS = caltech-classes

caltech-classes: | have-source
	@mkdir -p $(SOURCE)
	@for c in $(CALTECH); do from=$$DATA/$${c#*=}; \
	    [ -d "$$from" ] || { echo "There is no folder '$$from'. $(MISSING)" >&2; exit 1; }; \
	    ln -sfn "$$(realpath -- "$$from")" $(SOURCE)/$${c%=*}; done
.PHONY: caltech-classes
