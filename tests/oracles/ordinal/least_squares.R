# Ordered items and least squares by lavaan: thresholds, polychoric correlations, Γ, and fits by WLSMV, ULSMV, DWLS, ULS and
# GLS, in one group and two. Run: Rscript least_squares.R   (R 4.2.2, lavaan 0.6-14; writes answers.csv and the JSON beside it)
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))

# --- answers of nobody: two factors, the second caused by the first; binary items b, mixed items m (3 to 7 categories),
# continuous items c, a covariate x, two groups of unequal size that differ in factor means and in some residual spread
set.seed(20261)
n <- 420
group <- rep(c("south", "north"), c(150, 270))
x <- round(rnorm(n), 3)
shift <- ifelse(group == "north", 0.4, 0)
f <- shift + 0.3 * x + rnorm(n)
h <- 0.5 * f + rnorm(n, sd = 0.8)
cuts <- list(m1 = c(-.6, .9), m2 = c(-1, 0, 1), m3 = c(-1.2, -.3, .5, 1.4), m4 = c(-1.4, -.6, .2, .9, 1.7),
             m5 = c(-1.5, -.9, -.2, .5, 1.1, 1.8), m6 = c(-.4, .8), m7 = c(-.9, .1, 1.2), m8 = c(-1, -.1, .7, 1.5))
d <- data.frame(group, x)
for (k in 1:8) d[[paste0("m", k)]] <- findInterval((if (k <= 4) f else h) * c(.9, 1, .7, 1.1)[(k - 1) %% 4 + 1] +
                                                   rnorm(n, sd = ifelse(group == "north" & k == 3, 1.4, 1)), cuts[[k]]) + 1
for (k in 1:6) d[[paste0("b", k)]] <- as.integer((if (k <= 3) f else h) * .9 + rnorm(n) > c(-.8, .1, .9, -.3, .5, 1.2)[k])
for (k in 1:6) d[[paste0("c", k)]] <- round((if (k <= 3) f else h) * c(1, .8, 1.2)[(k - 1) %% 3 + 1] * k + rnorm(n, sd = k) + k, 3)
# two items nobody answers against: one empty cell in a 2 by 2 table
d$e1 <- as.integer(f + rnorm(n, sd = .6) > 1.1); d$e2 <- as.integer(d$e1 == 1 | h + rnorm(n) > .4)
d$m3[c(5, 77, 300)] <- NA
write.csv(d, file.path(here, "answers.csv"), row.names = FALSE, quote = FALSE, na = "")
d <- read.csv(file.path(here, "answers.csv"))

MEASURES <- c("npar", "chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi", "tli",
              "cfi.scaled", "tli.scaled", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue", "rmsea.scaled", "srmr")
num <- function(v) { v <- unname(as.numeric(v)); if (length(v) == 0 || is.na(v)) NULL else v }
CASES <- list()
record <- function(id, model, ordered = character(0), ...) {
  asked <- list(...)
  data <- d
  for (v in ordered) data[[v]] <- base::ordered(data[[v]])
  fit <- do.call("sem", c(list(model, data = data), asked))
  stopifnot(lavInspect(fit, "converged"))
  labels <- lavInspect(fit, "group.label"); if (!length(labels)) labels <- ""
  pe <- parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)
  if (is.null(pe$group)) pe$group <- 1
  rows <- lapply(which(!pe$op %in% c("==")), function(i) Filter(Negate(is.null), list(
    group = if (pe$op[i] == ":=") "" else labels[pe$group[i]], lhs = pe$lhs[i], op = pe$op[i], rhs = pe$rhs[i],
    est = num(pe$est[i]), se = if (isTRUE(pe$se[i] > 0)) num(pe$se[i]), std_lv = num(pe$std.lv[i]), std_all = num(pe$std.all[i]))))
  measures <- fitMeasures(fit); k <- intersect(MEASURES, names(measures))
  found <- Filter(Negate(is.null), lapply(setNames(k, gsub(".", "_", k, fixed = TRUE)), function(m) num(measures[m])))
  adjusted <- NULL
  if (identical(asked$estimator, "WLSMV")) {
    asked$estimator <- NULL
    mv <- do.call("sem", c(list(model, data = data, estimator = "WLSMVS"), asked))
    found$chisq_mean_var <- num(fitMeasures(mv, "chisq.scaled")); found$df_mean_var <- num(fitMeasures(mv, "df.scaled"))
  }
  asked <- list(...); names(asked) <- gsub(".", "_", names(asked), fixed = TRUE)
  if (!is.null(asked$group_equal)) asked$group_equal <- as.list(asked$group_equal)
  if (length(ordered)) asked$ordered <- as.list(ordered)
  names(asked)[names(asked) == "meanstructure"] <- "means"
  names(asked)[names(asked) == "se"] <- "errors"
  if (!is.null(asked$errors)) asked$errors <- gsub(".", "_", asked$errors, fixed = TRUE)
  CASES[[length(CASES) + 1]] <<- list(id = id, model = model, asked = asked, n = as.list(as.integer(lavInspect(fit, "nobs"))), parameters = rows, fit = found)
  cat(sprintf("%-28s chisq=%.4f df=%g\n", id, found$chisq, found$df))
}

