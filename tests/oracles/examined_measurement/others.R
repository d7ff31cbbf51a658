# The rest of measurement, examined on the data that examined_measurement.R wrote. Run here: Rscript others.R
# Writes others.json: lavaan and semTools (factor scores, validity), psych (exploratory factors, parallel
# analysis), multilevel and psych (ICC), R's own EM (Little's test), mice (Rubin's rules).
suppressMessages({library(psych); library(lavaan); library(semTools); library(multilevel); library(mice); library(GPArotation); library(jsonlite)})
options(mc.cores = 1)
quiet <- function(x) suppressWarnings(suppressMessages(x))
frame <- function(name) read.csv(paste0(name, ".csv"))
rows <- function(m) { m <- unclass(as.matrix(m)); dimnames(m) <- NULL; m }
polished <- function(fit, ...) {
  for (i in 1:9) {
    step <- -solve(lavTech(fit, "information.observed"), as.numeric(lavTech(fit, "gradient")))
    pt <- as.data.frame(parTable(fit)); at <- pt$free > 0
    pt$ustart[at] <- pt$est[at] + step[pt$free[at]]
    fit <- quiet(lavaan(pt[setdiff(names(pt), c("est", "se", "start"))], ..., optim.method = "none", optim.force.converged = TRUE))
  }
  if (max(abs(lavTech(fit, "gradient"))) > 1e-7) stop(paste("not at the minimum", max(abs(lavTech(fit, "gradient"))), paste(lavNames(fit), collapse = " ")))
  fit
}
em <- list(em.h1.tol = 1e-13, em.h1.iter.max = 20000)
exact <- function(model, x, ...) polished(quiet(do.call("sem", c(list(model, x, ...), em))), data = x, ..., em.h1.tol = 1e-13, em.h1.iter.max = 20000)
out <- list()

# --- factor scores
scores <- list(
  list(data = "leaders", model = paste("F =~", paste0("LEAD0", 1:9, collapse = " + ")), missing = "fiml"),
  list(data = "democracy11", model = "ind =~ x1 + x2 + x3\ndem0 =~ y1 + y2 + y3 + y4\ndem5 =~ y5 + y6 + y7 + y8", missing = "listwise"),
  list(data = "bfi_late", model = "E =~ E1 + E2 + E3 + E4 + E5\nN =~ N1 + N2 + N3 + N4 + N5", missing = "fiml"),
  list(data = "simulated", model = "H =~ h1 + h2 + h3 + h4", missing = "fiml"))
out$scores <- lapply(scores, function(case) {
  x <- frame(case$data); x <- x[, lavNames(lavaanify(case$model), "ov")]
  x <- if (case$missing == "fiml") x[rowSums(!is.na(x)) > 0, ] else na.omit(x)
  f <- exact(case$model, x, std.lv = TRUE, missing = case$missing)
  for (type in c("regression", "Bartlett")) {
    p <- lavPredict(f, method = type, se = "standard")
    case[[type]] <- rows(p)[1:60, , drop = FALSE]
    se <- attr(p, "se")[[1]]; case[[paste0(type, "_se")]] <- rows(if (nrow(se) == 1) se else se[1:60, , drop = FALSE])
  }
  case
})

# --- exploratory factors: factanal's likelihood with its limits taken away, psych::fa as it is
exploratory <- list(bfi_late = list(items = c(paste0("E", 1:5), paste0("C", 1:5), paste0("N", 1:5)), k = 3),
  leaders = list(items = paste0("LEAD0", 1:9), k = 2), democracy11 = list(items = c(paste0("x", 1:3), paste0("y", 1:8)), k = 2), biopsy = list(items = paste0("V", c(1, 4, 5, 6, 7, 8)), k = 1))
