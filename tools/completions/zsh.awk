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

$1 == "option" {
    value = ""
    if ($4 != "flag") {
        value = ":" quoted($5) ":"
        if ($6 != "") {
            gsub(/\|/, " ", $6)
            value = value "(" $6 ")"
        } else if ($3 == "net") {
            value = value "_lint_networks"
            networks = 1
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
        options = options sprintf("    '%s--%s%s%s' \\\n", many, $3, value == "" ? "" : "=", what)
    else
        options = options sprintf("    %s{-%s%s,--%s%s}'%s' \\\n", many == "" ? "'(-" $2 " --" $3 ")'" : "'*'", \
            $2, value == "" ? "" : "+", $3, value == "" ? "" : "=", what)
}
END {
    print "#compdef " tool
    if (networks) {
        # Names as lib/engine/net_path.c finds them: in models/, and beside the installed tools.
        print "_lint_networks() {"
        print "    local -aU names"
        print "    names=(models/*.net(N:t:r) ${commands[" tool "]:h:h}/share/lint/*.net(N:t:r))"
        print "    _alternative \"networks:network:($names)\" 'files:file:_files'"
        print "}"
    }
    print "_arguments -s -S \\"
    printf "%s", options
    print "    '*:file:_files'"
}
