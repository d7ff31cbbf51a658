# Reference results for tests between models, modification indices, score and Wald tests, effects and invariance ladders:
# R 4.2.2, lavaan 0.6-14, semTools 0.5-6.
#
#     Rscript tests/oracles/difference/difference.R     (from the top of the repository; writes the files beside it)
#
# Data: ../lavaan/holzinger.csv (lavaan's HolzingerSwineford1939), ../lavaan/democracy.csv (PoliticalDemocracy),
# burns.csv (lavaan's FacialBurns), skewed.csv and answers.csv (simulated below; nobody's answers).
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
here <- "tests/oracles/difference"
set.seed(20240611)

# --- data: skewed, in three unequal groups, with holes; ordered, in two groups with other thresholds and loadings
skewed <- local({
  n <- c(120, 90, 150)
  do.call(rbind, lapply(1:3, function(g) {
    f <- rchisq(n[g], 3) / sqrt(6); h <- 0.5 * f + rchisq(n[g], 2) / 2 * 0.8
    x <- rnorm(n[g])
    e <- matrix((rchisq(n[g] * 8, 4) - 4) / sqrt(8), n[g])
    y <- cbind(f, f, f, f, h, h, h, h) %*% diag(c(1, .8, .9, .7, 1, .9, .8, .6)) + 0.7 * e
    y[, 2] <- y[, 2] + 0.3 * (g == 3); y[, 6] <- y[, 6] + 0.3 * e[, 3]
    colnames(y) <- paste0("s", 1:8)
    data.frame(group = c("north", "south", "west")[g], x = x + 0.3 * f, round(y, 4))
  }))
})
skewed$x <- round(skewed$x, 4)
holes <- matrix(runif(nrow(skewed) * 8) < 0.08, ncol = 8)
for (k in 1:8) skewed[holes[, k], paste0("s", k, "m")] <- NA
for (k in 1:8) skewed[!holes[, k], paste0("s", k, "m")] <- skewed[!holes[, k], paste0("s", k)]
answers <- local({
  n <- c(320, 280)
  do.call(rbind, lapply(1:2, function(g) {
    f <- rnorm(n[g], 0.3 * (g == 2), c(1, 1.2)[g]); h <- 0.6 * f + rnorm(n[g], 0, 0.8)
    y <- cbind(f, f, f, h, h, h) %*% diag(c(.9, .8, c(.7, .95)[g], .9, .8, .7)) + matrix(rnorm(n[g] * 6), n[g]) * 0.6
    cuts <- c(-0.9, 0.1, 1.0)
    o <- apply(y, 2, function(v) findInterval(v, cuts) + 1)
    o[, 2] <- findInterval(y[, 2], cuts + c(0, 0.25)[g]) + 1
    colnames(o) <- paste0("o", 1:6)
    data.frame(group = c("early", "late")[g], o)
  }))
})
write.csv(skewed, file.path(here, "skewed.csv"), row.names = FALSE, na = "", quote = FALSE)
write.csv(answers, file.path(here, "answers.csv"), row.names = FALSE, quote = FALSE)
data(FacialBurns, package = "lavaan")
burns <- FacialBurns; names(burns) <- tolower(names(burns))
write.csv(burns, file.path(here, "burns.csv"), row.names = FALSE, quote = FALSE)
frames <- list(skewed = read.csv(file.path(here, "skewed.csv")), answers = read.csv(file.path(here, "answers.csv")),
  burns = read.csv(file.path(here, "burns.csv")), holzinger = read.csv("tests/oracles/lavaan/holzinger.csv"),
  democracy = read.csv("tests/oracles/lavaan/democracy.csv"), study_shaped = read.csv("tests/oracles/lavaan/study_shaped.csv"))
save <- function(x, name) write_json(x, file.path(here, name), auto_unbox = TRUE, digits = 12, pretty = TRUE, na = "null")

