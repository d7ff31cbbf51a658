# Reference results for ladders of invariance: R 4.2.2, lavaan 0.6-14, semTools 0.5-6, psych 2.2.9.
#
#     Rscript tests/oracles/ladders/ladders.R     (from the top of the repository; writes the files beside it)
#
# Steps: lavaan's fits by group.equal; for ordered items the models semTools' measEq.syntax writes (Wu & Estabrook 2016),
# each with the chi-square difference to the step before (lavTestLRT). Partial steps free the items named. Robust score
# tests are not in lavaan: they are computed here from lavScores and the information, as s'A^-1 R'(R A^-1 B A^-1 R')^-1
# R A^-1 s / N, with A and B of the model that leaves an item free.
#
# Data: ../lavaan/holzinger.csv (lavaan's HolzingerSwineford1939), ../difference/skewed.csv and answers.csv (simulated
# there), ../lavaan/datcat_simulated.csv (semTools' datCat), bfi.csv (psych's bfi: 10 of its items, gender, education).
suppressMessages({library(lavaan); library(semTools); library(jsonlite); library(MASS)})
here <- "tests/oracles/ladders"
data(bfi, package = "psych")
bfi <- bfi[, c(paste0("A", 1:5), paste0("N", 1:5), "gender", "education")]
bfi$gender <- c("men", "women")[bfi$gender]
bfi$education <- c("some_hs", "hs", "some_college", "college", "graduate")[bfi$education]
write.csv(bfi, file.path(here, "bfi.csv"), row.names = FALSE, na = "", quote = FALSE)
read <- function(x) read.csv(x, na.strings = c("", "NA"))
frames <- list(bfi = read(file.path(here, "bfi.csv")), holzinger = read("tests/oracles/lavaan/holzinger.csv"),
  skewed = read("tests/oracles/difference/skewed.csv"), answers = read("tests/oracles/difference/answers.csv"),
  datcat = read("tests/oracles/lavaan/datcat_simulated.csv"))

