# Makes a zsh completion from what `TOOL --help=table` prints: awk -f zsh.awk -v tool=TOOL TABLE

BEGIN { FS = "\t" }

# Text inside '...[text]...' of _arguments.
function quoted(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/'/, "'\\''", s)
    gsub(/\[/, "\\[", s)
    gsub(/\]/, "\\]", s)
    gsub(/:/, "\\:", s)
    return s
}

BEGIN {
    print "#compdef " tool
    print "_arguments -s -S \\"
}
$1 == "option" {
    value = ""
    if ($4 != "flag") {
        value = ":" quoted($5) ":"
        if ($6 != "") {
            gsub(/\|/, " ", $6)
            value = value "(" $6 ")"
        } else if ($5 ~ /DIR\|FILE|FILE|PATH|WHAT/)
            value = value "_files"
        else if ($5 == "DIR")
            value = value "_files -/"
        else if ($5 ~ /DIR/)
            value = value "_files"
    }
    many = $4 == "list" ? "*" : ""
    what = "[" quoted($7) "]" value
    if ($2 == "")
        printf "    '%s--%s%s%s' \\\n", many, $3, value == "" ? "" : "=", what
    else
        printf "    %s{-%s%s,--%s%s}'%s' \\\n", many == "" ? "'(-" $2 " --" $3 ")'" : "'*'", \
            $2, value == "" ? "" : "+", $3, value == "" ? "" : "=", what
}
END { print "    '*:file:_files'" }
