# Measurement, examined on data that hardly any other reference uses. Run here: Rscript examined_measurement.R
# Writes the data (*.csv) and reliability.json, by psych, lavaan and semTools.
suppressMessages({library(psych); library(lavaan); library(semTools); library(multilevel); library(jsonlite)})
options(mc.cores = 1)
quiet <- function(x) suppressWarnings(suppressMessages(x))
set.seed(4)

# --- data ---------------------------------------------------------------------------------------------------------
save <- function(x, name) write.csv(x, paste0(name, ".csv"), row.names = FALSE, na = "", quote = FALSE)
cut_at <- function(z, at) findInterval(z, at) + 1
factor_items <- function(f, loadings, cuts, step = 1, first = 1)
  sapply(seq_along(loadings), function(j) first + step * (cut_at(loadings[j] * f + sqrt(1 - loadings[j]^2) * rnorm(length(f)), cuts[[j]]) - 1))

data(bfi, package = "psych"); data(sat.act, package = "psych"); data(bock, package = "psych")
save(bfi[1801:2150, c(paste0("E", 1:5), paste0("C", 1:5), paste0("N", 1:5), "gender")], "bfi_late")
save(sat.act[c(1:330, which(is.na(sat.act$SATQ))), ], "sat_act")
save(lsat6[seq(1, 1000, 4), ], "lsat")
save(aggregate(list(n = rep(1, nrow(lsat6))), as.data.frame(lsat6), sum), "lsat_patterns")
save(exLong[, paste0("y", 1:3, "t1")], "exlong")
save(PoliticalDemocracy, "democracy11")
data(lq2002, package = "multilevel"); data(bhr2000, package = "multilevel"); data(klein2000, package = "multilevel")
save(lq2002[lq2002$COMPID %in% unique(lq2002$COMPID)[1:9], c("COMPID", paste0("LEAD0", 1:9))][1:420, ], "leaders")
save(bhr2000[bhr2000$GRP %in% c(1:12, 15), c("GRP", "AF06", "AF07", "AP12", "AP17", "AP33", "HRS")], "army")
save(klein2000[1:240, c("GRPID", "JOBSAT", "COHES", "NEGLEAD")], "klein")
save(MASS::biopsy[1:300, c(paste0("V", c(1, 4, 5, 6, 7, 8)), "class")], "biopsy")
save(airquality, "airquality"); save(swiss, "swiss"); save(trees, "trees")

simulated <- local({
  n <- 360
  f <- rnorm(n)
  x <- cbind(
    factor_items(f, c(.7, .6, .8, .5), list(.9, -.4, .2, 1.1)),
    factor_items(f, c(.75, .55, .65), list(c(.6, 1.2), c(-1, 1.3), c(0, .4))),
    factor_items(f, c(.8, .7, .6), list(c(-.5, .5, 1.6), c(-1.6, -1, .1), c(-.9, 0, .9))),
    # half points from 1 to 5
    factor_items(f, c(.8, .7, .75, .6), rep(list(seq(-1.8, 1.8, length.out = 8)), 4), step = .5),
    factor_items(f, c(.7, -.8, .6), rep(list(seq(-1.4, 1.6, length.out = 6)), 3)),
    # 0 to 10
    factor_items(f, c(.8, .5), rep(list(seq(-2, 1, length.out = 10)), 2), first = 0))
  colnames(x) <- c(paste0("b", 1:4), paste0("t", 1:3), paste0("q", 1:3), paste0("h", 1:4), paste0("s", 1:3), paste0("e", 1:2))
  x[matrix(runif(length(x)) < .07, n)] <- NA
  x[, c("h1", "h2", "h3", "h4")][matrix(runif(4 * n) < .35, n)] <- NA
  as.data.frame(x)
})
save(simulated, "simulated")
save(local({f <- rnorm(9); x <- factor_items(f, c(.8, .7, .8, .6), rep(list(c(-1, -.3, .4, 1)), 4)); colnames(x) <- paste0("y", 1:4); x}), "nine")

