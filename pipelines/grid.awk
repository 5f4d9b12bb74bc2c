# Reads the val.json and swapped-val.json of models trained with several settings, from
# grid/SETTINGS/models/NAME/sSEED/MODEL; prints their accuracies, averaged over seeds, and chooses: of
# the settings whose camloss costs at most `slack` points of the validation accuracy of default, the
# one that is right most often on validation pictures before each other's backgrounds; of equals the
# first. No label of a group and no test picture has a say.

FNR == 1 {
    summary = 0
    match(FILENAME, /grid\/.*\/models\//)
    setting = substr(FILENAME, RSTART + 5, RLENGTH - 13)
    n = split(FILENAME, part, "/")
    model = part[n - 1]
    on = part[n] == "val.json" ? "plain" : "swapped"
    if (!(setting in known)) { known[setting] = 1; order[++settings] = setting }
}
# Of lint-eval's "summary": one name and number a line, by name; null where a value is unknown.
/"summary": \{/ { summary = 1; next }
summary && /^ *\}/ { summary = 0 }
summary && /^ *"accuracy": [0-9]/ {
    total[setting, model, on] += $2
    count[setting, model, on]++
}

function mean(setting, model, on) { return 100 * total[setting, model, on] / count[setting, model, on] }

function has(setting, model, on) { return (setting, model, on) in count }

function shown(setting, model, on) {
    return has(setting, model, on) ? sprintf("%.2f", mean(setting, model, on)) : "-"
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
    printf "Accuracy on validation pictures, %%, seeds %s; no test picture was looked at.\n\n", seeds
    printf "%-32s %18s   %18s\n", "", "as they are", "backgrounds swapped"
    printf "%-32s %9s %8s   %9s %9s\n", "setting", "default", "camloss", "default", "camloss"
    for (i = 1; i <= settings; i++) {
        s = order[i]
        printf "%-32s %9s %8s   %9s %9s\n", typed(s), shown(s, "default", "plain"),
            shown(s, "camloss", "plain"), shown(s, "default", "swapped"), shown(s, "camloss", "swapped")
        if (!has(s, "default", "plain") || !has(s, "camloss", "plain") || !has(s, "camloss", "swapped"))
            continue
        if (mean(s, "camloss", "plain") < mean(s, "default", "plain") - slack - 1e-9) continue
        right = mean(s, "camloss", "swapped")
        if (best == "" || right > most) { best = s; most = right }
    }
    if (best == "")
        printf "\nno setting stays within %g points of default\n", slack
    else
        printf "\nchosen: %s, right most often before swapped backgrounds, of those within %g points of default\n",
            typed(best), slack
}
