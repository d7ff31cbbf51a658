# Reference fits of local structural-after-measurement: R 4.2.2, lavaan 0.6-14.
#
#     Rscript tests/oracles/sam/sam.R        (from the top of the repository; writes tests/oracles/sam/*.json)
#
# Data: ../lavaan/study_shaped.csv (simulated), ../lavaan/democracy.csv (lavaan's PoliticalDemocracy).
suppressMessages({library(lavaan); library(jsonlite)})
here <- "tests/oracles/sam"
study <- read.csv("tests/oracles/lavaan/study_shaped.csv")
study$in_neighbourhood <- as.numeric(study$location == "in_neighbourhood")
study$repurposed <- as.numeric(study$construction == "repurposed")
democracy <- read.csv("tests/oracles/lavaan/democracy.csv")

measurement <- "HS =~ hs1+hs2+hs3+hs4
SC =~ sc1+sc2+sc3+sc4+sc5+sc6
SB =~ sb1+sb2+sb3+sb4
WB =~ wb1+wb2+wb3+wb4+wb5"
structure <- "SB ~ HS
WB ~ HS + SC
HS ~~ SC"
main <- paste(measurement, structure, sep = "\n")
three <- "HS =~ hs1+hs2+hs3
SC =~ sc1+sc2+sc3+sc4
WB =~ wb1+wb2+wb3
WB ~ HS + SC"
blocks_of_three <- list(c("HS", "SC"), "WB")

cases <- list(
  main = list(model = main),
  covariates = list(model = paste(main, "HS ~ in_neighbourhood + repurposed", "SC ~ in_neighbourhood", sep = "\n")),
  "random-covariates" = list(
    model = paste(main, "HS ~ in_neighbourhood + repurposed", "SC ~ in_neighbourhood", sep = "\n"),
    lavaan = list(fixed.x = FALSE), ours = list(fixed_x = FALSE)),
  "observed-outcome" = list(model = "HS =~ hs1+hs2+hs3+hs4
SC =~ sc1+sc2+sc3+sc4+sc5+sc6
HS ~ repurposed
SC ~ HS
wb1 ~ SC + repurposed"),
  mediation = list(model = "HS =~ hs1+hs2+hs3+hs4
SC =~ sc1+sc2+sc3+sc4+sc5+sc6
WB =~ wb1+wb2+wb3+wb4+wb5
SC ~ a*HS
WB ~ b*SC + c*HS
indirect := a*b
total := a*b + c"),
  means = list(model = main, lavaan = list(meanstructure = TRUE), ours = list(means = TRUE)),
  "groups-metric" = list(model = main, lavaan = list(group = "location", group.equal = "loadings"),
    ours = list(group = "location", group_equal = list("loadings"))),
  "groups-scalar" = list(model = main, lavaan = list(group = "location", group.equal = c("loadings", "intercepts")),
    ours = list(group = "location", group_equal = list("loadings", "intercepts"))),
  "two-items-equal" = list(model = sub("hs1\\+hs2\\+hs3", "hs1+1*hs2", three)),
  "two-items-joined" = list(model = sub("hs1\\+hs2\\+hs3", "hs1+hs2", three),
    lavaan = list(mm.list = blocks_of_three)),
  "cross-loading" = list(model = sub("hs1\\+hs2\\+hs3", "hs1+hs2+hs3+sc2", three),
    lavaan = list(mm.list = blocks_of_three)),
  "residual-covariance" = list(model = paste0(three, "\nhs1 ~~ sc1"), lavaan = list(mm.list = blocks_of_three)),
  "single-item" = list(model = "HS =~ hs1\nhs1 ~~ 0*hs1\nSC =~ sc1+sc2+sc3+sc4\nWB =~ wb1+wb2+wb3\nWB ~ HS + SC"),
  democracy = list(data = "democracy.csv", model = "ind60 =~ x1+x2+x3
dem60 =~ y1+a*y2+b*y3+c*y4
dem65 =~ y5+a*y6+b*y7+c*y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8", lavaan = list(mm.list = list("ind60", c("dem60", "dem65")))),
  "at-bound" = list(model = "HS =~ hs1+hs2+hs3\nSB =~ sb1+sb2+sb3\nWB =~ wb1+wb2+wb3\nWB ~ HS + SB",
    rows = c(131, 160), ours = list(bounds = TRUE))
)

number <- function(x) ifelse(is.finite(x), as.numeric(x), NA)
for (name in names(cases)) {
  case <- cases[[name]]
  data <- if (is.null(case$data)) study else democracy
  if (!is.null(case$rows)) data <- data[case$rows[1]:case$rows[2], ]
  fit <- do.call(sam, c(list(model = case$model, data = data), case$lavaan))
  p <- parameterEstimates(fit)
  parameters <- lapply(seq_len(nrow(p)), function(i) list(
    group = if (is.null(p$group)) 1 else p$group[i], lhs = p$lhs[i], op = p$op[i], rhs = p$rhs[i],
    est = number(p$est[i]), se = number(p$se[i])))
  inner <- fit@internal
  blocks <- lapply(seq_len(nrow(inner$sam.mm.table)), function(i) as.list(inner$sam.mm.table[i, c("Latent", "Chisq", "Df")]))
  result <- list(name = name, made_by = "R 4.2.2, lavaan 0.6-14, sam.R",
    data = if (is.null(case$data)) "study_shaped.csv" else case$data, rows = case$rows, model = case$model,
    options = if (is.null(case$ours)) setNames(list(), character()) else case$ours, n = sum(lavInspect(fit, "nobs")),
    parameters = parameters, blocks = blocks, structural = as.list(inner$sam.struc.fit),
    reliability = lapply(inner$sam.mm.rel, as.list))
  write_json(result, file.path(here, paste0(name, ".json")), auto_unbox = TRUE, digits = 12, pretty = TRUE, na = "null")
}
