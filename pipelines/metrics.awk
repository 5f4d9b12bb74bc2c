# Reads the val.json, swapped-val.json and test.json of lint-eval, from folders NAME/sSEED/MODEL, and prints a table
# of their scores; with json=1 JSON, with lines=1 a line for each score, as in a lock file.

# Of lint-eval's "summary": one name and number a line, by name; null where a value is unknown.
FNR == 1 {
    summary = 0
    n = split(FILENAME, part, "/")
    row = part[n - 3] "/" part[n - 2] "/" part[n - 1] "\t" substr(part[n], 1, length(part[n]) - 5)
    rows[++count] = row
}
/"summary": \{/ { summary = 1; next }
summary && /^ *\}/ { summary = 0 }
summary && /^ *"[a-z_]+": [-0-9]/ {
    name = $1
    gsub(/[":]/, "", name)
    value[row, name] = $2 + 0
    if (!(name in known)) { known[name] = 1; names[++kinds] = name }
}

# What says how the others were measured, and not how good they are.
function is_score(name) { return name !~ /^(center_radius|iou_threshold|placeless|unlabelled)$/ }

function shown(row, name) { return (row, name) in value ? sprintf("%.6f", value[row, name]) : "" }

function print_lines(    i, j, part) {
    for (i = 1; i <= count; i++) {
        split(rows[i], part, "\t")
        for (j = 1; j <= kinds; j++)
            if (is_score(names[j]) && shown(rows[i], names[j]) != "")
                print "metric", part[1] "/" part[2], names[j], shown(rows[i], names[j])
    }
}

function print_json(    i, j, part, first) {
    print "["
    for (i = 1; i <= count; i++) {
        split(rows[i], part, "\t")
        printf " {\"model\": \"%s\", \"on\": \"%s\"", part[1], part[2]
        for (j = 1; j <= kinds; j++)
            if (shown(rows[i], names[j]) != "")
                printf ", \"%s\": %s", names[j], shown(rows[i], names[j])
        print(i < count ? "}," : "}")
    }
    print "]"
}

# The columns that a table has room for, where there are such scores.
function print_table(    i, j, k, n, wide, part, column) {
    k = split("accuracy worst_group group_mean adjusted_mean cross_entropy evidence_in_center " \
              "evidence_in_mask", column, " ")
    wide = length("model")
    for (i = 1; i <= count; i++)
        if ((n = index(rows[i], "\t") - 1) > wide) wide = n
    printf "%-*s %-5s", wide, "model", "on"
    for (j = 1; j <= k; j++)
        if (column[j] in known) printf " %*s", length(column[j]) < 8 ? 8 : length(column[j]), column[j]
    print ""
    for (i = 1; i <= count; i++) {
        split(rows[i], part, "\t")
        printf "%-*s %-5s", wide, part[1], part[2]
        for (j = 1; j <= k; j++)
            if (column[j] in known)
                printf " %*s", length(column[j]) < 8 ? 8 : length(column[j]), \
                    shown(rows[i], column[j]) == "" ? "-" : sprintf("%.3f", value[rows[i], column[j]])
        print ""
    }
}

END {
    if (lines) print_lines()
    else if (json) print_json()
    else print_table()
}
