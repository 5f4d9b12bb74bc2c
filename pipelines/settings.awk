# Checks the settings of a pipeline that no tool would check, or only minutes later; they are in the
# environment. Prints one line, "error: ..." for the first that is wrong; else each point of GRID, as
# its folder is called: CAM_WEIGHT=1,3 SIGMA=.15 has the points CAM_WEIGHT-1,SIGMA-.15 and
# CAM_WEIGHT-3,SIGMA-.15. In a folder's name a space of a value is a +, and a character that make or a
# shell would take for its own is @ and its code: TRAIN='--lr .1' is TRAIN---lr+.1.
BEGIN {
    split("SEED SEEDS FOLDS JOBS EPOCHS VIEWS FINE_TUNE FINE_TUNE_LR SIZE PRECISION CAM_WEIGHT SWAP SWAP_COLOUR CROP SIGMA TRY GRID_SLACK", name, " ")
    for (i = 1; i in name; i++) check(name[i], ENVIRON[name[i]])
    n = split(ENVIRON["GRID_SEEDS"], seed, " ")
    if (!n) stop("GRID_SEEDS: expected seeds, not nothing")
    for (i = 1; i <= n; i++) whole("GRID_SEEDS", seed[i], 0)

    points[1] = ""
    n = words(ENVIRON["GRID"], varied)
    for (i = 1; i <= n; i++) vary(varied[i])
    for (i = 1; n && i in points; i++) print points[i]
}

function stop(message) {
    print "error: " message
    exit
}

function whole(name, value, least) {
    if (value !~ /^[0-9]+$/ || value + 0 < least)
        stop(name ": expected a whole number, " least " or more, not '" value "'")
}

function is_number(value) { return value ~ /^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$/ }

function share(name, value, least) {
    if (!is_number(value) || value + 0 < least || value + 0 > 1)
        stop(name ": expected a number from " least " to 1, not '" value "'")
}

function check(name, value,    n, i, pair) {
    if (name ~ /^(JOBS|SIZE)$/ && value == "") return
    if (name ~ /^(SEED|FINE_TUNE)$/) whole(name, value, 0)
    else if (name ~ /^(SEEDS|FOLDS|JOBS|EPOCHS|VIEWS)$/) whole(name, value, 1)
    else if (name == "SIZE" && value !~ /^[1-9][0-9]*x[1-9][0-9]*$/)
        stop("SIZE: expected WIDTHxHEIGHT, such as 96x96, not '" value "'")
    else if (name == "PRECISION" && value !~ /^(f32|bf16)$/)
        stop("PRECISION: expected f32 or bf16, not '" value "'")
    else if (name ~ /^(CAM_WEIGHT|GRID_SLACK)$/ && !is_number(value))
        stop(name ": expected a number, 0 or more, not '" value "'")
    else if (name ~ /^(SIGMA|FINE_TUNE_LR)$/ && (!is_number(value) || value + 0 == 0))
        stop(name ": expected a number above 0, not '" value "'")
    else if (name ~ /^SWAP(_COLOUR)?$/) share(name, value, 0)
    else if (name == "CROP") share(name, value, 0.05)
    else if (name == "TRY") {
        n = split(value, pair, " ")
        for (i = 1; i <= n; i++)
            if (pair[i] !~ /^[0-9.]+\/(0|1|1[.]0+|0?[.][0-9]+)$/)
                stop("TRY: expected CAM_WEIGHT/SWAP, such as 1/0.5, not '" pair[i] "'")
    }
}

# Cuts text at each `at` that is in no quotes, and takes the quotes away where `bare`. Returns how many
# parts there are.
function cut(text, at, bare, part,    n, i, c, quote) {
    split("", part)
    n = 1
    part[1] = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (quote == "" && c == at) { part[++n] = ""; continue }
        if (quote == "" ? c ~ /["']/ : c == quote) {
            quote = quote == "" ? c : ""
            if (bare) continue
        }
        part[n] = part[n] c
    }
    if (quote != "") stop("GRID: a quotation mark without its other: " text)
    return n
}

function words(text, word,    n, i, kept, part) {
    n = cut(text, " ", 0, part)
    for (i = 1; i <= n; i++)
        if (part[i] != "") word[++kept] = part[i]
    return kept + 0
}

# A value as part of a folder's name.
function escaped(value,    i, k, c, text) {
    for (i = 1; i <= length(value); i++) {
        c = substr(value, i, 1)
        k = index(" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~", c)
        text = text (k == 1 ? "+" : k ? sprintf("@%02X", code(c)) : c)
    }
    return text
}

function code(c,    i) {
    for (i = 33; i < 127; i++)
        if (sprintf("%c", i) == c) return i
}

# Each point so far becomes as many as the setting NAME=VALUE,VALUE... has values.
function vary(setting,    name, values, n, v, i, k, more) {
    name = setting
    sub(/=.*/, "", name)
    if (index(" " ENVIRON["VARIABLE"] " ", " " name " ") == 0)
        stop("GRID may vary " ENVIRON["VARIABLE"] ", not " name)
    n = index(setting, "=") ? cut(substr(setting, length(name) + 2), ",", 1, values) : 0
    for (v = 1; v <= n; v++) if (values[v] == "") n = 0
    if (!n) stop("GRID: expected NAME=VALUE,VALUE..., not '" setting "'")
    for (v = 1; v <= n; v++) check(name, values[v])
    for (i = 1; i in points; i++)
        for (v = 1; v <= n; v++) more[++k] = points[i] (points[i] == "" ? "" : ",") name "-" escaped(values[v])
    for (i = 1; i <= k; i++) points[i] = more[i]
}
