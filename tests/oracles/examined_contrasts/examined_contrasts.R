# What other programs find on the data of make.py. Run: Rscript examined_contrasts.R
# (R 4.2.2, clubSandwich 0.5.8, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2, jsonlite 1.8.4); writes models.json
suppressPackageStartupMessages({library(clubSandwich); library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
cases <- read_json(file.path(here, "cases.json"))
tight <- lmerControl(optCtrl = list(xtol_abs = 1e-13, ftol_abs = 1e-15, maxeval = 20000), check.conv.singular = "ignore")

sides <- function(d, case) {
  for (j in seq_along(case$traits)) {
    t <- case$traits[[j]]; value <- as.character(d[[t]])
    d[[t]] <- ifelse(is.na(value), NA, as.numeric(value == case$high[[j]]))
  }
  d
}
tested <- function(est, se, df) {
  half <- qt(.975, df) * se
  list(estimate = est, se = se, df = df, pvalue = 2 * pt(-abs(est / se), df), ci_lower = est - half, ci_upper = est + half)
}
of <- function(d, case) {
  traits <- unlist(case$traits); adjust <- unlist(case$adjust)
  out <- list()
  for (t in traits) {   # Welch: all with the outcome and the trait
    w <- t.test(d$y[d[[t]] == 1], d$y[d[[t]] == 0])
    out[[t]]$persons <- list(estimate = unname(w$estimate[1] - w$estimate[2]), se = w$stderr, df = unname(w$parameter),
                             pvalue = w$p.value, ci_lower = w$conf.int[1], ci_upper = w$conf.int[2])
  }
  e <- na.omit(d[c("y", "project", traits, adjust)]); e$project <- factor(e$project); k <- nlevels(e$project)
  person <- any(tapply(e[[traits[1]]], e$project, function(v) length(unique(v))) > 1)
  right <- paste(c("1", adjust, traits), collapse = " + ")
  fit <- lm(as.formula(paste("y ~", right)), e); p <- length(coef(fit)); unit <- diag(p)
  mer <- lmerTest::lmer(as.formula(paste("y ~", right, "+ (1 | project)")), e, control = tight)
  kr <- as.matrix(vcovAdj(as(mer, "lmerMod"))); plain <- as.matrix(vcov(mer))
  asked <- lapply(seq_along(traits), function(j) unit[p - length(traits) + j, ]); names(asked) <- traits
  if (length(traits) == 2) asked[[paste(traits, collapse = "-")]] <- asked[[1]] - asked[[2]]
  V <- lapply(c(cr2 = "CR2", cr3 = "CR3"), function(type) vcovCR(fit, cluster = e$project, type = type))
  means <- function(e) {   # two steps: slopes within projects, then the means on what projects have
    e$project <- droplevels(e$project); y <- e$y
    within <- adjust[sapply(adjust, function(a) any(tapply(e[[a]], e$project, function(v) length(unique(v))) > 1))]
    if (length(within)) {
      slopes <- coef(lm(as.formula(paste("y ~", paste(within, collapse = "+"), "+ project")), e))[within]
      y <- y - as.matrix(e[within]) %*% slopes + sum(colMeans(e[within]) * slopes)
    }
    u <- aggregate(cbind(yy = drop(y), e[c(traits, setdiff(adjust, within))]), list(project = e$project), mean)
    f <- lm(as.formula(paste("yy ~", paste(c("1", setdiff(adjust, within), traits), collapse = "+"))), u)
    lapply(asked2(f), function(c) tested(sum(c * coef(f)), sqrt(drop(c %*% vcov(f) %*% c)), f$df.residual))
  }
  asked2 <- function(f) {
    q <- length(coef(f)); one <- diag(q)
    r <- lapply(seq_along(traits), function(j) one[q - length(traits) + j, ]); names(r) <- traits
    if (length(traits) == 2) r[[paste(traits, collapse = "-")]] <- r[[1]] - r[[2]]
    r
  }
  for (t in names(asked)) {
    c <- asked[[t]]
    out[[t]]$ols <- tested(sum(c * coef(fit)), sqrt(drop(c %*% vcov(fit) %*% c)), fit$df.residual)
    for (type in c("cr2", "cr3")) {
      r <- linear_contrast(fit, vcov = V[[type]], contrasts = matrix(c, 1), test = "Satterthwaite", p_values = TRUE)
      out[[t]][[type]] <- list(estimate = r$Est, se = r$SE, df = r$df, pvalue = r$p_val, ci_lower = r$CI_L, ci_upper = r$CI_U)
    }
    est <- sum(c * fixef(mer))
    out[[t]]$mixed <- if (person) tested(est, sqrt(drop(c %*% plain %*% c)), nrow(e) - k - p + 1) else
      tested(est, sqrt(drop(c %*% kr %*% c)), get_Lb_ddf(as(mer, "lmerMod"), c))
    if (!person) out[[t]]$project_means <- means(e)[[t]]
  }
  v <- as.data.frame(VarCorr(mer))$vcov; n <- table(e$project)
  icc <- v[1] / sum(v); effect <- 1 + (sum(n^2) / sum(n) - 1) * icc
  left <- if (!person) lapply(levels(e$project), function(g) {
    r <- e[e$project != g, ]; m <- means(r); s <- sd(r$y)
    lapply(m, function(a) list(left_out = g, effect_size = a$estimate / s, ci_lower = a$ci_lower / s, ci_upper = a$ci_upper / s, pvalue = a$pvalue))
  })
  list(contrasts = out, n_obs = nrow(e), sd = sd(e$y), icc = icc, design_effect = effect, effective_n = nrow(e) / effect, left_out = left)
}
found <- lapply(cases, function(case) of(sides(read.csv(file.path(here, paste0(case$data, ".csv")), na.strings = ""), case), case))
names(found) <- sapply(cases, `[[`, "id")
writeLines(toJSON(found, auto_unbox = TRUE, digits = 14, null = "null", na = "null"), file.path(here, "models.json"))
