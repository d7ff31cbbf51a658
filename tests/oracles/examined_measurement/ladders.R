# Ladders of invariance of the data that examined_measurement.R wrote. Run here: Rscript ladders.R
# Writes ladders.json: lavaan by group.equal, for ordered items the models of semTools' measEq.syntax (Wu & Estabrook 2016).
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
quiet <- function(x) suppressWarnings(suppressMessages(x))
frame <- function(name) {
  x <- read.csv(paste0(name, ".csv"))
  # points of another size, which lavaan finds no solution for: a twentieth of them
  if (name == "sat_act") x[, c("SATV", "SATQ")] <- x[, c("SATV", "SATQ")] / 20
  x
}

# --- ladders
tight <- list(reltol = 1e-16, maxit = 20000)
equal <- list(configural = character(), metric = "loadings", scalar = c("loadings", "intercepts"), strict = c("loadings", "intercepts", "residuals"))
equal_ordered <- list(configural = character(), thresholds = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
ladders <- list(
  list(data = "bfi_late", group = "gender", estimator = "MLR", model = "N =~ N1 + N2 + N3 + N4 + N5"),
  list(data = "bfi_late", group = "gender", estimator = "ML", model = "N =~ N1 + N2 + N3 + N4 + N5\nE =~ E1 + E2 + E3 + E4 + E5"),
  list(data = "groups", group = "place", estimator = "MLR", model = "G =~ g1 + g2 + g3 + g4 + g5"),
  list(data = "biopsy", group = "class", estimator = "MLR", model = "V =~ V1 + V4 + V5 + V8"),
  list(data = "sat_act", group = "gender", estimator = "MLR", model = "A =~ ACT + SATV + SATQ"),
  list(data = "groups", group = "place", estimator = "WLSMV", model = "G =~ g1 + g2 + g3 + g4 + g5"))
out <- lapply(ladders, function(case) {
  x <- frame(case$data); items <- lavNames(lavaanify(case$model), "ov"); x <- x[complete.cases(x[, c(items, case$group)]), ]
  fits <- list()
  for (step in names(if (case$estimator == "WLSMV") equal_ordered else equal)) {
    if (case$estimator == "WLSMV") {
      theta <- if (step == "strict") "theta" else "delta"
      syntax <- as.character(measEq.syntax(case$model, data = x, ordered = items, group = case$group, parameterization = theta, ID.fac = "std.lv",
        ID.cat = "Wu.Estabrook.2016", group.equal = if (step == "configural") "" else equal_ordered[[step]], estimator = "WLSMV"))
      fits[[step]] <- quiet(cfa(syntax, data = x, ordered = items, group = case$group, parameterization = theta, estimator = "WLSMV", control = tight, optim.method = "BFGS"))
    } else {
      args <- list(model = case$model, data = x, group = case$group, estimator = case$estimator, std.lv = TRUE, meanstructure = TRUE, control = tight, optim.method = "BFGS")
      if (length(equal[[step]])) args$group.equal <- equal[[step]]
      fits[[step]] <- quiet(do.call("cfa", args))
      if (!lavInspect(fits[[step]], "converged")) fits[[step]] <- quiet(do.call("cfa", c(args[setdiff(names(args), c("control", "optim.method"))], list(control = list(rel.tol = 1e-15, x.tol = 1e-15)))))
    }
  }
  case$steps <- lapply(names(fits), function(step) {
    if (!lavInspect(fits[[step]], "converged")) return(list(step = step, converged = FALSE))
    m <- fitMeasures(fits[[step]])
    c(list(step = step, converged = lavInspect(fits[[step]], "converged"), ok = quiet(lavInspect(fits[[step]], "post.check"))), as.list(m[intersect(c("df", "chisq", "chisq.scaled", "pvalue.scaled", "cfi", "cfi.robust", "rmsea", "rmsea.robust", "srmr", "npar"), names(m))]))
  })
  case$differences <- lapply(2:length(fits), function(i) {
    d <- tryCatch(quiet(lavTestLRT(fits[[i - 1]], fits[[i]])), error = function(e) NULL)
    if (is.null(d)) NULL else list(step = names(fits)[i], chisq = d[2, "Chisq diff"], df = d[2, "Df diff"], pvalue = d[2, "Pr(>Chisq)"])
  })
  last <- fits$scalar; pe <- parameterEstimates(last); pe <- subset(pe, op == "~1" & lhs %in% lavNames(last, "lv") & group > 1)
  case$means <- list(group = lavInspect(last, "group.label")[pe$group], lhs = pe$lhs, est = pe$est, se = pe$se)
  case$n <- lavInspect(last, "nobs"); case$labels <- lavInspect(last, "group.label")
  case
})
write_json(out, "ladders.json", digits = I(14), auto_unbox = TRUE, na = "null")
