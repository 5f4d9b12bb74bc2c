# Draws the stages of a plan (pipelines/stage/step.h): as text, or with svg not empty as SVG. A
# stage stands in a column behind those that it reads from.

/^ *stage / { name[++n] = $2; sub(/^[^\/]*\/s[^\/]*\//, "", name[n]) }
/^ *run / {
    for (i = 2; i <= NF; i++) {
        word = $i
        sub(/^<\(/, "", word)
        if (word ~ /^lint-[a-z]+$/ && index(" " tools[n] " ", " " word " ") == 0)
            tools[n] = tools[n] (tools[n] == "" ? "" : " ") word
    }
}
/^ *data / { outside[n] = $2; sub(/=.*/, "", outside[n]) }
/^ *out / { maker[$2] = n; made[n] = made[n] (made[n] == "" ? "" : " ") last_part($2) }
/^ *in / {
    m = maker[$2]
    reads[m, n] = reads[m, n] (reads[m, n] == "" ? "" : " ") last_part($2)
    if (column[n] < column[m] + 1) column[n] = column[m] + 1
}

function last_part(path,    part) { return part[split(path, part, "/")] }

function print_text(    i, j, from) {
    for (i = 1; i <= n; i++) {
        printf "%s\n  %s\n", name[i], tools[i]
        if (outside[i] != "") printf "  reads  %s\n", outside[i]
        for (j = 1; j < i; j++)
            if ((j, i) in reads) printf "  reads  %-36s from %s\n", reads[j, i], name[j]
        printf "  makes  %s\n", made[i]
    }
}

# --- SVG: boxes in columns, curves between them ---------------------------------------------------
# Colours and fonts are attributes, not a style sheet, which not every viewer reads.

function escaped(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    return s
}

function put(x, y, what, attributes) {
    printf "<text x=\"%g\" y=\"%g\" font-family=\"monospace\" font-size=\"12\" fill=\"#234\"%s>%s</text>\n",
        x, y, attributes, escaped(what)
}

function all_reads(i,    j, k, list, part, count, seen) {
    list = outside[i]
    for (j = 1; j < i; j++) {
        if (!((j, i) in reads)) continue
        count = split(reads[j, i], part, " ")
        for (k = 1; k <= count; k++)
            if (!(part[k] in seen)) { seen[part[k]] = 1; list = list (list == "" ? "" : " ") part[k] }
    }
    return list
}

function widest(c,    i, w) {
    for (i = 1; i <= n; i++) {
        if (column[i] + 0 != c) continue
        if (length(name[i]) > w) w = length(name[i])
        if (length(tools[i]) > w) w = length(tools[i])
        if (length(made[i]) + 4 > w) w = length(made[i]) + 4
        if (length(all_reads(i)) + 4 > w) w = length(all_reads(i)) + 4
    }
    return w
}

# Stages stand in the order of what they read: the mean place of it.
function middle_of_reads(i,    j, sum, count) {
    for (j = 1; j < i; j++)
        if ((j, i) in reads) { sum += y[j]; count++ }
    return count ? sum / count : 0
}

# The boxes of column c from top to bottom.
function place_column(c,    i, k, boxes, box, at, top) {
    for (i = 1; i <= n; i++) {
        if (column[i] + 0 != c) continue
        at = middle_of_reads(i)
        for (k = boxes; k > 0 && middle_of_reads(box[k]) > at; k--) box[k + 1] = box[k]
        box[k + 1] = i
        boxes++
    }
    top = (height - boxes * (tall + between) + between) / 2
    for (k = 1; k <= boxes; k++) {
        x[box[k]] = left[c]
        y[box[k]] = top + (k - 1) * (tall + between)
    }
}

function place(    i, c, rows, tallest, last) {
    for (i = 1; i <= n; i++) {
        if (column[i] + 0 > last) last = column[i] + 0
        if (++rows[column[i] + 0] > tallest) tallest = rows[column[i] + 0]
    }
    width = margin
    height = 2 * margin + tallest * (tall + between) - between
    for (c = 0; c <= last; c++) {
        left[c] = width
        broad[c] = widest(c) * letter + 2 * indent
        width += broad[c] + (c < last ? gap : margin)
        place_column(c)
    }
}

# What a stage reads of another that it also comes after by way of a third is told in its box; a
# line would only run behind others.
function by_a_third(a, b,    i) {
    for (i = a + 1; i < b; i++)
        if (comes_after(i, a) && comes_after(b, i)) return 1
    return 0
}

function comes_after(b, a,    i) {
    if ((a, b) in reads) return 1
    for (i = a + 1; i < b; i++)
        if ((i, b) in reads && comes_after(i, a)) return 1
    return 0
}

function curve(a, b,    x1, y1, x2, y2, bend) {
    x1 = x[a] + broad[column[a] + 0]
    y1 = y[a] + tall / 2
    x2 = x[b] - 7
    y2 = y[b] + tall / 2
    bend = (x1 + x2) / 2
    printf "<path fill=\"none\" stroke=\"#789\" d=\"M%g %gC%g %g %g %g %g %g\"/>\n", x1, y1, bend, y1, bend, y2, x2, y2
    printf "<path fill=\"#789\" d=\"M%g %gl7 4l-7 4z\"/>\n", x2, y2 - 4
}

function print_svg(    i, j) {
    margin = 12; gap = 60; tall = 82; between = 18; letter = 7.3; indent = 10
    place()
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\">\n",
        width, height, width, height
    print "<title>The stages, what each reads and what it makes</title>"
    printf "<rect width=\"%g\" height=\"%g\" fill=\"#f7f8fa\"/>\n", width, height
    for (i = 1; i <= n; i++)
        for (j = 1; j < i; j++)
            if ((j, i) in reads && !by_a_third(j, i)) curve(j, i)
    for (i = 1; i <= n; i++) {
        printf "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"5\" fill=\"#fff\" stroke=\"#345\"/>\n",
            x[i], y[i], broad[column[i] + 0], tall
        put(x[i] + indent, y[i] + 19, name[i], " font-weight=\"bold\"")
        put(x[i] + indent, y[i] + 36, tools[i])
        if (all_reads(i) != "") put(x[i] + indent, y[i] + 53, "in  " all_reads(i))
        put(x[i] + indent, y[i] + 70, "out " made[i])
    }
    print "</svg>"
}

END {
    if (svg != "") print_svg()
    else print_text()
}
