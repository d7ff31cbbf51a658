# What lavaan takes for a bootstrap draw, one thread. Run by sem_bootstrap.py: Rscript sem_bootstrap.R COMPLETE.csv MISSING.csv DRAWS DRAWS
# FUN = "coef" as text is the fastest way lavaan has: it leaves out tests and the model without restrictions.
# Prints JSON: processor seconds a draw of the study-shaped two-group scalar model, complete and incomplete (R 4.2.2, lavaan 0.6-14, jsonlite).
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(TRUE)
model <- "HS =~ hs1+hs2+hs3+hs4\nSC =~ sc1+sc2+sc3+sc4+sc5+sc6\nSB =~ sb1+sb2+sb3+sb4\nWB =~ wb1+wb2+wb3+wb4+wb5\nSB ~ HS\nWB ~ HS + SC\nHS ~~ SC"
seconds <- function(file, draws, ...) {
  fit <- sem(model, read.csv(file), group = "construction", group.equal = c("loadings", "intercepts"), ...)
  set.seed(1)
  took <- system.time(found <- bootstrapLavaan(fit, R = draws, type = "ordinary", FUN = "coef", parallel = "no"))
  list(seconds = unname(took["user.self"] + took["sys.self"]) / draws, draws = draws, converged = sum(complete.cases(found)))
}
cat(toJSON(list(complete = seconds(args[1], as.integer(args[3])), incomplete = seconds(args[2], as.integer(args[4]), missing = "fiml"),
                version = as.character(packageVersion("lavaan"))), auto_unbox = TRUE, digits = 8))
