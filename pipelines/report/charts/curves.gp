# One quantity over the epochs: a thin line for each seed, a bold one for the mean.
# data: epoch, `seeds` columns of the first model, its mean, then the same of the second; a row for each of
# `epochs` epochs. is_share: of accuracies.
load common
set terminal svg size 340,250 dynamic noenhanced font "sans-serif,12"
set xlabel "epoch" textcolor rgb INK offset 0,0.5
set xtics autofreq
set format y "%g"
set xrange [1:epochs > 1 ? epochs : 2] noextend
set yrange [*:*] noextend
if (is_share) set yrange [*<0.9:1.005]
if (!is_share) set yrange [0:*]
a = seeds + 2
b = a + seeds + 1
plot for [s=2:a-1] data using 1:s with lines linecolor rgb A_FAINT linewidth 1, \
    for [s=a+1:b-1] data using 1:s with lines linecolor rgb B_FAINT linewidth 1, \
    data using 1:a with lines linecolor rgb A linewidth 2.4 dashtype (6,3), \
    data using 1:b with lines linecolor rgb B linewidth 2.4
