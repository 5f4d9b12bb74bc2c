#!/usr/bin/awk -f
# Makes a C file of the examples in a header: examples.awk tests/docs/examples.given lib/base/err.h
#
# An example is an indented block of a comment that calls a function of the library. It becomes the
# body of a function, whose parameters are those names of the block that examples.given declares. The
# block may declare them anew. Where an example leaves something out:
#
#     if (...) ...        does what one does after an error: `return -1;`
#     ...                 at the start of a line: nothing
#     , ...}  = ...  {...}   the rest of an initialiser, a value, all of it: 0
#
# use(...), what a program does with something, takes anything. Status 3: there is no example.
BEGIN {
    header = ARGV[2]
    sub(/^.*lib\//, "", header)
    needed[header] = 1
    include[0] = header
    includes = 1
}

# --- what is given: [HEADER: ]DECLARATION; [HEADER of its type]

FILENAME == ARGV[1] {
    if (/^#/ || !/;/) next
    only = ""
    if (/^[a-z_\/]+\.h: /) { only = $1; sub(/:$/, "", only); sub(/^[^ ]* */, "") }
    if (only != "" && only != header) next
    declaration = type_from = $0
    sub(/;[^;]*$/, "", declaration)
    sub(/^.*; */, "", type_from)
    name = declaration
    sub(/^.*\} /, "", name)
    sub(/[[(].*$/, "", name)
    sub(/^.*[ *]/, "", name)
    if (!(name in given)) order[++names] = name
    if (only != "" || !(name in given)) { given[name] = declaration; from[name] = type_from }
    next
}

# --- examples

# The parameters of a function with this body, and the headers that they need.
function parameters(text,    i, list, word, part, n) {
    n = split(text, part, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= n; i++) word[part[i]] = 1
    for (i = 1; i <= names; i++) {
        if (!(order[i] in word)) continue
        list = list (list ? ", " : "") given[order[i]]
        need(from[order[i]])
    }
    return list ? list : "void"
}

function need(file) {
    if (file == "" || file in needed) return
    needed[file] = 1
    include[includes++] = file
}

function statement(line) {
    sub(/^ *\.\.\..*/, "", line)
    sub(/\) \.\.\.( *\/\/.*)?$/, ") return -1;", line)
    gsub(/\{\.\.\.\}/, "{0}", line)
    sub(/, \.\.\.\}/, "}", line)
    gsub(/= \.\.\./, "= 0", line)
    return line
}

function finish() {
    if (block ~ /(lint|sha256)_[a-z_0-9]+\(/)
        body = body sprintf("int example_%d(%s) {\n{\n#line %d \"%s\"\n%s}\nreturn 0;\n}\n",
            ++examples, parameters(block), first, FILENAME, block)
    block = ""
}

/^ \*     / {
    if (block == "") first = FNR
    sub(/^ \*     /, "")
    block = block statement($0) "\n"
    next
}
{ finish() }

END {
    for (i = 0; i < includes; i++) print "#include \"" include[i] "\""
    print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>"
    print "void use_all(int any, ...);\n#define use(...) use_all(0, __VA_ARGS__)"
    printf "%s", body
    if (!examples) exit 3
}
