# Reads the val.json of models trained with several CAM weights, folders named default and
# camloss-wWEIGHT; prints the validation accuracy of each, averaged over seeds, and the largest
# weight that costs at most `slack` points of it. What is best on test data has no say in it.

function take(file, accuracy,    part, model) {
    model = part[split(file, part, "/") - 1]
    if (!(model in count)) order[++models] = model
    count[model]++
    total[model] += 100 * accuracy
    each[model] = each[model] sprintf(" %6.2f", 100 * accuracy)
}

# Of lint-eval's "summary": one name and number a line, by name; null where a value is unknown.
FNR == 1 { summary = 0; accuracy = "" }
/"summary": \{/ { summary = 1 }
summary && /^ *"accuracy": [0-9]/ {
    accuracy = $2
    sub(/,$/, "", accuracy)
}
summary && /^ *\}/ {
    if (accuracy != "") take(FILENAME, accuracy)
    summary = 0
}

END {
    if (!count["default"]) {
        print "no accuracy of the default model was found" > "/dev/stderr"
        exit 1
    }
    floor = total["default"] / count["default"] - slack
    print "validation accuracy, %\n"
    printf "%-14s %6s  %s\n", "model", "mean", "each seed"
    for (i = 1; i <= models; i++) {
        m = order[i]
        mean = total[m] / count[m]
        weight = m
        if (sub(/^camloss-w/, "", weight) && mean >= floor - 1e-9 && weight + 0 > best + 0) best = weight
        printf "%-14s %6.2f %s\n", m, mean, each[m]
    }
    if (best == "")
        printf "\nno weight stays within %g points of default\n", slack
    else
        printf "\nCAM_WEIGHT=%s is the largest that stays within %g points of default\n", best, slack
}
