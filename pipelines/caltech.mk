# The original data: Caltech-256's leopards and killer whales, the test set chosen to mislead.
DATA := $(or $(DATA),data/256_ObjectCategories)
SPLIT = --misleading
MISSING = data/README.md says where Caltech-256 comes from; DATA=FOLDER where it is elsewhere.
