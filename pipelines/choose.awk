# Reads MODEL/val.json and MODEL/swapped-val.json of default, where there is one, and of camloss-1,
# camloss-2, ...; prints the number N of the best, or with say=TRY a line about it: of those that cost at most `slack` points of the
# validation accuracy of default, the one that is right most often on validation pictures with each
# other's backgrounds. Of equals the first. Where all cost more, the one that costs least.

FNR == 1 {
    summary = 0
    n = split(FILENAME, part, "/")
    model = part[n - 1]
    on = part[n] == "val.json" ? "plain" : "swapped"
    if (sub(/^camloss-/, "", model) && on == "plain") tries++
}
/"summary": \{/ { summary = 1; next }
summary && /^ *\}/ { summary = 0 }
summary && /^ *"accuracy": [0-9]/ { accuracy[model, on] = 100 * $2 }

END {
    least = ("default", "plain") in accuracy ? accuracy["default", "plain"] - slack - 1e-9 : 0
    for (k = 1; k <= tries; k++) {
        fits = accuracy[k, "plain"] >= least
        score = fits ? accuracy[k, "swapped"] : accuracy[k, "plain"] - 1000
        if (!best || score > most) { best = k; most = score }
    }
    split(say, pair, " ")
    sub("/", " SWAP=", pair[best])
    print say == "" ? best : "camloss: CAM_WEIGHT=" pair[best] ", the best of " tries " settings by validation"
}
