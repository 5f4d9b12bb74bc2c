# What the charts share. Colours are marks that the page replaces by its own, so that a chart is
# readable on white and on black; `out` and `data` come from the command line.
A = "#a00000"; B = "#b00000"; A_FAINT = "#a00001"; B_FAINT = "#b00001"; INK = "#c00000"; GRID = "#d00000"
set datafile separator "\t"
set output out
set border 3 linecolor rgb INK linewidth 0.8
set tics nomirror scale 0.5 textcolor rgb INK
set grid ytics linecolor rgb GRID linewidth 0.8 dashtype solid
unset key
