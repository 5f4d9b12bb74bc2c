# The original data: Caltech-256's leopards and killer whales, with a misleading test set.
DATA := $(or $(DATA),data/256_ObjectCategories)
SPLIT = --misleading
MISSING = data/README.md says where Caltech-256 comes from; DATA=FOLDER where it is elsewhere.
# As a folder of its size (pipelines/folders.mk).
EPOCHS ?= 96
CALTECH = leopard=129.leopards-101 orca=124.killer-whale

# Two classes of 257.
SOURCE = classes
outside = $(foreach c,$(CALTECH),$(call $1,data classes/$(subst =,=$(DATA)/,$c)))