# --- moments
moments <- function(items, rows = TRUE) {
  data <- d[rows, items]; data <- data[complete.cases(data), ]
  for (v in items) data[[v]] <- base::ordered(data[[v]])
  fit <- cfa(paste("F =~", paste(items, collapse = "+")), data = data, estimator = "WLSMV", do.fit = FALSE,
             parameterization = "delta")
  s <- lavInspect(fit, "sampstat")
  list(items = items, group = if (isTRUE(rows)) "" else unique(d$group[rows]), n = nrow(data), correlation = unclass(s$cov),
       thresholds = as.numeric(s$th), gamma = unclass(lavInspect(fit, "gamma")))
}
writeLines(toJSON(list(moments(paste0("m", c(1, 4, 5))), moments(c("b1", "m2", "b4", "m6")),
                       moments(c("m2", "m3", "b2"), d$group == "south"), moments(c("e1", "e2", "b1"))),
                  auto_unbox = TRUE, digits = 12), file.path(here, "moments.json"))

# --- fits
TWO <- "F =~ m1 + m2 + m3 + m4\nH =~ m5 + m6 + m7 + m8"
m <- paste0("m", 1:8); b <- paste0("b", 1:6)
BINARY <- "F =~ b1 + b2 + b3\nH =~ b4 + b5 + b6"
record("mixed-wlsmv", TWO, m, estimator = "WLSMV")
record("mixed-ulsmv", TWO, m, estimator = "ULSMV")
record("mixed-dwls", TWO, m, estimator = "DWLS")
record("mixed-uls", TWO, m, estimator = "ULS")
record("mixed-std-lv", TWO, m, estimator = "WLSMV", std.lv = TRUE)
record("mixed-theta", TWO, m, estimator = "WLSMV", parameterization = "theta")
record("binary-wlsmv", BINARY, b, estimator = "WLSMV")
record("binary-theta", BINARY, b, estimator = "ULSMV", parameterization = "theta")
record("empty-cell", "F =~ e1 + e2 + b1 + b4", c("e1", "e2", "b1", "b4"), estimator = "WLSMV")
STRUCTURAL <- paste0(TWO, "\nB =~ b1 + b2 + b3\nH ~ a*F\nB ~ k*H + F\nm1 ~~ m5\nind := a*k")
record("structural-wlsmv", STRUCTURAL, c(m, "b1", "b2", "b3"), estimator = "WLSMV")
record("structural-theta", STRUCTURAL, c(m, "b1", "b2", "b3"), estimator = "WLSMV", parameterization = "theta")
for (p in c("delta", "theta")) {
  record(paste0("groups-free-", p), TWO, m, estimator = "WLSMV", group = "group", parameterization = p)
  record(paste0("groups-loadings-", p), TWO, m, estimator = "WLSMV", group = "group", group.equal = "loadings", parameterization = p)
  record(paste0("groups-equal-", p), TWO, m, estimator = "WLSMV", group = "group", group.equal = c("thresholds", "loadings"), parameterization = p)
  record(paste0("groups-residuals-", p), TWO, m, estimator = "WLSMV", group = "group",
         group.equal = c("thresholds", "loadings", "residuals"), parameterization = p)
}
record("groups-equal-ulsmv", TWO, m, estimator = "ULSMV", group = "group", group.equal = c("thresholds", "loadings"), std.lv = TRUE)
record("groups-binary", BINARY, b, estimator = "WLSMV", group = "group", group.equal = c("thresholds", "loadings"))
record("groups-means-equal", paste0(TWO, "\nH ~ F"), m, estimator = "WLSMV", group = "group",
       group.equal = c("thresholds", "loadings", "means", "regressions"))
THREE <- "F =~ c1 + c2 + c3\nH =~ c4 + c5 + c6\nH ~ F"
for (e in c("GLS", "ULS", "DWLS", "ULSMV", "WLSMV")) {
  record(paste0("continuous-", tolower(e)), THREE, estimator = e)
  record(paste0("continuous-means-", tolower(e)), THREE, estimator = e, meanstructure = TRUE)
  record(paste0("continuous-groups-", tolower(e)), THREE, estimator = e, group = "group", group.equal = c("loadings", "intercepts"))
}
record("continuous-uls-robust", THREE, estimator = "ULS", se = "robust.sem")
for (e in c("GLS", "ULS")) record(paste0("covariate-", tolower(e)), paste0(THREE, "\nF ~ x\nc6 ~ x"), estimator = e)
writeLines(toJSON(CASES, auto_unbox = TRUE, digits = 10), file.path(here, "least_squares.json"))