two <- "f =~ s1 + s2 + s3 + s4\nh =~ s5 + s6 + s7 + s8"
twom <- "f =~ s1m + s2m + s3m + s4m\nh =~ s5m + s6m + s7m + s8m"
ord <- "f =~ o1 + o2 + o3\nh =~ o4 + o5 + o6"
hs <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
items <- paste0("o", 1:6)
run <- function(model, data, ours) {
  args <- list(model = model, data = frames[[data]])
  for (k in names(ours)) {
    v <- ours[[k]]
    if (k == "group_equal") args$group.equal <- unlist(v)
    else if (k == "group_partial") args$group.partial <- unlist(v)
    else if (k == "ordered") args$ordered <- unlist(v)
    else if (k == "std_lv") args$std.lv <- v
    else if (k == "means") args$meanstructure <- v
    else if (k == "estimator") args$estimator <- toupper(v)
    else args[[k]] <- v
  }
  polished(args)
}
# lavaan's own stopping rule leaves statistics right to about 1e-5: Newton steps from there. Not with covariates, as
# lavaan's Γ no longer takes them as given when starting values are (the scaling factors change), nor with missing
# answers in several groups, where these steps lead away from the solution; those are minimised to the last digit
polished <- function(args) {
  fit <- do.call("sem", args)
  if (length(lavNames(fit, "ov.x")) > 0 || identical(args$missing, "fiml")) return(do.call("sem", c(args, list(optim.method = "BFGS", control = list(reltol = 1e-16, maxit = 10000)))))
  x <- fit@optim$x
  H <- lavTech(fit, "hessian")
  K <- if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(length(x))
  for (step in 1:4) {
    at <- lav_model_set_parameters(fit@Model, x)
    g <- lavaan:::lav_model_gradient(at, lavsamplestats = fit@SampleStats, lavdata = fit@Data, lavcache = fit@Cache)
    x <- x - as.numeric(K %*% solve(t(K) %*% H %*% K, t(K) %*% g))
  }
  table <- parTable(fit)
  table$est[table$free > 0] <- x[table$free[table$free > 0]]
  do.call("sem", c(args, list(start = table, optim.method = "none", optim.force.converged = TRUE)))
}

