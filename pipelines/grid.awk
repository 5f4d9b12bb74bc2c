# Reads the val.json of models trained with several settings, from grid/SETTINGS/models/NAME/sSEED/
# MODEL; prints accuracy and evidence in the centre on validation pictures, averaged over seeds,
# and chooses: of the settings that cost at most `slack` points of the accuracy that default has
# with them, the one with the most evidence in the centre. What is best on test data has no say.

FNR == 1 {
    summary = 0
    match(FILENAME, /grid\/.*\/models\//)
    setting = substr(FILENAME, RSTART + 5, RLENGTH - 13)
    n = split(FILENAME, part, "/")
    model = part[n - 1]
    if (!(setting in known)) { known[setting] = 1; order[++settings] = setting }
}
# Of lint-eval's "summary": one name and number a line, by name; null where a value is unknown.
/"summary": \{/ { summary = 1; next }
summary && /^ *\}/ { summary = 0 }
summary && /^ *"(accuracy|evidence_in_center)": [0-9]/ {
    name = $1
    gsub(/[":]/, "", name)
    total[setting, model, name] += $2
    count[setting, model, name]++
}

function mean(setting, model, name) {
    return 100 * total[setting, model, name] / count[setting, model, name]
}

function has(setting, model, name) { return (setting, model, name) in count }

function shown(setting, model, name) {
    return has(setting, model, name) ? sprintf("%.2f", mean(setting, model, name)) : "-"
}

# The folder's name A-1,B-2 as it is typed: A=1 B=2.
function typed(setting,    part, n, i, text) {
    n = split(setting, part, ",")
    for (i = 1; i <= n; i++) {
        sub(/-/, "=", part[i])
        text = text (i > 1 ? " " : "") part[i]
    }
    return text
}

END {
    printf "On validation pictures, %%, seeds %s; no test picture was looked at.\n\n", seeds
    printf "%-32s %18s   %18s\n", "", "accuracy", "evidence in centre"
    printf "%-32s %9s %8s   %9s %8s\n", "setting", "default", "camloss", "default", "camloss"
    for (i = 1; i <= settings; i++) {
        s = order[i]
        printf "%-32s %9s %8s   %9s %8s\n", typed(s), shown(s, "default", "accuracy"),
            shown(s, "camloss", "accuracy"), shown(s, "default", "evidence_in_center"),
            shown(s, "camloss", "evidence_in_center")
        if (!has(s, "default", "accuracy") || !has(s, "camloss", "accuracy")) continue
        if (mean(s, "camloss", "accuracy") < mean(s, "default", "accuracy") - slack - 1e-9) continue
        evidence = mean(s, "camloss", "evidence_in_center")
        if (best == "" || evidence > most) { best = s; most = evidence }
    }
    if (best == "")
        printf "\nno setting stays within %g points of default\n", slack
    else
        printf "\nchosen: %s, the most evidence in the centre of those within %g points of default\n",
            typed(best), slack
}
