# References with observed covariates (lavaan's fixed.x) and standardised errors.
# Run: Rscript covariates.R   (R 4.2.2, lavaan 0.6-14, jsonlite); writes covariates-sem.json and covariates-paths.json
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
KEYS <- c("npar","chisq","df","pvalue","cfi","tli","rmsea","rmsea.ci.lower","rmsea.ci.upper","srmr","logl","aic","bic")
record <- function(id, data_file, model, data) {
  fit <- sem(model, data)
  p <- parameterEstimates(fit, standardized = TRUE); s <- standardizedSolution(fit)
  p$std_all_se <- s$se; p <- p[!(p$op == "~~" & p$se == 0), ]
  p$se[p$se == 0] <- NA; p$std_all_se[p$std_all_se == 0] <- NA
  keep <- p[, c("lhs","op","rhs","est","se","std.lv","std.all","std_all_se")]
  names(keep) <- sub(".", "_", names(keep), fixed = TRUE)
  f <- as.list(unclass(fitMeasures(fit)[KEYS])); names(f) <- gsub(".", "_", KEYS, fixed = TRUE)
  out <- list(id = id, data = data_file, model = model, n = nobs(fit), parameters = keep, fit = f)
  writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE, na = "null"), file.path(here, paste0(id, ".json")))
}
d <- read.csv(file.path(here, "study_shaped.csv"))
d$in_neighbourhood <- as.numeric(d$location == "in_neighbourhood"); d$repurposed <- as.numeric(d$construction == "repurposed")
record("covariates-sem", "study_shaped.csv", "HS =~ hs1+hs2+hs3+hs4
SC =~ sc1+sc2+sc3+sc4+sc5+sc6
SB =~ sb1+sb2+sb3+sb4
SWB =~ wb1+wb2+wb3+wb4+wb5
HS ~ a*in_neighbourhood + b*repurposed
SB ~ HS
SWB ~ c*HS + SC
SC ~~ HS
indirect := a*c
difference := a-b", d)
record("covariates-paths", "holzinger.csv", "x1 ~ x2 + x3
x4 ~ x1 + x3
x5 ~ x1", read.csv(file.path(here, "holzinger.csv")))
