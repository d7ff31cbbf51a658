# Little's test and Rubin's rules: Rscript tests/oracles/missing/missing.R, from the repository's root.
# Moments by the EM of em.R, held against lavaan's saturated moments.
suppressMessages({library(jsonlite); library(lavaan); library(mice); library(psych)})
here <- "tests/oracles/missing"

source(file.path(here, "em.R"))

little <- function(x) {
  x <- as.matrix(x); x <- x[rowSums(!is.na(x)) > 0, ]
  m <- em(x)
  code <- apply(!is.na(x), 1, paste, collapse = "")
  d2 <- 0; df <- -ncol(x)
  for (pattern in unique(code)) {
    rows <- x[code == pattern, , drop = FALSE]; o <- !is.na(rows[1, ])
    away <- colMeans(rows[, o, drop = FALSE]) - m$mu[o]
    d2 <- d2 + nrow(rows) * drop(t(away) %*% solve(m$sigma[o, o, drop = FALSE]) %*% away); df <- df + sum(o)
  }
  list(answers = unname(x), n_obs = nrow(x), n_patterns = length(unique(code)), chisq = d2, df = df,
       pvalue = pchisq(d2, df, lower.tail = FALSE), mean = unname(m$mu), cov = unname(m$sigma))
}

against_lavaan <- function(x) {
  x <- as.data.frame(x); names(x) <- paste0("v", seq_along(x))
  model <- paste(sapply(seq_along(x), function(i) paste0("v", i, " ~~ ", paste0("v", i:ncol(x), collapse = " + "))), collapse = "\n")
  fitted <- sem(model, x, missing = "ml", em.h1.iter.max = 20000, em.h1.tol = 1e-13, control = list(rel.tol = 1e-14))
  h1 <- lavInspect(fitted, "sampstat")
  m <- em(as.matrix(x)); max(abs(h1$mean - m$mu), abs(h1$cov - m$sigma)) / max(abs(m$sigma))
}

set.seed(20211)
ordinal <- local({  # five-point answers; who answers low on the first two leaves more of the rest open
  f <- rnorm(240); y <- sapply(c(.8, .7, .75, .6, -.7), function(l) l * f + sqrt(1 - l^2) * rnorm(240))
  y <- apply(y, 2, function(v) findInterval(v, c(-1.4, -.6, .2, 1.1)) + 1)
  p <- plogis(-2.2 - .9 * scale(y[, 1] + y[, 2]))
  for (j in 3:5) y[runif(240) < p, j] <- NA
  y[sample(240, 8), 1] <- NA; y
})
agree <- as.matrix(bfi[1:900, c("A1", "A2", "A3", "A4", "A5")])
holes <- local({x <- as.matrix(HolzingerSwineford1939[, paste0("x", 1:6)]); x[sample(length(x), 150)] <- NA; x})
small <- local({x <- as.matrix(attitude); x[sample(length(x), 20)] <- NA; x})
units <- sweep(holes, 2, c(1, 100, 1e-3, 5, 1, 1), "*")  # the same answers on other scales
data_sets <- list(airquality = airquality, bfi_agreeableness = agree, holzinger_holes = holes, other_units = units,
                  attitude_holes = small, ordinal = ordinal, sleep = cbind(log(mammalsleep$bw), mammalsleep[, c("ps", "ts", "mls", "gt")]))
cat("largest difference from lavaan's moments, of the largest covariance:\n")
print(sapply(data_sets[names(data_sets) != "other_units"], against_lavaan))
set.seed(123)  # the documented example of describe::check.mcar, which reports 5.484, 9 df, p .79, 7 patterns
published <- data.frame(x1 = rnorm(100), x2 = rnorm(100), y = rnorm(100))
published$x1[sample(1:100, 20)] <- NA; published$x2[sample(1:100, 15)] <- NA; published$y[sample(1:100, 10)] <- NA
data_sets$check_mcar <- published
write_json(lapply(data_sets, little), file.path(here, "little.json"), digits = NA, auto_unbox = TRUE, na = "null")

# Rubin's rules: m estimates and variances, and what mice pools them to
pooled <- function(estimates, variances, n, k) {
  found <- pool.scalar(estimates, variances, n = n, k = k)
  list(estimates = estimates, variances = variances, df_complete = if (is.finite(n)) n - k else NULL, estimate = found$qbar,
       variance = found$t, df = found$df, missing_information = found$fmi, within = found$ubar, between = found$b)
}
cases <- list()
set.seed(7)
for (m in c(3, 20)) {
  imputed <- mice(nhanes, m = m, maxit = 5, printFlag = FALSE, seed = 11)
  fits <- lapply(1:m, function(i) lm(chl ~ age + bmi, complete(imputed, i)))
  for (term in c("(Intercept)", "age", "bmi")) {
    est <- sapply(fits, function(f) coef(f)[[term]]); v <- sapply(fits, function(f) vcov(f)[term, term])
    cases[[paste0("nhanes_", term, "_", m)]] <- pooled(est, v, nrow(nhanes), 3)
  }
  whole <- summary(pool(with(imputed, lm(chl ~ age + bmi))))
  stopifnot(max(abs(whole$df - sapply(tail(cases, 3), `[[`, "df"))) < 1e-9, max(abs(whole$std.error^2 / sapply(tail(cases, 3), `[[`, "variance") - 1)) < 1e-9)
}
cases$many_persons <- pooled(c(1.2, 1.5, 1.1, 1.4, 1.3), c(.04, .05, .045, .05, .042), Inf, 1)
cases$few_clusters <- pooled(c(.31, .35, .28, .36, .30, .33), c(.010, .011, .012, .009, .010, .011), 9.3, 1)
write_json(cases, file.path(here, "pooled.json"), digits = NA, auto_unbox = TRUE, null = "null")
cat("R", R.version$major, R.version$minor, "lavaan", as.character(packageVersion("lavaan")), "mice", as.character(packageVersion("mice")), "\n")
