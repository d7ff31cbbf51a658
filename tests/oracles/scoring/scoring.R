# Reference scale scores: R 4.2.2, psych 2.2.9.
#
#     Rscript tests/oracles/scoring/scoring.R        (from the top of the repository; writes scoring.json and answers.csv)
#
# Data: 200 persons of psych's bfi, 100 with an answer missing and 100 without; five scales of five six-point items, some
# reversed; and 60 simulated persons who answered four items of a scale from 0 to 5, half points among them.
suppressMessages({library(psych); library(jsonlite)})
here <- "tests/oracles/scoring"
items <- bfi[, 1:25]
open <- rowSums(is.na(items)) > 0
items <- rbind(head(items[open, ], 100), head(items[!open, ], 100))
set.seed(9)
halves <- matrix(sample(seq(0, 5, .5), 240, replace = TRUE), 60, dimnames = list(NULL, paste0("h", 1:4)))
halves[sample(240, 50)] <- NA
answers <- rbind(cbind(items, h1 = NA, h2 = NA, h3 = NA, h4 = NA),
  setNames(data.frame(matrix(NA, 60, 25), halves), c(names(items), colnames(halves))))
write.csv(answers, file.path(here, "answers.csv"), row.names = FALSE, quote = FALSE, na = "")

keys <- list(agree = c("-A1", "A2", "A3", "A4", "A5"), conscientious = c("C1", "C2", "C3", "-C4", "-C5"),
  extraversion = c("-E1", "-E2", "E3", "E4", "E5"), neuroticism = paste0("N", 1:5),
  openness = c("O1", "-O2", "O3", "O4", "-O5"))
half_keys <- list(halves = c("h1", "-h2", "h3", "-h4"))
number <- function(x) { x <- unname(x); x[is.nan(x)] <- NA; x }
# impute = "none": the mean of the items that were answered
means <- scoreItems(keys, items, impute = "none", min = 1, max = 6)$scores
half_means <- scoreItems(half_keys, halves, impute = "none", min = 0, max = 5)$scores
complete <- items[complete.cases(items), ]
sums <- scoreItems(keys, complete, totals = TRUE, min = 1, max = 6)$scores
write_json(list(keys = keys, half_keys = half_keys, means = number(means), half_means = number(half_means),
  sums = number(sums)), file.path(here, "scoring.json"), auto_unbox = TRUE, digits = 10, na = "null")
