# Alpha, omega and their ordinal versions by psych, lavaan and semTools: reliability.json.
# Rscript reliability.R (in this folder). R 4.2.2, psych 2.2.9, lavaan 0.6-14, semTools 0.5-6.
suppressMessages({library(psych); library(lavaan); library(semTools); library(jsonlite)})

# --- data: packages' own, and ordered answers simulated here (nobody's)
set.seed(20261125)
write.csv(bfi[seq(1, 2800, by = 6), 1:25], "bfi.csv", row.names = FALSE)
write.csv(attitude, "attitude.csv", row.names = FALSE)
write.csv(datCat[, c("u1", "u2", "u3", "u4", "u5")], "datcat.csv", row.names = FALSE)
cut_at <- function(y, cuts) findInterval(y, cuts) + 1
simulate <- function(n) {
  f <- rnorm(n)
  y <- function(l) l * f + sqrt(1 - l^2) * rnorm(n)
  data.frame(
    two1 = cut_at(y(.7), 0.3), two2 = cut_at(y(.6), -0.5), two3 = cut_at(y(.8), 0.9), two4 = cut_at(y(.5), 0),
    three1 = cut_at(y(.6), c(-1, .4)), three2 = cut_at(y(.7), c(-.3, .8)), three3 = cut_at(y(.5), c(-.5, .5)),
    five1 = cut_at(y(.8), c(-2, -1.2, -.6, .2)), five2 = cut_at(y(.7), c(-1.5, -.5, .5, 1.5)),
    five3 = cut_at(y(.6), c(-1, 0, .7, 1.6)), five4 = cut_at(y(-.7), c(-1.3, -.4, .5, 1.2)),
    seven1 = cut_at(y(.75), seq(-1.5, 1.5, length.out = 6)), seven2 = cut_at(y(.65), seq(-1, 2, length.out = 6)),
    seven3 = cut_at(y(.55), seq(-2, 1, length.out = 6)),
    # nobody chose 2
    gap1 = c(1, 3, 4, 5)[cut_at(y(.7), c(-1, 0, 1))], gap2 = c(1, 3, 4, 5)[cut_at(y(.6), c(-.8, .2, .9))]
  )
}
answers <- simulate(400)
for (name in c("five1", "five2", "five3", "seven2")) answers[runif(nrow(answers)) < .06, name] <- NA
write.csv(answers, "answers.csv", row.names = FALSE)

items <- function(stem, k) paste0(stem, 1:k)
cases <- list(
  bfi_agreeableness = list(data = "bfi", items = items("A", 5), reversed = "A1", range = c(1, 6)),
  bfi_unreversed = list(data = "bfi", items = items("A", 5), range = c(1, 6)),
  bfi_neuroticism = list(data = "bfi", items = items("N", 5), range = c(1, 6)),
  bfi_openness = list(data = "bfi", items = items("O", 5), reversed = c("O2", "O5"), range = c(1, 6)),
  bfi_two_items = list(data = "bfi", items = c("E1", "E2"), range = c(1, 6)),
  attitude = list(data = "attitude", items = names(attitude), range = c(0, 100), ordered = FALSE),
  holzinger_visual = list(data = "../lavaan/holzinger", items = items("x", 3), range = c(0, 10), ordered = FALSE),
  holzinger_all = list(data = "../lavaan/holzinger", items = items("x", 9), range = c(0, 10), ordered = FALSE),
  datcat = list(data = "datcat", items = items("u", 5), range = c(1, 5)),
  two = list(data = "answers", items = items("two", 4), range = c(1, 2)),
  three = list(data = "answers", items = items("three", 3), range = c(1, 3)),
  five = list(data = "answers", items = items("five", 4), reversed = "five4", range = c(1, 5)),
  five_unreversed = list(data = "answers", items = items("five", 4), range = c(1, 5)),
  seven = list(data = "answers", items = items("seven", 3), range = c(1, 7)),
  mixed_ranges = list(data = "answers", items = c("two1", "three2", "five1", "seven1"), range = c(1, 7)),
  gap = list(data = "answers", items = c("gap1", "gap2", "five3", "seven3"), range = c(1, 7))
)

