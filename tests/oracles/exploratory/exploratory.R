# What psych finds about dimensions. Run here: Rscript exploratory.R
# Writes bfi.csv, ordinal.csv (the data) and exploratory.json, parallel.json.
#
# psych stops its search when an iteration gains less than 2e-9, its rotations at 1e-5: its loadings are good to four or
# five digits ("psych" below). "exact" is psych's own code with those limits taken away (fac with factr and pgtol nil;
# fm "uls" for minres: the same minimum where no uniqueness is at its bound, but a criterion that is the one its gradient
# belongs to), rotated by GPArotation and stats with limits of 1e-11 and 1e-15.
suppressMessages({library(psych); library(GPArotation); library(lavaan); library(jsonlite)})

source_of <- deparse(psych:::fac)
source_of <- gsub("control <- NULL", "control <- list(factr = 0, pgtol = 0, maxit = 20000)", source_of, fixed = TRUE)
source_of <- gsub("parscale = rep(0.01, ", "factr = 0, pgtol = 0, maxit = 20000, parscale = rep(0.01, ", source_of, fixed = TRUE)
stopifnot(sum(grepl("factr = 0", source_of)) >= 2)
exact_fac <- eval(parse(text = source_of), envir = asNamespace("psych"))
environment(exact_fac) <- asNamespace("psych")

# one process: forked ones would draw other numbers every time
options(mc.cores = 1)

quiet <- function(x) suppressWarnings(suppressMessages(x))

rotated <- function(L, rotate) {
  if (rotate == "none" || ncol(L) == 1) return(list(L = L, Phi = diag(ncol(L))))
  if (rotate == "oblimin") {
    found <- list(Th = diag(ncol(L)))
    for (again_from_there in 1:5)
      found <- quiet(GPFoblq(L, Tmat = found$Th, method = "oblimin", methodArgs = list(gam = 0), eps = 1e-11, maxit = 300))
    return(list(L = found$loadings, Phi = found$Phi))
  }
  if (rotate == "varimax") return(list(L = unclass(stats::varimax(L, eps = 1e-15)$loadings), Phi = diag(ncol(L))))
  # promax as psych has it: power 4, of loadings divided by the root of their communality
  h <- sqrt(rowSums(L^2))
  x <- unclass(stats::varimax(L / h, eps = 1e-15)$loadings)
  U <- lm.fit(x, x * abs(x)^3)$coefficients
  U <- U %*% diag(sqrt(diag(solve(t(U) %*% U))))
  list(L = (x %*% U) * h, Phi = solve(U) %*% t(solve(U)))
}

# psych's order and signs
canonical <- function(found) {
  L <- unclass(found$L); Phi <- found$Phi
  signs <- ifelse(colSums(L) < 0, -1, 1)
  L <- L %*% diag(signs, ncol(L)); Phi <- diag(signs, ncol(L)) %*% Phi %*% diag(signs, ncol(L))
  at <- order(diag(Phi %*% t(L) %*% L), decreasing = TRUE)
  list(L = L[, at, drop = FALSE], Phi = Phi[at, at, drop = FALSE])
}

solution <- function(r, n, k, fm, rotate) {
  raw <- quiet(fa(r, k, n.obs = n, fm = fm, rotate = rotate))
  start <- quiet(exact_fac(r, k, n.obs = n, fm = ifelse(fm == "minres", "uls", fm), rotate = "none"))
  found <- canonical(rotated(unclass(start$loadings), rotate))
  list(n_factors = k, method = fm, rotation = rotate,
    psych = unname(unclass(raw$loadings)), psych_phi = if (is.null(raw$Phi)) diag(k) else unname(raw$Phi),
    exact = unname(found$L), phi = unname(found$Phi), uniquenesses = unname(start$uniquenesses),
    rms = start$rms, explained = mean(start$communality), dof = start$dof, objective = start$objective,
    statistic = start$STATISTIC, rmsea = unname(start$RMSEA[1]), tli = start$TLI)
}

rotations <- c("none", "oblimin", "varimax", "promax")
solutions <- function(r, n, ks, methods = c("minres", "ml")) {
  out <- list()
  for (k in ks) for (fm in methods) for (rotate in if (k == 1) "none" else rotations)
    out[[length(out) + 1]] <- solution(r, n, k, fm, rotate)
  out
}

set.seed(74)
write.csv(bfi[sort(sample(nrow(bfi), 400)), 1:25], "bfi.csv", row.names = FALSE, na = "")
answers <- read.csv("bfi.csv")

