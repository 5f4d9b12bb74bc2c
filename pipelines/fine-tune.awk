# Reads MODEL-frozen and MODEL-tuned/val.json and swapped-val.json; prints frozen or tuned, the better one, or
# with say=MODEL a line about it. By what is the model's own choice of an epoch: by=accuracy or
# by=worst_group on validation pictures as they are, or by=swapped, the rule of validation.awk, with the frozen
# model in the place of default. Of equals it is the frozen one. summary.awk and validation.awk come first.

FNR == 1 { model = path[parts - 1] ~ /-tuned$/ ? "tuned" : "default" }
score == (by == "worst_group" ? by : "accuracy") { add("", model, seen(), value_read) }

END {
    on = by == "swapped" ? by : "plain"
    better = has("", "tuned", on) && has("", "default", on) && mean("", "tuned", on) > mean("", "default", on)
    if (by == "swapped") better = better && is_affordable("", "tuned")
    if (say == "") print better ? "tuned" : "frozen"
    else print say ": " (better ? "fine-tuned" : "the backbone stays frozen") ", by validation"
}
