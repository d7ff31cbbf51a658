# Random-intercept references for analysis/clusters/mixed.py.
# Run: Rscript mixed.R   (R 4.2.2, lme4 1.1-31, jsonlite); writes mixed.json
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
d <- read.csv(file.path(here, "lavaan", "study_shaped.csv"))
d$in_neighbourhood <- as.numeric(d$location == "in_neighbourhood"); d$repurposed <- as.numeric(d$construction == "repurposed")
scales <- list(hs = c("hs1","hs2","hs3","hs4"), sb = c("sb1","sb2","sb3","sb4"), wb = c("wb1","wb2","wb3","wb4","wb5"), hs3 = "hs3", sc4 = "sc4")
one <- function(items) {
  d$y <- rowMeans(d[items])
  m <- lmer(y ~ in_neighbourhood + repurposed + (1 | project), d, REML = TRUE, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
  v <- as.data.frame(VarCorr(m))
  list(items = I(items), beta = unname(fixef(m)), se = unname(sqrt(diag(as.matrix(vcov(m))))), intercept_variance = v$vcov[1], residual_variance = v$vcov[2])
}
writeLines(toJSON(lapply(scales, one), auto_unbox = TRUE, digits = 12, pretty = TRUE), file.path(here, "mixed.json"))
