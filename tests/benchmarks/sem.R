# What lavaan takes for the single fits of sem.py, in the same units: CPU seconds (user and system) of one fit with its
# standard errors, standardised solution and fit measures. Run by sem.py:  Rscript sem.R DATA_FOLDER REPEATS
suppressPackageStartupMessages(library(lavaan))
arguments <- commandArgs(TRUE)
folder <- arguments[1]; repeats <- as.integer(arguments[2])
democracy <- read.csv(file.path(folder, "lavaan", "democracy.csv"))
holzinger <- read.csv(file.path(folder, "lavaan", "holzinger.csv"))
missing <- read.csv(file.path(folder, "fiml", "holzinger_missing.csv"))
models <- file.path(folder, "..", "benchmarks", "sem_models")
read_model <- function(name) paste(readLines(file.path(models, name)), collapse = "\n")
democracy_model <- read_model("democracy.lav"); factors <- read_model("holzinger.lav")
cases <- list(
  democracy = function() sem(democracy_model, democracy),
  holzinger = function() cfa(factors, holzinger),
  scalar = function() cfa(factors, holzinger, group = "school", group.equal = c("loadings", "intercepts")),
  fiml = function() cfa(factors, missing, missing = "ml"),
  fiml_mlr = function() cfa(factors, missing, missing = "ml", estimator = "MLR"))
whole <- function(fitted) { fit <- fitted(); fitMeasures(fit); parameterEstimates(fit, standardized = TRUE); standardizedSolution(fit) }
for (name in names(cases)) {
  whole(cases[[name]])
  seconds <- replicate(repeats, { t <- system.time(whole(cases[[name]])); t[["user.self"]] + t[["sys.self"]] })
  cat(name, sprintf("%.6f", seconds), "\n")
}
