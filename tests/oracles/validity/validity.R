# Reference results for convergent and discriminant validity: R 4.2.2, lavaan 0.6-14, semTools 0.5-6, psych.
#
#     Rscript tests/oracles/validity/validity.R     (from the top of the repository; writes the files beside it)
#
# Data: ../lavaan/holzinger.csv (lavaan's HolzingerSwineford1939), bfi.csv (the first 700 persons of psych's bfi, some
# items worded the other way round, with missing answers), ordered.csv (simulated below; nobody's answers: scales of
# four, three and two items with 7, 4, 3 and 2 categories, one item reversed, with missing answers).
suppressMessages({library(lavaan); library(semTools); library(psych); library(jsonlite)})
here <- "tests/oracles/validity"
set.seed(20261125)

holzinger <- read.csv("tests/oracles/lavaan/holzinger.csv")[, paste0("x", 1:9)]
data(bfi, package = "psych")
bfi <- bfi[1:700, 1:25]
ordered <- local({
  n <- 420
  f <- matrix(rnorm(n * 3), n) %*% chol(matrix(c(1, .7, -.4, .7, 1, -.5, -.4, -.5, 1), 3))
  of <- c(1, 1, 1, 1, 2, 2, 2, 3, 3)
  loading <- c(.8, .7, -.6, .75, .8, .65, .7, .8, .7)
  y <- sapply(1:9, function(j) loading[j] * f[, of[j]] + sqrt(1 - loading[j]^2) * rnorm(n))
  cuts <- list(c(-1.5, -1, -.4, .2, .8, 1.6), c(-1.5, -1, -.4, .2, .8, 1.6), c(-1, 0, .9), c(-1, 0, .9), c(-.8, .5),
    c(-1.2, -.2, .9), 0.3, c(-.6, .7), c(-1.4, -.5, .4, 1.3))
  y <- sapply(1:9, function(j) findInterval(y[, j], cuts[[j]]) + 1)
  y[matrix(runif(n * 9) < 0.06, n)] <- NA
  as.data.frame(`colnames<-`(y, c("a1", "a2", "a3r", "a4", "b1", "b2", "b3", "c1", "c2")))
})
write.csv(bfi, file.path(here, "bfi.csv"), row.names = FALSE, na = "")
write.csv(ordered, file.path(here, "ordered.csv"), row.names = FALSE, na = "")

models <- list(
  holzinger = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9",
  bfi = "A =~ A1 + A2 + A3 + A4 + A5\nC =~ C1 + C2 + C3 + C4 + C5\nE =~ E1 + E2 + E3 + E4 + E5\nN =~ N1 + N2 + N3 + N4 + N5\nO =~ O1 + O2 + O3 + O4 + O5",
  ordered = "A =~ a1 + a2 + a3r + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2")
frames <- list(holzinger = holzinger, bfi = bfi, ordered = ordered)
items <- function(name) { pt <- lavaanify(models[[name]]); pt <- pt[pt$op == "=~", ]; split(pt$rhs, factor(pt$lhs, unique(pt$lhs))) }
steps <- list(iter.max = 10000)
# nlminb stops where figures agree to five digits: Newton steps on lavaan's own gradient and Hessian go on from there
polished <- function(fit, ...) {
  for (i in 1:4) {
    step <- -solve(lavTech(fit, "information.observed"), as.numeric(lavTech(fit, "gradient")))
    pt <- as.data.frame(parTable(fit)); at <- pt$free > 0
    pt$ustart[at] <- pt$est[at] + step[pt$free[at]]
    fit <- suppressWarnings(lavaan(pt[setdiff(names(pt), c("est", "se", "start"))], ..., optim.method = "none", optim.force.converged = TRUE))
  }
  stopifnot(max(abs(lavTech(fit, "gradient"))) < 1e-9)
  fit
}

# --- HTMT. Maximum likelihood correlations by EM run to its end, which htmt() cannot be told to do
as_rows <- function(m) { m <- unclass(m); lapply(seq_len(nrow(m)), function(i) as.numeric(m[i, ])) }
ratios <- list()
for (name in names(models)) for (missing in c("listwise", "pairwise", "fiml")) for (answers in c("continuous", "ordered")) {
  if (answers == "ordered" && (missing == "fiml" || name == "holzinger")) next
  used <- unlist(items(name))
  arguments <- list(models[[name]])
  if (missing == "fiml") {
    saturated <- paste(combn(used, 2, function(p) paste(p[1], "~~", p[2])), collapse = "\n")
    h1 <- sem(saturated, frames[[name]], missing = "fiml", em.h1.tol = 1e-12, em.h1.iter.max = 20000, do.fit = FALSE)
    cov <- lavInspect(h1, "sampstat")$cov
    arguments$sample.cov <- unclass(cov)[used, used]
  } else {
    arguments$data <- frames[[name]]; arguments$missing <- missing
    if (answers == "ordered") arguments$ordered <- used
  }
  for (geometric in c(FALSE, TRUE)) for (absolute in c(TRUE, FALSE)) {
    found <- suppressWarnings(do.call(htmt, c(arguments, list(htmt2 = geometric, absolute = absolute))))
    ratios[[length(ratios) + 1]] <- list(data = name, missing = missing, answers = answers, geometric = geometric,
      absolute = absolute, scales = items(name), htmt = as_rows(found))
  }
}
write(toJSON(ratios, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "htmt.json"))

