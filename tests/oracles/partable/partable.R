# What lavaan makes of a model's text: every row of the parameter table, which rows share a parameter, and what is fixed.
# Run: Rscript partable.R   (R 4.2.2, lavaan 0.6-14, jsonlite); reads models.json, writes partable.json beside this file.
# The data are noise: they only tell lavaan the names, the groups and the categories.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
given <- function(x, otherwise) if (is.null(x)) otherwise else x

noise <- function(case) {
  set.seed(1)
  names <- lavNames(lavaanify(case$model, ngroups = given(case$groups, 1)), "ov")
  d <- as.data.frame(matrix(rnorm(600 * length(names)), 600, dimnames = list(NULL, names)))
  for (v in names(case$ordered)) d[[v]] <- sample(rep_len(seq_len(case$ordered[[v]]), 600))
  d$group <- rep(letters[seq_len(given(case$groups, 1))], length.out = 600)
  d
}

# rows whose own labels (.p1.) lavaan joins by "==" are one parameter
shared <- function(pt) {
  id <- ifelse(pt$free > 0, pt$free, 0)
  for (i in which(pt$op == "==")) {
    a <- match(pt$lhs[i], pt$plabel); b <- match(pt$rhs[i], pt$plabel)
    if (!is.na(a) && !is.na(b) && id[a] > 0 && id[b] > 0) id[id == id[b]] <- id[a]
  }
  id
}

table_of <- function(case) {
  asked <- list(model = case$model, data = noise(case), std.lv = given(case$std_lv, FALSE),
    fixed.x = given(case$fixed_x, TRUE), parameterization = given(case$parameterization, "default"), do.fit = FALSE)
  if (!is.null(case$ordered)) asked$ordered <- names(case$ordered)
  if (!is.null(case$means)) asked$meanstructure <- case$means
  # left out where not asked: with meanstructure = "default" written out, lavaan takes several groups without means
  if (!is.null(case$groups)) asked$group <- "group"
  if (!is.null(case$group_equal)) asked$group.equal <- unlist(case$group_equal)
  if (!is.null(case$group_partial)) asked$group.partial <- unlist(case$group_partial)
  fit <- suppressWarnings(do.call("sem", asked))
  pt <- parTable(fit)
  pt$same <- shared(pt)
  pt <- pt[!pt$op %in% c("==", "<", ">"), ]
  lapply(seq_len(nrow(pt)), function(i) list(
    pt$group[i], pt$lhs[i], pt$op[i], pt$rhs[i], pt$same[i],
    if (pt$op[i] == ":=" || pt$exo[i] == 1 || is.na(pt$ustart[i])) NA else pt$ustart[i],
    pt$exo[i], sub("^\\.p[0-9]+\\.$", "", pt$label[i])))
}

cases <- fromJSON(file.path(here, "models.json"), simplifyVector = FALSE)
lines <- vapply(cases, function(case) {
  rows <- tryCatch(table_of(case), error = function(e) conditionMessage(e))
  if (is.character(rows)) cat(case$id, ":", rows, "\n")
  paste0(toJSON(case$id, auto_unbox = TRUE), ": ", toJSON(rows, auto_unbox = TRUE, digits = 10, na = "null"))
}, "")
writeLines(c("{", paste(lines, collapse = ",\n"), "}"), file.path(here, "partable.json"))
