# Reads the val.json, swapped-val.json and test.json of lint-eval, from folders NAME/sSEED/MODEL, and prints a table
# of their scores: as=text, md, csv or json; with lines=1 a line for each score, as in a lock file. summary.awk
# and table.awk come first.

FNR == 1 {
    row = path[parts - 3] "/" path[parts - 2] "/" path[parts - 1] "\t" \
        substr(path[parts], 1, length(path[parts]) - 5)
    rows[++count] = row
}
score != "" {
    value[row, score] = value_read
    if (!(score in known)) { known[score] = 1; names[++kinds] = score }
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

# The columns that a table has room for, where there are such scores; a CSV file has room for all.
function columns_of_table(    i, k, n, wanted) {
    if (as == "csv") {
        for (i = 1; i <= kinds; i++) if (is_score(names[i])) column[++n] = names[i]
        return n
    }
    k = split("accuracy worst_group group_mean adjusted_mean cross_entropy evidence_in_center " \
              "evidence_in_mask", wanted, " ")
    for (i = 1; i <= k; i++) if (wanted[i] in known) column[++n] = wanted[i]
    return n
}

# As wide as a number at least.
function in_table(row, name) {
    if (as == "csv") return shown(row, name)
    return sprintf(as == "md" ? "%s" : "%8s", shown(row, name) == "" ? "-" : sprintf("%.3f", value[row, name]))
}

function print_scores(    i, j, k, part) {
    k = columns_of_table()
    cell(0, 1, "model")
    cell(0, 2, as == "text" ? "on   " : "on")
    for (j = 1; j <= k; j++) cell(0, j + 2, column[j])
    for (i = 1; i <= count; i++) {
        split(rows[i], part, "\t")
        cell(i, 1, part[1])
        cell(i, 2, part[2])
        for (j = 1; j <= k; j++) cell(i, j + 2, in_table(rows[i], column[j]))
    }
    print_table(count, k + 2, 2)
}

END {
    if (lines) print_lines()
    else if (as == "json") print_json()
    else print_scores()
}
