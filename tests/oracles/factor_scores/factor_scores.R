# Reference factor scores and their standard errors: R 4.2.2, lavaan 0.6-14, psych 2.2.9.
#
#     Rscript tests/oracles/factor_scores/factor_scores.R        (from the top of the repository)
#
# writes lavaan.json and psych.json beside it, and agreeable.csv (the five A items of psych's bfi, of the first
# 400 persons who answered at least one), few.csv and apart.csv (simulated here: 45 persons, four items in three steps,
# with answers removed; 201 persons, two factors of three items, many of whom answered nothing of one factor, the last
# person a single item, which in the model "crossed" belongs to both).
# Other data: ../lavaan/holzinger.csv (HolzingerSwineford1939), ../fiml/holzinger_missing.csv, ../lavaan/democracy.csv
# (PoliticalDemocracy), and attitude of R itself, whose answers are in psych.json.
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
here <- "tests/oracles/factor_scores"

items <- bfi[, paste0("A", 1:5)]
items <- head(items[rowSums(!is.na(items)) > 0, ], 400)
write.csv(items, file.path(here, "agreeable.csv"), row.names = FALSE, quote = FALSE, na = "")

set.seed(4)
factor <- rnorm(45)
few <- sapply(c(.9, .7, .6, .8), function(l) as.integer(cut(l * factor + rnorm(45, sd = .6), c(-Inf, -.4, .5, Inf))))
few[cbind(sample(45, 12), sample(4, 12, replace = TRUE))] <- NA
few <- setNames(data.frame(few), paste0("q", 1:4))
write.csv(few, file.path(here, "few.csv"), row.names = FALSE, quote = FALSE, na = "")

both <- matrix(rnorm(400), 200) %*% chol(matrix(c(1, .5, .5, 1), 2))
apart <- cbind(both[, 1] %o% c(1, .8, .7), both[, 2] %o% c(1, .9, .5)) + matrix(rnorm(1200, sd = .7), 200)
apart[, 4] <- apart[, 4] + .5 * both[, 1]
apart[sample(200, 40), 1:3] <- NA
apart[cbind(sample(200, 60), sample(4:6, 60, replace = TRUE))] <- NA
apart <- setNames(data.frame(round(apart, 3)), paste0("v", 1:6))
apart <- rbind(apart[rowSums(!is.na(apart)) > 0, ], c(NA, NA, NA, 1.2, NA, NA))
write.csv(apart, file.path(here, "apart.csv"), row.names = FALSE, quote = FALSE, na = "")

three <- "visual =~ x1+x2+x3\ntextual =~ x4+x5+x6\nspeed =~ x7+x8+x9"
cases <- list(
  "three-factors" = list(data = "lavaan/holzinger.csv", model = three),
  "three-factors-means" = list(data = "lavaan/holzinger.csv", model = three, means = TRUE),
  "three-factors-missing" = list(data = "fiml/holzinger_missing.csv", model = three, missing = "fiml"),
  "two-groups" = list(data = "lavaan/holzinger.csv", model = three, group = "school",
    equal = c("loadings", "intercepts")),
  "two-groups-missing" = list(data = "fiml/holzinger_missing.csv", model = three, group = "school", missing = "fiml",
    equal = c("loadings", "intercepts")),
  "democracy" = list(data = "lavaan/democracy.csv", model = paste("ind60 =~ x1+x2+x3", "dem60 =~ y1+y2+y3+y4",
    "dem65 =~ y5+y6+y7+y8", "dem60 ~ ind60", "dem65 ~ ind60+dem60", "y1~~y5", "y2~~y4+y6", "y3~~y7", "y4~~y8", "y6~~y8",
    sep = "\n")),
  "agreeable" = list(data = "factor_scores/agreeable.csv", model = "A =~ A1+A2+A3+A4+A5", missing = "fiml",
    std_lv = TRUE),
  "few" = list(data = "factor_scores/few.csv", model = "Q =~ q1+q2+q3+q4", missing = "fiml", std_lv = TRUE),
  "apart" = list(data = "factor_scores/apart.csv", model = "one =~ v1+v2+v3\ntwo =~ v4+v5+v6",
    missing = "fiml"),
  "crossed" = list(data = "factor_scores/apart.csv", model = "one =~ v1+v2+v3+v4\ntwo =~ v4+v5+v6\nv2 ~~ v5",
    missing = "fiml")
)

