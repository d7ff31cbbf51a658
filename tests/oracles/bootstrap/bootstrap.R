# Refits of given resamples, and intervals of given draws.
# Run: Rscript bootstrap.R   (R 4.2.2, lavaan 0.6-14, boot 1.3-28, jsonlite); writes refits.json, intervals.json, bollen_stine.json
# lavaan stops some 1e-5 from the minimum and calls tighter tolerances not converged: it is started anew from where it
# stopped, four times.
# A resample is the list of its rows, counted from 1, drawn within groups; lavaan fits the data frame of those rows.
suppressPackageStartupMessages({library(lavaan); library(boot); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
read <- function(folder, file) read.csv(file.path(here, "..", folder, file))
write <- function(x, file) writeLines(toJSON(x, auto_unbox = TRUE, digits = 12, na = "null"), file.path(here, file))

resample <- function(data, group, cluster) {
  if (is.null(group)) by <- list(seq_len(nrow(data))) else by <- split(seq_len(nrow(data)), data[[group]])
  unlist(lapply(by, function(rows) {
    if (is.null(cluster)) return(sort(rows[sample.int(length(rows), replace = TRUE)]))
    units <- split(rows, data[[cluster]][rows], drop = TRUE)
    unlist(units[sample.int(length(units), replace = TRUE)])
  }), use.names = FALSE)
}

refit <- function(id, folder, file, model, draws, options, group = NULL, cluster = NULL, ...) {
  data <- read(folder, file); data$in_neighbourhood <- as.numeric(data$location == "in_neighbourhood")
  levels <- if (is.null(group)) NULL else unique(data[[group]])
  results <- lapply(seq_len(draws), function(k) {
    rows <- resample(data, group, cluster)
    again <- data[rows, ]
    if (!is.null(group)) again <- again[order(match(again[[group]], levels)), ]
    fit <- sem(model, again, group = group, ...)
    for (again_from_there in 1:4) fit <- sem(model, again, group = group, start = fit, ...)
    stopifnot(lavInspect(fit, "converged"))
    p <- parameterEstimates(fit, se = FALSE, zstat = FALSE, pvalue = FALSE, ci = FALSE, remove.nonfree = FALSE, standardized = TRUE)
    if (is.null(p$group)) p$group <- 1
    p$group[p$op == ":="] <- 0
    list(rows = rows, parameters = p[, c("group", "lhs", "op", "rhs", "est", "std.all")])
  })
  list(id = id, data = file.path(folder, file), model = model, options = options, draws = results)
}

study <- "HS =~ hs1+hs2+hs3+hs4\nSC =~ sc1+sc2+sc3+sc4+sc5+sc6\nSB =~ sb1+sb2+sb3+sb4\nWB =~ wb1+wb2+wb3+wb4+wb5\nSB ~ HS\nWB ~ HS + SC\nHS ~~ SC"
small <- "HS =~ hs1+hs2+hs3+hs4\nSB =~ sb1+sb2+sb3+sb4\nHS ~ a*in_neighbourhood\nSB ~ b*HS\nab := a*b"
equal <- c("loadings", "intercepts")
set.seed(20261125)
write(list(
  refit("two-groups", "lavaan", "study_shaped.csv", study, 3, list(group = "construction", group_equal = equal),
        "construction", group.equal = equal),
  refit("incomplete", "fiml", "study_shaped_missing.csv", study, 3,
        list(group = "construction", group_equal = equal, missing = "fiml"), "construction", group.equal = equal, missing = "fiml"),
  refit("covariate-by-cluster", "lavaan", "study_shaped.csv", small, 3, list(cluster = "project"), NULL, "project", meanstructure = TRUE),
  refit("equality", "lavaan", "study_shaped.csv", paste0(small, "\na == 0.5*b"), 2, setNames(list(), character(0))),
  refit("gls", "lavaan", "study_shaped.csv", small, 2, list(estimator = "gls"), estimator = "GLS"),
  refit("uls", "lavaan", "study_shaped.csv", "HS =~ hs1+hs2+hs3+hs4\nSB =~ sb1+sb2+sb3+sb4\nSB ~ HS", 2,
        list(estimator = "uls"), estimator = "ULS"),
  refit("dwls", "lavaan", "study_shaped.csv", "HS =~ hs1+hs2+hs3+hs4\nSB =~ sb1+sb2+sb3+sb4\nSB ~ HS", 2,
        list(estimator = "dwls"), estimator = "DWLS"),
  refit("ordered", "lavaan", "study_shaped.csv", "HS =~ hs1+hs2+hs3+hs4\nSB =~ sb1+sb2+sb3+sb4\nSB ~ HS", 3,
        list(estimator = "wlsmv", ordered = c(paste0("hs", 1:4), paste0("sb", 1:4))),
        estimator = "WLSMV", ordered = c(paste0("hs", 1:4), paste0("sb", 1:4)))
), "refits.json")

set.seed(1)
x <- rexp(25)
draws <- round(replicate(199, mean(sample(x, replace = TRUE))), 6)
level <- c(0.95, 0.9, 0.6)
# boot's own functions on stored draws; the influence is the positive jackknife of the mean
left_out <- (sum(x) - x) / (length(x) - 1)
influence <- (length(x) - 1) * (mean(x) - left_out)
b <- structure(list(t0 = mean(x), t = matrix(draws), R = 199, data = x, call = quote(boot()), stype = "i", sim = "ordinary",
                    strata = rep(1, 25), weights = rep(1 / 25, 25), statistic = function(d, i) mean(d[i])), class = "boot")
ci <- boot.ci(b, conf = level, type = c("perc", "bca"), L = influence)
write(list(x = x, draws = draws, estimate = mean(x), influence = influence, confidence = level,
           percentile = unname(ci$percent[, 4:5]), bca = unname(ci$bca[, 4:5])), "intervals.json")

# Bollen-Stine: lavaan's chi-square of resamples of answers moved so that the model holds in them
set.seed(2)
factors <- "HS =~ hs1+hs2+hs3+hs4\nSC =~ sc1+sc2+sc3+sc4+sc5+sc6\nSB =~ sb1+sb2+sb3+sb4\nHS ~~ SC\nSB ~ HS"
data <- read("lavaan", "study_shaped.csv")
fit <- sem(factors, data, group = "construction", group.equal = equal)
root <- function(S, power) { e <- eigen(S, symmetric = TRUE); e$vectors %*% (e$values^power * t(e$vectors)) }
moved <- data
for (name in lavInspect(fit, "group.label")) {
  rows <- which(data$construction == name); items <- lavNames(fit, "ov")
  implied <- fitted(fit)[[name]]; sample <- lavInspect(fit, "sampstat")[[name]]
  x <- sweep(as.matrix(data[rows, items]), 2, sample$mean)
  x <- x %*% root(unclass(sample$cov), -0.5) %*% root(unclass(implied$cov), 0.5)
  moved[rows, items] <- sweep(x, 2, -implied$mean)
}
write(list(data = "lavaan/study_shaped.csv", model = factors, options = list(group = "construction", group_equal = equal),
           statistic = unname(fitMeasures(fit, "chisq")), draws = lapply(1:4, function(k) {
  rows <- resample(data, "construction", NULL)
  again <- sem(factors, moved[rows, ], group = "construction", group.equal = equal)
  list(rows = rows, statistic = unname(fitMeasures(again, "chisq")))
})), "bollen_stine.json")
