# Reads the val.json and swapped-val.json of models trained with several settings, from
# grid/SETTINGS/models/NAME/sSEED/MODEL; prints their accuracies, averaged over seeds, and chooses a
# setting by the rule of validation.awk, which comes first.

FNR == 1 {
    match(FILENAME, /grid\/.*\/models\//)
    setting = substr(FILENAME, RSTART + 5, RLENGTH - 13)
    if (!(setting in known)) { known[setting] = 1; order[++settings] = setting }
}
score == "accuracy" { add(setting, path[parts - 1], seen(), value_read) }

function shown(setting, model, on) {
    return has(setting, model, on) ? sprintf("%.2f", mean(setting, model, on)) : "-"
}

# The folder's name A-1,B-2 as it is typed: A=1 B=2 (settings.awk).
function typed(setting,    part, n, i, at, value, text) {
    n = split(setting, part, ",")
    for (i = 1; i <= n; i++) {
        at = index(part[i], "-")
        value = unescaped(substr(part[i], at + 1))
        text = text (i > 1 ? " " : "") substr(part[i], 1, at - 1) "=" (value ~ /[ ,]/ ? "'" value "'" : value)
    }
    return text
}

function unescaped(value,    i, code) {
    gsub(/[+]/, " ", value)
    while (i = match(value, /@[0-9A-F][0-9A-F]/)) {
        code = 16 * (index("123456789ABCDEF", substr(value, i + 1, 1))) + index("123456789ABCDEF", substr(value, i + 2, 1))
        value = substr(value, 1, i - 1) sprintf("%c", code) substr(value, i + 3)
    }
    return value
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
        if (!is_affordable(s, "camloss")) continue
        right = mean(s, "camloss", "swapped")
        if (best == "" || right > most) { best = s; most = right }
    }
    if (best == "")
        printf "\nno setting stays within %g points of default\n", slack
    else
        printf "\nchosen: %s, right most often before swapped backgrounds, of those within %g points of default\n",
            typed(best), slack
}
