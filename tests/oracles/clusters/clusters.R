# References for analysis/clusters: cluster-robust errors, Kenward-Roger, permutation and wild bootstrap by brute force.
# Run: Rscript clusters.R   (R 4.2.2, clubSandwich 0.5.8, sandwich 3.0-2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2,
# jsonlite 1.8.4); writes persons.csv (simulated here; nobody's answers) and clusters.json
suppressPackageStartupMessages({library(clubSandwich); library(sandwich); library(lme4); library(lmerTest)
  library(pbkrtest); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
set.seed(20211)

# one design: k projects with traits a and b, sizes n; x and w vary among persons, v among projects
design <- function(name, a, b, n, between) {
  k <- length(a); g <- rep(seq_len(k), n); v <- round(rnorm(k), 2)
  x <- round(0.3 * rnorm(k)[g] + rnorm(length(g)), 2); w <- rbinom(length(g), 1, 0.4)
  y <- 0.5 * a[g] + 0.2 * b[g] + 0.3 * x - 0.2 * w + between * rnorm(k)[g] + rnorm(length(g))
  data.frame(design = name, project = sprintf("p%02d", g), a = a[g], b = b[g], x = x, w = w, v = v[g], y = round(y, 3))
}
cells <- function(k) list(a = rep(c(1, 0), length.out = k), b = rep(c(0, 0, 1, 1), length.out = k))
persons <- rbind(
  design("six", c(1, 1, 1, 0, 0, 0), c(1, 0, 1, 0, 1, 0), rep(8, 6), 0.4),
  design("eight", cells(8)$a, cells(8)$b, c(4, 20, 7, 11, 15, 3, 9, 6), 0.3),
  design("twelve", cells(12)$a, cells(12)$b, rep(9, 12), 0.3),
  design("twelve_unequal", c(1,1,1,1,1,0,1,0,0,0,0,0), c(1,1,1,0,0,1,1,0,0,0,1,0), c(3,25,8,14,5,30,12,4,9,17,6,11), 0.4),
  design("twenty", c(rep(1, 9), rep(0, 11)), rep(c(1, 0, 0, 1), 5), c(5,9,14,3,22,8,11,6,18,4,7,12,10,5,25,9,6,13,3,16), 0.2),
  design("alike", cells(8)$a, cells(8)$b, c(6, 12, 5, 9, 14, 7, 8, 10), 0.0))
# "alike": no variance between projects is estimated
last <- persons$design == "alike"
persons$y[last] <- persons$y[last] - ave(residuals(lm(y ~ a + b, persons[last, ])), persons$project[last])
persons$y <- round(persons$y, 3)
write.csv(persons, file.path(here, "persons.csv"), row.names = FALSE, quote = FALSE)

covariates <- list(none = "", persons = "x + w + ", projects = "v + x + ")
weights <- function(fit, names = c("a", "b")) {
  p <- length(coef(fit)); at <- match(names, names(coef(fit))); unit <- diag(p)
  list(a = unit[at[1], ], b = unit[at[2], ], "a-b" = unit[at[1], ] - unit[at[2], ])
}

robust <- function(d, with) {
  fit <- lm(as.formula(paste("y ~", covariates[[with]], "a + b")), d)
  tested <- function(type) {
    V <- vcovCR(fit, cluster = d$project, type = type)
    lapply(weights(fit), function(c) {
      r <- linear_contrast(fit, vcov = V, contrasts = matrix(c, 1), test = "Satterthwaite", p_values = TRUE, level = 0.95)
      list(est = r$Est, se = r$SE, df = r$df, p = r$p_val, ci = c(r$CI_L, r$CI_U))
    })
  }
  single <- coef_test(fit, vcov = vcovCR(fit, cluster = d$project, type = "CR2"), test = "Satterthwaite")
  naive <- lapply(weights(fit), function(c) list(est = sum(c * coef(fit)), se = sqrt(drop(c %*% vcov(fit) %*% c)), df = fit$df.residual))
  list(cr2 = tested("CR2"), cr3 = tested("CR3"), ols = naive,
       coef_test = list(p = single["a", "p_Satt"], df = single["a", "df_Satt"]))
}

mixed <- function(d, with) {
  exact <- lmerControl(optCtrl = list(xtol_abs = 1e-13, ftol_abs = 1e-15), check.conv.singular = "ignore")
  fit <- lmerTest::lmer(as.formula(paste("y ~", covariates[[with]], "a + b + (1 | project)")), d, control = exact)
  V <- as.matrix(vcovAdj(as(fit, "lmerMod")))
  p <- length(fixef(fit)); at <- match(c("a", "b"), names(fixef(fit))); unit <- diag(p)
  cs <- list(a = unit[at[1], ], b = unit[at[2], ], "a-b" = unit[at[1], ] - unit[at[2], ])
  lapply(cs, function(c) {
    s <- if (isSingular(fit)) list() else contest1D(fit, c, ddf = "Satterthwaite")
    k <- contest1D(fit, c, ddf = "Kenward-Roger")
    list(est = sum(c * fixef(fit)), se = sqrt(drop(c %*% V %*% c)), df = get_Lb_ddf(as(fit, "lmerMod"), c),
         se_plain = sqrt(drop(c %*% as.matrix(vcov(fit)) %*% c)), lmertest_kr_p = k[["Pr(>|t|)"]], lmertest_kr_df = k$df,
         satterthwaite_df = s$df)
  })
}

# all ways to put n ones on the places in at
ways <- function(tested, strata) {
  rows <- matrix(tested, 1)
  for (s in unique(strata)) {
    at <- which(strata == s); values <- sort(unique(tested[at])); if (length(values) < 2) next
    chosen <- combn(at, sum(tested[at] == values[2]))
    rows <- do.call(rbind, lapply(seq_len(ncol(chosen)), function(j) { r <- rows; r[, at] <- values[1]; r[, chosen[, j]] <- values[2]; r }))
  }
  rows
}
permuted <- function(d) {
  u <- aggregate(cbind(y, a, b) ~ project, d, mean)
  one <- function(tested, strata, effect) {
    y <- u$y - effect * tested
    t <- apply(ways(tested, strata), 1, function(label) {
      f <- lm(y ~ label + strata); (coef(f) / sqrt(diag(vcovHC(f, type = "HC2"))))[["label"]]
    })
    own <- lm(y ~ tested + strata); t0 <- (coef(own) / sqrt(diag(vcovHC(own, type = "HC2"))))[["tested"]]
    list(effect = effect, t = t0, n = length(t), p = mean(abs(t) >= abs(t0) * (1 - 1e-9)))
  }
  both <- function(tested, strata) lapply(c(0, 0.3, -0.7, 1.5), function(e) one(tested, strata, e))
  list(a = both(u$a, u$b), b = both(u$b, u$a), "a-b" = both((u$a - u$b) / 2, u$a + u$b))
}

# restricted wild cluster bootstrap-t, all signs, by refitting on the reparametrised model: the tested is a column
wild <- function(d) {
  one <- function(tested, rest, effect) {
    g <- factor(d$project); k <- nlevels(g); X <- cbind(tested, 1, rest); M <- solve(crossprod(X))
    t_of <- function(y) {
      beta <- M %*% crossprod(X, y); e <- drop(y - X %*% beta); V <- M %*% crossprod(rowsum(X * e, g)) %*% M
      drop(beta[1]) / sqrt(V[1, 1])
    }
    y <- d$y - effect * tested; fitted <- drop(cbind(1, rest) %*% qr.solve(cbind(1, rest), y)); u <- y - fitted
    signs <- as.matrix(expand.grid(rep(list(c(1, -1)), k)))
    t <- apply(signs, 1, function(v) t_of(fitted + v[g] * u)); t0 <- t_of(y)
    list(effect = effect, p = mean(abs(t) >= abs(t0) * (1 - 1e-9)), p_strict = mean(abs(t) > abs(t0) * (1 + 1e-9)))
  }
  both <- function(tested, rest) lapply(c(0, 0.3, 1.5), function(e) one(tested, rest, e))
  list(a = both(d$a, d$b), b = both(d$b, d$a), "a-b" = both((d$a - d$b) / 2, d$a + d$b))
}

out <- list()
for (name in unique(persons$design)) {
  d <- persons[persons$design == name, ]
  out[[name]] <- list(
    robust = setNames(lapply(names(covariates), function(with) robust(d, with)), names(covariates)),
    mixed = setNames(lapply(c("none", "persons"), function(with) mixed(d, with)), c("none", "persons")),
    permutation = if (name != "twenty") permuted(d))
  if (name %in% c("eight", "twelve_unequal")) out[[name]]$wild <- wild(d)
}
writeLines(toJSON(out, auto_unbox = TRUE, digits = 14, pretty = TRUE, null = "null"), file.path(here, "clusters.json"))
