/* The net's cross-entropy. Declared in net_parts.h. */
#include "engine/net_parts.h"

#include <math.h>
#include <string.h>

static double log_sum_exp(const float *z, size_t k) {
    double most = (double)z[0], sum = 0;
    for (size_t c = 1; c < k; c++)
        if (z[c] > z[0] && (double)z[c] > most) most = (double)z[c];
    for (size_t c = 0; c < k; c++)
        sum += exp((double)z[c] - most);
    return most + log(sum);
}

static double weight_of(const lint_loss *loss, const lint_batch *b, size_t i) {
    double w = loss->class_weight ? (double)loss->class_weight[b->label[i]] : 1;
    return b->weight ? w * (double)b->weight[i] : w;
}

static int is_best(const float *z, size_t k, int32_t label) {
    for (size_t c = 0; c < k; c++)
        if (!(z[c] < z[label]) && (int32_t)c != label)
            if (z[c] > z[label] || (int32_t)c < label || isnan(z[c])) return 0;
    return !isnan(z[label]);
}

double lint_net_ce(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum) {
    double weight = 0;
    for (size_t i = 0; i < b->n; i++) {
        net->ce[i] = net->weight[i] = 0;
        if (b->label[i] < 0) continue;
        const float *z = lint_net_last(net)->y + i * net->classes;
        net->ce[i] = log_sum_exp(z, net->classes) - (double)z[b->label[i]];
        net->weight[i] = weight_of(loss, b, i);
        weight += net->weight[i];
        sum->ce += net->weight[i] * net->ce[i];
        sum->n++;
        sum->correct += (size_t)is_best(z, net->classes, b->label[i]);
    }
    sum->weight += weight;
    return weight;
}

double lint_net_ce_mean(const lint_net *net, const lint_batch *b, double divisor) {
    double sum = 0;
    for (size_t i = 0; i < b->n; i++)
        sum += net->weight[i] * net->ce[i];
    return divisor > 0 ? sum / divisor : 0;
}

void lint_net_ce_gradient(const lint_net *net, const lint_batch *b, double ce_weight,
                          double divisor, float *d) {
    memset(d, 0, b->n * net->classes * sizeof *d);
    for (size_t i = 0; i < b->n && divisor > 0; i++) {
        if (b->label[i] < 0) continue;
        const float *z = lint_net_last(net)->y + i * net->classes;
        double lse = log_sum_exp(z, net->classes);
        double scale = ce_weight * net->weight[i] / divisor;
        for (size_t c = 0; c < net->classes; c++) {
            double p = exp((double)z[c] - lse) - ((int32_t)c == b->label[i] ? 1 : 0);
            d[i * net->classes + c] = (float)(scale * p);
        }
    }
}
