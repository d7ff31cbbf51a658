# Errors, scaled tests and robust fit measures by R/lavaan, on other data than the project's 40 reference fits.
# Run: Rscript robust.R     (R 4.2.2, lavaan 0.6-14; writes the JSON and CSV files beside this file)
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
CASES <- list()
precise <- list(em.h1.tol = 1e-12, em.h1.iter.max = 20000)
num <- function(x) if (length(x) == 0 || is.na(x)) NULL else unname(as.numeric(x))
save_data <- function(name, d) { write.csv(d, file.path(here, name), row.names = FALSE, na = ""); invisible(read.csv(file.path(here, name), na.strings = "")) }
# lavaan's own root of the noncentral chi-square is right to four digits only: the same equation, solved further
interval <- function(x2, df, n, g, c = 1) {
  root <- function(p) if (df < 1 || pchisq(x2, df) < p) 0 else uniroot(function(l) pchisq(x2, df, l) - p, c(0, max(4 * x2, n)), tol = 1e-12)$root
  sqrt(g * c * c(root(0.95), root(0.05)) / (n * df)) }
measures <- function(fit) {
  fm <- fitMeasures(fit); k <- names(fm)
  keep <- k[grepl("^(npar|chisq|df|pvalue|baseline.chisq|cfi|tli|rmsea|srmr$|logl|aic|bic)", k)]
  keep <- setdiff(keep[!grepl("^rmsea.*(ci|notclose|close.h0|level)", keep)], c("rmsea.ci.level"))
  out <- as.list(fm[keep]); out <- out[is.finite(unlist(out))]
  n <- lavInspect(fit, "ntotal"); g <- lavInspect(fit, "ngroups")
  add <- function(form, ci) { out[[paste0("rmsea.ci.lower", form)]] <<- ci[1]; out[[paste0("rmsea.ci.upper", form)]] <<- ci[2] }
  add("", interval(fm["chisq"], fm["df"], n, g))
  if ("chisq.scaled" %in% k) {
    last <- fit@test[[length(fit@test)]]
    shifted <- last$test == "scaled.shifted"
    if (shifted) add(".scaled", interval(fm["chisq.scaled"], fm["df.scaled"], n, g))
    else add(".scaled", interval(fm["chisq"], sum(last$trace.UGamma), n, g))
  }
  if ("rmsea.robust" %in% k && is.finite(fm["rmsea.robust"])) {
    if (lavInspect(fit, "options")$missing == "ml") {
      corrected <- lavaan:::lav_fit_fiml_corrected(fit, if ("chisq.scaled" %in% k) "V3" else "V6")
      add(".robust", interval(corrected$XX3.scaled, corrected$df3, n, g, corrected$c.hat3))
    } else {
      c <- unname(fm["chisq.scaling.factor"])
      if (shifted) c <- c * (fm["df"] - last$shift.parameter) / fm["df"]
      add(".robust", interval(fm["chisq.scaled"], fm["df"], n, g, c))
    }
  }
  names(out) <- gsub(".", "_", names(out), fixed = TRUE); lapply(out, function(x) unname(as.numeric(x))) }
parameters <- function(fit) {
  labels <- lavInspect(fit, "group.label"); if (!length(labels)) labels <- ""
  pe <- parameterEstimates(fit); if (is.null(pe$group)) pe$group <- 1
  pe <- pe[pe$op %in% c("=~", "~", "~~", "~1"), ]
  lapply(seq_len(nrow(pe)), function(i) {
    p <- list(group = labels[pe$group[i]], lhs = pe$lhs[i], op = pe$op[i], rhs = pe$rhs[i], est = num(pe$est[i]), se = num(pe$se[i]))
    if (!is.null(p$se) && p$se == 0) p$se <- NULL
    p }) }
# nlminb stops where figures agree to five digits: Newton steps on lavaan's own gradient and Hessian go on from there
free <- function(fit) if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(fit@Model@nx.free)
slope <- function(fit) t(free(fit)) %*% as.numeric(lavTech(fit, "gradient"))
polished <- function(fit, arguments) {
  for (i in 1:3) {
    k <- free(fit); h <- lavTech(fit, "information.observed")
    step <- -as.numeric(k %*% solve(t(k) %*% h %*% k, slope(fit)))
    pt <- as.data.frame(parTable(fit)); at <- pt$free > 0
    pt$ustart[at] <- pt$est[at] + step[pt$free[at]]
    again <- arguments; again$model <- pt[setdiff(names(pt), c("est", "se", "start"))]; again$group.equal <- NULL
    fit <- suppressWarnings(do.call("lavaan", c(again, list(optim.method = "none", optim.force.converged = TRUE)))) }
  fit }
