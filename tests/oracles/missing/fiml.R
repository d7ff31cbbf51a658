# Means of a scale score and an effect on it by FIML, with robust errors: Rscript tests/oracles/missing/fiml.R
source("tests/oracles/missing/em.R")
suppressMessages({library(jsonlite); library(lavaan); library(psych)})
asked <- function(data, items, trait, weight) {
  names(data) <- c(paste0("i", seq_along(items)), "t"); i <- paste0("i", seq_along(items))
  residual <- sapply(seq_along(i), function(k) paste(i[k], "~~", paste(i[k:length(i)], collapse = " + ")))
  fitted <- function(lines) {
    f <- sem(paste(c(residual, lines), collapse = "\n"), data, missing = "fiml", estimator = "MLR", meanstructure = TRUE,
             control = list(rel.tol = 1e-13))
    stopifnot(lavInspect(f, "converged"))
    p <- parameterEstimates(f); as.list(p[p$op == ":=", c("est", "se")])
  }
  alone <- fitted(c(paste0(i, " ~ a", seq_along(i), "*1"), paste0("m := ", weight, "*(", paste0("a", seq_along(i), collapse = "+"), ")")))
  both <- fitted(c(paste0(i, " ~ b", seq_along(i), "*t"), paste0(i, " ~ 1"),
                   paste0("e := ", weight, "*(", paste0("b", seq_along(i), collapse = "+"), ")")))
  # lavaan stops some 1e-5 short of the maximum; EM does not. The trait being complete, regressing on it is the same there
  whole <- em(as.matrix(data)); k <- length(i)
  alone$exact <- weight * sum(em(as.matrix(data[i]))$mu)
  both$exact <- weight * sum(whole$sigma[1:k, k + 1]) / whole$sigma[k + 1, k + 1]
  list(answers = unname(as.matrix(data[i])), trait = data$t, weight = weight, mean = alone, effect = both)
}
agree <- bfi[1:600, c("A1", "A2", "A3", "A4", "A5", "gender")]; agree$A1 <- 7 - agree$A1; agree$gender <- agree$gender - 1
set.seed(5)
holz <- HolzingerSwineford1939[, c("x1", "x2", "x3", "school")]; holz$school <- as.numeric(holz$school == "Pasteur")
for (j in 1:3) holz[runif(nrow(holz)) < plogis(-2 + 1.5 * holz$school), j] <- NA
holz <- holz[rowSums(!is.na(holz[1:3])) > 0, ]
sum_of_two <- agree[c("A4", "A5", "gender")]; sum_of_two <- sum_of_two[rowSums(!is.na(sum_of_two[1:2])) > 0, ]
write_json(list(bfi_agreeableness = asked(agree, 1:5, "gender", 1 / 5), holzinger = asked(holz, 1:3, "school", 1 / 3),
                sum_of_two = asked(sum_of_two, 1:2, "gender", 1)),
           "tests/oracles/missing/fiml.json", digits = NA, auto_unbox = TRUE, na = "null")
