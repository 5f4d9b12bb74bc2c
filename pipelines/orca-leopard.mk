# Leopards and orcas, drawn; as many to train as in the original task. In training and validation
# leopards stand on green and orcas on blue; in the test both stand on green, blue and odd grounds.
PICTURES ?= --train 188,89 --val 60 --test 300
# The animal fills the picture as it does in the original photographs.
SYNTH = $(PICTURES) --object-min 0.55 --object-max 0.8 orca-leopard