record <- function(id, data, model, options, ..., measured = TRUE, extra = function(fit) list()) {
  frame <- read.csv(file.path(here, data), na.strings = "")
  fit <- suppressWarnings(do.call("sem", c(list(model = model, data = frame, ...), precise)))
  stopifnot(lavInspect(fit, "converged"))
  fit <- polished(fit, c(list(model = model, data = frame, ...), precise)); left <- max(abs(slope(fit)))
  stopifnot(left < 1e-9)
  CASES[[id]] <<- c(list(data = data, model = model, options = options, parameters = parameters(fit), fit = if (measured) measures(fit) else list()), extra(fit))
  cat(sprintf("%-28s slope=%.0e chisq=%.4f df=%g\n", id, left, fitMeasures(fit, "chisq"), fitMeasures(fit, "df"))) }

# --- data: lavaan's Demo.growth and FacialBurns; the rest simulated here
data(Demo.growth, package = "lavaan"); data(FacialBurns, package = "lavaan")
growth <- save_data("growth.csv", round(Demo.growth, 4))
set.seed(4711)
holes <- growth[1:200, ]
for (v in paste0("t", 2:4)) holes[runif(200) < plogis(-1.6 + 0.4 * scale(holes$t1)), v] <- NA
invisible(save_data("growth_missing.csv", holes))
save_data("burns.csv", FacialBurns)
# three groups of unequal size, each with its own clusters, five skewed items of two factors; then with answers left open
sizes <- c(a = 5, b = 8, c = 11)
rows <- do.call(rbind, lapply(names(sizes), function(g) do.call(rbind, lapply(seq_len(sizes[[g]]), function(j) {
  n <- sample(8:16, 1); shared <- rnorm(2, sd = 0.5)
  f <- 1.2 * rnorm(n) + shared[1]; h <- 0.5 * f + rnorm(n) + shared[2]
  data.frame(group = g, cluster = paste0(g, j), y1 = f + rnorm(n), y2 = 0.8 * f + rexp(n), y3 = 0.7 * f + rexp(n) + 0.6 * h,
             z1 = h + rnorm(n), z2 = 0.9 * h + rexp(n), z3 = 0.8 * h + rnorm(n), x = rnorm(n) + 0.4 * f) }))))
rows[, -(1:2)] <- round(rows[, -(1:2)], 4)
save_data("three_groups.csv", rows)
for (v in c("y2", "y3", "z1", "z2", "z3")) rows[runif(nrow(rows)) < plogis(-1.8 + 0.6 * rows$y1), v] <- NA
save_data("three_groups_missing.csv", rows)