cases <- list(
  holzinger_school = list(data = "holzinger", group = "school", estimator = "MLR", missing = "fiml",
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", freed = list(x3 = "scalar", x7 = "scalar")),
  textual_school = list(data = "holzinger", group = "school", estimator = "MLR", missing = "fiml",
    model = "F =~ x4 + x5 + x6", freed = list(x5 = "scalar")),
  neuroticism_gender = list(data = "bfi", group = "gender", estimator = "MLR", missing = "fiml",
    model = "F =~ N1 + N2 + N3 + N4 + N5", freed = list(N4 = "metric", N5 = "scalar")),
  agreeableness_education = list(data = "bfi", group = "education", estimator = "MLR", missing = "fiml",
    model = "F =~ A1 + A2 + A3 + A4 + A5", freed = list(A4 = "scalar")),
  skewed_group = list(data = "skewed", group = "group", estimator = "MLR", missing = "fiml",
    model = "F =~ s1m + s2m + s3m + s4m", freed = list(s2m = "scalar", s4m = "strict")),
  agreeableness_gender_ordered = list(data = "bfi", group = "gender", estimator = "WLSMV", missing = "listwise",
    model = "F =~ A1 + A2 + A3 + A4 + A5", freed = list(A2 = "metric", A4 = "scalar")),
  neuroticism_education_ordered = list(data = "bfi", group = "education", estimator = "WLSMV", missing = "listwise",
    model = "F =~ N1 + N2 + N3 + N4 + N5", freed = list(N4 = "scalar")),
  answers_ordered = list(data = "answers", group = "group", estimator = "WLSMV", missing = "listwise",
    model = "F =~ o1 + o2 + o3 + o4 + o5 + o6", freed = list(o2 = "thresholds")),
  datcat_ordered = list(data = "datcat", group = "g", estimator = "WLSMV", missing = "listwise",
    model = "F =~ u1 + u2 + u3 + u4", freed = list(u2 = "scalar")))

equal <- list(configural = character(), metric = "loadings", scalar = c("loadings", "intercepts"),
  strict = c("loadings", "intercepts", "residuals"))
equal_ordered <- list(configural = character(), thresholds = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
tight <- list(reltol = 1e-16, maxit = 20000)

items_of <- function(model) unique(lavNames(lavaanify(model), "ov"))
factor_of <- function(model, item) with(subset(lavaanify(model), op == "=~" & rhs == item), lhs)
# what an item set free at a step leaves free in a later one
released <- function(case, step, freed) {
  steps <- names(if (case$estimator == "WLSMV") equal_ordered else equal)
  out <- character()
  for (item in names(freed)) {
    passed <- steps[seq_along(steps) >= match(freed[[item]], steps) & seq_along(steps) <= match(step, steps)]
    if ("thresholds" %in% passed) out <- c(out, paste0(item, "|t", seq_len(length(unique(na.omit(frames[[case$data]][[item]]))) - 1)))
    if ("metric" %in% passed) out <- c(out, paste0(factor_of(case$model, item), "=~", item))
    if ("scalar" %in% passed) out <- c(out, paste0(item, "~1"))
    if ("strict" %in% passed) out <- c(out, paste0(item, "~~", item))
  }
  out
}
fitted_step <- function(case, step, freed = list()) {
  data <- frames[[case$data]]
  data <- data[!is.na(data[[case$group]]), ]
  partial <- released(case, step, freed)
  if (case$estimator == "MLR") {
    args <- list(model = case$model, data = data, group = case$group, estimator = "MLR", missing = "fiml", std.lv = TRUE,
      control = tight, optim.method = "BFGS")
    if (length(equal[[step]])) args$group.equal <- equal[[step]]
    if (length(partial)) args$group.partial <- partial
    return(do.call("cfa", args))
  }
  items <- items_of(case$model)
  data <- data[complete.cases(data[, items]), ]
  theta <- if (step == "strict") "theta" else "delta"
  loose <- names(freed)[unlist(freed) == "thresholds"]
  syntax <- as.character(measEq.syntax(case$model, data = data, ordered = items, group = case$group, parameterization = theta,
    ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group.equal = if (step == "configural") "" else equal_ordered[[step]],
    group.partial = if (length(partial)) partial else "", estimator = "WLSMV"))
  cfa(syntax, data = data, ordered = items, group = case$group, parameterization = theta, estimator = "WLSMV",
    control = tight, optim.method = "BFGS")
}
measures <- function(fit, step) {
  m <- fitMeasures(fit)
  keep <- c("npar", "df", "chisq", "pvalue", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi", "cfi.scaled", "cfi.robust",
    "rmsea", "rmsea.scaled", "rmsea.robust", "srmr", "aic", "bic")
  out <- as.list(m[intersect(keep, names(m))])
  out <- out[!is.na(unlist(out))]
  pe <- parameterEstimates(fit)
  lv <- lavNames(fit, "lv")
  means <- pe[pe$op == "~1" & pe$lhs %in% lv & pe$group > 1, ]
  out$means <- list(group = lavInspect(fit, "group.label")[means$group], lhs = means$lhs, est = means$est, se = means$se)
  out
}
robust_scores <- function(fit, case, step, items) {
  op <- switch(step, metric = "=~", scalar = "~1", strict = "~~", thresholds = "|")
  pt <- parTable(fit); K0 <- fit@Model@eq.constraints.K; N <- lavInspect(fit, "ntotal")
  S <- lavScores(fit, ignore.constraints = TRUE, remove.duplicated = FALSE)
  A <- lavInspect(fit, "information.observed"); B <- crossprod(S) / N; s <- colSums(S)
  out <- list()
  for (item in items) {
    mine <- pt$free[pt$op == op & pt$group > 1 & pt$free > 0 & (if (op == "=~") pt$rhs == item else pt$lhs == item) &
      (if (op == "~~") pt$rhs == item else TRUE)]
    E <- diag(ncol(S))[, mine, drop = FALSE]
    K1 <- qr.Q(qr(cbind(K0, E)))
    A1 <- t(K1) %*% A %*% K1; B1 <- t(K1) %*% B %*% K1; s1 <- t(K1) %*% s
    R <- t(Null(t(K1) %*% K0))
    Ai <- solve(A1); u <- R %*% Ai %*% s1
    gs <- drop(t(u) %*% solve(R %*% Ai %*% B1 %*% Ai %*% t(R)) %*% u) / N
    out[[item]] <- list(statistic = gs, df = nrow(R), pvalue = pchisq(gs, nrow(R), lower.tail = FALSE))
  }
  out
}
run <- function(case) {
  steps <- names(if (case$estimator == "WLSMV") equal_ordered else equal)
  out <- case[c("data", "group", "estimator", "model", "freed")]
  for (kind in c("steps", "partial")) {
    freed <- if (kind == "partial") case$freed else list()
    before <- NULL; out[[kind]] <- list()
    for (step in steps) {
      active <- freed[match(unlist(freed), steps) <= match(step, steps)]
      fit <- fitted_step(case, step, active)
      stopifnot(lavInspect(fit, "converged"))
      out[[kind]][[step]] <- measures(fit, step)
      if (!is.null(before) && fitMeasures(fit, "df") > fitMeasures(before, "df")) {
        lrt <- lavTestLRT(before, fit)
        out[[kind]][[step]]$difference <- list(chisq = lrt[2, "Chisq diff"], df = lrt[2, "Df diff"], pvalue = lrt[2, "Pr(>Chisq)"])
      }
      if (case$estimator == "MLR" && step != "configural")
        out[[kind]][[step]]$score <- robust_scores(fit, case, step, setdiff(items_of(case$model), names(active)))
      before <- fit
    }
  }
  out
}
only <- commandArgs(trailingOnly = TRUE)
results <- lapply(if (length(only)) cases[only] else cases, run)
write_json(results, file.path(here, if (length(only)) "part.json" else "ladders.json"), auto_unbox = TRUE, digits = 12, pretty = TRUE)
