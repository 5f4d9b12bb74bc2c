# Fills in the template of a man page (mdoc) from the output of `TOOL --help=table`, so that options,
# usage and examples are those of the program: awk -f page.awk TABLE TEMPLATE >PAGE
#
# A template has these words on lines of their own: @usage@ @purpose@ @options@ @examples@ @exit@
# @version@, and @include FILE@, which copies a file. TABLE may be /dev/null.

BEGIN { FS = "\t" }

# Literal text: escapes what roff would interpret. A hyphen is a minus sign.
function plain(s) {
    gsub(/\\/, "\\e", s)
    gsub(/-/, "\\-", s)
    gsub(/`/, "\\(ga", s)
    gsub(/'/, "\\(aq", s)
    gsub(/\^/, "\\(ha", s)
    gsub(/~/, "\\(ti", s)
    return s ~ /^\./ ? "\\\\&" s : s
}

# Running text: every sentence starts a line, lines break before column 80, options have minus signs,
# `names` are bold.
function prose(s,    word, n, i, bold, out, width, fresh) {
    gsub(/\\/, "\\e", s)
    n = split(s, word, " ")
    for (i = 1; i <= n; i++) {
        fresh = i > 1 && word[i - 1] ~ /[a-z)%,]\.$/ && word[i] ~ /^[A-Z]/
        if (word[i] ~ /^[(]?--?[a-z]/) gsub(/-/, "\\-", word[i])
        while (match(word[i], /`[^`]*`/)) {
            bold = substr(word[i], RSTART + 1, RLENGTH - 2)
            word[i] = substr(word[i], 1, RSTART - 1) "\\fB" bold "\\fR" substr(word[i], RSTART + RLENGTH)
        }
        if (word[i] ~ /^['.]/) word[i] = "\\&" word[i]
        fresh = fresh || width + 1 + length(word[i]) > 79
        out = out (i == 1 ? "" : fresh ? "\n" : " ") word[i]
        width = fresh ? length(word[i]) : width + (i > 1) + length(word[i])
    }
    return out
}

# The name of an argument, protected where mdoc would read it as a macro.
function argument(s) {
    return s ~ /^[A-Z][a-z]$/ ? "\\&" s : s
}

FILENAME == ARGV[1] {
    if ($1 == "usage") usage = $2
    if ($1 == "purpose") purpose = $2
    if ($1 == "example") examples = examples plain(substr($0, 9)) "\n"
    if ($1 == "group") group[options + 1] = $2
    if ($1 == "option") {
        letter[++options] = $2
        name[options] = $3
        arg[options] = $5
        help[options] = $7
    }
    next
}

/^@usage@$/ {
    n = split(usage, form, / \| /)
    for (i = 1; i <= n; i++) printf ".Nm\n%s\n", plain(form[i])
    next
}
/^@purpose@$/ { print prose(purpose); next }
/^@options@$/ {
    print "The options are:"
    if (!(1 in group)) print ".Bl -tag -width Ds"
    for (i = 1; i <= options; i++) {
        if (i in group) printf "%s.Ss %s\n.Bl -tag -width Ds\n", (i == 1 ? "" : ".El\n"), plain(group[i])
        printf ".It %sFl -%s%s\n", letter[i] == "" ? "" : "Fl " letter[i] " , ", plain(name[i]), \
            arg[i] == "" ? "" : " Ar " argument(arg[i])
        print prose(help[i])
    }
    print ".El"
    next
}
/^@examples@$/ { printf ".Bd -literal\n%s.Ed\n", examples; next }
/^@exit@$/ {
    print "0: success; 1: the data or the system failed, and a line on standard error says\nhow; 2: wrong usage."
    next
}
/^@version@$/ { print ".Os lint " version; next }
/^@include .*@$/ {
    file = substr($0, 10, length($0) - 10)
    while ((got = (getline line < file)) > 0) print plain(line)
    if (got < 0) {
        print "page.awk: cannot read " file > "/dev/stderr"
        exit 1
    }
    next
}
{ print }
