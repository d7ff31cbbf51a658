# References for analysis/clusters/clustering.py and analysis/measurement/levels.py.
# Run: Rscript clustering.R   (R 4.2.2, psych, multilevel 2.7, lme4, jsonlite); writes clustering.json and levels.json
# Data: datasets shipped with R and its packages, and answers this script makes (answers.csv, levels.csv; nobody's).
suppressPackageStartupMessages({library(psych); library(multilevel); library(lme4); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
set.seed(4071)

# --- answers of persons in projects of 1 to 40, with missing ones, one item skewed, one without a project's share
sizes <- c(1, 4, 7, 9, 12, 15, 21, 28, 40)
project <- rep(sprintf("p%02d", seq_along(sizes)), sizes)
n <- length(project)
shared <- function(sd) rep(rnorm(length(sizes), sd = sd), sizes)
item <- function(y, cuts) findInterval(y, cuts) + 1
answers <- data.frame(
  project = project,
  balanced5 = item(shared(0.4) + rnorm(n), c(-1.2, -0.4, 0.4, 1.2)),
  skewed5 = item(shared(0.6) + rnorm(n), c(0.3, 0.9, 1.3, 1.7)),
  alone5 = item(rnorm(n), c(-1.2, -0.4, 0.4, 1.2)),
  score = round(shared(0.5) + rnorm(n) + 3, 3)
)
answers$skewed5[sample(n, 25)] <- NA
answers$score[sample(n, 10)] <- NA
answers$balanced5[sample(n, 4)] <- NA
write.csv(answers, file.path(here, "answers.csv"), row.names = FALSE, na = "")
data(bh1996, package = "multilevel")
set.seed(11)
some <- bh1996[bh1996$GRP %in% sample(unique(bh1996$GRP), 14), c("GRP", "COHES", "WBEING", "HRS")]
some <- some[seq(1, nrow(some), 3), ]
write.csv(some, file.path(here, "bh1996.csv"), row.names = FALSE)
balanced <- data.frame(Batch = Dyestuff$Batch, Yield = Dyestuff$Yield)
little <- data.frame(Batch = Dyestuff2$Batch, Yield = Dyestuff2$Yield)
chicks <- data.frame(feed = chickwts$feed, weight = chickwts$weight)
insects <- data.frame(spray = InsectSprays$spray, count = InsectSprays$count)
write.csv(balanced, file.path(here, "dyestuff.csv"), row.names = FALSE)
write.csv(little, file.path(here, "dyestuff2.csv"), row.names = FALSE)
write.csv(chicks, file.path(here, "chickwts.csv"), row.names = FALSE)
write.csv(insects, file.path(here, "insects.csv"), row.names = FALSE)

# the F ratio of the whole covariance matrix: residual quadratic form under V = I + theta ZZ' less that within
full_ratio <- function(y, g, theta) {
  Z <- model.matrix(~ 0 + g); N <- length(y); k <- ncol(Z)
  V <- diag(N) + theta * Z %*% t(Z); Vi <- solve(V); one <- rep(1, N)
  r <- y - sum(Vi %*% y) / sum(Vi)
  within <- sum(residuals(lm(y ~ g))^2)
  (as.numeric(t(r) %*% Vi %*% r) - within) / (k - 1) / (within / (N - k))
}
exact <- function(y, g, level) {
  N <- length(y); k <- nlevels(g); lowest <- -1 / max(table(g)); tail <- (1 - level) / 2
  sapply(c(1 - tail, tail), function(q) {
    f <- function(theta) full_ratio(y, g, theta) - qf(q, k - 1, N - k)
    if (f(lowest * (1 - 1e-7)) < 0) return(lowest / (1 + lowest))
    root <- uniroot(f, c(lowest * (1 - 1e-7), 1000), tol = 1e-13, maxiter = 5000)$root
    root / (1 + root)
  })
}
one <- function(file, outcome, cluster) {
  d <- read.csv(file.path(here, file)); d <- d[!is.na(d[[outcome]]), ]
  y <- d[[outcome]]; g <- factor(d[[cluster]]); size <- table(g)
  fit <- aov(y ~ g); ms <- summary(fit)[[1]][, 3]
  by <- suppressWarnings(statsBy(data.frame(group = as.numeric(g), y = y, again = rev(y)), "group"))
  mixed <- lmer(y ~ 1 + (1 | g), REML = TRUE, control = lmerControl(check.nobs.vs.nlev = "ignore", optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
  v <- as.data.frame(VarCorr(mixed))$vcov
  list(file = file, outcome = outcome, cluster = cluster, n = length(y), k = nlevels(g), balanced = length(unique(as.vector(size))) == 1,
       between = ms[1], within = ms[2], icc1_multilevel = multilevel::ICC1(fit), icc2_multilevel = multilevel::ICC2(fit),
       icc1_psych = unname(by$ICC1["y"]), icc2_psych = unname(by$ICC2["y"]), icc_lme4 = v[1] / sum(v),
       exact95 = exact(y, g, .95), exact90 = exact(y, g, .90))
}
cases <- list(
  c("dyestuff.csv", "Yield", "Batch"), c("dyestuff2.csv", "Yield", "Batch"), c("insects.csv", "count", "spray"),
  c("chickwts.csv", "weight", "feed"), c("bh1996.csv", "COHES", "GRP"), c("bh1996.csv", "WBEING", "GRP"), c("bh1996.csv", "HRS", "GRP"),
  c("answers.csv", "balanced5", "project"), c("answers.csv", "skewed5", "project"), c("answers.csv", "alone5", "project"), c("answers.csv", "score", "project"))
found <- lapply(cases, function(x) one(x[1], x[2], x[3]))
# equal sizes: psych's interval of ICC1 for one rater is the F interval (persons of a cluster as raters)
wide <- function(d, y, g) t(sapply(split(d[[y]], d[[g]]), identity))
shrout <- function(d, y, g) { r <- suppressWarnings(psych::ICC(wide(d, y, g), lmer = FALSE)$results); list(icc1 = unlist(r[1, c("ICC", "lower bound", "upper bound")], use.names = FALSE), icc2 = unlist(r[4, c("ICC", "lower bound", "upper bound")], use.names = FALSE)) }
equal <- list(dyestuff = shrout(balanced, "Yield", "Batch"), insects = shrout(insects, "count", "spray"), dyestuff2 = shrout(little, "Yield", "Batch"))
writeLines(toJSON(list(unequal = found, equal = equal), auto_unbox = TRUE, digits = 15, pretty = TRUE), file.path(here, "clustering.json"))

# --- places within persons: three scores, two traits of projects, one of persons, missing scores
k <- 11; size <- c(6, 9, 14, 11, 20, 8, 13, 17, 5, 10, 12); n <- sum(size); project <- rep(sprintf("q%02d", 1:k), size)
high <- rep(rep(c(1, 0), length.out = k), size); built <- rep(c(1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1), size)
place <- function(effect) round(pmin(5, pmax(1, 3 + effect * high + rep(rnorm(k, sd = .3), size) + rnorm(n, sd = .8))) * 4) / 4
levels <- data.frame(project = project, ligging = ifelse(high == 1, "in", "out"), built = built, woman = rbinom(n, 1, .5), near = place(0), middle = place(.2), far = place(.6))
levels$far[sample(n, 12)] <- NA; levels$middle[sample(n, 6)] <- NA
write.csv(levels, file.path(here, "levels.csv"), row.names = FALSE, na = "")
whole <- levels[complete.cases(levels[c("near", "middle", "far")]), ]
pair <- function(d, a, b) {
  x <- d[[a]] - d[[b]]; m <- tapply(x, factor(d$project), mean); t <- t.test(m); p <- t.test(d[[a]], d[[b]], paired = TRUE)
  list(a = a, b = b, n = nrow(d), projects = length(m), difference = unname(t$estimate), se = unname(t$stderr), df = unname(t$parameter), ci = t$conf.int, p = t$p.value,
       sd = sd(x), dz = unname(t$estimate) / sd(x), r = cor(d[[a]], d[[b]]),
       persons = list(difference = unname(p$estimate), se = unname(p$stderr), df = unname(p$parameter), ci = p$conf.int, p = p$p.value))
}
pairs <- list(c("near", "middle"), c("near", "far"), c("middle", "far"))
groups <- list(all = whole, `in` = whole[whole$ligging == "in", ], out = whole[whole$ligging == "out", ])
differences <- lapply(groups, function(d) lapply(pairs, function(x) pair(d, x[1], x[2])))
contrast <- function(a, b) {
  x <- whole[[a]] - whole[[b]]
  m <- data.frame(y = tapply(x, whole$project, mean), high = tapply(as.numeric(whole$ligging == "in"), whole$project, mean), built = tapply(whole$built, whole$project, mean))
  s <- lm(y ~ high + built, m); c1 <- summary(s)$coefficients; ci <- confint(s)
  w <- lmer(x ~ woman + (1 | project), whole, REML = TRUE, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
  list(a = a, b = b, sd = sd(x), high = list(estimate = c1[2, 1], se = c1[2, 2], p = c1[2, 4], ci = ci[2, ]), built = list(estimate = c1[3, 1], se = c1[3, 2], p = c1[3, 4], ci = ci[3, ]), df = s$df.residual,
       woman = list(estimate = unname(fixef(w)[2]), se = sqrt(as.matrix(vcov(w))[2, 2])))
}
profile <- function(place, d) { m <- tapply(d[[place]], factor(d$project), mean); t <- t.test(m); list(place = place, n = nrow(d), mean = unname(t$estimate), sd = sd(d[[place]]), ci = t$conf.int) }
profiles <- lapply(groups, function(d) lapply(c("near", "middle", "far"), profile, d = d))
contrasts <- lapply(pairs, function(x) contrast(x[1], x[2]))
p_high <- sapply(contrasts, function(x) x$high$p)
writeLines(toJSON(list(profiles = profiles, differences = differences, contrasts = contrasts, holm_high = p.adjust(p_high, "holm")), auto_unbox = TRUE, digits = 15, pretty = TRUE), file.path(here, "levels.json"))