curve <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 2.4*t4\ni ~ x1 + x2 + 1\ns ~ x1 + x2 + 1\nt1 ~ 0*1\nt2 ~ 0*1\nt3 ~ 0*1\nt4 ~ 0*1"
for (e in c("ML", "MLR", "MLM")) record(paste0("growth-", tolower(e)), "growth.csv", curve, list(estimator = e), estimator = e)
for (e in c("ML", "MLR")) record(paste0("growth-fiml-", tolower(e)), "growth_missing.csv", curve, list(estimator = e, missing = "fiml"), estimator = e, missing = "ml")
paths <- "Selfesteem ~ HADS + RUM + Age\nHADS ~ RUM + TBSA\nRUM ~ Age + TBSA"
for (e in c("MLR", "MLM")) record(paste0("burns-", tolower(e)), "burns.csv", paths, list(estimator = e), estimator = e)
two <- "f =~ y1 + y2 + y3\nh =~ z1 + z2 + z3\nh ~ f"
with_x <- paste0(two, "\nf ~ x")
record("groups-mlr-scalar", "three_groups.csv", two, list(estimator = "MLR", group = "group", group_equal = c("loadings", "intercepts")), estimator = "MLR", group = "group", group.equal = c("loadings", "intercepts"))
record("groups-mlm-metric", "three_groups.csv", with_x, list(estimator = "MLM", group = "group", group_equal = c("loadings", "regressions")), estimator = "MLM", group = "group", group.equal = c("loadings", "regressions"))
record("groups-fiml-ml", "three_groups_missing.csv", two, list(estimator = "ML", missing = "fiml", group = "group", group_equal = c("loadings", "intercepts")), estimator = "ML", missing = "ml", group = "group", group.equal = c("loadings", "intercepts"))
record("groups-fiml-mlr", "three_groups_missing.csv", two, list(estimator = "MLR", missing = "fiml", group = "group", group_equal = c("loadings", "intercepts")), estimator = "MLR", missing = "ml", group = "group", group.equal = c("loadings", "intercepts"))
record("complete-fiml-mlr", "three_groups.csv", two, list(estimator = "MLR", missing = "fiml"), estimator = "MLR", missing = "ml")
record("clusters-mlr", "three_groups.csv", with_x, list(estimator = "MLR", cluster = "cluster"), estimator = "MLR", cluster = "cluster")
# errors alone: for ML with clusters lavaan takes its test from another information than for MLR (that of the moments, not
# the Hessian); here both have the test of MLR
record("clusters-ml", "three_groups.csv", two, list(estimator = "ML", cluster = "cluster"), estimator = "ML", cluster = "cluster", measured = FALSE)
record("clusters-groups-mlr", "three_groups.csv", two, list(estimator = "MLR", cluster = "cluster", group = "group", group_equal = c("loadings", "intercepts")), estimator = "MLR", cluster = "cluster", group = "group", group.equal = c("loadings", "intercepts"))
record("clusters-fiml-mlr", "three_groups_missing.csv", with_x, list(estimator = "MLR", missing = "fiml", cluster = "cluster"), estimator = "MLR", missing = "ml", cluster = "cluster")
record("clusters-groups-fiml-mlr", "three_groups_missing.csv", two, list(estimator = "MLR", missing = "fiml", cluster = "cluster", group = "group", group_equal = I("loadings")), estimator = "MLR", missing = "ml", cluster = "cluster", group = "group", group.equal = "loadings")
# tests of one ML solution by name, residuals and explained variance
half <- function(m) { i <- lower.tri(m, TRUE); unname(as.numeric(m[i])) }
details <- function(fit) {
  tests <- c(sb = "satorra.bentler", ss = "scaled.shifted", mv = "mean.var.adjusted")
  # mean-and-variance adjustment of several groups from one UΓ of all of them
  found <- lapply(tests, function(t) { x <- lavTest(fit, test = t, output = "list"); x <- if (!is.null(x$stat)) x else x[[length(x)]]
    list(statistic = num(x$stat), df = num(x$df), factor = num(x$scaling.factor), shift = num(x$shift.parameter)) })
  names(found) <- c("satorra_bentler", "scaled_shifted", "mean_var_adjusted")
  residuals <- lapply(c(raw = "raw", normalized = "normalized", standardized = "standardized"), function(type) {
    r <- residuals(fit, type = type); if (lavInspect(fit, "ngroups") == 1) r <- list(r)
    lapply(unname(r), function(x) list(cov = half(x$cov), mean = if (is.null(x$mean)) NULL else unname(as.numeric(x$mean)))) })
  r2 <- lavInspect(fit, "rsquare"); if (lavInspect(fit, "ngroups") == 1) r2 <- list(r2)
  list(tests = found, residuals = residuals, r2 = lapply(unname(r2), as.list), ov = lavNames(fit, "ov")) }
record("details", "three_groups.csv", two, list(estimator = "ML"), estimator = "ML", extra = details)
record("details-means-mlr", "three_groups.csv", two, list(estimator = "MLR"), estimator = "MLR", extra = function(f) details(f)[c("residuals", "r2", "ov")])
record("details-groups", "three_groups.csv", two, list(estimator = "ML", group = "group"), estimator = "ML", group = "group", extra = details)
writeLines(toJSON(CASES, auto_unbox = TRUE, digits = 12, pretty = FALSE, null = "null"), file.path(here, "robust.json"))