# --- χ² difference tests
pairs <- list(
  "labels-ml" = list(data = "democracy", ours = list(estimator = "ml"),
    restricted = list(model = "a =~ y1 + l*y2 + l*y3 + y4\nb =~ y5 + y6 + y7 + y8\nb ~ a"),
    free = list(model = "a =~ y1 + y2 + y3 + y4\nb =~ y5 + y6 + y7 + y8\nb ~ a")),
  "fixed-path-mlm" = list(data = "skewed", ours = list(estimator = "mlm"),
    restricted = list(model = paste0(two, "\nh ~ 0*f + x\nf ~ x")), free = list(model = paste0(two, "\nh ~ f + x\nf ~ x"))),
  "fixed-correlation-mlr" = list(data = "skewed", ours = list(estimator = "mlr"),
    restricted = list(model = paste0(two, "\nf ~~ 0*h")), free = list(model = two)),
  "metric-mlr" = list(data = "skewed", ours = list(estimator = "mlr", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings"))), free = list(model = two)),
  "scalar-mlm" = list(data = "skewed", ours = list(estimator = "mlm", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = two, ours = list(group_equal = list("loadings")))),
  "strict-mlr" = list(data = "skewed", ours = list(estimator = "mlr", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings", "intercepts", "residuals"))),
    free = list(model = two, ours = list(group_equal = list("loadings", "intercepts"), group_partial = list("s2~1")))),
  "sexes-ml" = list(data = "holzinger", ours = list(estimator = "ml", group = "sex"),
    restricted = list(model = hs, ours = list(group_equal = list("loadings", "intercepts", "residuals"))),
    free = list(model = hs, ours = list(group_equal = list("loadings")))),
  "sexes-mlr" = list(data = "holzinger", ours = list(estimator = "mlr", group = "sex"),
    restricted = list(model = hs, ours = list(group_equal = list("loadings", "lv.covariances"))),
    free = list(model = hs, ours = list(group_equal = list("loadings")))),
  "saturated-mlr" = list(data = "skewed", ours = list(estimator = "mlr"),
    restricted = list(model = "s1 ~~ 0*s2\ns1 ~~ s3\ns2 ~~ s3"), free = list(model = "s1 ~~ s2 + s3\ns2 ~~ s3")),
  "fiml-mlr" = list(data = "skewed", ours = list(estimator = "mlr", missing = "fiml", group = "group"),
    restricted = list(model = twom, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = twom, ours = list(group_equal = list("loadings")))),
  # the metric models again with the rows of the scalar one: latent means free, one intercept a factor equal
  "scalar-mlm-same-rows" = list(data = "skewed", ours = list(estimator = "mlm", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = two, ours = list(group_equal = list("loadings", "intercepts"), group_partial = as.list(paste0("s", c(2:4, 6:8), "~1"))))),
  "scalar-mlr" = list(data = "skewed", ours = list(estimator = "mlr", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = two, ours = list(group_equal = list("loadings")))),
  "scalar-mlr-same-rows" = list(data = "skewed", ours = list(estimator = "mlr", group = "group"),
    restricted = list(model = two, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = two, ours = list(group_equal = list("loadings", "intercepts"), group_partial = as.list(paste0("s", c(2:4, 6:8), "~1"))))),
  "fiml-mlr-same-rows" = list(data = "skewed", ours = list(estimator = "mlr", missing = "fiml", group = "group"),
    restricted = list(model = twom, ours = list(group_equal = list("loadings", "intercepts"))),
    free = list(model = twom, ours = list(group_equal = list("loadings", "intercepts"), group_partial = as.list(paste0("s", c(2:4, 6:8), "m~1"))))),
  "clusters-mlr" = list(data = "study_shaped", ours = list(estimator = "mlr", cluster = "project"),
    restricted = list(model = "HS =~ hs1 + a*hs2 + a*hs3 + hs4\nSB =~ sb1 + b*sb2 + b*sb3 + sb4\nSB ~ HS"),
    free = list(model = "HS =~ hs1 + hs2 + hs3 + hs4\nSB =~ sb1 + sb2 + sb3 + sb4\nSB ~ HS")),
  "fiml-ml" = list(data = "skewed", ours = list(estimator = "ml", missing = "fiml"),
    restricted = list(model = paste0(twom, "\nh ~ 0.5*f")), free = list(model = paste0(twom, "\nh ~ f"))),
  "constraint-mlr" = list(data = "skewed", ours = list(estimator = "mlr"),
    restricted = list(model = "f =~ s1 + a*s2 + b*s3 + c*s4\nh =~ s5 + d*s6 + s7 + s8\na + b == 2*c\nd == c"),
    free = list(model = two)),
  "ordered-metric-wlsmv" = list(data = "answers",
    ours = list(estimator = "wlsmv", group = "group", ordered = as.list(items)),
    restricted = list(model = ord, ours = list(group_equal = list("thresholds", "loadings"))), free = list(model = ord)),
  "ordered-path-wlsmv" = list(data = "answers", ours = list(estimator = "wlsmv", ordered = as.list(items)),
    restricted = list(model = "f =~ o1 + k*o2 + k*o3\nh =~ o4 + m*o5 + m*o6\nh ~ 0.5*f"),
    free = list(model = "f =~ o1 + o2 + o3\nh =~ o4 + o5 + o6\nh ~ f")),
  "ordered-ulsmv" = list(data = "answers", ours = list(estimator = "ulsmv", ordered = as.list(items)),
    restricted = list(model = paste0(ord, "\nf ~~ 0.4*h")), free = list(model = ord))
)
tests <- list(standard = list(), satorra_bentler_2001 = list(method = "satorra.bentler.2001"),
  satorra_bentler_2010 = list(method = "satorra.bentler.2010"),
  satorra_2000_delta_shifted = list(method = "satorra.2000", A.method = "delta", scaled.shifted = TRUE),
  satorra_2000_delta = list(method = "satorra.2000", A.method = "delta", scaled.shifted = FALSE),
  satorra_2000_exact_shifted = list(method = "satorra.2000", A.method = "exact", scaled.shifted = TRUE),
  satorra_2000_exact = list(method = "satorra.2000", A.method = "exact", scaled.shifted = FALSE),
  default = list())
out <- list()
for (name in names(pairs)) {
  p <- pairs[[name]]
  fits <- lapply(p[c("restricted", "free")], function(m) run(m$model, p$data, c(p$ours, m$ours)))
  found <- list()
  for (t in names(tests)) {
    if (t == "standard") {
      d <- c(diff = fits$restricted@test[[1]]$stat - fits$free@test[[1]]$stat,
        df = fits$restricted@test[[1]]$df - fits$free@test[[1]]$df)
      found[[t]] <- list(statistic = d[["diff"]], df = d[["df"]], pvalue = pchisq(d[["diff"]], d[["df"]], lower.tail = FALSE))
      next
    }
    if (t != "default" && p$ours$estimator == "ml") next
    r <- try(suppressWarnings(do.call(lavTestLRT, c(list(fits$free, fits$restricted), tests[[t]]))), silent = TRUE)
    if (inherits(r, "try-error")) { cat(name, t, as.character(r)); next }
    found[[t]] <- list(statistic = r[["Chisq diff"]][2], df = r[["Df diff"]][2], pvalue = r[["Pr(>Chisq)"]][2])
  }
  out[[name]] <- c(p, list(tests = found))
}
save(out, "difference.json")

# --- modification indices, score tests, Wald tests
keep <- function(mi) lapply(seq_len(nrow(mi)), function(i) as.list(mi[i, intersect(names(mi), c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all"))]))
models <- list(
  "cfa" = list(data = "holzinger", model = hs, ours = list(estimator = "ml")),
  "cfa-mlr-means" = list(data = "skewed", model = two, ours = list(estimator = "mlr", means = TRUE)),
  "orthogonal" = list(data = "skewed", model = paste0(two, "\nf ~~ 0*h"), ours = list(estimator = "ml")),
  "scalar" = list(data = "skewed", model = two, ours = list(estimator = "ml", group = "group", group_equal = list("loadings", "intercepts"))),
  "sexes-metric" = list(data = "holzinger", model = hs, ours = list(estimator = "ml", group = "sex", group_equal = list("loadings"))),
  "constrained" = list(data = "skewed", model = "f =~ s1 + a*s2 + a*s3 + b*s4\nh =~ s5 + c*s6 + d*s7 + s8\nb == c\nc + d == 2*a", ours = list(estimator = "ml")),
  "paths" = list(data = "burns", model = "selfesteem ~ tbsa + age\nhads ~ selfesteem\nrum ~ hads", ours = list(estimator = "ml")),
  "structure" = list(data = "skewed", model = paste0(two, "\nh ~ x\nf ~ x"), ours = list(estimator = "ml")),
  "fiml" = list(data = "skewed", model = twom, ours = list(estimator = "ml", missing = "fiml")),
  "ordered" = list(data = "answers", model = ord, ours = list(estimator = "wlsmv", ordered = as.list(items)))
)
out <- list()
for (name in names(models)) {
  m <- models[[name]]
  fit <- run(m$model, m$data, m$ours)
  out[[name]] <- c(m, list(indices = keep(modificationIndices(fit))))
  if (nrow(fit@Model@con.jac) > 0 && m$ours$estimator != "wlsmv") {
    s <- lavTestScore(fit, warn = FALSE)
    pt <- parTable(fit); named <- function(l) {
      at <- match(l, pt$plabel); ifelse(is.na(at), l, paste0(pt$lhs[at], pt$op[at], pt$rhs[at], "@", pt$group[at])) }
    u <- data.frame(lhs = named(s$uni$lhs), rhs = named(s$uni$rhs), statistic = s$uni$X2)
    out[[name]]$release <- list(total = list(statistic = s$test$X2, df = s$test$df), uni = u)
    some <- lavTestScore(fit, release = 1:2, warn = FALSE)
    out[[name]]$release$first_two <- list(statistic = some$test$X2, df = some$test$df)
  }
}
add <- lavTestScore(run(hs, "holzinger", list(estimator = "ml")), add = "visual =~ x9\nx7 ~~ x8")
out$cfa$add <- list(total = list(statistic = add$test$X2, df = add$test$df), uni = add$uni$X2)
save(out, "modification.json")

wald <- list(
  "labels" = list(data = "skewed", model = "f =~ s1 + a*s2 + b*s3 + c*s4\nh =~ s5 + d*s6 + s7 + s8\nh ~ r*f", ours = list(estimator = "ml"),
    constraints = c("a == b", "a == b\nb == c", "a*d == b", "r == 0", "r^2 == 0.09\na + b == 2*c")),
  "defined-mlr" = list(data = "skewed", model = paste0(two, "\nh ~ b*f + c*x\nf ~ a*x\nind := a*b"), ours = list(estimator = "mlr"),
    constraints = c("ind == 0", "ind == c", "a == 0\nb == 0")),
  "groups" = list(data = "skewed", model = paste0(two, "\nh ~ c(r1, r2, r3)*f"), ours = list(estimator = "mlr", group = "group", group_equal = list("loadings")),
    constraints = c("r1 == r2", "r1 == r2\nr2 == r3")),
  "fiml" = list(data = "skewed", model = paste0(twom, "\nh ~ r*f"), ours = list(estimator = "mlr", missing = "fiml"), constraints = c("r == 0.4"))
)
for (name in names(wald)) {
  m <- wald[[name]]; fit <- run(m$model, m$data, m$ours)
  wald[[name]]$constraints <- as.list(m$constraints)
  wald[[name]]$tests <- lapply(m$constraints, function(k) { w <- lavTestWald(fit, k); list(statistic = w$stat, df = w$df, pvalue = w$p.value) })
}
save(wald, "wald.json")

# --- effects, written out as defined parameters
effects <- list(
  "latent" = list(data = "democracy", ours = list(estimator = "ml"),
    model = "i =~ x1 + x2 + x3\nd =~ y1 + y2 + y3 + y4\ne =~ y5 + y6 + y7 + y8\nd ~ a*i\ne ~ c*i + b*d\ndirect := c\nindirect := a*b\ntotal := c + a*b",
    source = "i", target = "e", groups = list(list(direct = "direct", indirect = "indirect", total = "total"))),
  "observed-mlr" = list(data = "burns", ours = list(estimator = "mlr"),
    model = "selfesteem ~ a1*tbsa + a2*age\nhads ~ b*selfesteem + c*tbsa\nrum ~ d*hads + e*selfesteem + g*tbsa\ndirect := g\nindirect := a1*e + a1*b*d + c*d\ntotal := g + a1*e + a1*b*d + c*d",
    source = "tbsa", target = "rum", groups = list(list(direct = "direct", indirect = "indirect", total = "total"))),
  "groups" = list(data = "skewed", ours = list(estimator = "mlr", group = "group", group_equal = list("loadings", "intercepts")),
    model = paste0(two, "\nf ~ c(a1, a2, a3)*x\nh ~ c(b1, b2, b3)*f + c(c1, c2, c3)*x\n",
      paste(sprintf("d%d := c%d\ni%d := a%d*b%d\nt%d := c%d + a%d*b%d", 1:3, 1:3, 1:3, 1:3, 1:3, 1:3, 1:3, 1:3, 1:3), collapse = "\n")),
    source = "x", target = "h", groups = lapply(1:3, function(k) list(direct = paste0("d", k), indirect = paste0("i", k), total = paste0("t", k)))),
  "indicator" = list(data = "skewed", ours = list(estimator = "ml"),
    model = "f =~ s1 + k*s2 + s3 + s4\nf ~ a*x\ns2 ~ b*x\ndirect := b\nindirect := a*k\ntotal := b + a*k",
    source = "x", target = "s2", groups = list(list(direct = "direct", indirect = "indirect", total = "total"))),
  "sexes-feedback" = list(data = "burns", ours = list(estimator = "ml", group = "sex"),
    model = "hads ~ a*selfesteem + age\nrum ~ b*hads\nr := a*b/(1 + b^2)\nlogged := log(exp(a)) + sqrt(b^2)",
    source = "selfesteem", target = "rum", groups = list())
)
for (name in names(effects)) {
  m <- effects[[name]]; fit <- run(m$model, m$data, m$ours)
  one <- function(x, est) { x <- x[x$op == ":=", ]; lapply(seq_len(nrow(x)), function(i) list(name = x$lhs[i], est = x[[est]][i], se = x$se[i])) }
  effects[[name]]$est <- one(parameterEstimates(fit), "est")
  effects[[name]]$std_all <- one(standardizedSolution(fit), "est.std")
  effects[[name]]$std_lv <- one(standardizedSolution(fit, type = "std.lv"), "est.std")
}
save(effects, "effects.json")

# --- invariance ladders
measures <- c("chisq", "df", "cfi", "rmsea", "srmr", "chisq.scaled", "cfi.robust", "rmsea.robust", "aic", "bic", "npar")
as_step <- function(f, syntax = NULL) { v <- fitMeasures(f); v <- as.list(v[intersect(measures, names(v))]); v$means <- as.list(unlist(lapply(lavInspect(f, "est"), function(g) g$alpha))); v }
ladders <- list()
for (k in list(c("school", "holzinger", "ml"), c("sex", "holzinger", "mlr"), c("group", "skewed", "mlm"))) {
  model <- if (k[2] == "skewed") two else hs
  equal <- list(configural = character(0), metric = "loadings", scalar = c("loadings", "intercepts"),
    strict = c("loadings", "intercepts", "residuals"))
  fits <- lapply(equal, function(e) run(model, k[2], list(group = k[1], estimator = k[3], group_equal = as.list(e))))
  sink("/dev/null"); semtools <- suppressWarnings(measurementInvariance(model = model, data = frames[[k[2]]], group = k[1], strict = TRUE, quiet = TRUE, estimator = toupper(k[3]))); sink()
  lrt <- suppressWarnings(do.call(lavTestLRT, unname(fits)))
  ladders[[paste(k, collapse = "-")]] <- list(data = k[2], group = k[1], estimator = k[3], model = model,
    steps = lapply(fits, as_step), difference = list(statistic = lrt[["Chisq diff"]][-1], df = lrt[["Df diff"]][-1], pvalue = lrt[["Pr(>Chisq)"]][-1]),
    measurementInvariance = lapply(semtools, function(f) as.list(fitMeasures(f, c("chisq", "df")))))
}
partial <- run(two, "skewed", list(group = "group", estimator = "ml", group_equal = list("loadings", "intercepts"), group_partial = list("s2~1", "h=~s6")))
ladders$partial <- c(list(data = "skewed", group = "group", estimator = "ml", model = two, group_partial = list("s2~1", "h=~s6")), list(scalar = as_step(partial)))
for (param in c("delta", "theta")) {
  equal <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
    scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
  if (param == "delta") equal$strict <- NULL  # equal residual variances cannot be stated under delta
  fits <- lapply(equal, function(e) measEq.syntax(ord, data = frames$answers, ordered = items, parameterization = param,
    ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group = "group", group.equal = e, return.fit = TRUE, estimator = "WLSMV"))
  lrt <- suppressWarnings(do.call(lavTestLRT, unname(fits)))
  ladders[[paste0("ordered-", param)]] <- list(data = "answers", group = "group", estimator = "wlsmv", model = ord, ordered = as.list(items), parameterization = param,
    steps = lapply(fits, as_step), difference = list(statistic = lrt[["Chisq diff"]][-1], df = lrt[["Df diff"]][-1], pvalue = lrt[["Pr(>Chisq)"]][-1]))
}
save(ladders, "invariance.json")
cat("done\n")
