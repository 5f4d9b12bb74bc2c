# A line for each seed, from the first model to the second; the means bold, with their values.
# data: 0 or 1, model, then a column for each of `seeds` seeds, then the mean; a row for each model.
# low, high: the range of the metric.
load common
set terminal svg size 250,270 dynamic noenhanced font "sans-serif,12"
set xrange [-0.6:1.6]
set yrange [low:high]
set format y "%g"
set offsets 0, 0, graph 0.04, graph 0.04
last = seeds + 3
plot for [s=3:last-1] data using 1:s with lines linecolor rgb A_FAINT linewidth 1, \
    for [s=3:last-1] data using 1:s every ::0::0 with points pointtype 6 pointsize 0.35 linecolor rgb A, \
    for [s=3:last-1] data using 1:s every ::1::1 with points pointtype 7 pointsize 0.3 linecolor rgb B, \
    data using 1:last:xtic(2) with lines linecolor rgb INK linewidth 2.2, \
    data using 1:last every ::0::0 with points pointtype 6 pointsize 0.8 linewidth 2.2 linecolor rgb A, \
    data using 1:last every ::1::1 with points pointtype 7 pointsize 0.8 linecolor rgb B, \
    data using 1:last:(sprintf("%.2f", column(last))) every ::0::0 with labels right offset -1,0.4 \
        textcolor rgb INK, \
    data using 1:last:(sprintf("%.2f", column(last))) every ::1::1 with labels left offset 1,0.4 \
        textcolor rgb INK