# --- the joint model: AVE, composite reliability, latent correlations, tests against a correlation of one
with_figures <- function(name) {
  lines <- c()
  for (scale in names(items(name))) {
    x <- items(name)[[scale]]
    lines <- c(lines, paste0(scale, " =~ ", paste0("NA*", x, " + l_", x, "*", x, collapse = " + ")), paste0(scale, " ~~ 1*", scale),
      paste0(x, " ~~ e_", x, "*", x))
    square <- paste0("l_", x, "^2", collapse = " + "); sum <- paste0("l_", x, collapse = " + "); error <- paste0("e_", x, collapse = " + ")
    lines <- c(lines, paste0("ave_", scale, " := (", square, ")/(", square, " + ", error, ")"),
      paste0("cr_", scale, " := (", sum, ")^2/((", sum, ")^2 + ", error, ")"))
  }
  paste(lines, collapse = "\n")
}
joint <- list()
for (case in list(list("holzinger", "ml", "listwise"), list("holzinger", "mlr", "listwise"), list("bfi", "mlr", "fiml"),
    list("bfi", "ml", "listwise"), list("ordered", "mlr", "fiml"), list("ordered", "ml", "fiml"))) {
  name <- case[[1]]
  f <- sem(with_figures(name), frames[[name]], estimator = case[[2]], missing = case[[3]], control = steps,
    em.h1.tol = 1e-12, em.h1.iter.max = 20000)
  f <- polished(f, data = frames[[name]], estimator = case[[2]], missing = case[[3]], em.h1.tol = 1e-12, em.h1.iter.max = 20000)
  scales <- names(items(name))
  est <- parameterEstimates(f); std <- standardizedSolution(f)
  defined <- function(table, prefix, column) as.list(setNames(table[match(paste0(prefix, scales), table$lhs), column], scales))
  pairs <- combn(scales, 2, simplify = FALSE)
  at <- sapply(pairs, function(p) which(std$op == "~~" & ((std$lhs == p[1] & std$rhs == p[2]) | (std$lhs == p[2] & std$rhs == p[1]))))
  unscaled <- sem(with_figures(name), frames[[name]], estimator = "ml", missing = case[[3]], control = steps)
  held <- function(at) {
    found <- tryCatch(suppressMessages(suppressWarnings(discriminantValidity(unscaled, cutoff = at))), error = function(e) { message(name, " at ", at, ": ", conditionMessage(e)); NULL })
    # a model with a correlation of one that lavaan finds no solution for has no reference
    if (is.null(found)) return(rep(NA, length(pairs)))
    found[["Chisq diff"]][match(sapply(pairs, paste, collapse = "~~"), paste(found$lhs, found$rhs, sep = "~~"))]
  }
  at_one <- held(1); at_nine <- held(.9)
  joint[[length(joint) + 1]] <- list(data = name, estimator = case[[2]], missing = case[[3]], n = lavInspect(f, "nobs"), scales = items(name),
    admissible = lavInspect(f, "post.check"),
    ave_observed = as.list(AVE(f)), ave_implied = as.list(AVE(f, obs.var = FALSE)),
    cr_observed = as.list(compRelSEM(f)), cr_implied = as.list(compRelSEM(f, obs.var = FALSE)),
    ave_ci_lower = defined(est, "ave_", "ci.lower"), ave_ci_upper = defined(est, "ave_", "ci.upper"),
    ave_std = defined(std, "ave_", "est.std"), ave_std_ci_lower = defined(std, "ave_", "ci.lower"), ave_std_ci_upper = defined(std, "ave_", "ci.upper"),
    cr_ci_lower = defined(est, "cr_", "ci.lower"), cr_ci_upper = defined(est, "cr_", "ci.upper"),
    pairs = lapply(seq_along(pairs), function(k) list(first = pairs[[k]][1], second = pairs[[k]][2],
      r = std$est.std[at[k]], ci_lower = std$ci.lower[at[k]], ci_upper = std$ci.upper[at[k]],
      chisq_one = at_one[k], chisq_nine = at_nine[k])))
}
write(toJSON(joint, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "joint.json"))
cat("done\n")
