# Leopards and orcas, drawn; the original task's numbers. A leopard stands in savanna, grass or
# forest, an orca in sea, surf or before sky; in the test set the backgrounds are swapped.
SYNTH = --train leopard=188,orca=89
AUGMENT ?= --balance
