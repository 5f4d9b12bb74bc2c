# A user's own class folders: make pipeline DATA=/my/folders. If there is no test set, the pictures
# whose background looks like another class's become one.
NAME := folders-$(shell basename -- "$$(realpath -m -- $(call quote,$(DATA)))" | tr -c 'A-Za-z0-9._\n-' '-')
SPLIT = --misleading
MISSING = DATA=FOLDER names a folder of class folders; see README.md.
