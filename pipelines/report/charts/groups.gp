# The accuracy of each group with its interval; small dots are other seeds.
# data: row, class, then accuracy, low, high of both models, place or "-", a line for each of `groups` groups.
# margin: room for those names, in characters, which gnuplot finds only for names of one line.
# others: row, accuracy of the first, of the second: a line for each group and seed.
load common
set terminal svg size 380,70+46*groups dynamic noenhanced font "sans-serif,12"
set border 1
set xrange [-0.02:1.02]
set yrange [groups-0.4:-0.6]
set grid noytics xtics
set format x "%g"
set xtics 0.25
set xlabel "accuracy" textcolor rgb INK offset 0,0.5
set ytics scale 0
set lmargin margin
D = 0.16
label(class, place) = place eq "-" ? class : class."\n".place
plot others using 2:($1-D) with points pointtype 7 pointsize 0.25 linecolor rgb A_FAINT, \
    others using 3:($1+D) with points pointtype 7 pointsize 0.25 linecolor rgb B_FAINT, \
    data using 3:($1-D):4:5:ytic(label(strcol(2), strcol(9))) with xerrorbars pointtype 6 pointsize 0.6 linewidth 1.8 linecolor rgb A, \
    data using 6:($1+D):7:8 with xerrorbars pointtype 7 pointsize 0.6 linewidth 1.8 linecolor rgb B
