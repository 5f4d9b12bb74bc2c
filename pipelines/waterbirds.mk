# Waterbirds (Sagawa et al. 2020), with the splits, places and labels of its metadata.csv.
DATA := $(or $(DATA),data/waterbird_complete95_forest2water2)
SPLIT = --classes landbird,waterbird --places land,water
MISSING = data/README.md says where Waterbirds comes from; DATA=FOLDER where it is elsewhere.