# every person's numbers, in the order of the data
by_person <- function(fit, parts, n) {
  if (!is.list(parts)) parts <- list(parts)
  out <- matrix(NA_real_, n, ncol(parts[[1]]))
  at <- lavInspect(fit, "case.idx")
  if (!is.list(at)) at <- list(at)
  for (g in seq_along(parts)) {
    part <- parts[[g]]
    if (nrow(part) == 1) part <- part[rep(1, length(at[[g]])), , drop = FALSE]
    out[at[[g]], ] <- part
  }
  out
}
# nlminb stops where figures agree to five digits: Newton steps on lavaan's own gradient and Hessian go on from there
precise <- list(optim.force.converged = TRUE, control = list(rel.tol = 1e-13, iter.max = 20000))
free <- function(fit) if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(fit@Model@nx.free)
slope <- function(fit) t(free(fit)) %*% as.numeric(lavTech(fit, "gradient"))
fitted_to <- function(arguments) {
  fit <- suppressWarnings(do.call("sem", c(arguments, precise)))
  for (i in 1:4) {
    k <- free(fit); h <- lavTech(fit, "information.observed")
    step <- -as.numeric(k %*% solve(t(k) %*% h %*% k, slope(fit)))
    pt <- as.data.frame(parTable(fit)); at <- pt$free > 0
    pt$ustart[at] <- pt$est[at] + step[pt$free[at]]
    again <- arguments; again$group.equal <- NULL; again$std.lv <- NULL
    again$model <- pt[setdiff(names(pt), c("est", "se", "start"))]
    fit <- suppressWarnings(do.call("lavaan", c(again, list(optim.method = "none", optim.force.converged = TRUE))))
  }
  stopifnot(max(abs(slope(fit))) < 1e-9)
  fit
}
found <- lapply(cases, function(case) {
  data <- read.csv(file.path("tests/oracles", case$data))
  arguments <- list(model = case$model, data = data)
  if (!is.null(case$group)) arguments <- c(arguments, list(group = case$group, group.equal = case$equal))
  if (!is.null(case$missing)) arguments$missing <- case$missing
  if (!is.null(case$means)) arguments$meanstructure <- TRUE
  if (!is.null(case$std_lv)) arguments$std.lv <- TRUE
  fit <- fitted_to(arguments)
  scores <- lapply(c(regression = "regression", bartlett = "Bartlett"), function(method) {
    fs <- lavPredict(fit, method = method, se = "standard")
    se <- attr(fs, "se")
    parts <- if (is.list(fs)) fs else list(fs)
    list(scores = by_person(fit, lapply(parts, unclass), nrow(data)), se = by_person(fit, se, nrow(data)))
  })
  c(case, list(factors = I(lavNames(fit, "lv")), methods = scores))
})
write_json(found, file.path(here, "lavaan.json"), auto_unbox = TRUE, digits = 10, na = "null")

# psych: standardised items, loadings given to it
of_psych <- function(x, model) {
  z <- as.data.frame(scale(x) * sqrt(nrow(x) / (nrow(x) - 1)))
  loadings <- unclass(lavInspect(fitted_to(list(model = model, data = z, std.lv = TRUE)), "std")$lambda)
  both <- lapply(c(regression = "Thurstone", bartlett = "Bartlett"), function(m)
    unname(factor.scores(as.matrix(z), f = loadings, method = m)$scores))
  fitted <- factor.scores(as.matrix(z), f = loadings, method = "Thurstone")
  list(answers = as.matrix(x), items = colnames(x), model = model, loadings = unname(loadings),
    R2 = as.numeric(fitted$R2), scores = both)
}
found <- list(attitude = of_psych(attitude, paste("F =~", paste(names(attitude), collapse = " + "))),
  agreeable = of_psych(head(na.omit(items), 120), "F =~ A1+A2+A3+A4+A5"))
write_json(found, file.path(here, "psych.json"), auto_unbox = TRUE, digits = 10, na = "null")