groups <- local({
  n <- c(210, 140, 95)
  x <- do.call(rbind, lapply(1:3, function(g) {
    f <- rnorm(n[g], c(0, .3, -.2)[g], c(1, .9, 1.2)[g])
    y <- sapply(1:5, function(j) c(.8, .7, .6, .75, .65)[j] * f + .6 * rnorm(n[g]) + (g == 2 & j == 3) * .7)
    data.frame(place = c("north", "south", "west")[g], apply(y, 2, function(v) cut_at(v, c(-1.1, -.2, .6, 1.3))))
  }))
  names(x)[-1] <- paste0("g", 1:5)
  x[sample(nrow(x)), ]
})
save(groups, "groups")

# --- reliability --------------------------------------------------------------------------------------------------
cases <- list(
  extraversion = list(data = "bfi_late", items = paste0("E", 1:5), reversed = c("E1", "E2"), range = c(1, 6)),
  conscientiousness = list(data = "bfi_late", items = paste0("C", 1:5), reversed = c("C4", "C5"), range = c(1, 6)),
  conscientiousness_unreversed = list(data = "bfi_late", items = paste0("C", 1:5), range = c(1, 6)),
  ability = list(data = "sat_act", items = c("ACT", "SATV", "SATQ"), range = c(0, 800), ordered = FALSE),
  lsat = list(data = "lsat", items = paste0("Q", 1:5), range = c(0, 1)),
  exlong = list(data = "exlong", items = paste0("y", 1:3, "t1"), range = c(-10, 10), ordered = FALSE),
  democracy = list(data = "democracy11", items = paste0("y", 1:8), range = c(0, 10), ordered = FALSE),
  leaders = list(data = "leaders", items = paste0("LEAD0", 1:9), range = c(1, 5)),
  army = list(data = "army", items = c("AF06", "AF07", "AP12", "AP17", "AP33"), range = c(1, 5)),
  biopsy = list(data = "biopsy", items = paste0("V", c(1, 4, 5, 6, 7, 8)), range = c(1, 10)),
  swiss = list(data = "swiss", items = names(swiss)[c(1, 2, 3, 4)], reversed = names(swiss)[3:4], range = c(0, 100), ordered = FALSE),
  trees = list(data = "trees", items = names(trees), range = c(0, 100), ordered = FALSE),
  binary = list(data = "simulated", items = paste0("b", 1:4), range = c(1, 2)),
  three = list(data = "simulated", items = paste0("t", 1:3), range = c(1, 3)),
  four = list(data = "simulated", items = paste0("q", 1:3), range = c(1, 4)),
  half_points = list(data = "simulated", items = paste0("h", 1:4), range = c(1, 5)),
  seven = list(data = "simulated", items = paste0("s", 1:3), reversed = "s2", range = c(1, 7)),
  uneven = list(data = "simulated", items = c("b1", "t2", "q3", "h1", "s1", "e1"), range = c(0, 10)),
  two_items = list(data = "simulated", items = c("e1", "e2"), range = c(0, 10)),
  nine_persons = list(data = "nine", items = paste0("y", 1:4), range = c(1, 5), ordered = FALSE)
)
read <- function(case) {
  x <- read.csv(paste0(case$data, ".csv"), check.names = FALSE)[, case$items]
  for (name in case$reversed) x[[name]] <- sum(case$range) - x[[name]]
  x
}
one_factor <- function(names) {
  k <- length(names); l <- paste0("l", 1:k, collapse = " + ")
  paste0("F =~ ", paste0("NA*", names, " + l", 1:k, "*", names, collapse = " + "), "\nF ~~ 1*F\n", paste0(names, " ~~ t", 1:k, "*", names, collapse = "\n"),
    "\nomega := (", l, ")^2/((", l, ")^2 + ", paste0("t", 1:k, collapse = " + "), ")")
}
# lavaan stops where figures agree to five digits: Newton steps on its own gradient and Hessian go on from there
polished <- function(fit, ...) {
  for (i in 1:5) {
    step <- -solve(lavTech(fit, "information.observed"), as.numeric(lavTech(fit, "gradient")))
    pt <- as.data.frame(parTable(fit)); at <- pt$free > 0
    pt$ustart[at] <- pt$est[at] + step[pt$free[at]]
    fit <- quiet(lavaan(pt[setdiff(names(pt), c("est", "se", "start"))], ..., optim.method = "none", optim.force.converged = TRUE))
  }
  if (max(abs(lavTech(fit, "gradient"))) > 1e-7) stop("not at the minimum")
  fit
}
exact <- function(model, x, ...) polished(quiet(sem(model, x, ...)), data = x, ...)
omega_of <- function(f) { row <- subset(parameterEstimates(f), op == ":="); list(est = row$est, se = row$se, ci_lower = row$ci.lower, ci_upper = row$ci.upper) }
by_psych <- function(x) {
  complete <- na.omit(x)
  a <- quiet(psych::alpha(complete, warnings = FALSE)); p <- quiet(psych::alpha(x, warnings = FALSE))
  list(n = nrow(complete), raw_alpha = a$total$raw_alpha, std_alpha = a$total$std.alpha, average_r = a$total$average_r,
    feldt_lower = unname(a$feldt$lower.ci[[1]]), feldt_upper = unname(a$feldt$upper.ci[[1]]),
    r_drop = a$item.stats$r.drop, mean = a$item.stats$mean, sd = a$item.stats$sd, alpha_drop = a$alpha.drop$raw_alpha, raw_alpha_pairwise = p$total$raw_alpha)
}
results <- lapply(cases, function(case) {
  x <- read(case); complete <- na.omit(x)
  found <- list(case = case, psych = by_psych(x))
  if (ncol(x) < 3) return(found)
  model <- one_factor(names(x))
  try({
    f <- exact(model, complete, estimator = "MLR")
    ok <- lavInspect(f, "post.check")
    found$admissible <- ok
    found$omega <- omega_of(f); found$loadings <- subset(standardizedSolution(f), op == "=~")$est.std
    found$fit <- as.list(fitMeasures(f, c("chisq", "cfi", "tli", "rmsea", "srmr")))
    found$comp_rel <- unname(c(quiet(compRelSEM(f, obs.var = FALSE)))); found$comp_rel_observed <- unname(c(quiet(compRelSEM(f))))
    found$ave <- unname(c(quiet(AVE(f))))
    em <- list(em.h1.tol = 1e-13, em.h1.iter.max = 20000)
    found$fiml <- omega_of(do.call(exact, c(list(model, x, estimator = "MLR", missing = "fiml"), em)))
  })
  if (is.null(case$ordered) && max(sapply(complete, function(v) length(unique(v)))) < 16) try({
    o <- complete
    r <- quiet(lavCor(o, ordered = names(o)))
    found$polychoric <- unname(unclass(r)[, ])
    found$alpha_ordinal <- ncol(x) / (ncol(x) - 1) * (1 - ncol(x) / sum(r))
    f <- quiet(cfa(paste("F =~", paste(names(x), collapse = " + ")), o, std.lv = TRUE, ordered = names(o), control = list(rel.tol = 1e-15, x.tol = 1e-15)))
    found$ordinal_admissible <- lavInspect(f, "post.check")
    found$omega_ordinal <- unname(c(quiet(compRelSEM(f, obs.var = FALSE)))); found$omega_ordinal_observed <- unname(c(quiet(compRelSEM(f))))
    found$ranks <- all(sapply(o, function(v) all(diff(sort(unique(v))) == 1)))
    found$loadings_ordinal <- subset(standardizedSolution(f), op == "=~")$est.std
  })
  found
})
write_json(results, "reliability.json", digits = I(14), auto_unbox = TRUE, na = "null")