# three scales of 5, 4 and 3 items, the third item of the first worded the other way round; 2 to 7 categories, one chosen
# by nobody; some answers missing
n <- 260
f <- matrix(rnorm(n * 3), n) %*% chol(matrix(c(1, .5, .2, .5, 1, .3, .2, .3, 1), 3))
loading <- c(.8, .7, -.65, .6, .75, .7, .8, .6, .55, .75, .7, .8)
latent <- sapply(1:12, function(j) loading[j] * f[, c(1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3)[j]] + sqrt(1 - loading[j]^2) * rnorm(n))
categories <- c(5, 5, 5, 4, 5, 7, 7, 5, 3, 2, 5, 4)
ordinal <- sapply(1:12, function(j) as.integer(cut(latent[, j], c(-Inf, qnorm(cumsum(rep(1 / categories[j], categories[j] - 1))) + .2, Inf))))
ordinal[ordinal[, 2] == 2, 2] <- 1
ordinal[matrix(runif(length(ordinal)) < .02, n)] <- NA
colnames(ordinal) <- paste0("y", 1:12)
write.csv(ordinal, "ordinal.csv", row.names = FALSE, na = "")
ordinal <- read.csv("ordinal.csv")

holzinger <- read.csv("../lavaan/holzinger.csv")[, paste0("x", 1:9)]
sets <- list(bfi = na.omit(answers), ordinal = na.omit(ordinal), holzinger = holzinger, attitude = attitude)
wanted <- list(bfi = c(5, 3), ordinal = c(3, 1), holzinger = c(3, 2), attitude = 2)

out <- list()
for (name in names(sets))
  out[[name]] <- list(n = nrow(sets[[name]]), solutions = solutions(cor(sets[[name]]), nrow(sets[[name]]), wanted[[name]]))
r <- Harman74.cor$cov
out$harman74 <- list(n = 145, correlations = unname(r), solutions = solutions(r, 145, 4))
out$attitude$data <- unname(as.matrix(attitude))

# an item that a factor explains entirely: the search ends at the bound of its uniqueness
set.seed(6)
f <- matrix(rnorm(120), 60)
heywood <- sapply(1:6, function(j) round(2 * (f[, 1 + (j > 3)] * c(.95, .6, .5)[1 + j %% 3] + rnorm(60) * .5)))
out$heywood <- list(n = 60, correlations = unname(cor(heywood)), solutions = solutions(cor(heywood), 60, 2))
out$versions <- list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")), GPArotation = as.character(packageVersion("GPArotation")))
write_json(out, "exploratory.json", digits = I(12), auto_unbox = TRUE)

# parallel analysis: fa.parallel's eigenvalues of the answers, and of shuffled answers that are given
quiet_parallel <- function(x) { capture.output(found <- quiet(fa.parallel(x, fa = "both", SMC = TRUE, n.iter = 200, sim = FALSE, plot = FALSE))); found }
parallel <- list()
for (name in names(sets)) {
  set.seed(11)
  found <- quiet_parallel(sets[[name]])
  parallel[[name]] <- list(components = found$pc.values, factors = found$fa.values, n_components = found$ncomp, n_factors = found$nfact,
    resampled_components = found$pc.simr, resampled_factors = found$fa.simr, draws = 200)
}
set.seed(12)
shuffled <- lapply(1:20, function(i) apply(as.matrix(attitude), 2, sample))
reduced <- function(x) { r <- cor(x); diag(r) <- smc(r); eigen(r, symmetric = TRUE)$values }
components <- sapply(shuffled, function(x) eigen(cor(x), symmetric = TRUE)$values)
factors <- sapply(shuffled, reduced)
parallel$shuffled <- list(answers = lapply(shuffled, unname),
  components = list(mean = rowMeans(components), quantile = unname(apply(components, 1, quantile, .95))),
  factors = list(mean = rowMeans(factors), quantile = unname(apply(factors, 1, quantile, .95))))

# polychoric correlations by lavaan
complete <- na.omit(ordinal)
r <- unclass(lavCor(as.data.frame(lapply(complete, ordered)), ordered = names(complete)))
reduced_r <- r; diag(reduced_r) <- smc(r)
parallel$ordered <- list(correlations = unname(matrix(r, ncol(complete))), components = eigen(r, symmetric = TRUE)$values, factors = eigen(reduced_r, symmetric = TRUE)$values)
write_json(parallel, "parallel.json", digits = I(12), auto_unbox = TRUE)
