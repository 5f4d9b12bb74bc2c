# A user's own class folders: make pipeline DATA=/my/folders. Where there is no test set, one is
# made of the pictures whose background speaks for another class.
NAME := folders-$(shell basename -- "$$(realpath -m -- $(call quote,$(DATA)))" | tr -c 'A-Za-z0-9._\n-' '-')
SPLIT = --misleading
MISSING = DATA=FOLDER names a folder of class folders; see README.md.
# No value is right for every folder. Unless one is given, camloss is the best of two by validation; of
# heads, which train in seconds, more are tried.
given = $(filter command environment,$(firstword $(origin CAM_WEIGHT)) $(firstword $(origin SWAP)))
TRY ?= $(if $(given),,$(if $(BACKBONE),0.3/$(SWAP) 1/$(SWAP) 3/$(SWAP),1/1 0.3/0.5))
