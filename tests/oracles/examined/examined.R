# Fits unlike those in ../lavaan: estimates, errors, standardised solutions and measures of the models in cases.json.
# Run: Rscript examined.R   (R 4.2.2, lavaan 0.6-14, jsonlite); reads ID.csv, writes examined.json beside this file.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
MEASURES <- c("npar", "chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "chisq.scaling.factor", "cfi", "tli",
  "cfi.scaled", "cfi.robust", "tli.robust", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.scaled",
  "rmsea.robust", "srmr", "logl", "aic", "bic")
ERRORS <- c(robust = "robust.huber.white", robust_sem = "robust.sem")

fitted <- function(case) {
  o <- case$options
  data <- read.csv(file.path(here, paste0(case$id, ".csv")), na.strings = "", stringsAsFactors = FALSE, check.names = FALSE)
  asked <- list(model = case$model, data = data, estimator = toupper(o$estimator))
  asked$group <- o$group; asked$cluster <- o$cluster; asked$ordered <- unlist(o$ordered); asked$std.lv <- o$std_lv
  asked$group.equal <- unlist(o$group_equal); asked$group.partial <- unlist(o$group_partial)
  asked$parameterization <- o$parameterization; asked$meanstructure <- o$means
  if (identical(o$missing, "fiml")) asked$missing <- "ml"
  if (!is.null(o$errors)) asked$se <- ERRORS[[o$errors]]
  first <- suppressWarnings(do.call("sem", asked))
  stopifnot(lavInspect(first, "converged"))
  first
}

record <- function(case) {
  fit <- fitted(case)
  groups <- lavInspect(fit, "group.label"); if (!length(groups)) groups <- ""
  p <- parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)
  p <- p[!p$op %in% c("==", "<", ">"), ]
  p$group <- if (is.null(p$group)) groups[1] else ifelse(p$op == ":=", "", groups[pmax(1, p$group)])
  p$se[!is.na(p$se) & p$se == 0] <- NA
  p <- p[!is.na(p$se), ]   # what is fixed says nothing
  rows <- lapply(seq_len(nrow(p)), function(i) c(as.list(p[i, c("group", "lhs", "op", "rhs")]),
    lapply(p[i, c("est", "se", "std.all")], signif, 7)))
  m <- fitMeasures(fit); m <- as.list(m[intersect(MEASURES, names(m))]); m <- lapply(m[!is.na(unlist(m))], signif, 9)
  names(m) <- gsub(".", "_", names(m), fixed = TRUE)
  list(n = as.list(as.integer(lavInspect(fit, "nobs"))), fit = m, parameters = lapply(rows, unname))
}

cases <- fromJSON(file.path(here, "cases.json"), simplifyVector = FALSE)
found <- lapply(cases, record); names(found) <- vapply(cases, function(case) case$id, "")
text <- vapply(names(found), function(id) paste0(toJSON(id, auto_unbox = TRUE), ": ",
  toJSON(found[[id]], auto_unbox = TRUE, digits = NA, na = "null")), "")
writeLines(paste0("{\n", paste(text, collapse = ",\n"), "\n}"), file.path(here, "examined.json"))
