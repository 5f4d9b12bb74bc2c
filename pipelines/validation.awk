# How grid.awk and choose.awk compare models: by the accuracies in val.json and swapped-val.json,
# averaged over the files of a setting and a model; summary.awk comes first. Of models that cost at most
# `slack` points of the validation accuracy of default, the best is the one that is right most often on
# validation pictures before each other's backgrounds; of equals the first. No label of a group and no
# test picture has a say.

function add(setting, model, on, accuracy) {
    total[setting, model, on] += accuracy
    count[setting, model, on]++
}

function has(setting, model, on) { return (setting, model, on) in count }

# In percent.
function mean(setting, model, on) { return 100 * total[setting, model, on] / count[setting, model, on] }

# Whether a setting's model is near enough to its default; where there is none, every model is.
function is_affordable(setting, model) {
    return !has(setting, "default", "plain") ||
        mean(setting, model, "plain") >= mean(setting, "default", "plain") - slack - 1e-9
}

# val.json has pictures as they are.
function seen() { return path[parts] == "val.json" ? "plain" : "swapped" }
