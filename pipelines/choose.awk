# Reads MODEL/val.json and MODEL/swapped-val.json of default (or default-frozen), where there is one,
# and of camloss-1, camloss-2, ...; prints the number N of the best by the rule of validation.awk, which comes first, or
# with say=TRY a line about it. Where all cost more than the rule allows, the best costs least.

FNR == 1 {
    model = path[parts - 1]
    sub(/-frozen$/, "", model)
    if (sub(/^camloss-/, "", model) && seen() == "plain") tries++
}
score == "accuracy" { add("", model, seen(), value_read) }

END {
    for (k = 1; k <= tries; k++) {
        right = is_affordable("", k) ? mean("", k, "swapped") : mean("", k, "plain") - 1000
        if (!best || right > most) { best = k; most = right }
    }
    split(say, pair, " ")
    sub("/", " SWAP=", pair[best])
    print say == "" ? best : "camloss: CAM_WEIGHT=" pair[best] ", the best of " tries " settings by validation"
}
