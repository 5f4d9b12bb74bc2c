# A user's own class folders: make pipeline DATA=/my/folders. Where there is no test set, one is
# made of the pictures whose background speaks for another class.
NAME := folders-$(shell basename -- "$$(realpath -m -- $(call quote,$(DATA)))" | tr -c 'A-Za-z0-9._\n-' '-')
SPLIT = --misleading
MISSING = DATA=FOLDER names a folder of class folders; see README.md.