read <- function(case) {
  x <- read.csv(paste0(case$data, ".csv"))[, case$items]
  for (name in case$reversed) x[[name]] <- sum(case$range) - x[[name]]
  x
}

by_psych <- function(x) {
  complete <- na.omit(x)
  a <- suppressWarnings(psych::alpha(complete, warnings = FALSE))
  pairwise <- suppressWarnings(psych::alpha(x, warnings = FALSE))
  list(
    n = nrow(complete), raw_alpha = a$total$raw_alpha, std_alpha = a$total$std.alpha, average_r = a$total$average_r,
    r_drop = a$item.stats$r.drop, mean = a$item.stats$mean, sd = a$item.stats$sd, alpha_drop = a$alpha.drop$raw_alpha,
    raw_alpha_pairwise = pairwise$total$raw_alpha
  )
}

one_factor <- function(names) {
  k <- length(names)
  paste0(
    "F =~ ", paste0("l", 1:k, "*", names, collapse = " + "), "\n",
    paste0(names, " ~~ t", 1:k, "*", names, collapse = "\n"), "\n",
    "omega := (", paste0("l", 1:k, collapse = " + "), ")^2/((", paste0("l", 1:k, collapse = " + "), ")^2 + ",
    paste0("t", 1:k, collapse = " + "), ")"
  )
}
omega_of <- function(model, x, ...) {
  f <- suppressWarnings(cfa(model, x, std.lv = TRUE, ...))
  row <- parameterEstimates(f)
  row <- row[row$op == ":=", ]
  list(est = row$est, se = row$se, ci_lower = row$ci.lower, ci_upper = row$ci.upper)
}
by_lavaan <- function(x) {
  model <- one_factor(names(x))
  f <- suppressWarnings(cfa(model, na.omit(x), std.lv = TRUE))
  rel <- suppressWarnings(suppressMessages(reliability(f)))
  loadings <- standardizedSolution(f)
  list(
    ml = omega_of(model, na.omit(x)), mlr = omega_of(model, na.omit(x), estimator = "MLR"),
    fiml = omega_of(model, x, missing = "fiml", estimator = "MLR"),
    reliability = list(alpha = rel["alpha", 1], omega = rel["omega", 1], omega3 = rel["omega3", 1]),
    comp_rel = unname(c(compRelSEM(f, obs.var = FALSE))), comp_rel_observed = unname(c(compRelSEM(f))),
    loadings = loadings$est.std[loadings$op == "=~"]
  )
}
by_lavaan_ordered <- function(x) {
  x <- na.omit(x)
  r <- suppressWarnings(lavCor(x, ordered = names(x)))
  found <- list(correlations = unname(unclass(r)[, ]), alpha_ord = ncol(x)/(ncol(x) - 1) * (1 - ncol(x)/sum(r)))
  if (ncol(x) > 2) {
    f <- suppressWarnings(cfa(paste("F =~", paste(names(x), collapse = " + ")), x, std.lv = TRUE, ordered = names(x)))
    rel <- suppressWarnings(suppressMessages(reliability(f)))
    loadings <- standardizedSolution(f)
    found <- c(found, list(
      reliability = list(alpha = rel["alpha", 1], alpha_ord = rel["alpha.ord", 1], omega = rel["omega", 1],
                         omega3 = rel["omega3", 1]),
      comp_rel = unname(c(compRelSEM(f, obs.var = FALSE))), comp_rel_observed = unname(c(compRelSEM(f))),
      comp_rel_continuous = unname(c(compRelSEM(f, ord.scale = FALSE, obs.var = FALSE))),
      loadings = loadings$est.std[loadings$op == "=~"]
    ))
  }
  found
}

results <- lapply(cases, function(case) {
  x <- read(case)
  found <- list(case = case, psych = by_psych(x))
  if (length(case$items) > 2) found$lavaan <- by_lavaan(x)
  if (is.null(case$ordered)) found$ordered <- by_lavaan_ordered(x)
  found
})
# psych's two omegas of standardised items with one factor by maximum likelihood
by_omega <- suppressWarnings(suppressMessages(omega(attitude, nfactors = 1, fm = "ml", plot = FALSE)))
results$attitude$psych$omega_total <- by_omega$omega.tot
results$attitude$psych$omega_hierarchical <- by_omega$omega_h
write_json(results, "reliability.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