out$exploratory <- lapply(names(exploratory), function(name) {
  case <- exploratory[[name]]; x <- na.omit(frame(name)[, case$items]); r <- cor(x)
  f <- factanal(covmat = r, n.obs = nrow(x), factors = case$k, rotation = "none", control = list(opt = list(factr = 0, pgtol = 0, maxit = 20000)))
  L <- unclass(f$loadings)
  case$uniquenesses <- unname(1 - rowSums(L^2)); case$objective <- unname(f$criteria["objective"]); case$dof <- f$dof
  ml <- quiet(fa(r, case$k, n.obs = nrow(x), fm = "ml", rotate = if (case$k > 1) "oblimin" else "none"))
  minres <- quiet(fa(r, case$k, n.obs = nrow(x), fm = "minres", rotate = if (case$k > 1) "oblimin" else "none"))
  if (case$k > 1) {
    g <- list(Th = diag(case$k)); for (i in 1:5) g <- quiet(GPFoblq(L, Tmat = g$Th, method = "oblimin", methodArgs = list(gam = 0), eps = 1e-11, maxit = 500))
    case$oblimin <- rows(g$loadings); case$phi <- rows(g$Phi)
  } else { case$oblimin <- rows(L); case$phi <- matrix(1) }
  case$psych_ml <- rows(ml$loadings); case$psych_minres <- rows(minres$loadings); case$chisq <- ml$STATISTIC; case$tli <- ml$TLI; case$rmsea <- unname(ml$RMSEA[1]); case$rms <- ml$rms
  capture.output(p <- quiet(fa.parallel(x, fa = "both", SMC = TRUE, n.iter = 20, sim = FALSE, plot = FALSE)))
  case$components <- p$pc.values; case$factors <- p$fa.values
  c(list(data = name, n = nrow(x)), case)
})

# --- ICC
icc <- list(c("leaders", "COMPID", "LEAD01"), c("leaders", "COMPID", "LEAD05"), c("army", "GRP", "AF06"), c("army", "GRP", "HRS"), c("klein", "GRPID", "JOBSAT"), c("klein", "GRPID", "COHES"),
  c("sat_act", "education", "ACT"), c("bfi_late", "gender", "N1"), c("airquality", "Month", "Ozone"), c("airquality", "Month", "Wind"))
out$icc <- lapply(icc, function(at) {
  x <- frame(at[1])[, at[2:3]]; x <- x[complete.cases(x), ]; names(x) <- c("g", "y")
  a <- aov(y ~ as.factor(g), x); s <- quiet(statsBy(cbind(x, other = rev(x$y)), "g"))
  ms <- summary(a)[[1]][["Mean Sq"]]; size <- table(x$g); n <- sum(size); k <- length(size); n0 <- (n - sum(size^2) / n) / (k - 1)
  list(data = at[1], cluster = at[2], item = at[3], n = n, k = k, multilevel_icc1 = ICC1(a), multilevel_icc2 = ICC2(a), psych_icc1 = unname(s$ICC1["y"]), psych_icc2 = unname(s$ICC2["y"]),
    icc1_n0 = (ms[1] - ms[2]) / (ms[1] + (n0 - 1) * ms[2]), design_effect = 1 + (sum(size^2) / n - 1) * max((ms[1] - ms[2]) / (ms[1] + (n0 - 1) * ms[2]), 0))
})

