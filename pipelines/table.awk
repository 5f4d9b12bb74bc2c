# Prints tables as text, Markdown or CSV, for the programs beside it: awk -f table.awk -f OTHER.awk.
#
#     cell(ROW, COLUMN, TEXT)       row 0 has the names of the columns
#     print_table(ROWS, COLUMNS, LEFT)    the first LEFT columns are words, and the one that words_last
#                                         names; the others are numbers
#
# `as` says how: text, md or csv.

function cell(row, column, text) { cells[row, column] = text }

function csv_cell(text) {
    if (text ~ /[",\n\r]/) { gsub(/"/, "\"\"", text); text = "\"" text "\"" }
    return text
}

function md_cell(text) { gsub(/[\\|]/, "\\\\&", text); return text }

function is_words(column, left) { return column <= left || column == words_last }

function print_csv(rows, columns,    i, j, line) {
    for (i = 0; i <= rows; i++) {
        line = csv_cell(cells[i, 1])
        for (j = 2; j <= columns; j++) line = line "," csv_cell(cells[i, j])
        print line
    }
}

function print_md(rows, columns, left,    i, j, line) {
    for (i = 0; i <= rows; i++) {
        line = "|"
        for (j = 1; j <= columns; j++) line = line " " md_cell(cells[i, j]) " |"
        print line
        if (i) continue
        line = "|"
        for (j = 1; j <= columns; j++) line = line (is_words(j, left) ? " --- |" : " ---: |")
        print line
    }
}

# Columns of one width. The column words_last, if any, is words too.
function print_text(rows, columns, left,    i, j, wide, line) {
    for (j = 1; j <= columns; j++)
        for (i = 0; i <= rows; i++)
            if (length(cells[i, j]) > wide[j]) wide[j] = length(cells[i, j])
    for (i = 0; i <= rows; i++) {
        line = ""
        for (j = 1; j <= columns; j++)
            line = line (j > 1 ? " " : "") sprintf("%" (is_words(j, left) ? "-" : "") wide[j] "s", cells[i, j])
        sub(/ +$/, "", line)
        print line
    }
}

function print_table(rows, columns, left) {
    if (as == "csv") print_csv(rows, columns)
    else if (as == "md") print_md(rows, columns, left)
    else print_text(rows, columns, left)
}
