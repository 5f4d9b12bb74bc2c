# Reads what was run, and prints a table: for each model its scores, and the settings in which it
# differs. table.awk and summary.awk come first. Arguments: for each model its log.tsv, then its
# record of training, if there is one (.cache/now/NAME/sSEED/MODEL/train, pipelines/stage), then its
# val.json, swapped-val.json and test.json, as far as they are there.
#
# Settings are those of the log, and the loader's, which stand in the record's command. A setting that is
# the same everywhere is left out, and the seed, which the run's name has. A table has a setting where it
# is not what most runs have; a CSV file has a column for each.

FNR == 1 { what = path[parts] }

# models/birds/s0/camloss: birds/s0/camloss; grid/SWAP-1/models/birds/s100/camloss: with (SWAP=1) before it.
function name_of(    grid) {
    if (parts > 5 && path[parts - 4] == "models" && path[parts - 6] == "grid") {
        grid = path[parts - 5]
        gsub(/-/, "=", grid)
        gsub(/[+]/, " ", grid)
        grid = "(" grid ") "
    }
    return grid path[parts - 3] "/" path[parts - 2] "/" path[parts - 1]
}
FNR == 1 && what == "log.tsv" { run[++count] = name_of() }

function set(name, text) {
    if (name ~ /^(val|train|seed|lint|train-(kind|lint|split|epoch|seed))$/) return
    if (!(name in known)) { known[name] = 1; setting[++settings] = name }
    is[count, name] = text
}

what == "log.tsv" && /^# [^\t]*\t/ {
    at = index($0, "\t")
    set(substr($0, 3, at - 3), substr($0, at + 1))
}

# ` run  lint-augment --balance --swap-background 1 ... | lint-train ...`: the loader's options.
what == "train" && $1 == "run" {
    for (i = 3; $2 == "lint-augment" && i <= NF && $i != "|"; i++) {
        if ($i !~ /^--/) continue
        option = substr($i, 3)
        if (option == "seed" || option == "epochs" || option == "shuffle") continue
        set(option, i < NF && $(i + 1) !~ /^(--.*|[|])$/ && option !~ /^balance/ ? $(i + 1) : "yes")
    }
}

score != "" { scores[count, what, score] = value_read; there[what, score] = 1 }

# --- which settings differ ---------------------------------------------------------------------

function of(i, name) { return (i, name) in is ? is[i, name] : "-" }

# What most runs have; of equals, the first.
function usual(name,    i, n, most, value) {
    for (i = 1; i <= count; i++)
        if (++n[of(i, name)] > most || most == "") { most = n[of(i, name)]; value = of(i, name) }
    return value
}

function differs(name,    i) {
    for (i = 2; i <= count; i++) if (of(i, name) != of(1, name)) return 1
    return 0
}

function in_words(i,    j, name, text) {
    for (j = 1; j <= others; j++) {
        name = other[j]
        if (of(i, name) != common[name]) text = text (text ? " " : "") name "=" of(i, name)
    }
    return text
}

# --- the table ---------------------------------------------------------------------------------

function column(of_what, name, head) {
    if (!((of_what, name) in there)) return
    from[++columns] = of_what
    which[columns] = name
    cell(0, columns + 1, head)
}

function shown(i, j,    k) {
    if (!((i, from[j], which[j]) in scores)) return as == "csv" ? "" : "-"
    return sprintf(as == "csv" ? "%.6f" : "%.3f", scores[i, from[j], which[j]])
}

END {
    for (j = 1; j <= settings; j++)
        if (differs(setting[j])) { other[++others] = setting[j]; common[setting[j]] = usual(setting[j]) }
    cell(0, 1, "run")
    column("val.json", "accuracy", "val")
    column("swapped-val.json", "accuracy", "swapped")
    column("test.json", "accuracy", "test")
    column("test.json", "worst_group", "worst_group")
    for (i = 1; i <= count; i++) {
        cell(i, 1, run[i])
        for (j = 1; j <= columns; j++) cell(i, j + 1, shown(i, j))
    }
    last = columns + 1
    if (as == "csv") {
        for (j = 1; j <= others; j++) {
            cell(0, ++last, other[j])
            for (i = 1; i <= count; i++) cell(i, last, (i, other[j]) in is ? is[i, other[j]] : "")
        }
    } else if (others) {
        cell(0, ++last, "settings")
        for (i = 1; i <= count; i++) cell(i, last, in_words(i))
        words_last = last
    }
    print_table(count, last, 1)
    if (as != "csv" && others) {
        for (j = 1; j <= others; j++) line = line (line ? " " : "") other[j] "=" common[other[j]]
        print "\nIf nothing else is said (- is: not given): " line
    }
}
