# Reference fits: estimates, errors, standardised solutions and fit measures of the models in fits.json.
# Run: Rscript fits.R [ID ...]   (R 4.2.2, lavaan 0.6-14, jsonlite); writes fits/ID.json beside this file.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
dir.create(file.path(here, "fits"), FALSE)
MEASURES <- c("npar", "chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor",
  "cfi", "tli", "cfi.scaled", "tli.scaled", "cfi.robust", "tli.robust", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
  "rmsea.pvalue", "rmsea.scaled", "rmsea.robust", "srmr", "logl", "aic", "bic")
COLUMNS <- c("group", "lhs", "op", "rhs", "est", "se", "std.lv", "std.all")

fitted <- function(case) {
  o <- case$options
  data <- read.csv(file.path(here, case$data), na.strings = c("", "NA"), stringsAsFactors = FALSE)
  if (o$estimator == "sam") return(sam(case$model, data = data, sam.method = "local", se = "twostep"))
  asked <- list(model = case$model, data = data, estimator = toupper(o$estimator))
  asked$group <- o$group; asked$cluster <- o$cluster
  asked$group.equal <- unlist(o$group_equal); asked$group.partial <- unlist(o$group_partial)
  asked$ordered <- unlist(o$ordered); asked$parameterization <- o$parameterization; asked$std.lv <- o$std_lv
  if (identical(o$missing, "fiml")) asked$missing <- "ml"
  suppressWarnings(do.call("sem", asked))
}

record <- function(case) {
  fit <- fitted(case)
  stopifnot(lavInspect(fit, "converged"))
  groups <- lavInspect(fit, "group.label"); if (!length(groups)) groups <- ""
  p <- parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)
  p <- p[!p$op %in% c("==", "<", ">"), ]
  p$group <- if (is.null(p$group)) groups[1] else ifelse(p$op == ":=", "", groups[pmax(1, p$group)])
  fixed <- !is.na(p$se) & p$se == 0
  p$se[fixed] <- NA
  rows <- lapply(seq_len(nrow(p)), function(i) lapply(COLUMNS, function(column)
    if (is.numeric(p[[column]])) signif(p[[column]][i], 8) else p[[column]][i]))
  m <- try(fitMeasures(fit), TRUE)
  m <- if (inherits(m, "try-error")) list() else as.list(m[intersect(MEASURES, names(m))])
  m <- m[!is.na(unlist(m))]; names(m) <- gsub(".", "_", names(m), fixed = TRUE)
  content <- list(groups = as.list(groups), n = as.list(as.integer(lavInspect(fit, "nobs"))),
    fit = lapply(m, signif, 10), columns = gsub(".", "_", COLUMNS, fixed = TRUE), parameters = rows)
  writeLines(toJSON(content, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "fits", paste0(case$id, ".json")))
}

only <- commandArgs(TRUE)
for (case in fromJSON(file.path(here, "fits.json"), simplifyVector = FALSE))
  if (!length(only) || case$id %in% only)
    tryCatch(record(case), error = function(e) cat(case$id, ":", conditionMessage(e), "\n"))
