# Reference fits with a parameter at a bound or an inequality that holds with equality: R 4.2.2, lavaan 0.6-14.
#
#     Rscript tests/oracles/bounds/bounds.R        (from the top of the repository; writes tests/oracles/bounds/bounds.json)
#
# Data: ../lavaan/study_shaped.csv (simulated), ../lavaan/holzinger.csv (lavaan's HolzingerSwineford1939).
suppressMessages({library(lavaan); library(jsonlite)})
folder <- "tests/oracles/lavaan"
cases <- list(
  "item-without-error" = list(data = "study_shaped.csv", rows = c(131, 160), model = "HS =~ hs1+hs2+hs3", bounds = TRUE),
  "no-bound-reached" = list(data = "holzinger.csv", rows = c(1, 301), model = "visual =~ x1+x2+x3\ntextual =~ x4+x5+x6",
    bounds = TRUE),
  "inequality" = list(data = "holzinger.csv", rows = c(1, 301), model = "visual =~ x1+b*x2+x3+x4\nb > 0.9", bounds = FALSE)
)
number <- function(x) ifelse(is.finite(x), as.numeric(x), NA)
found <- lapply(cases, function(case) {
  data <- read.csv(file.path(folder, case$data))[case$rows[1]:case$rows[2], ]
  fit <- sem(case$model, data, bounds = if (case$bounds) "pos.var" else "none")
  p <- parameterEstimates(fit)
  parameters <- lapply(seq_len(nrow(p)), function(i) list(lhs = p$lhs[i], op = p$op[i], rhs = p$rhs[i],
    est = number(p$est[i]), se = number(p$se[i])))
  measures <- as.list(fitMeasures(fit, c("npar", "df", "chisq", "aic")))
  c(case, list(parameters = parameters, fit = measures))
})
write_json(found, "tests/oracles/bounds/bounds.json", auto_unbox = TRUE, digits = 10, pretty = TRUE, na = "null")