# --- Little's test, EM written here
em_moments <- function(x) {
  m <- colMeans(x, na.rm = TRUE); S <- diag(apply(x, 2, var, na.rm = TRUE)); n <- nrow(x)
  for (i in 1:50000) {
    T1 <- 0; T2 <- 0
    for (r in seq_len(n)) {
      o <- !is.na(x[r, ]); z <- x[r, ]; C <- matrix(0, ncol(x), ncol(x))
      if (any(!o)) {
        B <- S[!o, o, drop = FALSE] %*% solve(S[o, o]); z[!o] <- m[!o] + B %*% (x[r, o] - m[o]); C[!o, !o] <- S[!o, !o] - B %*% S[o, !o]
      }
      T1 <- T1 + z; T2 <- T2 + z %o% z + C
    }
    m1 <- T1 / n; S1 <- T2 / n - m1 %o% m1
    done <- max(abs(m1 - m) / sqrt(diag(S1)), abs(S1 - S) / sqrt(diag(S1) %o% diag(S1))) < 1e-13
    m <- m1; S <- S1
    if (done) break
  }
  list(m = m, S = S)
}
little <- function(x) {
  x <- as.matrix(x); x <- x[rowSums(!is.na(x)) > 0, ]; mo <- em_moments(x)
  key <- apply(!is.na(x), 1, paste, collapse = ""); d2 <- 0; df <- -ncol(x)
  for (p in unique(key)) { y <- x[key == p, , drop = FALSE]; o <- !is.na(y[1, ]); d <- colMeans(y)[o] - mo$m[o]; d2 <- d2 + nrow(y) * drop(d %*% solve(mo$S[o, o], d)); df <- df + sum(o) }
  list(n = nrow(x), patterns = length(unique(key)), chisq = d2, df = df, pvalue = pchisq(d2, df, lower.tail = FALSE))
}
wanted <- list(airquality = names(airquality), sat_act = c("ACT", "SATV", "SATQ", "age"), bfi_late = c(paste0("N", 1:5), paste0("E", 1:5)), biopsy = paste0("V", c(1, 4, 5, 6, 7, 8)), simulated = c("b1", "t1", "q1", "s1", "e1"))
out$little <- lapply(names(wanted), function(name) c(list(data = name, items = wanted[[name]]), little(frame(name)[, wanted[[name]]])))

# --- Rubin's rules on real imputations
set.seed(8)
imp <- quiet(mice(frame("airquality")[, 1:4], m = 7, printFlag = FALSE))
fits <- with(imp, lm(Ozone ~ Solar.R + Wind + Temp))
est <- sapply(fits$analyses, coef); se2 <- sapply(fits$analyses, function(f) diag(vcov(f)))
p <- summary(pool(fits)); q <- pool(fits)$pooled
out$pooled <- list(estimates = rows(est), variances = rows(se2), df_complete = df.residual(fits$analyses[[1]]), estimate = p$estimate, se = p$std.error, df = p$df, lambda = q$lambda, fmi = q$fmi)

# --- validity
models <- list(
  democracy11 = "ind =~ x1 + x2 + x3\ndem0 =~ y1 + y2 + y3 + y4\ndem5 =~ y5 + y6 + y7 + y8",
  bfi_late = "E =~ E1 + E2 + E3 + E4 + E5\nC =~ C1 + C2 + C3 + C4 + C5\nN =~ N1 + N2 + N3 + N4 + N5",
  simulated = "B =~ b1 + b2 + b3 + b4\nQ =~ q1 + q2 + q3\nS =~ s1 + s2 + s3",
  leaders = "P =~ LEAD01 + LEAD02 + LEAD03 + LEAD04 + LEAD05\nR =~ LEAD06 + LEAD07 + LEAD08 + LEAD09")
out$validity <- lapply(names(models), function(name) {
  x <- frame(name); used <- lavNames(lavaanify(models[[name]]), "ov"); x <- na.omit(x[, used])
  pt <- subset(lavaanify(models[[name]]), op == "=~")
  # of the simulated answers everything measures one thing: two factors correlate beyond one
  f <- tryCatch(exact(models[[name]], x, std.lv = TRUE, estimator = "MLR"), error = function(e) quiet(sem(models[[name]], x, std.lv = TRUE, estimator = "MLR")))
  std <- standardizedSolution(f); r <- subset(std, op == "~~" & lhs != rhs)
  list(data = name, model = models[[name]], n = nrow(x), scales = split(pt$rhs, factor(pt$lhs, unique(pt$lhs))),
    htmt = rows(quiet(htmt(models[[name]], x, htmt2 = FALSE))), htmt2 = rows(quiet(htmt(models[[name]], x, htmt2 = TRUE))),
    ave_std = sapply(split(subset(std, op == "=~")$est.std^2, subset(std, op == "=~")$lhs)[unique(pt$lhs)], mean),
    ave = unclass(AVE(f, obs.var = FALSE)), cr = unclass(compRelSEM(f, obs.var = FALSE)), ok = lavInspect(f, "post.check"),
    r = r$est.std, r_lower = r$ci.lower, r_upper = r$ci.upper, pairs = paste(r$lhs, r$rhs))
})

write_json(out, "others.json", digits = I(14), auto_unbox = TRUE, na = "null")
