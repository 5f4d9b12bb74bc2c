# Drawn leopards and orcas, with as many training pictures as the original task. In training and
# validation, leopards are on green and orcas on blue; in the test, both are on green, blue and odd
# backgrounds.
PICTURES ?= --train 188,89 --val 60 --test 300
# The animals fill the pictures as in the original photographs.
SYNTH = $(PICTURES) --object-min 0.55 --object-max 0.8 orca-leopard
