# Saturated moments from incomplete answers, their log-likelihood and what Yuan-Bentler scaling takes from them.
# Run: Rscript saturated.R   (R 4.2.2, lavaan 0.6-14, jsonlite); writes saturated-holzinger.json and saturated-study.json
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
record <- function(id, data_file, items) {
  d <- read.csv(file.path(here, data_file))
  model <- paste("f =~", paste(items, collapse = " + "))
  fit <- cfa(model, d, missing = "ml", estimator = "MLR", h1.information = "unstructured", em.h1.tol = 1e-12, em.h1.iter.max = 10000)
  h1 <- lavInspect(fit, "sampstat")
  observed <- unclass(lavTech(fit, "h1.information.observed")[[1]])
  first <- unclass(lavTech(fit, "h1.information.firstorder")[[1]])
  expected <- unclass(lavTech(fit, "h1.information.expected")[[1]])
  out <- list(data = data_file, items = items, n = nobs(fit), mean = as.numeric(h1$mean), cov = unclass(h1$cov),
    loglik = unname(fitMeasures(fit, "unrestricted.logl")), coverage = unclass(lavInspect(fit, "coverage")),
    # means, then covariances: (1,1), (2,1), (2,2), (3,1), ... in the order of the upper triangle by column
    observed_diagonal = diag(observed), expected_diagonal = diag(expected), first_diagonal = diag(first),
    observed_first_row = observed[1, ], observed_last_row = observed[nrow(observed), ],
    trace = sum(diag(solve(observed, first))))
  writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, matrix = "rowmajor"), file.path(here, paste0(id, ".json")))
}
record("saturated-holzinger", "holzinger_missing.csv", paste0("x", 1:9))
record("saturated-study", "study_shaped_missing.csv",
  c(paste0("hs", 1:4), paste0("sc", 1:6), paste0("sb", 1:4), paste0("wb", 1:5)))
