# Robust score tests of setting an ordered item's thresholds or loading free: R 4.2.2, lavaan 0.6-14, semTools 0.5-6.
#
#     Rscript tests/oracles/ladders/ordered_scores.R     (from the top of the repository; writes the file beside it)
#
# lavaan has no such test. In the space of the moments, with D0 and D1 the derivatives of the model and of the one that
# leaves the item free, W and Gamma those of all groups (weighted by their shares), E spans what D1 has beside D0 (in the
# metric of W): GS = N e' (E'W Gamma W E)^-1 e with e = E'W(obs - est).
suppressMessages({library(lavaan); library(semTools); library(jsonlite); library(MASS)})
here <- "tests/oracles/ladders"
cases <- list(
  answers = list(data = "tests/oracles/difference/answers.csv", group = "group", model = "F =~ o1 + o2 + o3 + o4 + o5 + o6"),
  bfi = list(data = file.path(here, "bfi.csv"), group = "gender", model = "F =~ A1 + A2 + A3 + A4 + A5"))
score_tests <- function(case, step) {
  items <- lavNames(lavaanify(case$model), "ov")
  data <- read.csv(case$data, na.strings = c("", "NA")); data <- data[complete.cases(data[, c(items, case$group)]), ]
  syntax <- as.character(measEq.syntax(case$model, data = data, ordered = items, group = case$group, parameterization = "delta",
    ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group.equal = c("thresholds", if (step == "metric") "loadings"), estimator = "WLSMV"))
  fit <- cfa(syntax, data = data, ordered = items, group = case$group, estimator = "WLSMV", optim.method = "BFGS",
    control = list(reltol = 1e-16, maxit = 20000))
  pt <- parTable(fit); n <- lavInspect(fit, "nobs"); N <- sum(n); K0 <- fit@Model@eq.constraints.K
  D <- lavInspect(fit, "delta"); W <- lavInspect(fit, "wls.v"); G <- lavInspect(fit, "gamma")
  obs <- lavInspect(fit, "wls.obs"); est <- lavInspect(fit, "wls.est")
  w <- unlist(lapply(seq_along(n), function(g) n[g] / N * (if (is.matrix(W[[g]])) diag(W[[g]]) else W[[g]])))
  gamma <- matrix(0, length(w), length(w)); end <- 0
  for (g in seq_along(n)) { at <- end + seq_len(nrow(G[[g]])); gamma[at, at] <- N / n[g] * unclass(G[[g]]); end <- max(at) }
  gap <- unlist(lapply(seq_along(n), function(g) (n[g] - 1) / n[g] * as.numeric(obs[[g]] - est[[g]])))
  delta <- do.call(rbind, lapply(D, unclass)); root <- sqrt(w)
  out <- list()
  for (item in items) {
    mine <- pt$free[pt$group > 1 & pt$free > 0 & (if (step == "metric") pt$op == "=~" & pt$rhs == item else pt$op == "|" & pt$lhs == item)]
    # two of an item's thresholds only stand for its scale and intercept, which are free in the other model
    r <- length(mine) - (if (step == "metric") 0 else 2)
    X0 <- root * (delta %*% K0); X1 <- root * delta[, mine, drop = FALSE]
    beside <- svd(X1 - X0 %*% solve(crossprod(X0), crossprod(X0, X1)))
    stopifnot(r == length(beside$d) || beside$d[r + 1] < 1e-6 * beside$d[1])
    E <- beside$u[, seq_len(r), drop = FALSE]
    e <- crossprod(E, root * gap)
    gs <- N * drop(crossprod(e, solve(crossprod(root * E, gamma %*% (root * E)), e)))
    out[[item]] <- list(statistic = gs, df = r)
  }
  out
}
found <- lapply(cases, function(case) c(case[c("data", "group", "model")],
  sapply(c("thresholds", "metric"), function(step) score_tests(case, step), simplify = FALSE)))
write_json(found, file.path(here, "ordered_scores.json"), auto_unbox = TRUE, digits = 12, pretty = TRUE)
